"""A part of a line without a wide gap, what it is made of, and its words.

A segment is a column's line, a table's cell or a label.
"""

from __future__ import annotations

import statistics
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ingest.types import Box

#: Glyphs whose baselines differ by less, in em, are on one line.
SAME_BASELINE = 0.1
#: A script is at most this share of the size of what it belongs to.
SCRIPT_SIZE = 0.86
#: How far, in em of its base, a script's baseline is raised or lowered.
RAISED = (0.12, 1.0)
LOWERED = (0.06, 0.75)
#: How far from its base, in em of the base, a script may begin.
SCRIPT_GAP = (-0.35, 0.45)
#: How far, in em, a script is raised and lowered at most.
SCRIPT_REACH, SCRIPT_DEPTH = 1.0, 0.75
#: A letter between two scripts takes more room, in em of them, than a blank does.
LETTER_ROOM = 0.35
#: A script has at most so many letters.
SCRIPT_LETTERS = 24
#: A letter parts scripts if it fills this share of the gap between them.
FILLED_GAP = 0.45
#: A gap as wide as this, in em, parts two words where the file has no blank.
WORD_GAP = 0.15
#: The same in a right-to-left script, in which the boxes of joined letters are narrow, and beside a
#: letter with points, whose box is that of a point.
BLANK_GAP, POINTED_GAP = 0.25, 0.35
#: Only where so many characters, as a share, are letters may wide gaps be letter-spacing.
SPACED_LETTERS = 0.8


@dataclass(slots=True, eq=False)
class Piece:
    """A glyph, or several written as one text, in the upright frame.

    `text` is what is read; `x0`, `x1`, `y`, `size` are as for glyphs; `boxes` are the places on the
    page; `attached` tells that no blank belongs before it whatever the gap; `is_tall` a sign of a
    font of tall brackets, some of whose codes pdfium does not give.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    fixed_pitch: bool
    boxes: list[Box]
    order: int
    attached: bool = False
    is_tall: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether it is a blank of the file."""
        return not self.text.strip()


@dataclass(slots=True, eq=False)
class Segment:
    """Pieces on one baseline without a wide gap, from left to right.

    `size` is the size of most of its letters, `top` and `bottom` reach over its scripts; `has_blanks` tells
    that its words are known, so that wide gaps between letters are no letter-spacing.
    """

    pieces: list[Piece]
    y: float
    size: float
    top: float = field(default=0.0)
    bottom: float = field(default=0.0)
    has_blanks: bool = False
    _measured: tuple[int, float, int] = field(default=(0, 0.0, 0))
    _words: list[PlacedWord] | None = None

    def __post_init__(self) -> None:
        """Give it the height of its letters."""
        self.top, self.bottom = self.y - 0.75 * self.size, self.y + 0.25 * self.size

    @property
    def x0(self) -> float:
        """Where it begins."""
        return self.pieces[0].x0

    @property
    def x1(self) -> float:
        """Where it ends."""
        return self._measure()[1]

    @property
    def letters(self) -> int:
        """Number of characters that are not blank."""
        return self._measure()[2]

    def _measure(self) -> tuple[int, float, int]:
        """Number of pieces, right end and number of letters, worked out when pieces change."""
        if self._measured[0] != len(self.pieces):
            letters = sum(len(piece.text) for piece in self.pieces if not piece.is_blank)
            self._measured = len(self.pieces), max(p.x1 for p in self.pieces), letters
        return self._measured

    @property
    def text(self) -> str:
        """Its words, for rules that look at words."""
        return " ".join(word.text for word in self.words)

    @property
    def words(self) -> list[PlacedWord]:
        """Its words from left to right."""
        return words_of(self) if self._words is None else self._words

    def finish(self) -> None:
        """Settle its words: nothing will be written into it any more."""
        self._words = words_of(self)

    def settle(self, words: list[PlacedWord]) -> None:
        """Give it the words of what it stands for, such as a table's row."""
        self._words = words

    def drop_first(self, count: int) -> None:
        """Take out its first pieces, and the blanks behind them."""
        while count < len(self.pieces) and self.pieces[count].is_blank:
            count += 1
        self.pieces = self.pieces[count:]
        self.finish()


