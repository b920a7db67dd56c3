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


def test_the_running_head_that_names_a_section_goes():
    """Notes print the section in force above each page: always that place, and a heading of theirs."""
    heads = ["Search", "Search", "Games", "Games", "Logic", "Logic"]
    bodies = ["1 Search", "goes on", "2 Games", "goes on", "3 Logic", "goes on"]
    pages = [
        page_of(n, [(head, 3), (f"{body} {n * 'x'}" if "on" in body else body, 20)], wide=False)
        for n, (head, body) in enumerate(zip(heads, bodies, strict=True), start=1)
    ]
    assert running(pages) == list(enumerate(heads, start=1))
    close = [
        page_of(n, [(h, 3), (b, 8)], wide=False)
        for n, (h, b) in enumerate(zip(heads, bodies, strict=True), 1)
    ]
    assert running(close) == []  # no gap below: the text simply begins there


def test_first_lines_that_repeat_nothing_are_content():
    openers = [
        "Definition: entropy is surprise",
        "Problem 2",
        "Remark on the base",
        "Proof",
        "Aside",
    ]
    pages = [
        page_of(n, [(opener, 5), (f"Body of page {n} of {opener}", 20)], wide=False)
        for n, opener in enumerate(openers, start=1)
    ]
    assert running(pages) == []


def test_numbers_at_one_height_that_do_not_count_up_are_content():
    for label in ("Answer: ", ""):
        pages = [
            page_of(n, [(f"Question {n}", 20), (f"{label}{value}", 92)])
            for n, value in enumerate([8, 10, 5, 3, 10], start=1)
        ]
        assert running(pages) == []


def test_page_numbers_of_builds_and_in_roman_count_up():
    numbers = ["1", "1", "1", "2", "3", "3"]
    pages = [page_of(n, [(f"Text {n}", 40), (v, 94)]) for n, v in enumerate(numbers, start=3)]
    assert running(pages) == list(enumerate(numbers, start=3))
    roman = ["ii", "iii", "iv", "v"]
    pages = [page_of(n, [(f"Text {n}", 40), (v, 94)]) for n, v in enumerate(roman, start=1)]
    assert running(pages) == list(enumerate(roman, start=1))


def test_dots_to_write_on_are_no_contents_line():
    page = page_of(
        1, [("2. The derivative at zero is ...........", 40), ("Name it: ......... (2 points)", 50)]
    )
    assert running([page]) == []


def test_a_line_at_one_place_of_most_slides_goes_unless_it_is_all_there_is():
    pages = [
        page_of(
            n,
            [(f"Topic {n}", 5), ("Chair: J. Doe", 45), (f"Fact {n * 'y'}", 60)],
            heading=f"Topic {n}",
        )
        for n in range(1, 7)
    ]
    pages.append(page_of(7, [("Topic 7", 5), ("Chair: J. Doe", 45)], heading="Topic 7"))
    assert running(pages) == [(n, "Chair: J. Doe") for n in range(1, 7)]


def test_the_steps_of_a_build_repeat_no_running_line():
    steps = [
        page_of(
            n,
            [
                ("Kernels", 5),
                ("A kernel is an inner product", 40),
                *((f"Step {k}", 50 + 5 * k) for k in range(n)),
            ],
            heading="Kernels",
        )
        for n in range(1, 7)
    ]
    assert running(steps) == []


def test_headers_of_odd_and_even_pages_go():
    pages = [
        page_of(
            n,
            [
                (f"{n} CHAPTER 2. LEARNING" if n % 2 == 0 else f"2.{n}. BIAS {n}", 3),
                (f"Text {n * 'z'}", 30),
            ],
            wide=False,
        )
        for n in range(1, 9)
    ]
    assert [number for number, _ in running(pages)] == list(range(1, 9))
