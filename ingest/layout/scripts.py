"""Exponents and indices: small segments that are set higher or lower beside another.

They are written behind what they belong to: `10^6`, `x_i`, `x_1^2`, `∑_(i=1)^n`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.layout.leading_scripts import with_leading_scripts
from ingest.layout.segments import (
    LOWERED,
    RAISED,
    SCRIPT_GAP,
    SCRIPT_LETTERS,
    SCRIPT_SIZE,
    WORD_GAP,
    Piece,
    Segment,
    parted_scripts,
)

#: A script is at least this share of the size of its base, and covers at most so much of its own width
#: with letters of the line: so many letters above or below several ones are a line of their own.
LEAST_SCRIPT, COVERED_LETTERS, LINE_LETTERS = 0.45, 0.6, 3
#: A limit is centred, within so many em, below the name of its operator, so many em lower.
LIMIT_REACH = 0.4
LIMIT_DEPTH = (0.4, 1.9)
#: What begins within so many em of a letter is its index, though an operator is above or below it.
TOUCHING = 0.1
#: Limits of an integral stand beside its ends: so many em above the line or below it, at most, and so far
#: from the sign's right edge.
INTEGRAL_RAISED, INTEGRAL_LOWERED, INTEGRAL_GAP = 1.9, 1.6, (-0.8, 0.45)
#: An exponent is no smaller than its base where both have the least size of a formula; both have few
#: letters, it is raised by so many em, and begins so many em from the base at most.
SAME_SIZE_LETTERS, SAME_SIZE_RAISED, SAME_SIZE_GAP = 2, (0.25, 0.7), 0.15
#: Operators that carry limits above and below themselves.
_LARGE_OPERATORS = frozenset("∑∏∫⋃⋂⋀⋁⨁⨂")
_INTEGRALS = frozenset("∫∬∭∮")
#: Names of operators that carry limits below themselves.
_NAMED_OPERATORS = frozenset({"lim", "max", "min", "sup", "inf", "argmax", "argmin"})
#: What carries no exponent or index of its own.
_NO_BASE = frozenset("([{√=+−-·,;:<>≤≥≈≠∈→⟨/")


def attach_scripts(segments: list[Segment]) -> list[Segment]:
    """Write small segments that are raised or lowered into the segment beside which they are set."""
    segments = with_leading_scripts(_parted_limits(parted_scripts(segments)))
    rest = sorted(segments, key=lambda segment: (segment.size, -segment.y))
    hosts = sorted(segments, key=lambda segment: segment.y)
    attached: set[int] = set()
    hosts_of_scripts: dict[int, Segment] = {}
    for script in rest:
        base = _base_of(script, hosts, attached)
        if base is None:
            continue
        host, position, mark = base
        _write_script(host, position, script, mark)
        attached.add(id(script))
        hosts_of_scripts[id(host)] = host
    for host in hosts_of_scripts.values():
        _part_figures(host)
    return [segment for segment in segments if id(segment) not in attached]


def _parted_limits(segments: Sequence[Segment]) -> list[Segment]:
    """The segments, with limits of neighbouring operators parted: those of `∏ ∑` are on one baseline."""
    operators = [
        (host, (piece.x0 + piece.x1) / 2)
        for host in segments
        for piece in host.pieces
        if piece.text in _LARGE_OPERATORS
    ]
    if len(operators) < 2:
        return list(segments)
    result: list[Segment] = []
    for segment in segments:
        middles = sorted(
            middle
            for host, middle in operators
            if segment.size <= SCRIPT_SIZE * host.size
            and LIMIT_DEPTH[0] < abs(segment.y - host.y) / host.size < LIMIT_DEPTH[1]
            and segment.x0 < middle < segment.x1
        )
        for left, right in pairwise(middles):
            letters = [piece for piece in segment.pieces if not piece.is_blank]
            gaps = [
                (b.x0 - a.x1, b.x0)
                for a, b in pairwise(letters)
                if left < (a.x1 + b.x0) / 2 < right
            ]
            if gaps and max(gaps)[0] > 0:
                place = max(gaps)[1]
                before = [piece for piece in segment.pieces if piece.x0 < place]
                while before[-1].is_blank:
                    before.pop()
                result.append(Segment(before, segment.y, segment.size))
                behind = [piece for piece in segment.pieces if piece.x0 >= place]
                segment = Segment(behind, segment.y, segment.size)
        result.append(segment)
    return result


def linear_text(segments: Sequence[Segment]) -> str:
    """The text of some segments on one line, their scripts written in, from left to right."""
    ordered = sorted(attach_scripts(_with_equal_scripts(segments)), key=lambda s: (s.x0, s.y))
    text = "".join(segment.text for segment in ordered[:1])
    for before, segment in pairwise(ordered):
        is_joined = before.pieces[-1].attached and segment.x0 - before.x1 < WORD_GAP * segment.size
        text += segment.text if is_joined else f" {segment.text}"
    return text


def _with_equal_scripts(segments: Sequence[Segment]) -> list[Segment]:
    """Segments of a part of a formula, exponents of their base's size written into it.

    The exponent of `e^(x^2/2)` has the size of its base, as there is none smaller.
    """
    rest = list(segments)
    for script in segments:
        if script.letters > SAME_SIZE_LETTERS:
            continue
        for base in rest:
            raised = (base.y - script.y) / base.size
            if (
                base is not script
                and SCRIPT_SIZE * base.size < script.size <= 1.02 * base.size
                and SAME_SIZE_RAISED[0] <= raised <= SAME_SIZE_RAISED[1]
                and abs(script.x0 - base.x1) <= SAME_SIZE_GAP * base.size
            ):
                _write_script(base, len(base.pieces) - 1, script, "^")
                rest.remove(script)
                break
    return rest


def _part_figures(host: Segment) -> None:
    """Put a blank between a script that ends with a figure and a figure that follows it: `x_1 2`."""
    for script, piece in pairwise(host.pieces):
        is_script = script.attached and script.text[:1] in "_^" and script.text[-1:].isdigit()
        if is_script and not piece.attached and piece.text[:1].isdigit():
            script.text += " "


def _base_of(
    script: Segment, hosts: Sequence[Segment], attached: set[int]
) -> tuple[Segment, int, str] | None:
    """The segment that a script belongs to, the piece behind which it goes, and `^` or `_`."""
    if script.letters > SCRIPT_LETTERS:
        return None
    best: tuple[float, Segment, int, str] | None = None
    as_limit: tuple[Segment, int, str] | None = None
    first = bisect_left(hosts, script.y - 2.2 * script.size, key=lambda host: host.y)
    for host in hosts[first:]:
        if host.y > script.y + 3 * script.size:
            break
        if host is script or id(host) in attached or script.size > SCRIPT_SIZE * host.size:
            continue
        raised = (host.y - script.y) / host.size
        if (named := _named_operator(script, host)) is not None:
            return host, named, "_"
        if script.size < LEAST_SCRIPT * host.size or _is_over_letters(script, host):
            continue
        if RAISED[0] <= raised <= RAISED[1]:
            mark = "^"
        elif LOWERED[0] <= -raised <= LOWERED[1]:
            mark = "_"
        else:
            limit = limit_of(script, host)
            if limit is None:
                limit = _integral_of(script, host)
            if limit is None:
                continue
            as_limit = as_limit or (host, limit, "^" if raised > 0 else "_")
            continue
        position = _piece_before(host, script.x0 + 0.05 * host.size)
        if position is None:
            continue
        base = host.pieces[position]
        if base.text in _NO_BASE:
            continue
        if script.size > SCRIPT_SIZE * base.size and base.text not in _LARGE_OPERATORS:
            continue
        gap = (script.x0 - base.x1) / host.size
        if gap > SCRIPT_GAP[1]:  # behind another script of the same base, as browsers set them
            gap = (script.x0 - _reach_of(host, position)) / host.size
        if SCRIPT_GAP[0] <= gap <= SCRIPT_GAP[1] and (best is None or abs(gap) < best[0]):
            best = abs(gap), host, position, mark
        elif base.text in _LARGE_OPERATORS and script.x0 <= base.x1:
            best = 0.0, host, position, mark
    if as_limit is not None and (best is None or best[0] > TOUCHING):
        return as_limit  # no index of a letter of the next line
    return None if best is None else best[1:]


def _is_over_letters(script: Segment, host: Segment) -> bool:
    """Whether a script lies above or below letters of a line, as the words above a text do."""
    if script.letters < LINE_LETTERS or limit_of(script, host) is not None:
        return False
    covered = sum(
        max(0.0, min(piece.x1, script.x1) - max(piece.x0, script.x0))
        for piece in host.pieces
        if piece.text.isalnum() and not piece.attached
    )
    return covered > COVERED_LETTERS * (script.x1 - script.x0)


def _reach_of(host: Segment, position: int) -> float:
    """Where a base's last script ends."""
    reach = host.pieces[position].x1
    for piece in host.pieces[position + 1 :]:
        if not piece.attached:
            break
        reach = max(reach, piece.x1)
    return reach