def parted_scripts(segments: Sequence[Segment]) -> list[Segment]:
    """The segments, with small ones parted where a letter of a larger one stands between their pieces.

    The indices of `W_r x_r` are on one baseline and near each other, and yet two.
    """
    lines = sorted(segments, key=lambda segment: segment.y)
    heights = [line.y for line in lines]
    result: list[Segment] = []
    for segment in segments:
        reach = 1.5 * SCRIPT_REACH * segment.size
        hosts = [
            host
            for host in lines[
                bisect_left(heights, segment.y - reach) : bisect_right(heights, segment.y + reach)
            ]
            if segment.size <= SCRIPT_SIZE * host.size
            and -SCRIPT_DEPTH <= (host.y - segment.y) / host.size <= SCRIPT_REACH
            and host.x0 < segment.x1
            and host.x1 > segment.x0
        ]
        is_short = 1 < segment.letters <= SCRIPT_LETTERS
        result.extend(_parted(segment, hosts) if hosts and is_short else [segment])
    return result


def _parted(segment: Segment, hosts: Sequence[Segment]) -> list[Segment]:
    """A segment, parted at the pieces of others that stand between its own."""
    between = [
        (piece.x0, piece.x1)
        for host in hosts
        for piece in host.pieces
        if not piece.is_blank and segment.size <= SCRIPT_SIZE * piece.size
    ]
    parts: list[list[Piece]] = [[]]
    for piece in segment.pieces:
        last = next((p for p in reversed(parts[-1]) if not p.is_blank), None)
        if piece.is_blank:
            parts[-1].append(piece)
            continue
        if last is not None:
            gap = piece.x0 - last.x1
            if (
                any(
                    last.x1 <= (x0 + x1) / 2 <= piece.x0
                    and min(x1, piece.x0) - max(x0, last.x1) >= FILLED_GAP * gap
                    for x0, x1 in between
                )
                and gap > LETTER_ROOM * segment.size
            ):
                parts.append([])
        parts[-1].append(piece)
    if len(parts) == 1:
        return [segment]
    return [Segment(part, segment.y, segment.size) for part in parts]


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin horizontal line drawn on the page, in the upright frame."""

    x0: float
    x1: float
    y: float


@dataclass(frozen=True, slots=True)
class Upright:
    """A thin vertical line drawn on the page, such as between the columns of a table."""

    x: float
    y0: float
    y1: float


@dataclass(slots=True)
class PlacedWord:
    """A word of a segment: its text and boxes; `attached` where no blank stands before it.

    `borders` counts the borders of a table's cells before it, several where cells are empty;
    `is_broken` marks a word whose last hyphen breaks it inside a cell.
    """

    text: str
    boxes: list[Box]
    bold: bool
    attached: bool = False
    borders: int = 0
    is_broken: bool = False

    @property
    def box(self) -> Box:
        """The smallest box around all of its parts."""
        x0, y0, x1, y1 = self.boxes[0]
        for box in self.boxes:
            if box.x0 < x0:
                x0 = box.x0
            if box.y0 < y0:
                y0 = box.y0
            if box.x1 > x1:
                x1 = box.x1
            if box.y1 > y1:
                y1 = box.y1
        return Box(round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))


_OPENING = {")": "(", "]": "[", "}": "{"}
_FIRST_FROM_RIGHT = "\u0590"  # the first letter that is written from right to left


def drop_lone_brackets(segment: Segment) -> None:
    """Take out tall brackets that close what no bracket of the segment opens."""
    if not any(piece.is_tall and piece.text in _OPENING for piece in segment.pieces):
        return
    opened: list[str] = []
    pieces: list[Piece] = []
    for piece in segment.pieces:
        for letter in piece.text:
            if letter in "([{":
                opened.append(letter)
            elif letter in _OPENING and opened and opened[-1] == _OPENING[letter]:
                opened.pop()
            elif letter in _OPENING and piece.is_tall:
                break
        else:
            pieces.append(piece)
    if pieces:
        segment.pieces = pieces


def words_of(segment: Segment) -> list[PlacedWord]:
    """A segment's words from left to right, in the order in which they are read."""
    pieces = segment.pieces
    limit = WORD_GAP if segment.has_blanks else _word_gap(pieces)
    least = limit
    if limit == WORD_GAP and any(_is_right_to_left(piece) for piece in pieces):
        least = BLANK_GAP
    words: list[PlacedWord] = []
    reach, size, blank = 0.0, segment.size, False
    before: Piece | None = None
    for piece in pieces:
        if piece.is_blank:
            blank = True
            reach = max(reach, piece.x0) if limit > WORD_GAP else reach
            continue
        gap = (piece.x0 - reach) / (max(size, piece.size) or 1)
        apart = (blank and limit <= WORD_GAP) or gap > max(least, _least_gap(before, piece))
        before = piece
        wide = ord(piece.text[0]) >= 0x2E80 and _is_unspaced(piece.text[0])
        if words and not wide and (piece.attached or not apart):
            words[-1].text += piece.text
            words[-1].boxes.extend(piece.boxes)
        else:
            joined = bool(words) and wide and not apart
            words.append(PlacedWord(piece.text, list(piece.boxes), piece.bold, joined))
        reach, size, blank = max(piece.x1, reach if piece.attached else piece.x1), piece.size, False
    return [part for word in words for part in _without_blanks(word)]


