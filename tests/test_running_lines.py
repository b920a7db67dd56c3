"""ingest.running_lines: headers, footers and page numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ingest.running_lines import repeated_lines
from ingest.types import Box, Line, Page


def page_of(number: int, lines: Sequence[tuple[str, float]], wide: bool = True, heading="") -> Page:
    """A page of 100 points height with lines of 4 points at the heights given, by their top."""
    text, placed = "", []
    for words, top in lines:
        placed.append(Line(len(text), len(text) + len(words), 4.0, False, Box(5, top, 90, top + 4)))
        text += words + "\n"
    return Page(number, text, 150.0 if wide else 70.0, 100.0, heading, tuple(placed))


def running(pages: Sequence[Page]) -> list[tuple[int, str]]:
    texts = {page.number: page.text for page in pages}
    found = sorted(repeated_lines(pages), key=lambda pair: (pair[0], pair[1].start))
    return [(number, texts[number][line.start : line.end]) for number, line in found]


def test_running_lines_and_page_numbers_are_found_whatever_their_digits():
    pages = [
        page_of(n, [("Deep Learning 2024", 2), (f"Topic {n}", 30), (f"Chapter 1, {n} of 9", 94)])
        for n in range(1, 6)
    ]
    expected = {(n, "Deep Learning 2024") for n in range(1, 6)}
    expected |= {(n, f"Chapter 1, {n} of 9") for n in range(1, 6)}
    assert set(running(pages)) == expected


def test_a_line_repeated_on_three_of_many_pages_stays():
    pages = [page_of(n, [("Recap" if n < 4 else f"Only here {n}", 2)]) for n in range(1, 9)]
    letters = [text for _, text in running(pages)]
    assert "Recap" not in letters


def test_lines_repeated_in_the_middle_of_the_page_stay():
    assert running([page_of(n, [("the same sentence", 50)]) for n in range(1, 8)]) == []


def test_a_heading_repeated_at_the_top_stays():
    pages = [
        page_of(n, [("Attention", 4), (f"step {n}", 40)], heading="Attention") for n in range(1, 7)
    ]
    assert running(pages) == []


def test_lone_numbers_near_the_edge_go_even_once_and_others_stay():
    page = page_of(7, [("1943", 50), ("Seite 7", 94)])
    assert running([page]) == [(7, "Seite 7")]


def test_contents_lines_with_dots_go():
    page = page_of(1, [("1 Introduction . . . . . . . . . 3", 40), ("Wait...", 50)])
    assert running([page]) == [(1, "1 Introduction . . . . . . . . . 3")]


@pytest.mark.parametrize(
    "number", ["Page 3", "p. 3", "Folie 3 von 40", "Seite 3/40", "diapositive 3 sur 40", "3"]
)
def test_page_numbers_are_known_in_every_language(number):
    assert running([page_of(3, [("Text", 50), (number, 94)])]) == [(3, number)]


@pytest.mark.parametrize("text", ["Page three", "3 sheep", "Theorem 3"])
def test_words_beside_a_number_are_text(text):
    assert running([page_of(3, [(text, 94)])]) == []


def test_the_changing_running_head_of_notes_goes():
    """Notes print the section in force above each page: never the same words, always that place."""
    heads = ["Search", "Games", "Logic", "Learning", "Vision", "Speech"]
    pages = [
        page_of(n, [(head, 3), (f"Body of {head}", 20), ("more", 26)], wide=False)
        for n, head in enumerate(heads, start=1)
    ]
    assert running(pages) == list(enumerate(heads, start=1))
    close = [page_of(n, [(h, 3), (f"Body of {h}", 8)], wide=False) for n, h in enumerate(heads, 1)]
    assert running(close) == []  # no gap below: the text simply begins there
