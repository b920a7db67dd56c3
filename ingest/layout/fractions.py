"""What stands above and below a line of text: fractions, roots and stacks in brackets.

All of it is written on one line: `(a + b)/2`, `√(x)`, `(1 2; 3 4)`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ingest.layout.scripts import LOWERED, RAISED, SCRIPT_GAP, attach_scripts, limit_of
from ingest.layout.segments import SAME_BASELINE, SCRIPT_SIZE, Piece, Rule, Segment

#: What is below a fraction's bar is at least this share of the size of what is above.
DENOMINATOR_SIZE = 0.84
#: Two fractions' bars on one height that are nearer than so many points may share their segments.
BARS_APART = 20.0
#: A bracket is tall if its box is so many em high.
TALL_BRACKET = 1.5
#: Rows of a stack are at most so many em apart.
STACK_PITCH = 2.2


def write_fractions(segments: list[Segment], rules: Sequence[Rule]) -> list[Segment]:
    """Write each rule with text closely above and below, both centred on it, as a fraction."""
    segments = _parted_at_bars(segments, rules)
    for rule in sorted(rules, key=lambda rule: rule.x1 - rule.x0):
        inside = [s for s in segments if _spans(s, rule) and abs(s.y - rule.y) < 3.2 * s.size]
        above = [s for s in inside if s.y < rule.y and -0.9 < (s.bottom - rule.y) / s.size < 0.35]
        below = [s for s in inside if s.y > rule.y and -0.35 < (s.top - rule.y) / s.size < 0.9]
        rest = [s for s in inside if s not in above and s not in below]
        above = _with_scripts(above, [s for s in rest if s.y < rule.y])
        below = _with_scripts(below, [s for s in rest if s.y > rule.y])
        if not above or not below or not _is_bar(rule, above, below):
            continue
        parts = [*above, *below]
        others = [segment for segment in segments if segment not in parts]
        host = _beside(rule, others)
        size = host.size if host is not None else max(segment.size for segment in parts)
        y = host.y if host is not None else rule.y + 0.25 * size
        top, bottom = min(s.top for s in parts), max(s.bottom for s in parts)
        piece = Piece(
            f"{_side(above)}/{_side(below)}",
            rule.x0,
            rule.x1,
            y,
            size,
            False,
            False,
            [box for segment in parts for piece in segment.pieces for box in piece.boxes],
            min(piece.order for segment in parts for piece in segment.pieces),
        )
        segments = others
        if host is None:
            host = Segment([piece], y, size)
            segments.append(host)
        else:
            host.pieces.insert(bisect_left([old.x0 for old in host.pieces], piece.x0), piece)
        host.top, host.bottom = min(host.top, top), max(host.bottom, bottom)
    return segments


def _with_scripts(side: list[Segment], segments: Iterable[Segment]) -> list[Segment]:
    """A side of a bar with the exponents and indices that hang further from the bar."""

    def belongs(script: Segment, base: Segment) -> bool:
        if limit_of(script, base) is not None:
            return True
        step = (script.y - base.y) / base.size
        gaps = [(script.x0 - piece.x1) / base.size for piece in base.pieces if not piece.is_blank]
        is_placed = -RAISED[1] <= step <= -RAISED[0] or LOWERED[0] <= step <= LOWERED[1]
        return (
            is_placed
            and script.size <= SCRIPT_SIZE * base.size
            and any(SCRIPT_GAP[0] <= gap <= SCRIPT_GAP[1] for gap in gaps)
        )

    return [*side, *(s for s in segments if any(belongs(s, base) for base in side))]


def _spans(segment: Segment, rule: Rule) -> bool:
    """Whether a segment lies within a rule's ends."""
    slack = 0.3 * segment.size
    return segment.x0 >= rule.x0 - slack and segment.x1 <= rule.x1 + slack


def _is_bar(rule: Rule, above: Sequence[Segment], below: Sequence[Segment]) -> bool:
    """Whether a rule is about as wide as the wider of its sides, and both are centred on it."""
    width, middle = rule.x1 - rule.x0, (rule.x0 + rule.x1) / 2
    size = max(segment.size for segment in (*above, *below))
    sides = [(min(s.x0 for s in side), max(s.x1 for s in side)) for side in (above, below)]
    lines = [sum(s.size > SCRIPT_SIZE * size for s in side) for side in (above, below)]
    widest = max(right - left for left, right in sides)
    centred = all(abs((a + b) / 2 - middle) < 0.1 * width + 0.25 * size for a, b in sides)
    upper, lower = (max(s.size for s in side) for side in (above, below))
    is_footnote = lower < DENOMINATOR_SIZE * upper  # the rule above the notes of a page
    is_wide = widest >= 0.55 * width
    return (
        centred and is_wide and max(lines) <= 2 and not is_footnote and not _has_gap(above, below)
    )


