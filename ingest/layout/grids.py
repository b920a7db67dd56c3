"""Tables whose cells are ruled: rows between horizontal lines, cells between vertical ones.

Where lines say what a cell is, a cell may hold several lines of text, and a row need not fill all
columns. Lines are drawn cell by cell as well as across a table; where the cells' lines end is then
a column's border, with or without a vertical line.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.layout.order import Row
from ingest.layout.segments import Rule, Segment, Upright
from ingest.layout.tables import words_of_row

#: Lines that are nearer than so many points meet.
TOUCH = 1.6
#: The lines of a table begin and end at places that differ by less, in points.
SAME_END = 3.0
#: A table is at least so wide, in points, and a column.
MIN_WIDTH, MIN_COLUMN = 80.0, 8.0
#: A line parts two rows if it is at least as long as this share of the table's width.
ROW_LINE = 0.4
#: A vertical line borders a cell if it covers this share of the row's height.
COVERED = 0.8
#: So many of a table's rows have a column's border, and so many have text in two cells, as shares.
BORDERED, FILLED = 0.5, 0.6
#: So many of the segments may lie over a border, as a share.
CROSSING = 0.04
#: A cell with more lines than this is a box of a page's layout, and with a single row below a head
#: already one with more than the second number.
CELL_LINES, BOX_LINES = 30, 6
#: So many lines of text may be beside a table between two of its rows.
MAX_BESIDE = 30


@dataclass(slots=True)
class GridRow:
    """A row of a ruled table: one segment for all of it, and its words, with the borders of the cells."""

    segment: Segment
    columns: int
    x0: float
    x1: float


@dataclass(slots=True)
class _Line:
    """A horizontal line, of one piece or several; `breaks` are where its pieces meet."""

    x0: float
    x1: float
    y: float
    breaks: list[float] = field(default_factory=list)


def find_grids(
    segments: Sequence[Segment], rules: Sequence[Rule], uprights: Sequence[Upright]
) -> tuple[list[GridRow], list[Segment]]:
    """The rows of the ruled tables among some segments, and the segments outside them.

    Args:
        segments: Of one direction, in any order.
        rules: Horizontal lines of the page.
        uprights: Its vertical lines.
    """
    lines = _joined_lines(rules)
    rows: list[GridRow] = []
    rest = list(segments)
    for group in _groups(lines):
        for strips in _tables(group, uprights):
            table = _cells(strips, rest)
            if table is None:
                continue
            inside = {id(segment) for row in table for cell in row for segment in cell}
            rest = [segment for segment in rest if id(segment) not in inside]
            rows.extend(_row(cells, strips[0]) for cells in table)
    return rows, rest


def tables_together(rows: Sequence[Row], grid: Sequence[GridRow]) -> list[Row]:
    """Rows in reading order, with each ruled table that has text beside it in one piece.

    Such a table follows the text before the widest gap of the lines beside it.

    Args:
        rows: In reading order; those of tables are `grid`'s, each alone in its row.
        grid: The rows of ruled tables.
    """
    areas = {id(each.segment): (each.x0, each.x1) for each in grid}
    tables: list[list[Row]] = []
    text: list[Row] = []
    for row in rows:
        area = areas.get(id(row.segments[0]))
        if area is None:
            text.append(row)
            continue
        last = tables[-1][-1] if tables else None
        if (
            last is not None
            and last.block == row.block
            and areas[id(last.segments[0])] == area
            and not any(_is_between(last, row, other, area) for other in text[-MAX_BESIDE:])
        ):
            tables[-1].append(row)
        else:
            tables.append([row])
    for table in tables:
        top, bottom = table[0].segments[0].top, table[-1].segments[0].bottom
        own = [k for k, row in enumerate(text) if row.block == table[0].block]
        first = next((k for k in own if text[k].segments[0].y > top), None)
        after = next((k for k in own if text[k].segments[0].y > bottom), None)
        start = _end_of_block(text, table[0].block) if first is None else first
        end = _end_of_block(text, table[0].block) if after is None else after
        place = max(range(start, max(start, end) + 1), key=lambda k: (_gap_at(text, k), k))
        text[place:place] = table
    return text


def _is_between(upper: Row, lower: Row, row: Row, area: tuple[float, float]) -> bool:
    """Whether a row of text parts two rows of tables at one place."""
    first, last = row.segments[0], row.segments[-1]
    is_inside = upper.segments[0].y < first.y < lower.segments[0].y
    return is_inside and first.x0 < area[1] and last.x1 > area[0]


def _end_of_block(rows: Sequence[Row], block: int) -> int:
    """The place behind the last row of a block, or of those before it."""
    return max((k + 1 for k, row in enumerate(rows) if row.block <= block), default=0)


def _gap_at(rows: Sequence[Row], place: int) -> float:
    """The room between a row and the one before it, in points; endless where a block begins."""
    if place in (0, len(rows)) or rows[place - 1].block != rows[place].block:
        return math.inf
    return rows[place].segments[0].top - rows[place - 1].segments[0].bottom


@dataclass(slots=True)
class _Strip:
    """What is between two lines of a table: its edges, and the borders of its cells from left to right."""

    x0: float
    x1: float
    top: float
    bottom: float
    borders: list[float]


def _joined_lines(rules: Sequence[Rule]) -> list[_Line]:
    """Rules that follow each other on one height, as one line."""
    lines: list[_Line] = []
    heights: list[list[Rule]] = []
    for rule in sorted(rules, key=lambda rule: rule.y):
        if heights and rule.y - heights[-1][0].y < 0.6:
            heights[-1].append(rule)
        else:
            heights.append([rule])
    for height in heights:
        last: _Line | None = None
        for rule in sorted(height, key=lambda rule: rule.x0):
            if last is not None and rule.x0 - last.x1 < TOUCH:
                if rule.x0 > last.x1 - TOUCH:
                    last.breaks.append((rule.x0 + last.x1) / 2)
                last.x1 = max(last.x1, rule.x1)
            else:
                last = _Line(rule.x0, rule.x1, rule.y)
                lines.append(last)
    return lines


def _groups(lines: Sequence[_Line]) -> list[list[_Line]]:
    """Lines that may be one table's, by their ends, each group from top to bottom; widest first."""
    groups: list[list[_Line]] = []
    for line in sorted(lines, key=lambda line: line.x0 - line.x1):
        if line.x1 - line.x0 < MIN_WIDTH:
            break
        for group in groups:
            if abs(group[0].x0 - line.x0) < SAME_END and abs(group[0].x1 - line.x1) < SAME_END:
                group.append(line)
                break
        else:
            groups.append([line])
    result = []
    for group in groups:
        x0, x1 = group[0].x0, group[0].x1
        top, bottom = min(line.y for line in group), max(line.y for line in group)
        within = [
            line
            for line in lines
            if line not in group
            and top < line.y < bottom
            and line.x0 > x0 - SAME_END
            and line.x1 < x1 + SAME_END
            and line.x1 - line.x0 > ROW_LINE * (x1 - x0)
        ]
        result.append(sorted([*group, *within], key=lambda line: line.y))
    return result


