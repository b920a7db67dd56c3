"""From characters of a passage to the boxes on the page that show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from ingest.types import Box, Page, Passage

_SAME_LINE = 0.5  # share of the lower box's height that two words of a line have in common
_MAX_GAP = 1.5  # line heights between two words that get one box


def boxes_of(
    passage: Passage, start: int, end: int, page: Callable[[int], Page | None]
) -> dict[int, tuple[Box, ...]]:
    """The boxes on the pages that show the characters `start` to `end` of a passage's text.

    Args:
        passage: Its spans are the characters of the pages that its text comes from.
        start: First character, from 0.
        end: One past the last.
        page: Gives a page of the document by its number, or None if it does not exist any more.

    Returns:
        For each page that shows any of the words, one box for each group of neighbouring words
        on a line, in points from the page's top left corner, in reading order.
    """
    pages = _pages(passage, page)
    boxes: dict[int, list[Box]] = {}
    for number, first, last in _page_ranges(passage, start, end, pages):
        shown_page = pages[number]
        words = shown_page.words if shown_page else ()
        boxes.setdefault(number, []).extend(
            word.box for word in words if word.start < last and word.end > first
        )
    return {number: tuple(merge_adjacent(group)) for number, group in boxes.items() if group}


def ranges_of(
    passage: Passage, start: int, end: int, page: Callable[[int], Page | None]
) -> dict[int, tuple[tuple[int, int], ...]]:
    """(first, end) in the pages' texts of the characters `start` to `end` of a passage's text.

    The arguments are those of `boxes_of`; the ranges of a page are in reading order.
    """
    ranges: dict[int, tuple[tuple[int, int], ...]] = {}
    for number, first, last in _page_ranges(passage, start, end, _pages(passage, page)):
        ranges[number] = (*ranges.get(number, ()), (first, last))
    return ranges


def _pages(passage: Passage, page: Callable[[int], Page | None]) -> dict[int, Page | None]:
    return {number: page(number) for number in {span.page for span in passage.spans}}


def single_blanks(text: str) -> str:
    """A span's text as its passage has it: each run of blanks is one, but for an indentation.

    An indentation is two blanks or more at the start, as a line of code has.
    """
    indent = len(text) - len(text.lstrip(" "))
    return (" " * indent if indent > 1 else "") + " ".join(text.split())


def _page_ranges(
    passage: Passage, start: int, end: int, pages: Mapping[int, Page | None]
) -> Iterator[tuple[int, int, int]]:
    """Page number, first character and end of the part of each span between `start` and `end`."""
    span_start = 0  # in the passage's text, in which every run of blanks is one
    for span in passage.spans:
        page = pages[span.page]
        if page is None:
            return
        characters = _text_positions(page.text, span.start, span.end)
        inside = characters[max(start - span_start, 0) : max(end - span_start, 0)]
        if inside:
            yield span.page, inside[0], inside[-1] + 1
        span_start += len(characters) + 1  # the line end between two spans


def _text_positions(text: str, start: int, end: int) -> list[int]:
    """Positions in `text` of the characters that `single_blanks` leaves."""
    indent = end - start - len(text[start:end].lstrip(" "))
    positions = list(range(start, start + indent)) if indent > 1 else []
    for position in range(start + len(positions), end):
        is_blank = text[position].isspace()
        if not is_blank or (positions and not text[positions[-1]].isspace()):
            positions.append(position)
    if positions and text[positions[-1]].isspace():
        positions.pop()
    return positions


def merge_adjacent(boxes: Sequence[Box]) -> list[Box]:
    """Boxes of which neighbours on a line are merged, in the order given."""
    merged: list[Box] = []
    for box in boxes:
        if merged and _is_adjacent(merged[-1], box):
            merged[-1] = merged[-1].union(box)
        else:
            merged.append(box)
    return merged


def _is_adjacent(before: Box, box: Box) -> bool:
    height = min(before.height, box.height)
    common = min(before.y1, box.y1) - max(before.y0, box.y0)
    gap = box.x0 - before.x1
    return common >= _SAME_LINE * height and -height <= gap <= _MAX_GAP * height