def _has_gap(*sides: Sequence[Segment]) -> bool:
    """Whether a side has cells with a wide gap between them, as above and below a table's rule."""
    for side in sides:
        ordered = sorted(side, key=lambda s: s.x0)
        reach = ordered[0].x1
        for a, b in pairwise(ordered):
            if b.x0 - reach > 1.5 * max(a.size, b.size):
                return True
            reach = max(reach, b.x1)
    return False


def _parted_at_bars(segments: Sequence[Segment], rules: Sequence[Rule]) -> list[Segment]:
    """The segments, parted between the bars of fractions that follow each other closely."""
    gaps = [
        (left.x1, right.x0, left.y)
        for left in rules
        for right in rules
        if abs(left.y - right.y) < 0.5 and 0 < right.x0 - left.x1 < BARS_APART
    ]
    result: list[Segment] = []
    for segment in segments:
        places = [
            (start + end) / 2
            for start, end, y in gaps
            if segment.x0 < start
            and segment.x1 > end
            and abs(segment.y - y) < 2 * segment.size
            and not -0.4 < (segment.y - 0.25 * segment.size - y) / segment.size < 0.4
        ]
        for place in sorted(places):
            left = [piece for piece in segment.pieces if (piece.x0 + piece.x1) / 2 < place]
            right = [piece for piece in segment.pieces if (piece.x0 + piece.x1) / 2 >= place]
            while left and left[-1].is_blank:
                left.pop()
            while right and right[0].is_blank:
                right.pop(0)
            if left and right and right[0].x0 - left[-1].x1 > 0:
                result.append(Segment(left, segment.y, segment.size))
                segment = Segment(right, segment.y, segment.size)
        result.append(segment)
    return result


def _beside(rule: Rule, segments: Iterable[Segment]) -> Segment | None:
    """The segment on whose mathematical axis, a quarter em above its baseline, a rule lies."""
    near = [
        segment
        for segment in segments
        if abs(segment.y - 0.25 * segment.size - rule.y) < 0.18 * segment.size
        and segment.x0 - 1.2 * segment.size < rule.x1
        and segment.x1 + 1.2 * segment.size > rule.x0
    ]
    return min(near, key=lambda s: min(abs(s.x0 - rule.x1), abs(s.x1 - rule.x0)), default=None)


def _side(segments: Sequence[Segment]) -> str:
    """A numerator or denominator, in brackets where it is more than one term."""
    text = " ".join(
        s.text for s in sorted(attach_scripts(list(segments)), key=lambda s: (s.x0, s.y))
    )
    simple = text.replace("^", "").replace("_", "").replace(".", "").isalnum()
    return text if simple or (text[:1] == "(" and text[-1:] == ")") else f"({text})"


def write_roots(segments: list[Segment], rules: Sequence[Rule]) -> list[Segment]:
    """Write a root's sign before what its bar covers, in brackets where that is more than one term."""
    for sign in [s for s in segments if len(s.pieces) == 1 and s.pieces[0].text == "√"]:
        root = sign.pieces[0]
        box = root.boxes[0]
        host = next(
            (
                s
                for s in segments
                if s is not sign
                and any(-0.1 < (p.x0 - root.x1) / s.size < 0.4 for p in s.pieces if not p.is_blank)
                and sign.y - 0.5 * sign.size < s.y < sign.y + box.height + 0.5 * sign.size
            ),
            None,
        )
        if host is None:
            continue
        bars = [r for r in rules if abs(r.x0 - root.x1) < 0.3 * host.size and r.y < host.y]
        end = min(bars, key=lambda r: abs(host.top - r.y)).x1 if bars else root.x1 + host.size
        covered = [
            p for p in host.pieces if root.x1 - 0.1 * host.size <= p.x0 < end and not p.is_blank
        ]
        if not covered:
            continue
        bracket = len("".join(piece.text for piece in covered)) > 1
        first, last = host.pieces.index(covered[0]), host.pieces.index(covered[-1])
        if bracket:
            host.pieces[last].text += ")"
        host.pieces[first].text = ("√(" if bracket else "√") + host.pieces[first].text
        host.pieces[first].boxes = [*root.boxes, *host.pieces[first].boxes]
        host.pieces[first].x0 = min(root.x0, host.pieces[first].x0)
        segments = [segment for segment in segments if segment is not sign]
    return segments


_BRACKETS = {"(": ")", "[": "]", "{": "}", "|": "|"}