def _tables(lines: Sequence[_Line], uprights: Sequence[Upright]) -> list[list[_Strip]]:
    """The runs of strips between a group's lines that have borders within."""
    x0, x1 = min(line.x0 for line in lines), max(line.x1 for line in lines)
    runs: list[list[_Strip]] = [[]]
    for upper, lower in pairwise(_with_open_ends(lines, x0, x1, uprights)):
        if lower.y - upper.y < TOUCH:
            continue
        borders = [
            place
            for place in _places(uprights, upper.y, lower.y)
            if x0 + MIN_COLUMN < place < x1 - MIN_COLUMN
        ]
        borders += [
            place
            for place in upper.breaks
            if any(abs(place - other) < TOUCH for other in lower.breaks)
            and not any(abs(place - border) < SAME_END for border in borders)
        ]
        if borders:
            runs[-1].append(_Strip(x0, x1, upper.y, lower.y, sorted(borders)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if len(run) > 1]


def _with_open_ends(
    lines: Sequence[_Line], x0: float, x1: float, uprights: Sequence[Upright]
) -> list[_Line]:
    """Lines with further ones where the vertical lines end that meet them.

    A table that has no frame has borders above its first line and below its last one.
    """
    inside = [upright for upright in uprights if x0 + MIN_COLUMN < upright.x < x1 - MIN_COLUMN]
    ends: list[_Line] = []
    for before, line, after in zip(
        [-math.inf, *(line.y for line in lines)],
        lines,
        [*(line.y for line in lines[1:]), math.inf],
        strict=False,
    ):
        touching = [u for u in inside if u.y0 - TOUCH < line.y < u.y1 + TOUCH]
        top = min((u.y0 for u in touching), default=line.y)
        bottom = max((u.y1 for u in touching), default=line.y)
        if before + MIN_COLUMN < top < line.y - MIN_COLUMN:
            ends.append(_Line(x0, x1, top))
        if line.y + MIN_COLUMN < bottom < after - MIN_COLUMN:
            ends.append(_Line(x0, x1, bottom))
    return sorted([*lines, *ends], key=lambda line: line.y)


def _places(uprights: Sequence[Upright], top: float, bottom: float) -> list[float]:
    """Where vertical lines run from a strip's top to its bottom."""
    places: list[list[Upright]] = []
    for line in sorted(uprights, key=lambda line: line.x):
        if line.y1 < top or line.y0 > bottom:
            continue
        if places and line.x - places[-1][-1].x < TOUCH:
            places[-1].append(line)
        else:
            places.append([line])
    return [
        statistics.mean(line.x for line in place)
        for place in places
        if sum(max(0.0, min(line.y1, bottom) - max(line.y0, top)) for line in place)
        >= COVERED * (bottom - top)
    ]


def _cells(
    strips: Sequence[_Strip], segments: Sequence[Segment]
) -> list[list[list[Segment]]] | None:
    """A table's cells, row by row; None where lines and text do not make a table."""
    borders = _columns(strips)
    rows = []
    crossing = count = 0
    for strip in strips:
        inside = [
            segment
            for segment in segments
            if strip.top < segment.y - 0.3 * segment.size < strip.bottom
            and strip.x0 - SAME_END < segment.x0
            and segment.x1 < strip.x1 + SAME_END
        ]
        cells: list[list[Segment]] = [[] for _ in range(len(borders) + 1)]
        for segment in sorted(inside, key=lambda s: (round(s.y / (0.35 * s.size)), s.x0)):
            slack = 0.3 * segment.size
            over = any(segment.x0 + slack < place < segment.x1 - slack for place in strip.borders)
            crossing, count = crossing + over, count + 1
            start = segment.x0 + slack
            is_wide = any(start < place < segment.x1 - slack for place in borders)
            middle = start if is_wide else (segment.x0 + segment.x1) / 2
            cells[sum(place < middle for place in borders)].append(segment)
        if inside:
            rows.extend(_rows_between_lines(cells))
    used = [any(row[column] for row in rows) for column in range(len(borders) + 1)]
    rows = [[cell for cell, is_used in zip(row, used, strict=True) if is_used] for row in rows]
    filled = [sum(bool(cell) for cell in cells) for cells in rows]
    sizes = [len(cell) for cells in rows for cell in cells if cell]
    if (
        len(rows) < 2
        or sum(used) < 2
        or crossing > CROSSING * count
        or sum(number > 1 for number in filled) < FILLED * len(rows)
        or max(sizes) > (CELL_LINES if len(rows) > 2 else BOX_LINES)
        or not any(
            len(word) > 2 for row in rows for cell in row for s in cell for word in s.text.split()
        )
    ):
        return None
    return rows


def _rows_between_lines(cells: list[list[Segment]]) -> list[list[list[Segment]]]:
    """The rows of a strip: several where all filled cells have the same lines, and none runs on."""
    heights = [[segment.y for segment in cell if segment.letters] for cell in cells if cell]
    first = heights[0] if heights else []
    step = 0.35 * cells[0][0].size if cells[0] else 0.0
    is_even = (
        len(first) > 1
        and len(heights) > 1
        and all(
            len(other) == len(first)
            and all(abs(a - b) < step for a, b in zip(first, other, strict=True))
            for other in heights
        )
    )
    if not is_even or any(
        s.text[:1].islower() or s.text[:1] in "([" for cell in cells for s in cell
    ):
        return [cells]
    return [[cell[number : number + 1] for cell in cells] for number in range(len(first))]


def _columns(strips: Sequence[_Strip]) -> list[float]:
    """The borders that enough of a table's rows have, from left to right."""
    places: list[list[float]] = []
    for place in sorted(border for strip in strips for border in strip.borders):
        if places and place - places[-1][-1] < SAME_END:
            places[-1].append(place)
        else:
            places.append([place])
    return [statistics.mean(p) for p in places if len(p) >= BORDERED * len(strips)]


def _row(cells: list[list[Segment]], strip: _Strip) -> GridRow:
    """A row as one segment, whose words are those of its cells."""
    segments = [segment for cell in cells for segment in cell]
    largest = max(segments, key=lambda segment: segment.letters)
    first = min(segments, key=lambda segment: segment.y)
    pieces = [piece for segment in segments for piece in segment.pieces]
    whole = Segment(sorted(pieces, key=lambda piece: piece.x0), first.y, largest.size)
    whole.top = min(segment.top for segment in segments)
    whole.bottom = max(segment.bottom for segment in segments)
    whole.settle(words_of_row(cells, from_right=False))
    return GridRow(whole, len(cells), strip.x0, strip.x1)
