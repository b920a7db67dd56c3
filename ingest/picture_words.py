"""Where the words of a line in a picture are: gaps in its ink, and blanks that the recogniser missed.

A recogniser gives a line's letters in order, but not where its words begin; it joins two cells of a
table's row, and drops blanks after commas and brackets. The gaps between the columns of ink that a
line has tell both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from ingest.weights.known_words import known_words

#: A pixel is ink if its grey differs from the background's by more, of 255.
INK_STEP = 60
#: A row of a line has much ink if it has this share of the fullest row's.
BASELINE_INK = 0.35
#: A gap between words is at least so wide, as a share of the line's height.
WORD_GAP = 0.15
#: A gap where the recogniser read no blank is one if it is so wide as a share of the narrowest gap
#: where it read one, and so many times as wide as the usual gap between letters.
MISSED_GAP, LETTER_GAPS = 0.85, 2.2
#: A gap as wide as this, as a share of the line's height, parts two lines.
PART_GAP = 1.0
#: A list's mark is at most so wide, and so far from its item at least, as shares of the line's height;
#: the item's first word is so many times wider.
MARK_WIDTH, MARK_GAP, MARK_SHARE = 0.75, 0.25, 1.7
#: How far a gap may be from where the letters' widths put a blank, as a share of the height.
REACH = 0.9

_NARROW, _SLIM, _WIDE = (
    frozenset("ijl.,:;'|!’‘`"),
    frozenset('ftrI()[]{}-"„“”/ '),
    frozenset("mwMW@%…—"),
)
_STICKY = frozenset(",.;:!?)]}”“")  # a blank is missed after these rather than before


def parts_of_line(grey: np.ndarray, text: str) -> list[list[tuple[str, float, float]]]:
    """The words of a line with their places, in parts that wide gaps divide.

    Args:
        grey: The line's pixels, (height, width), from 0 to 255.
        text: What the recogniser read in it.

    Returns:
        Parts from left to right; each word with the pixel columns where it begins and ends. One
        part whose words share the width by their letters where the ink does not show them.
    """
    height, width = grey.shape
    runs = _ink_runs(grey)
    edges = _edges(text)
    if not runs or width < height or len(text) < 2:
        return [_by_letters(text, edges, 0.0, float(width))]
    mark = _leading_mark(runs, text, edges, height)
    if mark is not None:
        runs = runs[1:]
    left, right = runs[0][0], runs[-1][1]
    gaps = [(a[1], b[0]) for a, b in pairwise(runs)]
    places = [left + edge * (right - left) for edge in edges]
    blanks = _matched(text, places, gaps, height)
    if blanks is None:
        return [_by_letters(text, edges, left, right)]
    blanks |= _missed(text, places, gaps, blanks, height)
    parts: list[list[tuple[str, float, float]]] = [[] if mark is None else [("•", *mark)]]
    start, x0 = 0, left
    for position in sorted(blanks):
        end, begin = blanks[position]
        if word := text[start:position].strip():
            parts[-1].append((word, x0, end))
        if begin - end >= PART_GAP * height and parts[-1]:
            parts.append([])
        start, x0 = position, begin
    if word := text[start:].strip():
        parts[-1].append((word, x0, right))
    return [part for part in parts if part]


def baseline_of(grey: np.ndarray) -> float:
    """The row at which the feet of a line's letters stand, in pixels from its top.

    Most letters reach down to it, and few below, so that it is the last row with much ink.
    """
    drawn = _ink(grey)
    if not drawn.any():
        return 0.75 * grey.shape[0]
    rows = drawn.sum(axis=1)
    return float(np.flatnonzero(rows >= BASELINE_INK * rows.max())[-1] + 1)


def _ink(grey: np.ndarray) -> np.ndarray:
    """Which pixels differ from the commonest grey."""
    if grey.size == 0:
        return np.zeros(grey.shape, dtype=bool)
    background = int(np.bincount(grey.ravel(), minlength=256).argmax())
    return np.abs(grey.astype(np.int16) - background) > INK_STEP


def _ink_runs(grey: np.ndarray) -> list[tuple[float, float]]:
    """The runs of columns that hold ink, each from its first column to one past its last."""
    drawn = _ink(grey)
    rim = max(1, grey.shape[0] // 10)
    columns = drawn[rim:-rim].any(axis=0) if grey.shape[0] > 3 * rim else drawn.any(axis=0)
    steps = np.flatnonzero(np.diff(np.concatenate(([0], columns.view(np.int8), [0]))))
    return [(float(a), float(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]


def _leading_mark(
    runs: Sequence[tuple[float, float]], text: str, edges: Sequence[float], height: int
) -> tuple[float, float] | None:
    """A list's mark before a line's first word, of which the recogniser read no letter."""
    if len(runs) < 3:
        return None
    (x0, x1), (following, _) = runs[:2]
    first = text.split()[0]
    if len(first) < 2 or not first[0].isalnum() or x1 - x0 > MARK_WIDTH * height:
        return None
    width = edges[len(first)] * (runs[-1][1] - x0)
    is_apart = following - x1 >= MARK_GAP * height
    return (x0, x1) if is_apart and width > MARK_SHARE * (x1 - x0) else None


def _edges(text: str) -> list[float]:
    """Where each character begins, and the last one ends, as shares of the line's width."""
    sums = [0.0, *accumulate(map(_advance, text))]
    return [value / (sums[-1] or 1) for value in sums]