def write_stacks(segments: list[Segment]) -> list[Segment]:
    """Write rows that are stacked between two brackets of one line as `(1 2; 3 4)`."""
    for segment in list(segments):
        if segment not in segments:
            continue
        position = -1
        while (position := position + 1) < len(segment.pieces):
            piece = segment.pieces[position]
            if piece.text[-1:] not in _BRACKETS:
                continue
            host, closing = _closing_of(segment, position, segments)
            if host is None or closing is None:
                continue
            middle = _between(segment, position, host, closing)
            inside = [
                other
                for other in segments
                if other is not segment
                and other is not host
                and other.x0 > piece.x1 - 0.3 * segment.size
                and other.x1 < closing.x0 + 0.3 * segment.size
                and abs(other.y - segment.y) < 3 * segment.size
            ]
            if middle is not None:
                inside = _near_rows(inside, middle)
            rows = _stacked_rows(inside)
            if len(rows) < 2:
                continue
            stack = Piece(
                "; ".join(" ".join(cell.text for cell in row) for row in rows),
                piece.x1,
                closing.x0,
                segment.y,
                segment.size,
                False,
                False,
                [box for other in inside for part in other.pieces for box in part.boxes],
                piece.order,
                attached=True,
            )
            closing.attached = True
            end = segment.pieces.index(closing) if host is segment else len(segment.pieces)
            segment.pieces[position + 1 : end] = [stack]
            if host is not segment:
                segment.pieces.extend(host.pieces[host.pieces.index(closing) :])
            segment.top = min(segment.top, host.top, *(other.top for other in inside))
            segment.bottom = max(segment.bottom, host.bottom, *(other.bottom for other in inside))
            gone = {id(other) for other in inside} | ({id(host)} - {id(segment)})
            segments = [other for other in segments if id(other) not in gone]
    return segments


def _closing_of(
    segment: Segment, position: int, segments: Sequence[Segment]
) -> tuple[Segment | None, Piece | None]:
    """The bracket that closes the one at a position, and its segment.

    Nothing is between the two, or a row on their own line where both are tall.
    """
    opening = segment.pieces[position]
    closing_bracket = _BRACKETS[opening.text[-1]]
    tall = _is_tall(opening)
    behind = [piece for piece in segment.pieces[position + 1 :] if not piece.is_blank]
    if behind and behind[0].text[:1] == closing_bracket:
        return segment, behind[0]
    if behind and not tall:
        return None, None
    for piece in behind:
        if piece.text[:1] == closing_bracket and _is_tall(piece):
            return segment, piece
        if _is_tall(piece):
            return None, None
    for other in sorted(segments, key=lambda other: other.x0):
        gap = other.x0 - opening.x1
        if (
            other is segment
            or abs(other.y - segment.y) >= SAME_BASELINE * segment.size
            or not 0 <= gap < 12 * segment.size
        ):
            continue
        if other.pieces[0].text[:1] == closing_bracket:
            return other, other.pieces[0]
        if tall:
            for piece in other.pieces:
                if _is_tall(piece):
                    is_closing = piece.text[:1] == closing_bracket
                    return (other, piece) if is_closing else (None, None)
    return None, None


def _is_tall(piece: Piece) -> bool:
    """Whether a piece is a bracket that holds several rows."""
    return piece.text[-1:] in "()[]{}|" and piece.boxes[0].height > TALL_BRACKET * piece.size


def _between(segment: Segment, position: int, host: Segment, closing: Piece) -> Segment | None:
    """What stands between two brackets on their own line; None for nothing."""
    if host is segment:
        pieces = segment.pieces[position + 1 : segment.pieces.index(closing)]
    else:
        pieces = segment.pieces[position + 1 :] + host.pieces[: host.pieces.index(closing)]
    while pieces and pieces[0].is_blank:
        pieces = pieces[1:]
    while pieces and pieces[-1].is_blank:
        pieces = pieces[:-1]
    size = max((piece.size for piece in pieces if not piece.is_blank), default=segment.size)
    return Segment(pieces, segment.y, size) if pieces else None


def _near_rows(others: Sequence[Segment], middle: Segment) -> list[Segment]:
    """The rows of a stack and its middle one; none where nothing of its size is above and below it."""
    rows = [
        other
        for other in others
        if abs(other.y - middle.y) < STACK_PITCH * middle.size
        and other.size > SCRIPT_SIZE * middle.size
    ]
    step = 0.5 * middle.size
    is_stack = any(o.y < middle.y - step for o in rows) and any(o.y > middle.y + step for o in rows)
    return [*rows, middle] if is_stack else []


def _stacked_rows(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Segments by rows, from top to bottom, each from left to right."""
    rows: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda s: (s.y, s.x0)):
        if rows and segment.y - rows[-1][0].y < 0.4 * segment.size:
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [sorted(row, key=lambda s: s.x0) for row in rows]