def limit_of(script: Segment, host: Segment) -> int | None:
    """The operator of a segment under or over which a script is centred: its place, or that of its name's end."""
    if script.size > SCRIPT_SIZE * host.size:
        return None
    middle = (script.x0 + script.x1) / 2
    for position, piece in enumerate(host.pieces):
        if piece.text in _LARGE_OPERATORS:
            inside = abs((piece.x0 + piece.x1) / 2 - middle) < 0.5 * host.size
            if inside and abs(script.y - host.y) < 1.9 * host.size:
                return position
    return _named_operator(script, host)


def _integral_of(script: Segment, host: Segment) -> int | None:
    """The integral beside whose upper or lower end a script stands."""
    raised = (host.y - script.y) / host.size
    if not -INTEGRAL_LOWERED <= raised <= INTEGRAL_RAISED:
        return None
    for position, piece in enumerate(host.pieces):
        gap = (script.x0 - piece.x1) / host.size
        if piece.text in _INTEGRALS and INTEGRAL_GAP[0] <= gap <= INTEGRAL_GAP[1]:
            return position
    return None


def _named_operator(script: Segment, host: Segment) -> int | None:
    """The last letter of an operator's name, such as `lim` or `arg max`, that a script is centred below."""
    low, high = (depth * host.size for depth in LIMIT_DEPTH)
    if not low <= script.y - host.y <= high:
        return None
    middle, reach = (script.x0 + script.x1) / 2, LIMIT_REACH * host.size
    names = list(_names(host))
    for index, (name, first, last) in enumerate(names):
        starts = [host.pieces[first].x0]
        if name in ("max", "min") and index and names[index - 1][0] == "arg":
            starts.append(host.pieces[names[index - 1][1]].x0)
        if name in _NAMED_OPERATORS and any(
            abs((start + host.pieces[last].x1) / 2 - middle) < reach for start in starts
        ):
            return last
    return None


