"""Segments with what the rules of reading order look at, and measures of a column of them."""

from __future__ import annotations

import re
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.layout.segments import Segment
from ingest.types import Box

#: Baselines that differ by less, in em, are one row.
SAME_ROW = 0.35
#: A line of text has at least so many words; a table's cell has fewer.
PROSE_WORDS = 4
#: In a narrow column of text, at least this share of the lines goes on with a small letter.
RUN_ON = 0.5

BULLET = re.compile(r"^(?:[•◦‣▪▸►–∙○●■□☐☑☒➢➤✓·*▶❑❖◆∗-]|\(?\d{1,2}[.)]|\(?[a-z][.)])(?:\s|$)")


@dataclass(slots=True, eq=False)
class Item:
    """A segment with what the rules look at, worked out once.

    `card` are the segments of a drawn box, of which the item is the whole.
    """

    segment: Segment
    x0: float
    x1: float
    y: float
    size: float
    top: float
    bottom: float
    words: int
    bulleted: bool
    begins_small: bool
    ends_sentence: bool
    is_code: bool = False
    is_table_row: bool = False
    card: list[Segment] | None = None

    @classmethod
    def of(cls, segment: Segment) -> Item:
        """What a segment shows."""
        text = segment.text
        return cls(
            segment,
            segment.x0,
            segment.x1,
            segment.y,
            segment.size,
            segment.top,
            segment.bottom,
            len(text.split()) - sum(piece.text.strip().count(" ") for piece in segment.pieces),
            bool(BULLET.match(text)),
            text[:1].islower(),
            text[-1:] in ".:;!?",
        )


def whole_card(box: Box, segments: list[Segment]) -> Item:
    """A drawn box, with all that is in it, as one item."""
    first = min(segments, key=lambda segment: segment.y)
    item = Item.of(first)
    item.x0, item.x1, item.top, item.bottom, item.y = box.x0, box.x1, box.y0, box.y1, box.y0
    item.words = sum(len(segment.words) for segment in segments)
    item.bulleted = item.begins_small = False
    item.card = segments
    return item


def are_apart(side: Sequence[Item]) -> bool:
    """Whether labels are more than two, or two that are no lines of one text."""
    heights = sorted(s.y for s in side)
    return len(heights) > 2 or heights[-1] - heights[0] > 2 * side[0].size


def aligned(side: Sequence[Item], other: Sequence[Item]) -> float:
    """The share of a side's segments that have one of the other side in their row."""
    ordered = sorted(other, key=lambda o: o.y)
    heights = [o.y for o in ordered]
    count = 0
    for s in side:
        reach = SAME_ROW * s.size
        near = ordered[bisect_left(heights, s.y - reach) : bisect_right(heights, s.y + reach)]
        count += any(abs(s.y - o.y) < SAME_ROW * min(s.size, o.size) for o in near)
    return count / len(side)


def prose(side: Sequence[Item]) -> float:
    """The share of a side's segments that are lines of text.

    Of a narrow column whose sentences run on from line to line, all are.
    """
    ordered = sorted(side, key=lambda s: s.y)
    steps = [b.y - a.y for a, b in pairwise(ordered)]
    run_on = [b.begins_small and not a.ends_sentence for a, b in pairwise(ordered)]
    even = bool(steps) and max(steps) < 1.3 * statistics.median(steps)
    if len(side) > 3 and even and statistics.mean(run_on) >= RUN_ON:
        return 1.0
    return sum(s.words >= PROSE_WORDS for s in side) / len(side)


def code(side: Sequence[Item]) -> float:
    """The share of a side's segments that are code, comments aside."""
    return sum(s.is_code for s in side) / len(side)


def bulleted(side: Sequence[Item]) -> float:
    """The share of a side's segments that begin with a bullet or a number."""
    return sum(s.bulleted for s in side) / len(side)


def rows_of(segments: Sequence[Item]) -> list[list[Item]]:
    """Segments grouped by row, from top to bottom, each row from left to right."""
    rows: list[list[Item]] = []
    spans: list[list[tuple[float, float]]] = []  # of the segments of each row
    for segment in sorted(segments, key=lambda s: (s.y, s.x0)):
        x0, x1 = segment.segment.x0, segment.segment.x1
        slack = 0.3 * segment.size
        for row, filled in zip(reversed(rows[-4:]), reversed(spans[-4:]), strict=True):
            first = row[0]
            if segment.is_table_row or first.is_table_row or segment.card or first.card:
                continue
            if abs(segment.y - first.y) < SAME_ROW * min(segment.size, first.size) and not any(
                x1 - left > slack
                and right - x0 > slack
                and right - left > slack
                and x1 - x0 > slack
                for left, right in filled
            ):
                row.append(segment)
                filled.append((x0, x1))
                break
        else:
            rows.append([segment])
            spans.append([(x0, x1)])
    return [sorted(row, key=lambda s: s.x0) for row in rows]
