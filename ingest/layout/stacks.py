"""Rows that are stacked in brackets, on one line as `(1 2; 3 4)`: matrices, columns, cases."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from ingest.layout.scripts import attach_scripts
from ingest.layout.segments import SAME_BASELINE, SCRIPT_SIZE, Piece, Segment

#: A bracket is tall if its box is so many em high.
TALL_BRACKET = 1.5
#: Rows of a stack are at most so many em apart.
STACK_PITCH = 2.2
#: Two brackets of one matrix are at most so many em apart, and hold at most so many letters.
MATRIX_WIDTH, MATRIX_LETTERS = 45.0, 300
#: Their ends are on one height, within so many em.
LEVEL = 0.5
#: A gap so wide, in em, ends the rows behind a brace that nothing closes.
CASES_GAP = 4.0
#: Its rows begin at most so many em behind it.
CASES_ROOM = 2.0

_BRACKETS = {"(": ")", "[": "]", "{": "}", "|": "|"}


def take_out(
    segments: Sequence[Segment], is_inside: Callable[[Segment, Piece], bool]
) -> tuple[list[Segment], list[Segment], Segment | None]:
    """Part segments into what is inside an area, and the rest.

    Returns:
        What is inside, in the order of the segments; the rest; and the segment with the most
        letters of those that are partly inside.
    """
    inside: list[Segment] = []
    rest: list[Segment] = []
    host: Segment | None = None
    for segment in segments:
        pieces = [piece for piece in segment.pieces if is_inside(segment, piece)]
        if all(piece.is_blank for piece in pieces):
            rest.append(segment)
            continue
        part = Segment(pieces, segment.y, segment.size)
        part.top, part.bottom = segment.top, segment.bottom
        inside.append(part)
        taken = {id(piece) for piece in pieces}
        outside = [piece for piece in segment.pieces if id(piece) not in taken]
        if any(not piece.is_blank for piece in outside):
            segment.pieces = outside
            rest.append(segment)
            if host is None or segment.letters > host.letters:
                host = segment
    return inside, rest, host


def _write_matrices(segments: list[Segment]) -> list[Segment]:
    """Write what is between two tall brackets on several rows, the inner ones first."""
    tall = [(s, p) for s in segments for p in s.pieces if len(p.text) == 1 and _is_tall(p)]
    pairs: list[tuple[Piece, Piece | None]] = []
    for segment, opening in tall:
        closing_text = _BRACKETS.get(opening.text)
        closers = [
            (other, piece)
            for other, piece in tall
            if piece is not opening
            and piece.text == closing_text
            and 0 < piece.x0 - opening.x1 + 0.2 * segment.size < MATRIX_WIDTH * segment.size
            and _are_level(opening, piece)
        ]
        if closers:
            pairs.append((opening, min(closers, key=lambda bracket: bracket[1].x0)[1]))
        elif opening.text == "{":
            pairs.append((opening, None))
    for opening, closing in sorted(pairs, key=lambda pair: _width(*pair)):
        segments = _write_matrix(segments, opening, closing)
    return segments


def _are_level(opening: Piece, closing: Piece) -> bool:
    """Whether two brackets are at one height, and equally high."""
    a, b = opening.boxes[0], closing.boxes[0]
    slack = LEVEL * opening.size
    return abs(a.y0 - b.y0) < slack and abs(a.y1 - b.y1) < slack


def _width(opening: Piece, closing: Piece | None) -> float:
    """How far two brackets are apart; more than all others for a brace that nothing closes."""
    return closing.x0 - opening.x1 if closing is not None else float("inf")


def _write_matrix(segments: list[Segment], opening: Piece, closing: Piece | None) -> list[Segment]:
    """Write the rows behind a bracket as one piece of its line."""
    box, size = opening.boxes[0], opening.size
    own = next((s for s in segments if opening in s.pieces), None)
    if own is None:
        return segments  # within another stack
    end = closing.x0 if closing is not None else _end_of_cases(segments, opening)

    def is_inside(segment: Segment, piece: Piece) -> bool:
        if piece is opening or piece is closing:
            return False
        middle = (piece.x0 + piece.x1) / 2
        level = segment.y - 0.25 * segment.size
        return opening.x1 - 0.2 * size < middle < end and box.y0 < level < box.y1

    places = [(s, p) for s in segments for p in s.pieces if not p.is_blank and is_inside(s, p)]
    heights = sorted(segment.y for segment, _ in places)
    letters = sum(len(piece.text) for _, piece in places)
    if not heights or heights[-1] - heights[0] < 0.6 * size or letters > MATRIX_LETTERS:
        return segments
    copies = [Segment(list(s.pieces), s.y, s.size) for s in segments]
    inside, rest, host = take_out(copies, is_inside)
    rows = _stacked_rows(attach_scripts(inside))
    if len(rows) < 2:
        return segments
    last = closing.text if closing is not None else "}"
    text = "; ".join(" ".join(cell.text for cell in row) for row in rows)
    parts = [opening, *(p for s in inside for p in s.pieces), *([closing] if closing else [])]
    boxes = [place for piece in parts for place in piece.boxes]
    x1 = closing.x1 if closing is not None else end
    whole = Piece(
        f"{opening.text}{text}{last}",
        opening.x0,
        x1,
        own.y,
        own.size,
        False,
        False,
        boxes,
        opening.order,
    )
    result = []
    target: Segment | None = None
    for segment in rest:
        had_opening = opening in segment.pieces
        segment.pieces = [p for p in segment.pieces if p is not opening and p is not closing]
        if any(not piece.is_blank for piece in segment.pieces):
            result.append(segment)
            if had_opening or (target is None and segment is host):
                target = segment
    if target is not None:
        target.pieces.insert(bisect_left([p.x0 for p in target.pieces], whole.x0), whole)
    else:
        target = Segment([whole], own.y, own.size)
        result.append(target)
    target.top = min(target.top, box.y0)
    target.bottom = max(target.bottom, box.y1)
    return result


def _end_of_cases(segments: Sequence[Segment], brace: Piece) -> float:
    """Where the rows end that a brace without a closing one holds together."""
    box, size = brace.boxes[0], brace.size
    own = next(s for s in segments if brace in s.pieces)
    behind = [
        piece.x0
        for segment in segments
        if abs(segment.y - own.y) < SAME_BASELINE * size
        for piece in segment.pieces
        if not piece.is_blank and piece.x0 > brace.x1 - 0.2 * size
    ]
    # The text goes on behind an even number of rows, none of which is on its line.
    limit = min(behind, default=float("inf"))
    limit = limit if limit > brace.x1 + CASES_ROOM * size else float("inf")
    pieces = sorted(
        (
            piece
            for segment in segments
            if box.y0 < segment.y - 0.25 * segment.size < box.y1
            for piece in segment.pieces
            if not piece.is_blank and brace.x1 - 0.2 * size < piece.x0 < limit
        ),
        key=lambda piece: piece.x0,
    )
    end = brace.x1
    for piece in pieces:
        if piece.x0 > end + CASES_GAP * size:
            break
        end = max(end, piece.x1)
    return end + 0.1 * size


def write_stacks(segments: list[Segment]) -> list[Segment]:
    """Write rows that are stacked between two brackets of one line as `(1 2; 3 4)`."""
    segments = _write_matrices(segments)
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
