"""Raised and lowered signs before their text: marks of footnotes, the two figures of an isotope."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from ingest.layout.segments import (
    LOWERED,
    RAISED,
    SAME_BASELINE,
    SCRIPT_GAP,
    SCRIPT_SIZE,
    WORD_GAP,
    Piece,
    Segment,
)

#: The mark of a footnote has at most so many letters, and its text so many words at least.
MARK_LETTERS, NOTE_WORDS = 2, 3
#: An exponent and an index before a letter have at most so many letters, and are so many em from it at most.
BEFORE_LETTERS, TOUCHING = 3, 0.1
_MARK = re.compile(r"\d{1,2}|[*†‡§]")


def with_leading_scripts(segments: list[Segment]) -> list[Segment]:
    """The segments, with marks of footnotes and pairs of scripts written before what follows them."""
    return _with_scripts_before(_with_leading_marks(segments))


def _with_leading_marks(segments: list[Segment]) -> list[Segment]:
    """The segments, with the raised mark of a footnote before the text that it opens."""
    marks = [s for s in segments if s.letters <= MARK_LETTERS and _MARK.fullmatch(s.text)]
    gone: set[int] = set()
    for mark in marks:
        for text in segments:
            raised = (text.y - mark.y) / text.size
            if (
                mark.size <= SCRIPT_SIZE * text.size
                and RAISED[0] <= raised <= RAISED[1]
                and -0.1 <= (text.x0 - mark.x1) / text.size <= SCRIPT_GAP[1]
                and len(text.words) >= NOTE_WORDS
                and not any(_is_before(other, mark, text) for other in segments)
            ):
                text.pieces[0].attached = True
                text.pieces[:0] = mark.pieces
                gone.add(id(mark))
                break
    return [segment for segment in segments if id(segment) not in gone]


def _is_before(other: Segment, mark: Segment, text: Segment) -> bool:
    """Whether a mark follows a part of its line directly, as an exponent or a mark within a text does."""
    gap = (mark.x0 - other.x1) / text.size
    return other is not mark and abs(other.y - text.y) < text.size and abs(gap) < SCRIPT_GAP[1]


def _with_scripts_before(segments: list[Segment]) -> list[Segment]:
    """The segments, with an exponent above an index written before the letter behind both: `^14_6C`."""
    lines = sorted(segments, key=lambda segment: segment.y)
    heights = [line.y for line in lines]
    largest = max((segment.size for segment in segments), default=0.0)
    gone: set[int] = set()
    for upper in lines:
        if upper.letters > BEFORE_LETTERS or upper.size > SCRIPT_SIZE * largest:
            continue
        below = bisect_right(heights, upper.y)
        end = bisect_left(heights, upper.y + 2 * upper.size)
        for lower in lines[below:end]:
            if (
                lower.letters <= BEFORE_LETTERS
                and upper.x0 < lower.x1
                and lower.x0 < upper.x1
                and abs(upper.size - lower.size) < 0.1 * upper.size
                and _write_before(upper, lower, lines[below - 1 : end + 1])
            ):
                gone |= {id(upper), id(lower)}
                break
    return [segment for segment in segments if id(segment) not in gone]


def _write_before(upper: Segment, lower: Segment, hosts: Sequence[Segment]) -> bool:
    """Write two scripts before the letter that they stand closely before; False where there is none."""
    x0, x1 = min(upper.x0, lower.x0), max(upper.x1, lower.x1)
    for host in hosts:
        raised, lowered = (host.y - upper.y) / host.size, (lower.y - host.y) / host.size
        is_level = RAISED[0] <= raised <= RAISED[1] and LOWERED[0] <= lowered <= LOWERED[1]
        if not is_level or upper.size > SCRIPT_SIZE * host.size:
            continue
        before = -float("inf")
        for position, piece in enumerate(host.pieces):
            gap = (piece.x0 - x1) / host.size
            is_letter = piece.text[:1].isalpha() and -TOUCHING <= gap <= WORD_GAP
            if is_letter and not any(
                SCRIPT_GAP[0] <= (x0 - end) / host.size <= WORD_GAP
                for end in (before, *_ends_on(host, hosts))
            ):
                boxes = [box for s in (upper, lower) for p in s.pieces for box in p.boxes]
                text, order = f"^{upper.text}_{lower.text}", upper.pieces[0].order
                scripts = Piece(text, x0, x1, host.y, host.size, False, False, boxes, order)
                piece.attached = True
                host.pieces.insert(position, scripts)
                return True
            before = before if piece.is_blank else piece.x1
    return False


def _ends_on(line: Segment, segments: Sequence[Segment]) -> list[float]:
    """Where the other segments on a segment's baseline end."""
    slack = SAME_BASELINE * line.size
    return [s.x1 for s in segments if s is not line and abs(s.y - line.y) <= slack]
