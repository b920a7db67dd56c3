"""Bullets that are drawn as shapes or pictures, as browsers and beamer do: they are read as `•`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ingest.layout.segments import Piece, Rule, Segment
from ingest.types import Box

#: A bullet is so large, in em of its item, and one side is at most so many times the other.
SIZE, ASPECT = (0.2, 0.75), 1.35
#: It ends so far before its item, in em, and its middle is so far above the baseline, within the second number.
GAP, HEIGHT, LEVEL = (0.15, 1.6), 0.32, 0.22
#: No text ends, and nothing else is drawn on the line, within so many em before it.
ROOM = 1.0
#: So many bullets, one below the other within so many em, make a list; one of another level is at most so many em from such a list.
LEAST, SAME_PLACE, LEVEL_STEP = 2, 0.3, 5.0


def write_bullets(
    segments: Sequence[Segment], marks: Sequence[Box], rules: Sequence[Rule] = ()
) -> None:
    """Put a bullet before the first word of each item whose bullet is drawn.

    Args:
        segments: Upright ones; they are changed.
        marks: What a page draws that is as small as a letter.
        rules: Horizontal lines, whose ends may be arrows.
    """
    marks = [mark for mark in marks if not any(_ends_at(rule, mark) for rule in rules)]
    if len(marks) < LEAST:
        return
    marks = sorted(marks, key=_middle)
    heights = [_middle(mark) for mark in marks]
    items: list[tuple[Segment, Box]] = []
    for segment in segments:
        level, reach = segment.y - HEIGHT * segment.size, LEVEL * segment.size
        low, high = bisect_left(heights, level - reach), bisect_right(heights, level + reach)
        mark = _bullet_of(segment, marks[low:high])
        if mark is not None and not any(_is_near(other, segment, mark) for other in segments):
            items.append((segment, mark))
    places = [mark.x0 for _, mark in items]
    columns = [
        x
        for x in places
        if sum(abs(x - o) < SAME_PLACE * s.size for (s, _), o in zip(items, places, strict=True))
        >= LEAST
    ]
    for segment, mark in items:
        indents = [(mark.x0 - x) / segment.size for x in columns]
        if not any(abs(indent) < LEVEL_STEP for indent in indents):
            continue
        first = segment.pieces[0]
        x0, x1, y, size = mark.x0, mark.x1, segment.y, segment.size
        bullet = Piece("•", x0, x1, y, size, False, False, [mark], first.order)
        blank = Piece(" ", x1, first.x0, y, size, False, False, [mark], first.order)
        segment.pieces[:0] = [bullet, blank]


def _ends_at(rule: Rule, mark: Box) -> bool:
    """Whether a line leads to a mark, as to the head of an arrow."""
    return mark.y0 <= rule.y <= mark.y1 and rule.x0 < mark.x0 and rule.x1 > mark.x0 - 1


def _middle(box: Box) -> float:
    return (box.y0 + box.y1) / 2


def _bullet_of(segment: Segment, level: Sequence[Box]) -> Box | None:
    """The one of the marks on a segment's line that is its bullet; None where others are beside it."""
    size = segment.size
    before = [
        mark for mark in level if mark.x1 < segment.x0 + size and mark.x0 > segment.x0 - 4 * size
    ]
    if not before:
        return None
    mark = max(before, key=lambda box: box.x1)
    width, height = mark.x1 - mark.x0, mark.height
    is_bullet = (
        SIZE[0] * size <= min(width, height)
        and max(width, height) <= SIZE[1] * size
        and max(width, height) <= ASPECT * min(width, height)
        and GAP[0] * size <= segment.x0 - mark.x1 <= GAP[1] * size
    )
    is_alone = all(other.x1 < mark.x0 - ROOM * size or _is_same(other, mark) for other in before)
    return mark if is_bullet and is_alone else None


def _is_same(a: Box, b: Box) -> bool:
    """Whether two marks are one, such as an area and its edge."""
    return abs(a.x0 - b.x0) < 1 and abs(a.x1 - b.x1) < 1


def _is_near(other: Segment, segment: Segment, mark: Box) -> bool:
    """Whether another segment is over a bullet, or ends closely before it."""
    return (
        other is not segment
        and other.top < mark.y1
        and other.bottom > mark.y0
        and other.x0 < mark.x1
        and other.x1 > mark.x0 - ROOM * segment.size
    )
