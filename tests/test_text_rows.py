"""ingest.text.rows: a row gives its cells back."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.text.rows import cells_of, row_of

CELLS = st.text(st.sampled_from("ab|. 1"), max_size=8).map(str.strip)


@given(st.lists(CELLS, min_size=1, max_size=5))
def test_a_row_gives_its_cells_back(cells):
    assert cells_of(row_of(cells)) == cells


def test_a_row_is_markdown():
    assert row_of(["a", "", "b|c"]) == "| a |  | b\\|c |"
