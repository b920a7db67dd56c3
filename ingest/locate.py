"""From a stretch of a passage back to the ink: the boxes on the page that show its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ingest.types import Box, Page, Passage

_SAME_LINE = 0.5  # share of the lower box's height that two words of a line have in common
_GAP = 1.5  # line heights between two words that are still marked as one stretch


def boxes_of(
    passage: Passage, start: int, end: int, page: Callable[[int], Page | None]
) -> dict[int, tuple[Box, ...]]:
    """Where the characters `start` to `end` of a passage's text stand.

    Args:
        passage: Its spans say from where on the pages its text comes.
        start: First character, from 0.
        end: One past the last.
        page: Gives a page of the document by its number, or None where it is gone.

    Returns:
        For each page that shows any of the words, one box a stretch of a line, in points from
        the page's top left corner, in reading order.
    """
    found: dict[int, list[Box]] = {}
    pages: dict[int, Page | None] = {}
    for number, first, last in _ranges(passage, start, end, page, pages):
        shown = pages[number]
        words = shown.words if shown else ()
        boxes = [word.box for word in words if word.start < last and word.end > first]
        found.setdefault(number, []).extend(boxes)
    return {number: tuple(stretches(boxes)) for number, boxes in found.items() if boxes}


def _ranges(
    passage: Passage,
    start: int,
    end: int,
    page: Callable[[int], Page | None],
    pages: dict[int, Page | None],
) -> Iterator[tuple[int, int, int]]:
    """Page number, first and last character of each span's part of the stretch; fills `pages`."""
    base = 0  # where the span's text, every run of blanks as one, begins in the passage's text
    for span in passage.spans:
        if span.page not in pages:
            pages[span.page] = page(span.page)
        shown = pages[span.page]
        if shown is None:
            return
        letters = _letters(shown.text, span.start, span.end)
        inside = letters[max(start - base, 0) : max(end - base, 0)]
        if inside:
            yield span.page, inside[0], inside[-1] + 1
        base += len(letters) + 1  # the line end between two spans


def _letters(text: str, start: int, end: int) -> list[int]:
    """Positions in `text` of the characters that stay when every run of blanks becomes one."""
    kept: list[int] = []
    for position in range(start, end):
        blank = text[position].isspace()
        if not blank or (kept and not text[kept[-1]].isspace()):
            kept.append(position)
    if kept and text[kept[-1]].isspace():
        kept.pop()
    return kept


def stretches(boxes: Sequence[Box]) -> list[Box]:
    """Neighbours on a line as one box each, in the order given."""
    merged: list[Box] = []
    for box in boxes:
        if merged and _adjoin(merged[-1], box):
            merged[-1] = merged[-1].union(box)
        else:
            merged.append(box)
    return merged


def _adjoin(before: Box, box: Box) -> bool:
    height = min(before.height, box.height)
    common = min(before.y1, box.y1) - max(before.y0, box.y0)
    gap = box.x0 - before.x1
    return common >= _SAME_LINE * height and -height <= gap <= _GAP * height
