"""rag.evaluation.leads: where a lead begins and ends, by the characters around it."""

from __future__ import annotations

import pytest
from tiny_models import passage

from rag.evaluation.leads import is_clean

TEXT = (
    "Rocks are of three kinds. They differ\nin how they were made:\n"
    "• igneous rocks (from lava)\n• sedimentary rocks\nE = m c"
)


@pytest.mark.parametrize(
    ("lead", "clean"),
    [
        ("Rocks are of three kinds.", True),
        ("They differ\nin how they were made:\n• igneous rocks (from lava)", True),
        ("igneous rocks (from lava)", True),
        ("igneous rocks (from lava)\n• sedimentary rocks", True),
        ("E = m c", True),
        ("They differ", False),  # the sentence goes on in the next line
        ("in how they were made:\n• igneous rocks (from lava)", False),  # it begins in one
        ("They differ\nin how they were made:", False),  # announces more
        ("Rocks are of three", False),  # in the middle of a line
        ("three kinds.", False),
        ("igneous rocks (from", False),
        ("m c", False),
    ],
)
def test_a_lead_is_clean_where_the_page_has_boundaries(lead, clean):
    page = passage("p", TEXT, language="en")
    start = TEXT.index(lead)
    assert is_clean(page, start, start + len(lead)) is clean
