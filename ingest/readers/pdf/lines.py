"""Lines of words as pdfium gives them: broken where they are two, merged where they are one."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

# Shares of a word's height.
_MIN_OVERLAP = 0.5  # of two words on one line, as a share of the smaller one
_MAX_OVERLAP_BELOW = 0.2  # of a word on the next line with the word before it
_ATTACHED_GAP = 0.08  # below it, an index belongs to its letter
_MAX_GAP_LEFT, _MAX_GAP_RIGHT = -0.3, 1.5  # of a word's start from the end of the one before
_MAX_FRAGMENT = 12  # characters; the shorter of two lines that are merged has no more


@dataclass(slots=True)
class RawWord:
    """Characters without a space between them; in points from the bottom left of the page.

    `attached`: it is set directly behind the word before it, as an index is.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    bold: bool
    attached: bool = False

    @property
    def height(self) -> float:
        """Vertical extent in points."""
        return self.top - self.bottom


@dataclass(slots=True)
class RawLine:
    """Words that share a line. `hyphenated`: it ends in the middle of a word."""

    words: list[RawWord] = field(default_factory=list)
    hyphenated: bool = False

    @property
    def size(self) -> float:
        """Median height of the words in points; tall boxes of sums and brackets do not count."""
        with_letters = [word for word in self.words if any(map(str.isalpha, word.text))]
        return statistics.median(word.height for word in with_letters or self.words)

    @property
    def length(self) -> int:
        """Number of characters, without spaces."""
        return sum(len(word.text) for word in self.words)


def break_line(line: RawLine) -> Iterator[RawLine]:
    """Break a line where the next word is set below the last one and further left.

    On pages of few short lines pdfium takes the text for vertical and gives no line ends.
    """
    part: list[RawWord] = []
    for word in line.words:
        if part:
            last = part[-1]
            overlap = _MAX_OVERLAP_BELOW * min(word.height, last.height)
            if word.top < last.bottom + overlap and word.left < last.right:
                yield RawLine(part)
                part = []
        part.append(word)
    yield RawLine(part, line.hyphenated)


def merge_lines(lines: list[RawLine]) -> list[RawLine]:
    """Put words that are set a little higher or lower on their line: indices, exponents, accents.

    pdfium gives a formula as lines of one or two characters. A line joins the one before it if it
    starts near the end of that line, and if the smaller of the two words there overlaps the other
    by at least half of its height. Changes the lines.
    """
    merged: list[RawLine] = []
    for line in lines:
        if merged and not merged[-1].hyphenated and _is_same_line(merged[-1], line):
            last, first = merged[-1].words[-1], line.words[0]
            first.attached = first.left - last.right < _ATTACHED_GAP * first.height
            merged[-1].words.extend(line.words)
            merged[-1].hyphenated = line.hyphenated
        else:
            merged.append(line)
    return merged


def _is_same_line(before: RawLine, line: RawLine) -> bool:
    if min(before.length, line.length) > _MAX_FRAGMENT:
        return False
    last, first = before.words[-1], line.words[0]
    # An exponent and an index set above each other both follow the letter before them.
    is_stacked = last.attached and len(before.words) > 1 and _follows(before.words[-2], first)
    return is_stacked or _follows(last, first)


def _follows(last: RawWord, first: RawWord) -> bool:
    """Whether a word is set behind another, at about the same height."""
    smaller = min(last.height, first.height)
    if smaller <= 0:
        return False
    overlap = min(last.top, first.top) - max(last.bottom, first.bottom)
    gap = first.left - last.right
    em = max(last.height, first.height)
    return overlap >= _MIN_OVERLAP * smaller and _MAX_GAP_LEFT * em <= gap <= _MAX_GAP_RIGHT * em
