"""Segments in reading order: columns, tables and rows.

A region is read column by column where a gutter parts it into columns of text, and row by row
else, as a table is. What reaches over a gutter (a title, a wide figure's caption, a ruled line)
parts the region into bands, which are read from top to bottom, each column by column.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.layout.bidi import is_right_to_left
from ingest.layout.columns import are_columns, lines_of
from ingest.layout.gutters import Gutter, begun_in_column, centred_below, shared_strips
from ingest.layout.items import SAME_ROW, Item, aligned, bulleted, rows_of, whole_card
from ingest.layout.margins import parted_footnotes, parted_margins, without_line_numbers
from ingest.layout.segments import Rule, Segment
from ingest.types import Box

#: A gutter is at least so wide, in em.
GUTTER = 1.0
#: Segments over a gutter may be at most this share of the smaller side.
SPANNING = 0.6
#: Lines that end within an em of a gutter's right edge may be this share of the smaller side.
CLOSE = 0.2
#: With so many of a table's middle cells over it, a gap is no gutter.
MIDDLE_CELLS = 2
#: A column has two lines that are nearer than so many em.
FAR_APART = 5.0
#: A side of which such a share is items is a list; labels beside it of which a smaller share is in the rows
#: of its items are those of a diagram.
LISTED, STRAY_ROWS = 0.3, 0.5
#: A gap between two rows, in em, at which columns may begin or end.
BAND_GAP = 0.9

_COMMENT = re.compile(r"^(?:#|//|/\*|--|%)")


@dataclass(frozen=True, slots=True)
class Row:
    """What is read as one line: the segments of a row, from left to right.

    `block` counts the columns and regions of the page: two rows with one number follow one another
    in one column.
    """

    segments: tuple[Segment, ...]
    block: int


def reading_order(
    segments: Sequence[Segment],
    rules: Sequence[Rule] = (),
    solid: Iterable[tuple[Sequence[Segment], float, float, bool]] = (),
    cards: Sequence[tuple[Box, list[Segment]]] = (),
) -> list[Row]:
    """The rows of some segments of one direction, in the order in which they are read.

    Args:
        segments: In any order.
        rules: Horizontal lines, at which columns may end.
        solid: Lines that fill one area from its left to its right edge, as a listing's do, however
            far each is indented, and a ruled table's rows; and whether they are code.
        cards: Drawn boxes with the segments in them, each of which is read to its end.
    """
    on_cards = {id(segment) for _, inside in cards for segment in inside}
    items = [Item.of(segment) for segment in segments if id(segment) not in on_cards]
    items += [whole_card(box, inside) for box, inside in cards]
    edges = {id(line): (x0, x1, code) for lines, x0, x1, code in solid for line in lines}
    for item in items:
        if id(item.segment) in edges:
            item.x0, item.x1, is_code = edges[id(item.segment)]
            item.is_table_row = not is_code
            item.is_code = is_code and not _COMMENT.match(item.segment.text)
    rules = list(rules)
    if is_right_to_left(segments):  # seen in a mirror, columns go from left to right
        for item in items:
            item.x0, item.x1 = -item.x1, -item.x0
        rules = [Rule(-rule.x1, -rule.x0, rule.y) for rule in rules]
    head, body, foot = parted_margins(without_line_numbers(items))
    body, notes = parted_footnotes(body)
    inner = [*_blocks(body, rules, 2), *_blocks(notes, rules, 2)]
    blocks = [block for block in (head, *inner, foot) if block]
    rows: list[Row] = []
    number = 0
    for block in blocks:
        for row in rows_of(block):
            if row[0].card is None:
                segments_of_row = sorted((item.segment for item in row), key=lambda s: s.x0)
                rows.append(Row(tuple(segments_of_row), number))
                continue
            inside = reading_order(row[0].card, rules, solid)
            rows += [Row(each.segments, number + 1 + each.block) for each in inside]
            number = rows[-1].block + 1
        number += 1
    return rows


def _blocks(segments: list[Item], rules: Sequence[Rule], least: int) -> list[list[Item]]:
    """The blocks of a region, in reading order.

    `least` is the number of lines that a column must have.
    """
    if len(segments) < 2 * least:
        return [segments] if segments else []
    gutter = _gutter(segments, least)
    if gutter is not None:
        blocks: list[list[Item]] = []
        for left, right, over in _bands(gutter, rules):
            if left and right and (_is_stray(left, right) or _is_stray(right, left)):
                blocks += _blocks([*left, *right], rules, 2)
            else:
                blocks += _blocks(left, rules, 2)
                blocks += _blocks(right, rules, 2)
            blocks += _blocks(over, rules, 3)
        return blocks
    cut = _widest_gap(segments)
    if cut is None:
        return [segments]
    above = [s for s in segments if s.y <= cut]
    below = [s for s in segments if s.y > cut]
    upper, lower = _blocks(above, rules, 3), _blocks(below, rules, 3)
    if len(upper) == len(lower) == 1:
        return [segments]
    return upper + lower


def _bands(
    gutter: Gutter, rules: Sequence[Rule]
) -> list[tuple[list[Item], list[Item], list[Item]]]:
    """For each band: its left and right segments, and what reaches over the gutter below it."""
    width = min(
        max(s.x1 for s in gutter.left) - min(s.x0 for s in gutter.left),
        max(s.x1 for s in gutter.right) - min(s.x0 for s in gutter.right),
    )
    ends: list[tuple[float, Item | None]] = [(s.y, s) for s in gutter.over]
    ends += [
        (rule.y, None)
        for rule in rules
        if gutter.x0 - rule.x0 > 0.3 * width and rule.x1 - gutter.x1 > 0.3 * width
    ]
    ends += [(y, None) for y in shared_strips(gutter)]
    bands: list[tuple[list[Item], list[Item], list[Item]]] = []
    left = sorted(gutter.left, key=lambda s: s.y)
    right = sorted(gutter.right, key=lambda s: s.y)
    for y, over in [*sorted(ends, key=lambda end: end[0]), (float("inf"), None)]:
        a, b = [s for s in left if s.y < y], [s for s in right if s.y < y]
        left, right = left[len(a) :], right[len(b) :]
        spanning = [over] if over is not None else []
        if over is not None and b:
            begun = begun_in_column(over, a, max(s.y for s in b))
            a, spanning = a[: len(a) - len(begun)], [*begun, over]
        if not a and not b and bands and spanning:
            bands[-1][2].extend(spanning)
        elif a or b or spanning:
            bands.append((a, b, spanning))
    return bands


def _gutter(segments: Sequence[Item], least: int) -> Gutter | None:
    """The gutter with the most lines on its smaller side, or None where the region has no columns."""
    size = statistics.median(s.size for s in segments)
    best: tuple[float, Gutter] | None = None
    starts = sorted({round(s.x0, 1) for s in segments})
    for start in starts[1:]:
        right = [s for s in segments if s.x0 >= start - 0.2]
        left = [s for s in segments if s.x1 <= start - GUTTER * size]
        if min(lines_of(left), lines_of(right)) < least:
            continue
        beside = {id(s) for s in (*left, *right)}
        over = [s for s in segments if id(s) not in beside]
        if len(over) > SPANNING * min(len(left), len(right)):
            continue
        if sum(_is_between(s, left, right) for s in over) >= MIDDLE_CELLS:
            continue
        if sum(s.x1 <= start + GUTTER * size for s in over) > CLOSE * min(len(left), len(right)):
            continue
        gutter = Gutter(max(s.x1 for s in left), start, left, right, over)
        if not _beside(left, right) or not are_columns(gutter):
            continue
        gutter = _with_centred_lines(_with_outdented_lines(gutter, GUTTER * size))
        score = min(lines_of(left), lines_of(right)) - len(over) + 0.01 * (start - gutter.x0)
        if best is None or score > best[0]:
            best = score, gutter
    return best[1] if best else None


def _with_outdented_lines(gutter: Gutter, room: float) -> Gutter:
    """A gutter, with lines that begin behind its left side counted among the right side.

    The heading of a list may begin left of all its items.

    Args:
        gutter: Its right side begins where most of its lines do.
        room: How far such a line is from the left side at least, in points.
    """
    ids = {id(item) for item in gutter.over if item.x0 >= gutter.x0 + room}
    if not ids:
        return gutter
    right = [*gutter.right, *(item for item in gutter.over if id(item) in ids)]
    over = [item for item in gutter.over if id(item) not in ids]
    return Gutter(gutter.x0, min(item.x0 for item in right), gutter.left, right, over)


def _with_centred_lines(gutter: Gutter) -> Gutter:
    """A gutter, with what is centred below a heading counted among what is over it."""
    over = centred_below(gutter)
    ids = {id(item) for item in over}
    left = [item for item in gutter.left if id(item) not in ids]
    right = [item for item in gutter.right if id(item) not in ids]
    return Gutter(gutter.x0, gutter.x1, left, right, over) if left and right else gutter


def _is_between(segment: Item, left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Whether a segment over a gutter has one on each side in its row, as a table's middle cell."""
    return all(
        any(abs(s.y - segment.y) < SAME_ROW * min(s.size, segment.size) for s in side)
        for side in (left, right)
    )


