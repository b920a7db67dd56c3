"""Handouts: pages on which several slides are printed side by side and below each other.

A page is a handout where equal frames hold its text, or where white strips part it into a grid whose
cells begin with titles of one size at one place, or carry numbers that count up at one place.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from itertools import pairwise

from ingest.layout.segments import Segment
from ingest.types import Box

#: The grids that programs print, as rows and columns; the finest first.
_GRIDS = ((4, 4), (3, 3), (4, 2), (2, 4), (3, 2), (2, 3), (2, 2), (4, 1), (3, 1), (2, 1), (1, 2))
#: How far, as a share of the page's side, a strip may lie from where equal cells would put it.
STRIP_REACH = 0.07
#: A strip is at least so wide, as a share of the page's side.
STRIP_WIDTH = 0.015
#: A slide's title is at least so many times as large as the rest of its text.
TITLE_SIZE = 1.12
#: Two places in two slides are one if they differ by less, in em.
SAME_PLACE_IN_SLIDE = 1.0
#: A frame's width is so many times its height: slides are 4 : 3 to 16 : 9.
FRAME_ASPECT = (1.15, 1.95)
#: Two slides side by side fill at most this share of the page's height: each is wider than high.
LOW = 0.7
#: The page's top and bottom, as a share of its height, that hold its own header and footer.
MARGIN = 0.06

_NUMBER = re.compile(r"^(?:.*\D)?(\d{1,4})$")
_SLIDE_NUMBER = re.compile(r"(\d{1,4})(?:\s*(?:/|of|von)\s*\d{1,4})?")


def is_slide_number(text: str) -> bool:
    """Whether a text can be a slide's number: "12", "12/40"."""
    return bool(_SLIDE_NUMBER.fullmatch(text))


def find_slides(
    segments: Sequence[Segment], boxes: Sequence[Box], width: float, height: float
) -> list[tuple[Box, list[Segment]]]:
    """The slides of a handout in the order in which they were shown; empty for other pages.

    Slide numbers that count up at one place are left out of their slides.

    Args:
        segments: Of the page's main direction.
        boxes: Where large shapes are drawn.
        width: Of the page, in points.
        height: Of the page, in points.
    """
    body = [s for s in segments if not _is_margin(s, height)]
    if len(body) < 4:
        return []
    frames = _frames(boxes, body, width, height)
    if len(frames) > 1 and (beside := _notes_beside(frames, body)) is not None:
        cells = _fill(frames, [s for s in body if not any(s in notes for notes in beside)])
        if _begin_alike(cells, 1, 1) or _numbers(cells):
            return [
                (Box(box.x0, box.y0, width, box.y1), [*inside, *notes])
                for (box, inside), notes in zip(cells, beside, strict=True)
            ]
        return []
    if len(frames) > 1:
        cells = _fill(frames, body)
        if _begin_alike(cells, 1, 1) or _numbers(cells):
            return _in_order(cells)
    for rows, columns in _GRIDS:
        if (columns == 1 and width > height) or (rows == 1 and width < height):
            continue
        across = _cuts([(s.x0, s.x1) for s in body], width, columns)
        down = _cuts([(s.top, s.bottom) for s in body], height, rows)
        if across is None or down is None:
            continue
        grid = [Box(x0, y0, x1, y1) for y0, y1 in pairwise(down) for x0, x1 in pairwise(across)]
        whole = [s for s in segments if any(_contains(box, s) for box in grid)]
        cells = _fill(grid, whole)
        filled = [cell for cell in cells if cell[1]]
        if cells[: len(filled)] != filled or 2 * len(filled) < len(cells) or len(filled) < 2:
            continue
        if any(len(_baselines(inside)) < 2 for _, inside in filled):
            continue
        if rows == 1 and not _are_low(filled, height):
            continue
        is_grid = min(rows, columns) > 1
        if _numbers(filled) or (is_grid and _begin_alike(filled, rows, columns)):
            return _in_order(filled)
        if is_grid and (bare := _without_number(filled)) is not None:
            slides = _in_order([*filled[:bare], *filled[bare + 1 :]])
            return [*slides[:bare], filled[bare], *slides[bare:]]
    return []


def _is_margin(segment: Segment, height: float) -> bool:
    return segment.bottom < MARGIN * height or segment.top > (1 - MARGIN) * height


