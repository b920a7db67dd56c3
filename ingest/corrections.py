"""What persons changed of a document's pages, put on the pages as they were read."""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from statistics import median

from ingest.store import Library
from ingest.types import Box, Correction, Document, Line, Page, ParsedDocument, Word

logger = logging.getLogger(__name__)

_WORD = re.compile(r"[^\W\d_]+")
_LINE_HEIGHT = 12.0  # points, of a page that has no line of its own


def carried_corrections(library: Library, parsed: ParsedDocument) -> dict[int, Correction]:
    """The corrections of a document that is read again, by page number.

    In the same file a correction stays on its page. In a changed file it goes to the page with the
    text that was corrected; where that is gone, the correction goes with it, and the log says which.

    Args:
        library: Where the document, or an earlier version at the same path, has its corrections.
        parsed: As it was read now.
    """
    pages = {page.number: page for page in parsed.pages}
    carried: dict[int, Correction] = {}
    for document in library.documents():
        same = document.id == parsed.document.id
        if not same and document.path != parsed.document.path:
            continue
        for number, correction in library.corrections(document.id).items():
            words = _words(correction.original)
            equal = [n for n, page in pages.items() if _words(page) == words]
            target = number if (same and number in pages) or number in equal else None
            if target is None and words and len(equal) == 1:
                target = equal[0]
            if target is None:
                logger.warning(
                    "%s: the correction of page %d was dropped, since the file no longer has its "
                    "text",
                    document.file,
                    number,
                )
            else:
                carried[target] = replace(correction, original=pages[target])
    return carried


def count_corrections(library: Library, document: Document) -> int:
    """How many pages are corrected or hidden in a document, or in earlier versions at its path."""
    return sum(
        len(library.corrections(old.id))
        for old in library.documents()
        if old.id == document.id or old.path == document.path
    )


def _words(page: Page) -> list[str]:
    """The words of a page without figures, since page numbers and dates change with the file."""
    return _WORD.findall(page.text)


def with_corrections(
    parsed: ParsedDocument, corrections: Mapping[int, Correction]
) -> ParsedDocument:
    """The document with its corrected and hidden pages, as the library stores it."""
    pages = (
        corrected_page(corrections[page.number]) if page.number in corrections else page
        for page in parsed.pages
    )
    return replace(parsed, pages=tuple(pages))


def without_hidden_pages(parsed: ParsedDocument) -> ParsedDocument:
    """The document as passages are cut from it: the hidden pages are empty."""
    empty = {"text": "", "heading": "", "lines": (), "words": (), "slides": ()}
    pages = tuple(
        replace(page, **empty) if page.origin == "hidden" else page  # type: ignore[arg-type]
        for page in parsed.pages
    )
    return replace(parsed, pages=pages)


def corrected_page(correction: Correction) -> Page:
    """A page with the text of its correction, and marked as hidden where it is.

    Words that are as before keep their places; others have none. A line stands where its words do,
    else below the line before. What was the heading is the first line now.
    """
    page = correction.original
    if correction.text is not None:
        page = _with_text(page, correction.text)
    return replace(page, origin="hidden") if correction.hidden else page


def _with_text(page: Page, text: str) -> Page:
    rows = [line.rstrip() for line in text.splitlines() if line.strip()]
    content = "".join(f"{row}\n" for row in rows)
    words: list[tuple[int, int]] = []
    lines: list[tuple[int, int]] = []
    offset = 0
    for row in rows:
        lines.append((offset, offset + len(row)))
        start = offset
        for part in row.split(" "):
            if part:
                words.append((start, start + len(part)))
            start += len(part) + 1
        offset += len(row) + 1
    matcher = difflib.SequenceMatcher(
        a=[page.text[word.start : word.end] for word in page.words],
        b=[content[start:end] for start, end in words],
        autojunk=False,
    )
    placed: list[Word] = []
    sources: dict[int, Line] = {}  # by a word's place in `words`: its line before
    for a, b, size in matcher.get_matching_blocks():
        for step in range(size):
            before, (start, end) = page.words[a + step], words[b + step]
            placed.append(Word(start, end, before.box))
            line = next((ln for ln in page.lines if ln.start <= before.start < ln.end), None)
            if line is not None:
                sources[start] = line
    opens_with_heading = bool(page.heading) and page.text.split()[:1] == page.heading.split()[:1]
    return replace(
        page,
        text=content,
        heading=rows[0] if rows and opens_with_heading else "",
        lines=tuple(_lines(page, lines, placed, sources)),
        words=tuple(placed),
        slides=(),
        origin="corrected",
    )


def _lines(
    page: Page,
    ranges: Sequence[tuple[int, int]],
    placed: Sequence[Word],
    sources: Mapping[int, Line],
) -> list[Line]:
    """The lines of a corrected page: where their words are, and in their style."""
    usual = median([line.size for line in page.lines] or [_LINE_HEIGHT])
    lines: list[Line] = []
    for start, end in ranges:
        own = [word for word in placed if start <= word.start < end]
        if own:
            box = reduce(Box.union, (word.box for word in own))
        else:
            top = min(lines[-1].box.y1 if lines else 0.0, max(page.height - usual, 0.0))
            box = Box(0.0, top, page.width, top + usual)
        source = next((sources[word.start] for word in own if word.start in sources), None)
        lines.append(
            Line(
                start,
                end,
                source.size if source else usual,
                bool(source and source.bold),
                box,
                bool(source and source.is_code),
                bool(source and source.is_row),
            )
        )
    return lines
