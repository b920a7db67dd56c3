"""The headings above each place of a document, from the PDF's outline or from the font sizes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ingest.types import Line, Page, ParsedDocument

_LARGE = 1.15  # a heading's font size, as a multiple of the usual one
_MAX_LENGTH = 90  # characters of a heading without an outline entry
_MIN_OUTLINE = 2  # entries; an outline of one entry names only the document


class _Heading(NamedTuple):
    """A heading of a document: where it starts, and its level, 0 for the outermost."""

    page: int
    offset: int
    level: int
    title: str


class HeadingPaths:
    """Gives the headings above each place of one document."""

    def __init__(self, parsed: ParsedDocument, body_lines: Mapping[int, Sequence[Line]]) -> None:
        """Find the headings; `body_lines` are each page's lines without running ones."""
        self._title = parsed.document.title
        headings = list(_from_outline(parsed, body_lines))
        self._sections = {heading.title for heading in headings if heading.level == 0}
        if len(headings) < _MIN_OUTLINE:
            headings = list(_from_font_sizes(parsed.pages, body_lines))
        self._headings = sorted(headings, key=lambda heading: heading[:3])
        self._slide_titles = {page.number: page.heading for page in parsed.pages if page.is_slide}
        self._handouts = {page.number: page.slides for page in parsed.pages if page.slides}

    def above(self, page: int, offset: int) -> tuple[str, ...]:
        """The document's title and the headings down to this place, outermost first.

        Args:
            page: Page number, from 1.
            offset: Offset in the page's text, from 0.
        """
        path: list[_Heading] = []
        for heading in self._headings:
            if (heading.page, heading.offset) > (page, offset):
                break
            path = [entry for entry in path if entry.level < heading.level] + [heading]
        title = self._slide_titles.get(page, "")
        for slide in self._handouts.get(page, ()):
            if slide.start <= offset < slide.end:
                title = slide.heading
        titles = [self._title, *(entry.title for entry in path), title]
        return tuple(dict.fromkeys(title for title in titles if title))

    def is_divider(self, page: Page, lines: Sequence[Line]) -> bool:
        """Whether a slide shows nothing but the name of the section that it opens."""
        text = " ".join(page.text[line.start : line.end] for line in lines)
        return page.is_slide and text in self._sections


def _from_outline(
    parsed: ParsedDocument, body_lines: Mapping[int, Sequence[Line]]
) -> Iterator[_Heading]:
    pages = {page.number: page for page in parsed.pages}
    for section in parsed.outline:
        page = pages.get(section.page)
        if page and section.title:
            offset = _title_offset(page, body_lines[page.number], section.title)
            yield _Heading(section.page, offset, section.level, section.title)


def _title_offset(page: Page, lines: Sequence[Line], title: str) -> int:
    """The offset of an outline entry's title on its page; 0 if the page does not show it."""
    title_letters = _letters(title)
    for line in lines:
        line_letters = _letters(page.text[line.start : line.end])
        if line_letters and (line_letters == title_letters or line_letters.endswith(title_letters)):
            return line.start
    return 0


def _from_font_sizes(
    pages: Sequence[Page], body_lines: Mapping[int, Sequence[Line]]
) -> Iterator[_Heading]:
    """Headings of notes without an outline: larger than the text, or bold and numbered."""
    notes = [page for page in pages if not page.is_slide]
    usual_size = _usual_size(notes, body_lines)
    for page in notes:
        for line in body_lines[page.number]:
            text = page.text[line.start : line.end]
            is_numbered = bool(re.match(r"\d+(?:\.\d+)*\.?\s+[^\W\d_]", text))
            is_large = line.size >= _LARGE * usual_size
            has_word = re.search(r"[^\W\d_]{3}", text)
            if line.is_row:
                continue
            if len(text) <= _MAX_LENGTH and has_word and (is_large or (line.bold and is_numbered)):
                number = text.split()[0].strip(".")
                level = number.count(".") if is_numbered else int(not is_large)
                yield _Heading(page.number, line.start, level, text)


def _usual_size(pages: Sequence[Page], body_lines: Mapping[int, Sequence[Line]]) -> float:
    """The font size of most characters, in points; 0 where there are none."""
    characters = Counter[float]()
    for page in pages:
        for line in body_lines[page.number]:
            characters[line.size] += line.end - line.start
    return characters.most_common(1)[0][0] if characters else 0.0


def _letters(title: str) -> str:
    """A heading without its number, blanks and punctuation, for comparisons."""
    return re.sub(r"^[\d.]+|\W+", "", title).casefold()