def _frames(
    boxes: Sequence[Box], segments: Sequence[Segment], width: float, height: float
) -> list[Box]:
    """Equal boxes of a slide's shape that lie beside each other and hold nearly all of the text."""
    best: list[Box] = []
    for first in boxes:
        if not FRAME_ASPECT[0] <= (first.x1 - first.x0) / max(first.height, 1) <= FRAME_ASPECT[1]:
            continue
        if not 0.02 <= (first.x1 - first.x0) * first.height / (width * height) <= 0.5:
            continue
        equal: list[Box] = []
        for box in boxes:
            alike = (
                abs((box.x1 - box.x0) - (first.x1 - first.x0)) < 0.02 * width
                and abs(box.height - first.height) < 0.02 * height
            )
            if alike and not any(_meet(box, other) for other in equal):
                equal.append(box)
        if len(equal) > len(best) and (len(equal) > 3 or width < height):
            best = equal
    held = sum(any(holds(box, segment) for box in best) for segment in segments)
    notes = _notes_beside(best, segments)
    held += sum(map(len, notes)) if notes else 0
    if held < 0.85 * len(segments):
        return []
    full = [box for box in best if any(holds(box, segment) for segment in segments)]
    return sorted(full, key=lambda box: (round(box.y0 / (0.5 * box.height)), box.x0))


def _notes_beside(frames: Sequence[Box], segments: Sequence[Segment]) -> list[list[Segment]] | None:
    """What is written on the right of each frame of a column; None where the frames are in no column.

    None too where nothing is beside one of them.
    """
    frames = sorted(frames, key=lambda box: box.y0)
    if len(frames) < 2 or any(abs(box.x0 - frames[0].x0) > 1 for box in frames):
        return None
    notes = [
        [s for s in segments if s.x0 > box.x1 and box.y0 < s.y - 0.3 * s.size < box.y1]
        for box in frames
    ]
    return notes if all(notes) else None


def _meet(a: Box, b: Box) -> bool:
    """Whether two boxes overlap by more than their edges."""
    across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
    return across > 0.1 * (a.x1 - a.x0) and down > 0.1 * a.height


def holds(box: Box, segment: Segment) -> bool:
    """Whether a segment's middle lies in a box."""
    middle = (segment.x0 + segment.x1) / 2
    return box.x0 <= middle <= box.x1 and box.y0 <= (segment.top + segment.bottom) / 2 <= box.y1


def _contains(box: Box, segment: Segment) -> bool:
    """Whether a segment lies in a box from end to end."""
    return holds(box, segment) and segment.x0 >= box.x0 - 1 and segment.x1 <= box.x1 + 1


def _fill(boxes: Sequence[Box], segments: Sequence[Segment]) -> list[tuple[Box, list[Segment]]]:
    """Each box with the segments that it holds, from top to bottom."""
    ordered = sorted(segments, key=lambda s: (s.y, s.x0))
    return [(box, [s for s in ordered if holds(box, s)]) for box in boxes]


def _cuts(extents: Sequence[tuple[float, float]], side: float, parts: int) -> list[float] | None:
    """Where white strips cut a side into equal parts, its ends included; None where they do not."""
    cuts = [0.0]
    for number in range(1, parts):
        ideal = side * number / parts
        low, high = ideal - STRIP_REACH * side, ideal + STRIP_REACH * side
        inside = sorted((a, b) for a, b in extents if b > low and a < high)
        reach = max((b for _, b in extents if b <= low), default=0.0)
        after = min((a for a, _ in extents if a >= high), default=side)
        best: tuple[float, float] | None = None  # distance from the ideal, and place
        for start, end in [*inside, (after, after)]:
            if start - reach > STRIP_WIDTH * side and reach < high and start > low:
                place = min(max(ideal, reach), start)
                if best is None or abs(place - ideal) < best[0]:
                    best = abs(place - ideal), place
            reach = max(reach, end)
        if best is None:
            return None
        cuts.append(best[1])
    return [*cuts, side]


def _baselines(segments: Sequence[Segment]) -> set[int]:
    return {round(s.y / (0.5 * s.size)) for s in segments}