def _advance(letter: str) -> float:
    """A character's usual width, in em."""
    if letter in _NARROW:
        return 0.26
    if letter in _SLIM:
        return 0.36
    if letter in _WIDE:
        return 0.86
    if ord(letter) >= 0x2E80:
        return 1.0
    return 0.67 if letter.isupper() else 0.54


def _by_letters(
    text: str, edges: Sequence[float], left: float, right: float
) -> list[tuple[str, float, float]]:
    """Words that share a width by their letters."""
    return [
        (m[0], left + edges[m.start()] * (right - left), left + edges[m.end()] * (right - left))
        for m in re.finditer(r"\S+", text)
    ]


def _matched(
    text: str, places: Sequence[float], gaps: Sequence[tuple[float, float]], height: int
) -> dict[int, tuple[float, float]] | None:
    """The gap of each run of blanks, by the place of the character behind it; None where one has none.

    Blanks and gaps are paired in order, so that the sum of their distances is least.
    """
    blanks = [(m.start(), m.end()) for m in re.finditer(r"\s+", text)]
    wide = [gap for gap in gaps if gap[1] - gap[0] >= WORD_GAP * height]
    if len(blanks) > len(wide):
        return None
    centres = [(places[a] + places[b]) / 2 for a, b in blanks]
    # cost[j]: the least sum for the blanks so far with the last one before gap j
    cost = [0.0] * (len(wide) + 1)
    chosen: list[list[bool]] = []
    for centre in centres:
        row, picks = [float("inf")], []
        for j, gap in enumerate(wide):
            pair = cost[j] + abs((gap[0] + gap[1]) / 2 - centre) - 0.5 * (gap[1] - gap[0])
            picks.append(pair < row[-1])
            row.append(min(pair, row[-1]))
        chosen.append(picks)
        cost = row
    matched: dict[int, tuple[float, float]] = {}
    j = len(wide)
    for (_, end), picks in zip(reversed(blanks), reversed(chosen), strict=True):
        while j and not picks[j - 1]:
            j -= 1
        if not j:
            return None
        j -= 1
        matched[end] = wide[j]
    return matched


def _missed(
    text: str,
    places: Sequence[float],
    gaps: Sequence[tuple[float, float]],
    blanks: dict[int, tuple[float, float]],
    height: int,
) -> dict[int, tuple[float, float]]:
    """Gaps as wide as those between words where no blank was read, by the character behind them."""
    widths = sorted(b - a for a, b in gaps)
    usual = widths[len(widths) // 2] if len(widths) > 2 * len(blanks) + 2 else 0.0
    least = max(
        WORD_GAP * height if blanks else 0.3 * height,
        MISSED_GAP * min((b - a for a, b in blanks.values()), default=0.0),
        LETTER_GAPS * usual,
    )
    taken = set(blanks.values())
    missed: dict[int, tuple[float, float]] = {}
    for gap in gaps:
        if gap in taken or gap[1] - gap[0] < least:
            continue
        position = _place_of(text, places, gap, blanks, height)
        if position is not None:
            missed[position] = gap
    return missed


def _place_of(
    text: str,
    places: Sequence[float],
    gap: tuple[float, float],
    blanks: dict[int, tuple[float, float]],
    height: int,
) -> int | None:
    """The character before which a gap is, reckoned from the blanks on both sides of it."""
    before = max((p for p, g in blanks.items() if g[1] <= gap[0]), default=0)
    after = min((p for p, g in blanks.items() if g[0] >= gap[1]), default=len(text))
    x0 = blanks[before][1] if before else places[0]
    x1 = blanks[after][0] if after < len(text) else places[-1]
    end = len(text[:after].rstrip())
    if end - before < 2:
        return None
    # The gap itself takes no part of the letters' width.
    share = (x1 - x0 - (gap[1] - gap[0])) / ((places[end] - places[before]) or 1)
    reckoned = {
        position: x0 + share * (places[position] - places[before])
        for position in range(before + 1, end)
        if _may_part(text[before:position], text[position:end])
    }
    if not reckoned:
        return None

    def distance(position: int) -> float:
        sticky = text[position - 1] in _STICKY and text[position].isalnum()
        opening = text[position] in "([{„" and text[position - 1].isalnum()
        return abs(reckoned[position] - gap[0]) - (0.35 * height if sticky or opening else 0.0)

    best = min(reckoned, key=distance)
    return best if distance(best) < REACH * height else None


def _may_part(before: str, after: str) -> bool:
    """Whether a blank may have been between two parts of what was read as one word."""
    left, right = before[-1], after[0]
    if right in ",.;:!?)]}”“%" or not any(map(str.isalnum, before)):
        return False
    if left in _STICKY:
        return right.isalnum() or right in "([{„"
    if right in "([{„":
        return left.isalnum()
    head = re.search(r"[^\W_]*$", before)
    tail = re.match(r"[^\W_]*", after)
    assert head is not None
    assert tail is not None
    if left.isdigit() and right.isdigit():
        return False
    if left.isdigit() or right.isdigit():
        return len(head[0]) > 1 and len(tail[0]) > 1
    first, second = head[0].casefold(), tail[0].casefold()
    words = known_words()
    return (
        len(first) > 1 < len(second)
        and first in words
        and second in words
        and first + second not in words
    )
