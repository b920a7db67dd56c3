"""Lay a page's lines out as one text in which every line and word has its offsets and its box."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from ingest.readers.pdf.lines import RawLine, RawWord
from ingest.readers.pdf.titles import page_heading
from ingest.text.repair import join_hyphen, repair_word
from ingest.types import Box, Line, Page, Word


@dataclass(frozen=True, slots=True)
class PageLines:
    """A page as read: its size in points, its lines, and what gives a word's box on it."""

    width: float
    height: float
    lines: list[RawLine]
    box_of: Callable[[RawWord], Box]


def hyphenated_words(pages: Sequence[PageLines]) -> set[str]:
    """Words that their author wrote with a hyphen anywhere in the file, in lower case."""
    return {
        word.text.casefold()
        for page in pages
        for line in page.lines
        for word in line.words
        if "-" in word.text[1:-1]
    }


def compose_page(number: int, page: PageLines, compounds: Set[str]) -> Page:
    """Repair a page's words and lay its lines out as one text.

    Args:
        number: The page, from 1.
        page: Its lines.
        compounds: Words that keep their hyphen at a line's end, in lower case.
    """
    parts: list[str] = []
    words: list[Word] = []
    lines: list[Line] = []
    length = 0  # of the parts so far
    after_hyphen = False
    for raw_line in page.lines:
        start = length
        box: Box | None = None
        for raw_word in raw_line.words:
            text = repair_word(raw_word.text)
            if not text:
                continue
            if after_hyphen:
                separator = join_hyphen(parts[-1], text, compounds)
            elif box is None:
                separator = ""
            else:
                separator = "" if raw_word.attached else " "
            parts.extend((separator, text))
            length += len(separator)
            word_box = page.box_of(raw_word)
            words.append(Word(length, length + len(text), word_box))
            box = word_box if box is None else box.union(word_box)
            length += len(text)
            after_hyphen = False
        if box is None:
            continue
        lines.append(Line(start, length, round(raw_line.size, 1), raw_line.words[0].bold, box))
        after_hyphen = raw_line.hyphenated
        if not after_hyphen:
            parts.append("\n")
            length += 1
    text = "".join(parts)
    return Page(
        number,
        text,
        page.width,
        page.height,
        heading=page_heading(number, text, lines, page.width, page.height),
        lines=tuple(lines),
        words=tuple(words),
    )
