"""ingest.chunk.headings: the headings above a place, worked out by hand on pages of few lines."""

from __future__ import annotations

import pytest

from ingest.chunk.headings import HeadingPaths
from ingest.types import Box, Document, Line, Page, ParsedDocument, Section

NOTES, SLIDE = (250.0, 350.0), (400.0, 300.0)


def make_page(number: int, lines: list[tuple[str, float, bool]], size=NOTES, heading="") -> Page:
    """A page of lines, each its text, its font size in points, and whether it is bold."""
    text, page_lines = "", []
    for row, (words, font_size, bold) in enumerate(lines):
        box = Box(20.0, 20.0 * row, 200.0, 20.0 * row + font_size)
        page_lines.append(Line(len(text), len(text) + len(words), font_size, bold, box))
        text += words + "\n"
    return Page(number, text, *size, heading, tuple(page_lines))


def make_paths(*pages: Page, outline: tuple[Section, ...] = ()) -> HeadingPaths:
    document = Document("0" * 64, "notes.pdf", "notes.pdf", "Search", len(pages))
    parsed = ParsedDocument(document, pages, outline)
    return HeadingPaths(parsed, {page.number: page.lines for page in pages})


BODY = ("a line of the text, which is longer than all headings together", 10.0, False)


def test_headings_without_an_outline_are_large_or_bold_and_numbered():
    page = make_page(
        1,
        [
            ("1 Trees", 12.0, False),  # 20 % larger than the text, numbered: level 0
            BODY,
            ("1.1 Depth first", 10.0, True),  # bold and numbered: level 1
            BODY,
            ("Not a heading, only bold", 10.0, True),
            ("2 Graphs", 11.4, False),  # 14 % larger is not enough
            BODY,
            ("1.1.1 Costs", 10.0, True),  # level 2
            BODY,
            ("Summary", 12.0, False),  # large without a number: level 0
            BODY,
        ],
    )
    paths = make_paths(page)
    above = [paths.above(1, line.start) for line in page.lines if line.size == BODY[1]]
    assert above[0] == ("Search", "1 Trees")
    assert above[1] == above[2] == above[3] == above[4] == ("Search", "1 Trees", "1.1 Depth first")
    assert paths.above(1, page.lines[8].start) == (
        "Search",
        "1 Trees",
        "1.1 Depth first",
        "1.1.1 Costs",
    )
    assert paths.above(1, page.lines[10].start) == ("Search", "Summary")


@pytest.mark.parametrize(
    "words",
    ["§ 1.2", "ab", "long " * 19],
    ids=["no word", "no word of three letters", "over 90 characters"],
)
def test_a_large_line_that_is_no_heading(words):
    page = make_page(1, [(words, 14.0, False), *[BODY] * 3])
    assert make_paths(page).above(1, page.lines[-1].start) == ("Search",)


def test_an_outline_is_preferred_and_its_titles_are_looked_up_on_their_pages():
    first = make_page(1, [BODY, ("2 Breadth first", 10.0, False), BODY])
    second = make_page(2, [("Large but in no outline", 14.0, False), BODY])
    outline = (Section("Part one", 0, 1), Section("Breadth First", 1, 1))
    paths = make_paths(first, second, outline=outline)
    assert paths.above(1, 0) == ("Search", "Part one")  # its title is nowhere on the page: offset 0
    assert paths.above(1, first.lines[1].start) == ("Search", "Part one", "Breadth First")
    assert paths.above(2, second.lines[1].start) == ("Search", "Part one", "Breadth First")


def test_a_slide_adds_its_own_heading_and_a_divider_shows_only_its_section():
    divider = make_page(1, [("Part one", 20.0, True)], SLIDE, "Part one")
    slide = make_page(2, [("Trees", 20.0, True), BODY], SLIDE, "Trees")
    outline = (Section("Part one", 0, 1), Section("Trees", 1, 2))
    paths = make_paths(divider, slide, outline=outline)
    assert paths.is_divider(divider, divider.lines)
    assert not paths.is_divider(slide, slide.lines)
    assert paths.above(2, 0) == ("Search", "Part one", "Trees")  # once, though it is both
