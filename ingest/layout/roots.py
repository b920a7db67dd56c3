"""Roots, written on one line: `√2`, `√(a + b)`, `∛n`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ingest.layout.scripts import linear_text
from ingest.layout.segments import Piece, Rule, Segment
from ingest.types import Box

#: A root's bar begins where its sign ends, within so many em, and is as high as its top.
BAR_REACH, BAR_HEIGHT = 0.3, 0.25
#: Which root it is: a number of at most this share of the size of what is below the bar.
INDEX_SIZE = 0.75
#: Such a number begins at most so many em before the sign.
INDEX_REACH = 0.8

_SIGN = "√"
_NAMED = {"2": "√", "3": "∛", "4": "∜"}

Sign = tuple[Segment, Piece]


def root_signs(segments: Sequence[Segment]) -> list[Sign]:
    """The signs of roots with the segments that they are in."""
    return [(s, piece) for s in segments for piece in s.pieces if piece.text == _SIGN]


def sign_of_bar(rule: Rule, signs: Sequence[Sign]) -> Sign | None:
    """The sign of a root whose bar a rule is."""
    for segment, piece in signs:
        box, size = piece.boxes[0], segment.size
        begins = min(abs(rule.x0 - box.x1), abs(rule.x0 - piece.x1)) < BAR_REACH * size
        if begins and abs(rule.y - box.y0) < BAR_HEIGHT * size:
            return segment, piece
    return None


def write_root(segments: list[Segment], sign: Sign, end: float) -> list[Segment]:
    """Write what a root covers behind its sign, in brackets where it is more than one letter.

    Args:
        segments: Of a page; what is smaller within the root has been written.
        sign: The root's.
        end: Where its bar ends.
    """
    own, root = sign
    box = root.boxes[0]
    covered: list[Segment] = []
    rest: list[Segment] = []
    host: tuple[Segment, int] | None = None  # with the place of what was covered in it
    for segment in segments:
        reach = 0.25 * segment.size
        middle = segment.y - reach
        is_level = box.y0 < middle < box.y1 + reach
        places = [
            place
            for place, piece in enumerate(segment.pieces)
            if piece is not root
            and is_level
            and box.x1 - reach <= (piece.x0 + piece.x1) / 2 <= end
            and piece.x1 <= end + reach
        ]
        if not any(not segment.pieces[place].is_blank for place in places):
            rest.append(segment)
            continue
        inside = [segment.pieces[place] for place in places]
        outside = [p for place, p in enumerate(segment.pieces) if place not in set(places)]
        covered.append(Segment(inside, segment.y, segment.size))
        covered[-1].top, covered[-1].bottom = segment.top, segment.bottom
        if any(not piece.is_blank and piece is not root for piece in outside):
            if host is None or segment.letters > host[0].letters:
                host = segment, places[0]
            segment.pieces = outside
            rest.append(segment)
        elif root in outside:
            rest.append(segment)
            segment.pieces = outside
    if not covered:
        return segments
    main = max(covered, key=lambda segment: (segment.size, segment.letters))
    index = _index_of(box, main, rest)
    text = linear_text(covered)
    if len(text) > 1 and not (text[0] == "(" and text[-1] == ")"):
        text = f"({text})"
    name = _SIGN if index is None else _NAMED.get(index.text, f"{index.text}{_SIGN}")
    parts = [root, *(piece for segment in covered for piece in segment.pieces)]
    start = box.x0 if index is None else min(box.x0, index.x0)
    boxes = [place for piece in parts for place in piece.boxes]
    y = host[0].y if host is not None else main.y
    whole = Piece(name + text, start, end, y, main.size, False, False, boxes, root.order)
    own.pieces = [piece for piece in own.pieces if piece is not root]
    result = [s for s in rest if s is not index and any(not piece.is_blank for piece in s.pieces)]
    if host is not None:
        target = host[0]
        target.pieces.insert(bisect_left([piece.x0 for piece in target.pieces], start), whole)
    else:
        target = Segment([whole], main.y, main.size)
        result.append(target)
    target.top = min(target.top, box.y0, *(segment.top for segment in covered))
    target.bottom = max(target.bottom, *(segment.bottom for segment in covered))
    return result


def _index_of(box: Box, main: Segment, segments: Sequence[Segment]) -> Segment | None:
    """The small number in the opening of a root's sign."""
    left, right = box.x0, box.x1
    top, height = box.y0, box.height
    for segment in segments:
        if (
            segment.size <= INDEX_SIZE * main.size
            and segment.letters <= 3
            and left - INDEX_REACH * main.size <= segment.x0
            and segment.x1 <= right + 0.1 * main.size
            and top - 0.5 * main.size < segment.y - 0.25 * segment.size < top + 0.75 * height
        ):
            return segment
    return None


def write_roots(segments: list[Segment]) -> list[Segment]:
    """Write the roots that have no bar: what follows the sign within an em of it."""
    for segment, root in root_signs(segments):
        if sum(not piece.is_blank for piece in segment.pieces) == 1:
            segments = write_root(segments, (segment, root), root.x1 + segment.size)
    return segments
