"""ui.reading.search: words of a page are found whatever their case, accents and line ends."""

from __future__ import annotations

import pytest

from ingest.types import Box, Page, Word
from ui.reading.search import boxes_of_range, find_text


@pytest.mark.parametrize(
    ("text", "query", "words"),
    [
        ("Die Überanpassung", "uberanpassung", ["Überanpassung"]),
        ("STRASSE und Straße", "straße", ["STRASSE", "Straße"]),
        ("gradient\ndescent", "Gradient  descent", ["gradient\ndescent"]),
        ("regula-\nrisation of nets", "regularisation", ["regula-\nrisation"]),
        ("the ﬁnal layer", "final", ["ﬁnal"]),
        ("aaaa", "aa", ["aa", "aa"]),
        ("a.b", ".", ["."]),
        ("nothing here", "else", []),
        ("nothing here", "  ", []),
    ],
)
def test_the_places_of_words(text, query, words):
    assert [text[start:end] for start, end in find_text(text, query)] == words


def test_words_beside_each_other_have_one_box():
    boxes = [Box(0, 0, 10, 10), Box(12, 0, 30, 10), Box(0, 20, 10, 30)]
    words = (Word(0, 3, boxes[0]), Word(4, 8, boxes[1]), Word(9, 12, boxes[2]))
    page = Page(1, "one line two", 100, 100, words=words)
    assert boxes_of_range(page, 0, 8) == [Box(0, 0, 30, 10)]
    assert boxes_of_range(page, 5, 12) == boxes[1:]
    assert boxes_of_range(page, 3, 4) == []