def _begin_alike(cells: Sequence[tuple[Box, list[Segment]]], rows: int, columns: int) -> bool:
    """Whether the slides begin with titles of one size, at one height in each row of the grid."""
    firsts = [inside[0] for _, inside in cells if inside]
    size = firsts[0].size
    for (box, inside), first in zip(cells, firsts, strict=True):
        rest = [s.size for s in inside if s.y > first.y + 0.5 * first.size]
        if not rest or first.size < TITLE_SIZE * statistics.median(rest):
            return False
        if abs(first.size - size) > 0.05 * size:
            return False
        lower = (first.y - box.y0) - (firsts[0].y - cells[0][0].y0)
        if rows == columns == 1 and abs(lower) > SAME_PLACE_IN_SLIDE * size:
            return False  # frames say where each begins
    if rows == columns == 1:
        return True
    for start in range(0, len(firsts), columns):
        row = firsts[start : start + columns]
        if max(s.y for s in row) - min(s.y for s in row) > 0.3 * size:
            return False
    lefts = [first.x0 - firsts[k % columns].x0 for k, first in enumerate(firsts)]
    middles = [
        (first.x0 + first.x1 - firsts[k % columns].x0 - firsts[k % columns].x1) / 2
        for k, first in enumerate(firsts)
    ]
    at_one_place = any(
        max(map(abs, places)) < SAME_PLACE_IN_SLIDE * size for places in (lefts, middles)
    )
    heights = [first.y for first in firsts[::columns]]
    pitches = [b - a for a, b in pairwise(heights)]
    even = not pitches or max(pitches) - min(pitches) < SAME_PLACE_IN_SLIDE * size
    return at_one_place and even and len(heights) > 1


def _are_low(cells: Sequence[tuple[Box, list[Segment]]], height: float) -> bool:
    """Whether cells side by side are slides: wider than high, each with its number as the last line."""
    tops = [min(s.top for s in inside) for _, inside in cells]
    bottoms = [max(s.bottom for s in inside) for _, inside in cells]
    lowest = [max(inside, key=lambda s: (s.y, s.x1)) for _, inside in cells]
    return max(bottoms) - min(tops) <= LOW * height and all(
        is_slide_number(segment.text) for segment in lowest
    )


def _numbers(cells: Sequence[tuple[Box, list[Segment]]]) -> dict[int, int]:
    """Numbers that count up by one at one place of each slide: cell by number, or nothing."""
    if len(cells) < 2 or not cells[0][1]:
        return {}
    placed = [
        [
            (s, int(match[1]))
            for s in inside
            if (match := _SLIDE_NUMBER.fullmatch(s.text) or _NUMBER.match(s.text))
        ]
        for _, inside in cells
    ]
    for mark, _ in placed[0]:
        is_bare = is_slide_number(mark.text) and len(cells[0][1]) > 1
        if not is_bare or mark is cells[0][1][0]:
            continue
        number_of: dict[int, int] = {}
        for index, (box, _) in enumerate(cells):
            near = [
                number
                for s, number in placed[index]
                if abs((s.y - box.y0) - (mark.y - cells[0][0].y0)) < 0.1 * box.height
                and abs((s.x1 - box.x0) - (mark.x1 - cells[0][0].x0)) < 0.1 * (box.x1 - box.x0)
                and abs(s.size - mark.size) < 0.1 * mark.size
            ]
            if len(near) == 1:
                number_of[near[0]] = index
        low = min(number_of, default=0)
        counts_up = sorted(number_of) == list(range(low, low + len(cells)))
        if counts_up:
            return number_of
    return {}


def _without_number(cells: Sequence[tuple[Box, list[Segment]]]) -> int | None:
    """The place of the one slide without a number, as a title has none; the others' count up row by row."""
    for bare, (_, inside) in enumerate(cells):
        if len(cells) < 4 or any(is_slide_number(segment.text) for segment in inside):
            continue
        number_of = _numbers([*cells[:bare], *cells[bare + 1 :]])
        if number_of and [number_of[number] for number in sorted(number_of)] == sorted(
            number_of.values()
        ):
            return bare
    return None


def _in_order(
    cells: Sequence[tuple[Box, list[Segment]]],
) -> list[tuple[Box, list[Segment]]]:
    """Slides by their numbers where they have some, which are left out; else row by row."""
    number_of = _numbers(cells)
    if not number_of:
        return list(cells)
    slides = []
    for number in sorted(number_of):
        box, inside = cells[number_of[number]]
        marks = re.compile(rf"{number}(?:\s*(?:/|of|von)\s*\d+)?")
        slides.append((box, [s for s in inside if not marks.fullmatch(s.text)]))
    return slides