def _names(host: Segment) -> Iterator[tuple[str, int, int]]:
    """Words of upright letters: each with the places of its first and last piece."""
    first, name = 0, ""
    for position, piece in enumerate(host.pieces):
        is_near = bool(name) and piece.x0 - host.pieces[position - 1].x1 < WORD_GAP * piece.size
        is_letter = piece.text.isascii() and piece.text.isalpha() and not piece.attached
        if is_letter and (is_near or not name):
            first = first if name else position
            name += piece.text
            continue
        if name:
            yield name, first, position - 1
        first, name = (position, piece.text) if is_letter else (0, "")
    if name:
        yield name, first, len(host.pieces) - 1


def _piece_before(host: Segment, x: float) -> int | None:
    """The last piece, blanks and scripts aside, that begins before a place."""
    position = None
    for index, piece in enumerate(host.pieces):
        if piece.x0 < x - 0.1 * piece.size and not piece.is_blank and not piece.attached:
            position = index
    return position


_ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "re", "e", "ème", "o", "a"})


# Signs that are drawn high in any font, and figures that Unicode raises by themselves.
_RAISED_ALREADY = frozenset("′″'*†‡∗⋆°²³¹⁰ⁱ⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")


def _write_script(host: Segment, position: int, script: Segment, mark: str) -> None:
    """Put a script's text behind its base; an ordinal's letters follow their figure directly."""
    text = script.text
    base = host.pieces[position]
    if (mark == "^" and text.lower() in _ORDINALS and base.text[-1:].isdigit()) or (
        mark == "^" and set(text) <= _RAISED_ALREADY
    ):
        written = text
    else:
        written = mark + (text if len(text) == 1 or text.isalnum() else f"({text})")
    boxes = [box for piece in script.pieces for box in piece.boxes]
    last = script.pieces[-1]
    piece = Piece(
        written,
        script.x0,
        max(script.x1, base.x1),
        host.y,
        host.size,
        base.bold,
        False,
        boxes,
        last.order,
        attached=True,
    )
    # Index before exponent, whichever was drawn first.
    after = position + 1
    while after < len(host.pieces) and host.pieces[after].text[:1] == "_" and mark == "^":
        after += 1
    host.pieces.insert(after, piece)
    host.top, host.bottom = min(host.top, script.top), max(host.bottom, script.bottom)
