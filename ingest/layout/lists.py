"""Levels of lists: how far an item is indented below the items before it.

An item's level is told by where its bullet or number is: further right than the item before is one
level deeper, and back at an earlier item's place is that item's level. Text at the left of a list
ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingest.layout.items import BULLET
from ingest.layout.segments import PlacedWord

#: An item is a level deeper if its bullet is further right by so much, in em.
STEP = 0.5
#: Blanks for a level.
BLANKS = 2
#: Deeper levels are written as this one.
MAX_LEVEL = 5


class ListLine(Protocol):
    """What is asked of a line of the layout, and what is set of it."""

    words: list[PlacedWord]
    size: float
    columns: int
    is_code: bool
    indent: int


def indent_items(lines: Sequence[ListLine]) -> None:
    """Set the indentation of list items, in blanks.

    Args:
        lines: Of one direction, in reading order; they are changed.
    """
    places: list[float] = []  # of the bullets of the open items, from the outermost
    bottom, right = 0.0, 0.0  # of the line before
    for line in lines:
        if line.is_code or line.columns:
            places.clear()
            continue
        first, last = line.words[0].box, line.words[-1].box
        step = STEP * line.size
        if first.y1 < bottom - line.size or first.x0 > right:  # in another column, or beside
            places.clear()
        bottom, right = first.y1, last.x1
        if not BULLET.match(f"{' '.join(word.text for word in line.words[:2])} "):
            if places and first.x0 <= places[0] + step:
                places.clear()
            continue
        while places and places[-1] > first.x0 + step:
            places.pop()
        if not places or places[-1] < first.x0 - step:
            places.append(first.x0)
        line.indent = BLANKS * min(len(places) - 1, MAX_LEVEL)
