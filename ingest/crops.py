"""Which parts of which pages to show with some characters of a passage: formulas, tables, figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.page_boxes import ranges_of
from ingest.text.captions import is_figure_caption, is_table_caption
from ingest.types import Box, Page, Passage, Region, RegionKind

_EDGE = 4.0  # points that are shown around a region
_CAPTION_REACH = 0.3  # of the page's height: the farthest that a figure is from its caption


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a page, in points from its top left corner, and what it shows."""

    page: int  # from 1
    box: Box
    kind: RegionKind


def regions_of(
    passage: Passage, page: Callable[[int], Page | None]
) -> Mapping[int, tuple[Region, ...]]:
    """The regions on the pages that the text of a passage comes from, by the page's number.

    Args:
        passage: Its spans tell the pages.
        page: Gives a page of the document by its number, or None if it does not exist any more.
    """
    pages = {number: page(number) for number in {span.page for span in passage.spans}}
    return {number: content.regions for number, content in sorted(pages.items()) if content}


def crop_regions(
    passage: Passage, start: int, end: int, page: Callable[[int], Page | None]
) -> tuple[Crop, ...]:
    """What to show of the pages with the characters `start` to `end` of a passage's text.

    A formula is shown with the lines in which it is, a table, figure or picture as a whole if it
    holds one of the words, or if they begin its caption. Text without any of them needs no crop.

    Args:
        passage: Its spans are the characters of the pages that its text comes from.
        start: First character, from 0.
        end: One past the last.
        page: Gives a page of the document by its number, or None if it does not exist any more.

    Returns:
        The crops by page, from top to bottom; those of one kind that overlap are one.
    """
    crops: list[Crop] = []
    for number, ranges in sorted(ranges_of(passage, start, end, page).items()):
        content = page(number)
        if content is not None:
            crops += _merged(number, sorted(_regions_at(content, ranges), key=_place), content)
    return tuple(crops)


def _regions_at(page: Page, ranges: Sequence[tuple[int, int]]) -> Iterator[Region]:
    """The regions that some characters of a page are in, or are the caption of."""
    words = [
        word.box
        for word in page.words
        if any(word.start < end and word.end > start for start, end in ranges)
    ]
    for region in page.regions:
        inside = [box for box in words if _holds(region.box, box)]
        if inside and region.kind == "formula":
            lines = [
                line.box
                for line in page.lines
                if any(line.start < end and line.end > start for start, end in ranges)
                and any(_holds(line.box, box) for box in inside)
            ]
            yield Region("formula", _around([region.box, *lines]))
        elif inside:
            yield region
    for line in page.lines:
        if any(line.start < end and line.end > start for start, end in ranges):
            yield from _captioned(page, page.text[line.start : line.end], line.box)


def _captioned(page: Page, text: str, box: Box) -> Iterator[Region]:
    """The nearest region of a caption's kind, if a line begins a caption."""
    kinds: tuple[RegionKind, ...] = ()
    if is_table_caption(text):
        kinds = ("table",)
    elif is_figure_caption(text):
        kinds = ("figure", "picture", "table")  # boxes in rows and columns are read as a table
    near = [region for region in page.regions if region.kind in kinds]
    nearest = min(near, key=lambda region: _distance(region.box, box), default=None)
    if nearest and _distance(nearest.box, box) <= _CAPTION_REACH * page.height:
        yield nearest


def _merged(number: int, regions: Sequence[Region], page: Page) -> list[Crop]:
    merged: list[Region] = []
    for region in regions:
        others = [
            other for other in merged if other.kind == region.kind and _meet(other.box, region.box)
        ]
        merged = [other for other in merged if other not in others]
        merged.append(Region(region.kind, _around([region.box, *(other.box for other in others)])))
    return [
        Crop(number, _with_edge(region, page), region.kind) for region in sorted(merged, key=_place)
    ]


def _with_edge(region: Region, page: Page) -> Box:
    """A region's box with its edge, which cuts through no line of the page's text.

    A line that is mostly outside is left out, but nothing of a formula is.
    """
    own = region.box
    top, bottom = max(own.y0 - _EDGE, 0), min(own.y1 + _EDGE, page.height)
    middle = (top + bottom) / 2
    highest, lowest = (own.y0, own.y1) if region.kind == "formula" else (middle, middle)
    for box in (line.box for line in page.lines):
        if min(box.x1, own.x1) <= max(box.x0, own.x0):
            continue
        centre = (box.y0 + box.y1) / 2
        if box.y0 < top < box.y1:
            top = box.y0 if centre > top else min(box.y1, highest)
        if box.y0 < bottom < box.y1:
            bottom = box.y1 if centre < bottom else max(box.y0, lowest)
    return Box(max(own.x0 - _EDGE, 0), top, min(own.x1 + _EDGE, page.width), bottom)


def _place(region: Region) -> tuple[float, float]:
    return region.box.y0, region.box.x0


def _holds(outer: Box, box: Box) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return outer.x0 <= x <= outer.x1 and outer.y0 <= y <= outer.y1


def _meet(a: Box, b: Box) -> bool:
    return min(a.x1, b.x1) > max(a.x0, b.x0) and min(a.y1, b.y1) > max(a.y0, b.y0)


def _distance(a: Box, b: Box) -> float:
    return max(0.0, max(a.y0, b.y0) - min(a.y1, b.y1)) + max(0.0, max(a.x0, b.x0) - min(a.x1, b.x1))


def _around(boxes: Sequence[Box]) -> Box:
    box = boxes[0]
    for other in boxes[1:]:
        box = box.union(other)
    return box
