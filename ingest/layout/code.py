"""Code listings: which lines they are, their line numbers, and how far each line is indented.

A listing is set in a fixed-pitch font and does not read as prose, or each of its lines looks like
code. Line numbers beside it are left out.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.layout.segments import Segment

#: At least this share of a line's letters is in a fixed-pitch font.
FIXED_SHARE = 0.9
#: Fixed-pitch lines with so many words each, of which so many are ordinary words, are prose.
PROSE_WORDS, PROSE_SHARE = 4.5, 0.85
#: Lines of one listing are at most so far apart, in em: one blank line lies between.
LINE_PITCH = 3.2
#: In a proportional font, a listing has at least so many lines, and this share is surely code.
LOOK_LINES, SURE_SHARE = 3, 0.4
#: The advance of a blank, in em, where the font is proportional.
BLANK = 0.6

#: How far, in em, line numbers may stand before their code.
NUMBER_GAP = 5.0

_WORD = re.compile(r"^[(\"'„“]?[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*[.,;:!?)\"'“”]*$")
_KEYWORD = (
    r"(?:def|class|for|while|if|elif|else|try|except|finally|with|return|import|from|print|switch|"
    r"case|public|private|static|void|int|float|double|char|const|let|var|function|raise|yield)"
)
_MAYBE = re.compile(
    rf"^(?:{_KEYWORD}\b.*(?:[:;{{}})\]]|=.*)|{_KEYWORD}\b[^.]*\(.*|.*[;{{}}]|[\w.]+\(.*\)[:;]?|"
    rf"return\b.*|(?:import|from) [\w.]+.*|[\w.\[\], ]{{1,40}}(?:=|\+=|-=|\*=|/=|<-|:=)\s*\S.*|"
    rf"#.*|//.*|[)\]}}]+[;,]?)$"
)
_SURE = re.compile(
    r"\bdef \w+\(|\bclass \w+.*[:{]$|^return\b.*[\w)\]]$|\bself\.|\bprint\w*\(|^import \w|[;{}]$|"
    r"==|!=|\+\+|->|#include|__\w+__|\bfunction\b|\bvoid\b|\bint \w|:=|<-|^(?:for|while|if) .*:$"
)
_NUMBER = re.compile(r"^\d{1,4}:?$")


@dataclass(slots=True)
class Listing:
    """Lines of code from top to bottom, the left and right edge of all, and a blank's advance."""

    lines: list[Segment]
    x0: float
    x1: float
    advance: float

    def indent(self, line: Segment) -> int:
        """How many blanks stand before a line."""
        return max(0, round((line.x0 - self.x0) / self.advance))


def find_listings(segments: list[Segment]) -> tuple[list[Listing], list[Segment]]:
    """The listings among some segments, and all segments without the listings' line numbers."""
    fixed = [s for s in segments if _is_fixed(s)]
    groups = [group for group in _groups(fixed) if not _is_prose(group)]
    in_listings = sum(s.letters for group in groups for s in group)
    if in_listings < 0.5 * sum(s.letters for s in fixed) and len(fixed) > 0.9 * len(segments):
        groups = []  # a page that is typed wholly in a fixed-pitch font, and mostly prose
    inside = {id(s) for group in groups for s in group}
    others = [s for s in segments if id(s) not in inside and _MAYBE.match(s.text)]
    for group in _groups(others):
        sure = sum(bool(_SURE.search(s.text)) for s in group)
        if len(group) >= LOOK_LINES and sure >= SURE_SHARE * len(group):
            groups.append(group)
    rest = segments
    listings = []
    for group in groups:
        rest = _without_numbers(group, rest)
        x0, x1 = min(s.x0 for s in group), max(s.x1 for s in group)
        listings.append(Listing(group, x0, x1, _advance(group)))
    return listings, rest


def _is_fixed(segment: Segment) -> bool:
    """Whether a segment is set in a fixed-pitch font."""
    letters = [piece for piece in segment.pieces if not piece.is_blank]
    return sum(piece.fixed_pitch for piece in letters) >= FIXED_SHARE * len(letters)


def _groups(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Segments of one size that lie closely below each other, each group from top to bottom."""
    groups: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda s: (s.y, s.x0)):
        for group in reversed(groups):
            last = group[-1]
            reach = max(s.x1 for s in group)
            if (
                segment.y - last.y < LINE_PITCH * segment.size
                and abs(segment.size - last.size) < 0.12 * last.size
                and segment.x0 < reach + 2 * segment.size
                and segment.x1 > min(s.x0 for s in group) - 2 * segment.size
            ):
                group.append(segment)
                break
        else:
            groups.append([segment])
    return groups


def _is_prose(group: Sequence[Segment]) -> bool:
    """Whether lines in a fixed-pitch font read as prose."""
    words = [word for segment in group for word in segment.text.split()]
    ordinary = sum(bool(_WORD.match(word)) for word in words)
    long = len(words) >= PROSE_WORDS * len(group)
    return long and ordinary >= PROSE_SHARE * len(words)


def _advance(group: Sequence[Segment]) -> float:
    """The width of a blank in a listing, in points."""
    size = statistics.median(segment.size for segment in group)
    widths = [
        piece.x1 - piece.x0
        for segment in group
        for piece in segment.pieces
        if piece.fixed_pitch and len(piece.text) == 1
    ]
    width = statistics.median(widths) if widths else 0.0
    return width if 0.3 * size < width < 1.2 * size else BLANK * size


def _without_numbers(group: list[Segment], segments: list[Segment]) -> list[Segment]:
    """Take a listing's line numbers out of it, and from beside it."""
    inside = {id(s) for s in group}
    left = min(s.x0 for s in group)
    beside = [
        s
        for s in segments
        if id(s) not in inside
        and _NUMBER.match(s.text)
        and 0 <= left - s.x1 < NUMBER_GAP * group[0].size
        and any(abs(s.y - line.y) < 0.4 * line.size for line in group)
    ]
    firsts: dict[int, Segment] = {}  # the leftmost segment of each line
    for segment in sorted([*group, *beside], key=lambda s: s.x0):
        firsts.setdefault(round(segment.y / (0.5 * group[0].size)), segment)
    ordered = sorted(firsts.values(), key=lambda s: s.y)
    numbered = [s for s in ordered if _NUMBER.match(s.text.split()[0])]
    words = [s.text.split()[0] for s in numbered]
    if len(words) < 3 or len(words) < 0.7 * len(ordered) or not _count_up(words):
        return segments
    lone: set[int] = set()
    for segment, word in zip(numbered, words, strict=True):
        if segment.text == word:
            lone.add(id(segment))
            continue
        segment.drop_first(len(word))
    group[:] = [s for s in group if id(s) not in lone]
    return [s for s in segments if id(s) not in lone]


def _count_up(words: Sequence[str]) -> bool:
    """Whether numbers grow from line to line, in steps that are mostly one."""
    numbers = [int(word.rstrip(":")) for word in words]
    steps = [b - a for a, b in pairwise(numbers)]
    return all(step > 0 for step in steps) and sum(step == 1 for step in steps) >= 0.7 * len(steps)
