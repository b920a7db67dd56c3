"""Tables become rows of cells, with what wraps inside a cell."""

import pytest
from raw_pdf import bar, text, write_pdf

from ingest.chunk import ChunkSettings, chunk
from ingest.readers.pdf import read_pdf


@pytest.fixture
def read(tmp_path):
    def make(*operators: str) -> str:
        (page,) = read_pdf(write_pdf(tmp_path / "t.pdf", "".join(operators))).pages
        return page.text

    return make


def cells(rows, *, left=40, top=250, pitch=20, width=110) -> list[str]:
    return [
        text(left + width * column, top - pitch * row, cell, size=10)
        for row, line in enumerate(rows)
        for column, cell in enumerate(line)
        if cell
    ]


ROWS = [("Model", "Size", "Score"), ("Alpha", "12 M", "71.5"), ("Beta", "30 M", "74.0")]


def test_cells_of_a_row_are_parted_by_bars(read):
    assert read(*cells(ROWS)).splitlines() == [
        "Model | Size | Score",
        "Alpha | 12 M | 71.5",
        "Beta | 30 M | 74.0",
    ]


def test_lines_that_wrap_in_a_cell_stay_in_it(read):
    operators = cells([("Kind", "Order", "Use")])
    operators += cells([("Causal", "earlier tokens", "decoders"), ("attention", "alone", "")],
                       top=220, pitch=12)  # fmt: skip
    operators += cells([("Self-atten-", "all tokens", "encoders"), ("tion", "", "")],
                       top=180, pitch=12)  # fmt: skip
    operators += cells([("Cross", "another text", "translation")], top=140)
    assert read(*operators).splitlines() == [
        "Kind | Order | Use",
        "Causal attention | earlier tokens alone | decoders",
        "Self-attention | all tokens | encoders",
        "Cross | another text | translation",
    ]


def test_two_rows_are_a_table_only_between_rules(read):
    rules = [bar(35, 340, y) for y in (264, 243, 222)]
    assert " | " in read(*cells(ROWS[:2]), *rules)
    assert " | " not in read(*cells(ROWS[:2]))


def test_lists_and_formulas_beside_each_other_are_no_table(read):
    assert " | " not in read(*cells([("1.", "one"), ("2.", "two"), ("3.", "three")], width=30))
    assert " | " not in read(*cells([("a", "b"), ("c", "d"), ("e", "f")]))


def test_a_row_is_a_sentence_of_its_own(tmp_path):
    parsed = read_pdf(write_pdf(tmp_path / "t.pdf", "".join(cells(ROWS))))
    (passage,) = chunk(
        parsed, lambda texts: [len(t.split()) for t in texts], ChunkSettings(256, 200)
    )
    assert len(passage.spans) == 3


def test_a_line_between_columns_parts_them_however_close(read):
    upright = "80 190 0.8 80 re f\n"
    rows = [("Alpha", "71.5"), ("Beta", "74.0"), ("Gamma", "77.2")]
    assert read(*cells(rows, width=45), upright).splitlines() == [
        "Alpha | 71.5",
        "Beta | 74.0",
        "Gamma | 77.2",
    ]
