"""What stands above and below a line of text: fractions, on one line as `(a + b)/2`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from ingest.layout.roots import root_signs, sign_of_bar, write_root
from ingest.layout.scripts import limit_of, linear_text
from ingest.layout.segments import (
    LOWERED,
    RAISED,
    SCRIPT_GAP,
    SCRIPT_SIZE,
    Piece,
    Rule,
    Segment,
)

#: What is below a fraction's bar is at least this share of the size of what is above.
DENOMINATOR_SIZE = 0.84
#: The limits of an operator above or below a bar are at most so many times their size from it.
LIMITS_APART = 4.8
#: With so many letters above and below, a rule much longer than both parts rows of text.
TEXT_LETTERS = 16
#: What is so many em from the next part of a side is a part of its own.
PART_GAP = 0.5
#: Two fractions' bars on one height that are nearer than so many points may share their segments.
BARS_APART = 20.0


def write_fractions(segments: list[Segment], rules: Sequence[Rule]) -> list[Segment]:
    """Write each rule with text closely above and below, both centred on it, as a fraction.

    The bars of roots are written in their turn, the shorter ones first, as one may be within the other.
    """
    segments = _parted_at_bars(segments, rules)
    signs = root_signs(segments)
    for rule in sorted(rules, key=lambda rule: rule.x1 - rule.x0):
        sign = sign_of_bar(rule, signs) if signs else None
        if sign is not None:
            segments = write_root(segments, sign, rule.x1)
            signs.remove(sign)
            continue
        near = [
            s for s in segments if _spans(s, rule) and abs(s.y - rule.y) < LIMITS_APART * s.size
        ]
        inside = [s for s in near if abs(s.y - rule.y) < 3.2 * s.size]
        above = [s for s in inside if s.y < rule.y and -0.9 < (s.bottom - rule.y) / s.size < 0.35]
        below = [s for s in inside if s.y > rule.y and -0.35 < (s.top - rule.y) / s.size < 0.9]
        rest = [s for s in near if s not in above and s not in below]
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
    lines = [_parts_of(side, size) for side in (above, below)]
    widest = max(right - left for left, right in sides)
    centred = all(abs((a + b) / 2 - middle) < 0.1 * width + 0.25 * size for a, b in sides)
    upper, lower = (max(s.size for s in side) for side in (above, below))
    is_footnote = lower < DENOMINATOR_SIZE * upper  # the rule above the notes of a page
    letters = sum(segment.letters for segment in (*above, *below))
    is_wide = widest >= (0.8 if letters >= TEXT_LETTERS else 0.55) * width
    return (
        centred and is_wide and max(lines) <= 2 and not is_footnote and not _has_gap(above, below)
    )


def _parts_of(side: Sequence[Segment], size: float) -> int:
    """Number of lines of a bar's side, or of parts with a gap between them, whichever is more."""
    lines = {round(s.y / (0.2 * size)) for s in side if s.size > SCRIPT_SIZE * size}
    ordered = sorted(side, key=lambda s: s.x0)
    parts, reach = 1, ordered[0].x1
    for segment in ordered[1:]:
        parts += segment.x0 > reach + PART_GAP * size
        reach = max(reach, segment.x1)
    return max(len(lines), parts)


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
    text = linear_text(segments)
    simple = text.replace("^", "").replace("_", "").replace(".", "").isalnum()
    return text if simple or (text[:1] == "(" and text[-1:] == ")") else f"({text})"
