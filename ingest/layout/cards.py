"""Cards: drawn boxes side by side, each of which is read to its end before the next one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.layout.segments import Segment
from ingest.types import Box

#: Cards beside each other are at least so many points apart; the cells of a table touch.
APART = 4.0
#: Two cards are in one row where their upper edges, or their middles, differ by less, in points.
SAME_EDGE = 3.0
#: What a card holds ends within so many points of its edge.
SLACK = 1.0
#: A card covers at most this share of the page.
MOST = 0.5


def find_cards(
    shapes: Sequence[Box], segments: Sequence[Segment], width: float, height: float
) -> list[tuple[Box, list[Segment]]]:
    """The boxes of a page that stand beside each other, with the segments that each holds.

    Args:
        shapes: Large shapes that the page draws.
        segments: Of the page's main direction.
        width: Of the page, in points.
        height: Of the page, in points.
    """
    boxes: list[Box] = []
    for shape in shapes:
        is_small = (shape.x1 - shape.x0) * shape.height <= MOST * width * height
        if is_small and not any(_is_same(shape, box) for box in boxes):
            boxes.append(shape)
    outer = [box for box in boxes if not any(_is_within(box, other) for other in boxes)]
    held = [(box, [s for s in segments if _touches(box, s)]) for box in outer]
    cards: list[tuple[Box, list[Segment]]] = []
    for box, inside in held:
        row = [card for card in held if card[1] and _are_beside(box, card[0])]
        if inside and row and _are_cards([(box, inside), *row], outer, segments):
            top = min(box.y0, *(other.y0 for other, _ in row))  # one row is read from left to right
            cards.append((box._replace(y0=top), inside))
    return [*cards, *_between(cards, segments)]


def _between(
    cards: Sequence[tuple[Box, list[Segment]]], segments: Sequence[Segment]
) -> Iterator[tuple[Box, list[Segment]]]:
    """What stands between two neighbours of a row of cards, such as an arrow or its label."""
    held = {id(segment) for _, inside in cards for segment in inside}
    lone = [segment for segment in segments if id(segment) not in held]
    for box, _ in cards:
        row = [other for other, _ in cards if other.y0 == box.y0 and other.x0 >= box.x1]
        after = min(row, key=lambda other: other.x0, default=None)
        if after is None:
            continue
        room = Box(box.x1, box.y0, after.x0, max(box.y1, after.y1))
        inside = [s for s in lone if _touches(room, s) and _holds(room, s)]
        if inside:
            yield room, inside


def _are_cards(
    row: Sequence[tuple[Box, list[Segment]]], boxes: Sequence[Box], segments: Sequence[Segment]
) -> bool:
    """Whether the boxes of a row hold all that they touch, and one of them several lines.

    The nodes of a diagram, of a line each, are read as the rows that they make, but where the arrows
    between them have labels.
    """
    top = min(box.y0 for box, _ in row)
    level = [(box._replace(y0=top), inside) for box, inside in row]
    return (
        all(_holds(box, segment) for box, inside in row for segment in inside)
        and not any(_meet(box, other) for box, _ in row for other in boxes if other is not box)
        and (
            any(max(s.y for s in t) - min(s.y for s in t) > t[0].size for _, t in row)
            or any(True for _ in _between(level, segments))
        )
    )


def _is_within(box: Box, other: Box) -> bool:
    """Whether a box lies in a larger one, as a title bar in its card."""
    return (
        box is not other
        and other.x0 - SAME_EDGE <= box.x0
        and box.x1 <= other.x1 + SAME_EDGE
        and other.y0 - SAME_EDGE <= box.y0
        and box.y1 <= other.y1 + SAME_EDGE
    )


def _is_same(a: Box, b: Box) -> bool:
    """Whether two shapes are one box, such as its area and its frame."""
    return all(abs(x - y) < SAME_EDGE for x, y in zip(a, b, strict=True))


def _meet(a: Box, b: Box) -> bool:
    return min(a.x1, b.x1) - max(a.x0, b.x0) > -APART and min(a.y1, b.y1) - max(a.y0, b.y0) > -1


def _are_beside(a: Box, b: Box) -> bool:
    """Whether two boxes are in one row, one left of the other."""
    is_level = min(abs(a.y0 - b.y0), abs(a.y0 + a.y1 - b.y0 - b.y1) / 2) < SAME_EDGE
    return is_level and (a.x1 + APART <= b.x0 or b.x1 + APART <= a.x0)


def _touches(box: Box, segment: Segment) -> bool:
    middle = segment.y - 0.3 * segment.size
    return box.y0 < middle < box.y1 and segment.x0 < box.x1 and segment.x1 > box.x0


def _holds(box: Box, segment: Segment) -> bool:
    return box.x0 - SLACK <= segment.x0 and segment.x1 <= box.x1 + SLACK
