"""ingest.chunk.navigation: pages that lead through a document, told by what they are."""

from __future__ import annotations

import pytest

from ingest.chunk.navigation import is_sentence, navigation_pages
from ingest.types import Box, Document, Line, Page, ParsedDocument, Section

FACT = ["Kernels", "A kernel is an inner product in some space.", "Mercer gave the condition."]


def slide(number: int, *lines: str, wide: bool = True) -> Page:
    """A slide whose first line is its heading."""
    text, placed = "", []
    for row, words in enumerate(lines):
        box = Box(20.0, 20.0 * row, 200.0, 20.0 * row + 12)
        placed.append(Line(len(text), len(text) + len(words), 12.0, False, box))
        text += words + "\n"
    size = (400.0, 300.0) if wide else (300.0, 400.0)
    return Page(number, text, *size, lines[0], tuple(placed))


def navigation(*slides: list[str], title: str = "T", outline=(), wide: bool = True) -> set[int]:
    pages = tuple(slide(number, *lines, wide=wide) for number, lines in enumerate(slides, start=1))
    parsed = ParsedDocument(Document("0" * 64, "f", "f", title, len(pages)), pages, outline)
    return set(navigation_pages(parsed, {page.number: page.lines for page in pages}))


@pytest.mark.parametrize(
    "lines",
    [
        ["Introduction to Learning", "Jane Doe", "University of Nowhere", "May 2024"],
        ["Maschinelles Lernen", "Prof. Dr. Muster", "Wintersemester 2023"],
        ["Kernel machines", "J. Doe"],
        ["Kernel machines", "Margins and duals", "Machine learning, lecture 3"],
    ],
)
def test_a_first_page_that_only_names_the_lecture_is_a_title_page(lines):
    assert navigation(lines, FACT) == {1}
    assert navigation(lines, FACT, lines[:2]) == {1, 3}  # the same again, and part of it


@pytest.mark.parametrize(
    "lines",
    [
        FACT,
        ["Entropy is the expected surprise of a source."],
        ["Perceptron", "• stops when the classes are separable", "• 1958"],
        ["Two reasons", "Fast on large data", "Simple to write down", "Good on text"],
    ],
)
def test_a_first_page_that_tells_something_is_none(lines):
    assert navigation(lines, FACT) == set()


def test_an_outline_lists_headings_of_later_pages():
    agenda = ["Agenda", "• Kernels", "• Margins"]
    margins = ["Margins", "The margin is the distance to the nearest point."]
    assert navigation(FACT, agenda, FACT, margins) == {2}
    parts = ["Where we are", "1. Kernels", "2. Margins", "3. Duals"]
    duals = ["Duals", "The dual problem has one variable for each point."]
    assert navigation(FACT, parts, FACT, margins, duals) == {2}
    assert navigation(FACT, margins, duals, parts) == set()  # a summary: nothing later


def test_contents_with_page_numbers_and_an_index_are_navigation_also_in_notes():
    contents = ["Contents", "1 What is a kernel? 3", "2 What is the margin? 4"]
    index = ["Index", "dual problem, 4", "kernel, 3, 4, 17", "margin, 4, 9"]
    assert navigation(contents, FACT, index, wide=False) == {1, 3}


def test_an_overview_with_sentences_is_content():
    overview = ["Overview", "Kernels are inner products.", "Margins are distances."]
    assert navigation(FACT, overview, FACT) == set()


def test_a_heading_alone_is_a_divider_unless_it_is_a_sentence():
    assert navigation(FACT, ["Part two: support vectors"]) == {2}
    assert navigation(FACT, ["Never tune on the test set"]) == set()
    assert navigation(FACT, ["A takeaway: keep the test set apart."]) == set()


def test_a_question_alone_is_a_divider_if_the_next_page_s_header_names_it():
    question = "What does a kernel mean?"
    pages = (slide(1, question), slide(2, f"Learning, lecture 1 {question}", *FACT))
    parsed = ParsedDocument(Document("0" * 64, "f", "f", "T", 2), pages)
    body = {1: pages[0].lines, 2: pages[1].lines[1:]}
    assert set(navigation_pages(parsed, body)) == {1}
    assert navigation([question], FACT) == set()


@pytest.mark.parametrize(
    "text", ["Thank you!", "Questions?", "Vielen Dank für Ihre Aufmerksamkeit", "Merci"]
)
def test_the_last_slide_thanks(text):
    assert navigation(FACT, [text, "doe@example.org"]) == {2}


def test_an_outline_entry_counts_as_a_heading():
    outline = (Section("Trees", 0, 2), Section("Forests", 0, 3))
    assert navigation(FACT, ["Contents", "Trees", "Forests"], FACT, outline=outline) == {2}


def test_sentences_end_as_such_or_have_a_verb():
    assert is_sentence("Never tune on the test set")
    assert is_sentence("Momentum keeps a running mean.")
    assert not is_sentence("Support vector machines in practice")
    assert not is_sentence("Yes.")
