"""Columns side by side: the gutter between them, and where both end and begin again."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.layout.items import SAME_ROW, Item, bulleted, rows_of

#: A gap in a column, in em, at which boxes in rows may end, if the other column has it as well.
STRIP_GAP = 1.2
#: More of the gaps of the column with fewer ones, as a share, are those of rows of boxes.
STRIPS = 0.5
#: Rows of so many cells begin a table's rows where the gap above them is so many em wider than usual.
ROW_CELLS, ROW_ROOM = 3, 0.3
#: What is above a line is among so many lines before it.
ABOVE = 60
#: Lines of one paragraph are at most so many em apart.
PARAGRAPH_PITCH = 1.8

_BOXES = frozenset("☐☑☒□○❑")
#: A line below a heading over columns is centred below it within so many em, and belongs to it.
CENTRED = 1.0


@dataclass(frozen=True, slots=True)
class Gutter:
    """A vertical gap from `x0` to `x1`, and the segments on its left, on its right and over it."""

    x0: float
    x1: float
    left: list[Item]
    right: list[Item]
    over: list[Item]


def centred_below(gutter: Gutter) -> list[Item]:
    """The lines over a gutter, with short ones centred below them: the authors below a title.

    Such a line is above all lines of the gutter's other side.
    """
    over = list(gutter.over)
    for side, other in ((gutter.left, gutter.right), (gutter.right, gutter.left)):
        first = min(item.top for item in other)
        for item in sorted(side, key=lambda s: s.y):
            if item.bottom >= first:
                break
            middle = (item.x0 + item.x1) / 2
            if any(
                o.y < item.y and abs((o.x0 + o.x1) / 2 - middle) < CENTRED * item.size for o in over
            ):
                over.append(item)
    return over


def begun_in_column(over: Item, column: Sequence[Item], end: float) -> list[Item]:
    """The last lines of a left column that belong to what goes on over the gutter.

    Args:
        over: The first line that reaches over the gutter.
        column: The lines of the column above it, from top to bottom.
        end: The height at which the right column ends.
    """
    begun: list[Item] = []
    below = over
    for item in reversed(column):
        is_near = below.y - item.y < PARAGRAPH_PITCH * below.size
        if item.y <= end or not is_near or abs(item.x0 - over.x0) > 2 * over.size:
            break
        begun.insert(0, item)
        below = item
    return begun


def shared_strips(gutter: Gutter) -> list[float]:
    """Heights at which both columns of text end and begin again at one line, as boxes in rows do."""
    if max(bulleted(gutter.left), bulleted(gutter.right)) >= 0.3:
        return _lines_between_lists(gutter)  # lists side by side, however their items are set
    starts = []
    for side in (gutter.left, gutter.right):
        ordered = sorted(side, key=lambda s: s.y)
        starts.append(
            [b for a, b in pairwise(ordered) if b.top - a.bottom > STRIP_GAP * min(a.size, b.size)]
        )
    strips = [
        min(a.top, b.top)
        for a in starts[0]
        for b in starts[1]
        if abs(a.y - b.y) < SAME_ROW * min(a.size, b.size)
    ]
    if len(strips) > STRIPS * min(map(len, starts)):
        return strips
    if cells := _rows_with_room(gutter):
        return cells
    # Paragraphs and headings begin again at one height by chance, but for a page's first and last line.
    return [
        y
        for y in strips
        if all(
            min(sum(s.y < y for s in side), sum(s.y >= y for s in side)) <= 1
            for side in (gutter.left, gutter.right)
        )
    ]


def _rows_with_room(gutter: Gutter) -> list[float]:
    """Heights at which the rows of a table begin whose cells hold several lines; none for other texts.

    All rows of three cells and more have more room above them than the lines of a cell have.
    """
    items = sorted([*gutter.left, *gutter.right], key=lambda s: s.y)
    rows = [row for row in rows_of(items) if len(row) >= ROW_CELLS]
    if len(rows) < 2:
        return []
    room: dict[int, float] = {}
    for place, item in enumerate(items):
        for above in reversed(items[max(0, place - ABOVE) : place]):
            overlaps = above.x0 < item.x1 and item.x0 < above.x1
            if overlaps and above.bottom <= item.top + 0.3 * item.size:
                room[id(item)] = (item.top - above.bottom) / item.size
                break
    first = {id(item) for row in rows for item in row}
    inner = [gap for key, gap in room.items() if key not in first]
    if not inner:
        return []
    usual = statistics.median(inner)
    if any(room.get(id(item), math.inf) < usual + ROW_ROOM for row in rows for item in row):
        return []
    return [min(item.top for item in row) for row in rows]


def _lines_between_lists(gutter: Gutter) -> list[float]:
    """Heights of the lines that part two lists side by side from the next two.

    Such a line begins left of the items below it, the first of which has one beside it, and has nothing
    beside itself.
    """
    left = sorted(gutter.left, key=lambda s: s.y)
    heights = []
    for line, item in pairwise(left):
        near = SAME_ROW * min(line.size, item.size)
        is_lead = item.bulleted and (
            (not line.bulleted and line.x0 < item.x0 - 0.5 * item.size) or _is_question(line, item)
        )
        if (
            is_lead
            and any(s.bulleted and abs(s.y - item.y) < near for s in gutter.right)
            and any(s.y < line.y for s in gutter.right)
            and not any(s.top < line.y and s.bottom > line.top for s in gutter.right)
        ):
            heights.append(line.top)
    return heights


def _is_question(line: Item, item: Item) -> bool:
    """Whether a numbered line, or one without a mark, is above an answer with a box to tick."""
    box = item.segment.text[:1]
    return box in _BOXES and line.segment.text[:1] not in _BOXES
