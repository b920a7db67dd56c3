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
from ingest.layout.gutters import Gutter, begun_in_column, centred_below, shared_strips
from ingest.layout.items import (
    SAME_ROW,
    Item,
    aligned,
    are_apart,
    bulleted,
    code,
    prose,
    rows_of,
    whole_card,
)
from ingest.layout.margins import parted_footnotes, parted_margins, without_line_numbers
from ingest.layout.segments import Rule, Segment
from ingest.types import Box

#: A gutter is at least so wide, in em.
GUTTER = 1.0
#: At least this share of both sides' lines has a line of the other side beside it in a table.
ALIGNED = 0.6
#: The same where the left side is a list of sentences, beside which the labels of a figure are by chance.
ALIGNED_LIST = 0.7
#: Segments over a gutter may be at most this share of the smaller side.
SPANNING = 0.6
#: Lines that end within an em of a gutter's right edge may be this share of the smaller side.
CLOSE = 0.2
#: With so many of a table's middle cells over it, a gap is no gutter.
MIDDLE_CELLS = 2
#: So many rows with three cells or more, and such a share of those with two, are a table's.
CELL_ROWS, CELL_ROW_SHARE = 3, 0.6
#: A side of which so many lines are relations is a derivation; what is beside each line is its reason.
RELATIONS, REASONS = 0.6, 0.9
#: At least this share of both sides' lines are entries of an index.
INDEX_ENTRIES = 0.8
#: A column has two lines that are nearer than so many em.
FAR_APART = 5.0
#: A gap between two rows, in em, at which columns may begin or end.
BAND_GAP = 0.9

#: A label of an item that is set apart from its text.
LABEL = re.compile(r"^(?:\(?\w{1,3}[.)]|\[\w{1,3}\])$")
_INDEX_ENTRY = re.compile(r"[^\W\d].*, \d+(?:[–-]\d+)?$")
_WORDLIKE = re.compile(r"[^\W_]")
_RELATION = re.compile(r"(?:^|\s)[=≤≥<>≈≡∼⇒⇔∝](?:\s|$)")
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
            if left and right and (_is_scattered(left) or _is_scattered(right)):
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
        if min(_lines(left), _lines(right)) < least:
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
        if not _beside(left, right) or not _are_columns(gutter):
            continue
        gutter = _with_centred_lines(gutter)
        score = min(_lines(left), _lines(right)) - len(over) + 0.01 * (start - gutter.x0)
        if best is None or score > best[0]:
            best = score, gutter
    return best[1] if best else None


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


def _lines(segments: Sequence[Item]) -> int:
    """Number of rows, nearly: distinct baselines."""
    return len({round(s.y / (SAME_ROW * s.size)) for s in segments})


def _beside(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Whether two sides share at least half of the height of the lower one, and have lines there.

    Neither side's lines are all far apart, as labels of a chart and what is below it are.
    """
    for one, other in ((left, right), (right, left)):
        low, high = min(s.top for s in other), max(s.bottom for s in other)
        if not any(low < s.y < high for s in one) or _is_scattered(one):
            return False
    if not any(a.top < b.bottom and b.top < a.bottom for a in left for b in right):
        return False  # they take turns, as in a conversation
    top = max(min(s.top for s in left), min(s.top for s in right))
    bottom = min(max(s.bottom for s in left), max(s.bottom for s in right))
    heights = [max(s.bottom for s in side) - min(s.top for s in side) for side in (left, right)]
    return bottom - top >= 0.5 * min(heights)


def _is_scattered(side: Sequence[Item]) -> bool:
    """Whether a side has several lines, all of them far apart."""
    lines = sorted(side, key=lambda s: s.y)
    return len(lines) > 1 and all(
        b.y - a.y >= FAR_APART * max(a.size, b.size) for a, b in pairwise(lines)
    )


def _are_columns(gutter: Gutter) -> bool:
    """Whether two sides are read one after the other, rather than row by row as a table."""
    left, right = gutter.left, gutter.right
    relations = sum(bool(_RELATION.search(s.segment.text)) for s in left) / len(left)
    if (
        relations >= RELATIONS
        and not code(left)
        and min(aligned(left, right), aligned(right, left)) >= REASONS
    ):
        return False
    if all(item.card for item in (*left, *right)):
        return False  # cards are read row by row
    shares = prose(left), prose(right)
    if min(shares) >= 0.5:
        return True
    listings = code(left), code(right)
    beside_code = min(listings) >= 0.7 or (min(listings) == 0 and max(shares) >= 0.5)
    if min(_lines(left), _lines(right)) > 2 and max(listings) >= 0.7 and beside_code:
        return True
    if min(bulleted(left), bulleted(right)) >= 0.3:
        return True
    if min(_index_entries(left), _index_entries(right)) >= INDEX_ENTRIES:
        return True
    if _are_rows_of_cells(left, right):
        return False
    for one in (0, 1):
        # A column of labels, each beside the first line of its text, is a table.
        labels, texts = ((left, right), (right, left))[one]
        top = min(text.top for text in texts)
        beside = [
            s for s in labels if s.bottom > top and (s.bulleted or _WORDLIKE.search(s.segment.text))
        ]
        if (
            beside
            and aligned(beside, [*texts, *gutter.over]) >= 0.9
            and prose(beside) < 0.3
            and (are_apart(beside) or all(LABEL.match(s.segment.text) for s in beside))
        ):
            return False
    if max(shares) < 0.3:
        return False
    limit = ALIGNED_LIST if shares[0] >= 0.7 and bulleted(left) >= 0.2 else ALIGNED
    return min(aligned(left, right), aligned(right, left)) < limit


def _index_entries(side: Sequence[Item]) -> float:
    """The share of a side's segments that are entries of an index: a term and the pages that it is on."""
    return sum(bool(_INDEX_ENTRY.search(s.segment.text)) for s in side) / len(side)


def _are_rows_of_cells(left: Sequence[Item], right: Sequence[Item]) -> bool:
    """Whether the lines of two sides that are beside each other have more cells than the two."""
    cells = [item for item in (*left, *right) if not item.bulleted]
    rows = [row for row in rows_of(cells) if len(row) > 1]
    ids = {id(item) for item in left}
    shared = [row for row in rows if 0 < sum(id(item) in ids for item in row) < len(row)]
    wide = sum(len(row) > 2 for row in shared)
    return wide >= CELL_ROWS and wide >= CELL_ROW_SHARE * len(shared)


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