def _least_gap(before: Piece | None, piece: Piece) -> float:
    """The gap, in em, that parts two pieces at least, by what they are."""
    if before is None:
        return 0.0
    pair = (before, piece)
    if any(map(_is_right_to_left, pair)):
        is_pointed = any(unicodedata.combining(letter) for each in pair for letter in each.text)
        return POINTED_GAP if is_pointed else 0.0
    return 0.0


def _is_right_to_left(piece: Piece) -> bool:
    """Whether a piece is a letter of Hebrew, Arabic or the like."""
    return piece.text >= _FIRST_FROM_RIGHT and unicodedata.bidirectional(piece.text[0]) in (
        "R",
        "AL",
    )


def _without_blanks(word: PlacedWord) -> list[PlacedWord]:
    """A formula that is written with blanks as the words between them, all at the formula's place."""
    first, *rest = word.text.split() or [word.text]
    word.text = first
    return [word, *(PlacedWord(text, list(word.boxes), word.bold) for text in rest)]


def _is_unspaced(letter: str) -> bool:
    """Whether a letter belongs to a script that puts no blanks between words."""
    return unicodedata.name(letter, "").startswith(("CJK", "HIRAGANA", "KATAKANA"))


def _word_gap(pieces: Sequence[Piece]) -> float:
    """The gap, in em, that parts the words of some pieces; larger where letters are spaced out."""
    letters = [piece for piece in pieces if not piece.is_blank and not piece.attached]
    if len(letters) < 5 or any(len(piece.text) > 3 for piece in letters):
        return WORD_GAP
    if sum(piece.text[0].isalpha() for piece in letters) < SPACED_LETTERS * len(letters):
        return WORD_GAP  # a formula
    gaps = [(b.x0 - a.x1) / a.size for a, b in pairwise(letters)]
    usual = statistics.median(gaps)
    if usual <= WORD_GAP:
        return WORD_GAP
    small = sum(gap < 0.5 * usual for gap in gaps)
    single = statistics.quantiles(gaps, n=4)[0]
    if small > 0.1 * len(gaps) or single <= WORD_GAP:
        return WORD_GAP
    return 1.25 * usual
