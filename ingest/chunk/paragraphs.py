"""Join a page's lines to paragraphs, and cut the paragraphs into sentences."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ingest.text.languages import Language
from ingest.text.repair import BULLETS, is_bullet
from ingest.text.sentences import sentence_ends
from ingest.types import Line, Page, Span

_CLOSING = ",;:.)]"  # a line that begins with one of them continues the line before
_FRAGMENT = 4  # characters; lines up to this length are fragments of one formula or drawing
_SIZE_CHANGE = 0.12  # relative difference of font sizes that separates paragraphs
_WIDE = 0.45  # of the page's width; a line that is wider fills its column
_MAX_GAP = 0.6  # of the font size, between the lines of one paragraph


def sentence_spans(page: Page, lines: Sequence[Line], spoken: Language) -> list[Span]:
    """The text of a page's lines as sentences and list items, with each line in exactly one."""
    spans: list[Span] = []
    for paragraph_start, paragraph_end in _paragraphs(page, lines):
        text = page.text[paragraph_start:paragraph_end]
        start = paragraph_start
        for offset in [*sentence_ends(text, spoken), len(text)]:
            end = paragraph_start + offset
            if page.text[start:end].strip():
                spans.append(Span(page.number, start, end))
            start = end
    return spans


def _paragraphs(page: Page, lines: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """(start, end) of each group of lines of which each continues the one before."""
    start = end = -1
    before: Line | None = None
    for line in lines:
        if before is not None and continues_paragraph(page, before, line):
            end = line.end
        else:
            if start >= 0:
                yield start, end
            start, end = line.start, line.end
        before = line
    if start >= 0:
        yield start, end


def continues_paragraph(page: Page, before: Line, line: Line) -> bool:
    """Whether a line continues the paragraph of the line before."""
    between = page.text[before.end : line.start]
    if between == "":  # a hyphenated word continues behind the line end
        return True
    if between != "\n":  # a line between them is left out
        return False
    if max(before.end - before.start, line.end - line.start) <= _FRAGMENT:
        return True
    first_word = page.text[line.start : line.end].split(maxsplit=1)[0]
    if first_word[0] in _CLOSING:  # after an index or an exponent, which is a line of its own
        return True
    if is_bullet(first_word) or first_word[0] in BULLETS:
        return False
    if (
        abs(before.size - line.size) > _SIZE_CHANGE * max(before.size, line.size)
        or before.bold != line.bold
    ):
        return False
    gap = line.box.y0 - before.box.y1
    is_wide = before.box.x1 - before.box.x0 > _WIDE * page.width
    is_wide = is_wide and not (_has_cells(page, before) or _has_cells(page, line))
    in_mid_sentence = first_word[0].islower()  # a narrow column's line
    return -line.size <= gap <= _MAX_GAP * line.size and (is_wide or in_mid_sentence)


def _has_cells(page: Page, line: Line) -> bool:
    """Whether two words are further apart than the font size, as in a table's row."""
    first, last = (
        bisect_left(page.words, offset, key=lambda word: word.start)
        for offset in (line.start, line.end)
    )
    words = page.words[first:last]
    return any(right.box.x0 - left.box.x1 > line.size for left, right in itertools.pairwise(words))
