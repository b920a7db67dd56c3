"""Columns side by side: the gutter between them, and where both end and begin again."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.layout.items import SAME_ROW, Item, bulleted, rows_of
from ingest.text.languages import LANGUAGES

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

#: What is below parts of an exercise is so many em from them.
PART_GAP = 0.4

#: A name, its institutes and addresses take at most so many lines.
PEOPLE_ROWS = 8

_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.[^\W\d_]{2}")
_PART = re.compile(r"\(?([a-z]|[1-9])[.)](?:\s|$)")
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
    if rows := _labelled_rows(gutter) or rows_of_people(gutter):
        return rows
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
    if len(strips) == 1 and _are_heads_above(gutter, strips[0]):
        return []
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


def _are_heads_above(gutter: Gutter, y: float) -> bool:
    """Whether a heading is above a height on both sides, in one row, and nothing else on the right."""
    left, right = ([s for s in side if s.y < y] for side in (gutter.left, gutter.right))
    if len(right) != 1 or not left:
        return False
    last, head = max(left, key=lambda item: item.y), right[0]
    return abs(last.y - head.y) < SAME_ROW * head.size and last.size == head.size


def _labelled_rows(gutter: Gutter) -> list[float]:
    """Heights of the rows of parts whose labels count up from left to right: (a) (b), below them (c) (d).

    The last height is where what is below these parts begins. None where the labels count up in another way.
    """
    items = [*gutter.left, *gutter.right]
    rows = rows_of([item for item in items if _label(item)])
    labels: list[str] = []
    heights: list[float] = []
    last = rows[-1] if rows else []
    for row in rows:
        new = [_label(item) for item in row]
        if not all(ord(b) - ord(a) == 1 for a, b in pairwise([*labels[-1:], *new])):
            break
        if len(row) < 2 and not heights:
            continue
        labels += new
        heights.append(min(item.top for item in row))
        last = row
    if len(heights) < 2:
        return []
    ends = []
    for side in (gutter.left, gutter.right):
        below = sorted((item for item in side if item.y >= last[0].y - 1), key=lambda item: item.y)
        ends += [b.top for a, b in pairwise(below) if b.top - a.bottom > PART_GAP * b.size][:1]
    return [*heights, min(ends)] if ends else heights


def rows_of_people(gutter: Gutter) -> list[float]:
    """Where names over their institutes begin and end, as below a paper's title; none for other texts.

    One of their rows holds addresses of people, or institutes, on both sides, and nothing else.
    """
    ids = {id(item) for item in gutter.left}
    rows = [
        row
        for row in rows_of([*gutter.left, *gutter.right])
        if 0 < sum(id(item) in ids for item in row) < len(row)
    ]
    texts = [[item.segment.text for item in row] for row in rows]
    if len(rows) > PEOPLE_ROWS or not any(
        all(map(_ADDRESS.search, row)) or all(map(_names_institution, row)) for row in texts
    ):
        return []
    end = max(item.y for item in rows[-1])
    below = [item.top for item in (*gutter.left, *gutter.right) if item.top > end]
    return [min(item.top for item in rows[0]), *([min(below)] if below else [])]


def _names_institution(text: str) -> bool:
    """Whether a text names a university or a part of one."""
    return any(
        word.endswith(institution)
        for word in text.casefold().split()
        for language in LANGUAGES.values()
        for institution in language.institutions
    )


def _label(item: Item) -> str:
    """The letter or figure that labels a part of an exercise; "" for other lines."""
    match = _PART.match(item.segment.text)
    return match[1] if match else ""


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
    beside itself; or it is the label of a table's row, beside the first items of its cells.
    """
    left = sorted(gutter.left, key=lambda s: s.y)
    heights = _labels_of_lists(gutter)
    if len(heights) > 1:
        return heights
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


def _labels_of_lists(gutter: Gutter) -> list[float]:
    """Heights of the rows that begin with a label and go on with the first items of two lists."""
    ids = {id(item) for item in gutter.left}
    rows = rows_of([*gutter.left, *gutter.right])
    return [
        min(item.top for item in row)
        for row in rows
        if id(row[0]) in ids
        and not row[0].bulleted
        and len(row) > 2
        and all(item.bulleted for item in row[1:])
        and id(row[1]) in ids
        and id(row[-1]) not in ids
    ]


def _is_question(line: Item, item: Item) -> bool:
    """Whether a numbered line, or one without a mark, is above an answer with a box to tick."""
    box = item.segment.text[:1]
    return box in _BOXES and line.segment.text[:1] not in _BOXES