def _beside(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Whether two sides share at least half of the height of the lower one, and have lines there.

    Neither side's lines are all far apart, as labels of a chart and what is below it are.
    """
    for one, other in ((left, right), (right, left)):
        low, high = min(s.top for s in other), max(s.bottom for s in other)
        if not any(low < s.y < high for s in one) or _is_stray(one, other):
            return False
    if not any(a.top < b.bottom and b.top < a.bottom for a in left for b in right):
        return False  # they take turns, as in a conversation
    top = max(min(s.top for s in left), min(s.top for s in right))
    bottom = min(max(s.bottom for s in left), max(s.bottom for s in right))
    heights = [max(s.bottom for s in side) - min(s.top for s in side) for side in (left, right)]
    return bottom - top >= 0.5 * min(heights)


def _is_stray(side: Sequence[Item], other: Sequence[Item]) -> bool:
    """Whether a side's lines are far apart and belong to what is beside each.

    The labels of a diagram beside a list do not: they are in few rows of its items.
    """
    is_beside_list = bulleted(other) >= LISTED and aligned(side, other) < STRAY_ROWS
    return _is_scattered(side) and not is_beside_list


def _is_scattered(side: Sequence[Item]) -> bool:
    """Whether a side has several lines, all of them far apart."""
    lines = sorted(side, key=lambda s: s.y)
    return len(lines) > 1 and all(
        b.y - a.y >= FAR_APART * max(a.size, b.size) for a, b in pairwise(lines)
    )


def _widest_gap(segments: Sequence[Item]) -> float | None:
    """The height in the middle of the widest gap between rows; None where none is wide."""
    size = statistics.median(s.size for s in segments)
    ordered = sorted(segments, key=lambda s: s.top)
    reach, best = ordered[0].bottom, (BAND_GAP * size, None)
    gap: tuple[float, float | None] = best
    for segment in ordered[1:]:
        if segment.top - reach > gap[0]:
            gap = segment.top - reach, (segment.top + reach) / 2
        reach = max(reach, segment.bottom)
    return gap[1]
