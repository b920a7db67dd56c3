"""Where the words of a line in a picture are: its letters, gaps in its ink, and blanks that were missed.

A recogniser tells a line's letters and about where each is, but joins two cells of a table's row, and drops
blanks. The gaps between the columns of ink tell where words begin.
"""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby, pairwise

import numpy as np

from ingest.picture_scripts import Letter, em_of, foot_of, script_marks
from ingest.weights.known_words import known_words

#: A pixel is ink if its grey differs from the background's by more, of 255.
INK_STEP = 60
#: A row of a line has much ink if it has this share of the fullest row's.
BASELINE_INK = 0.35
#: A gap between words is at least so wide, in em; behind a comma or full stop before a figure, between
#: a letter and a figure, and between two figures or the halves of a word that exists, at least so wide.
WORD_GAP, COMMA_GAP, MIXED_GAP, FIGURE_GAP = 0.17, 0.26, 0.25, 0.5
#: The same beside a sign of a formula, whatever the other gaps of the line.
SIGN_GAP = 0.21
#: A gap where the recogniser read no blank is one if it is so wide as a share of the narrowest gap
#: where it read one, and so many times as wide as a narrow gap between letters.
MISSED_GAP, LETTER_GAPS = 0.75, 2.2
#: As a share of the usual gap between words, and in em on a line that has none: so wide a gap parts
#: letters whatever they spell.
CERTAIN_GAP, CERTAIN_EM = 0.9, 0.4
#: A gap as wide as this, as a share of the line's height, parts two lines.
PART_GAP = 1.0
#: A list's mark is at most so wide, and so far from its item at least, as shares of the line's height.
MARK_WIDTH, MARK_GAP = 0.75, 0.25
#: The dots that lead to a page number: so many, or so far apart, in em; each at most so wide and high.
LEADER_DOTS, LEADER_GAP, DOT_SIZE = 5, 0.2, 0.22

#: A line so many times as high as wide is written up or down the page.
UPRIGHT = 1.5
#: The size of a line's letters as a share of its height, where they do not tell it, and the least one.
USUAL_SIZE, LEAST_SIZE = 0.8, 0.5
#: Ink that shares so much of its columns, as a share of the narrower, is one letter's.
SHARED_COLUMNS = 0.5

_NARROW, _SLIM, _WIDE = (
    frozenset("ijl.,:;'|!’‘`"),
    frozenset('ftrI()[]{}-"„“”/ '),
    frozenset("mwMW@%…—"),
)
_OPENING = frozenset("([{„")
_CLOSING = frozenset(",.;:!?)]}”“%")
_UNSPACED = "\u2e80"  # the first letter of the scripts without blanks
_OPERATORS = frozenset("+−–=→←·×÷⋅<>≤≥≈∼~|/∥_")
_DOTS = frozenset(".…·•:")


@dataclass(frozen=True)
class _InkLine:
    """A line's letters and its runs of ink: columns that hold some, one past the last."""

    letters: list[str]
    centres: list[float]
    runs: list[tuple[float, float]]
    drawn: np.ndarray

    @cached_property
    def gaps(self) -> list[tuple[float, float]]:
        """Between one run and the next."""
        return [(a[1], b[0]) for a, b in pairwise(self.runs)]

    def before(self, x: float) -> int:
        """The number of letters before a column."""
        return sum(centre < x for centre in self.centres)

    @cached_property
    def placed(self) -> list[Letter | None]:
        """The ink of each letter, or of those that touch, where connected ink tells it."""
        from scipy import ndimage  # takes a quarter of a second to load

        labels, _ = ndimage.label(self.drawn, structure=np.ones((3, 3)))
        shapes: list[
            list[int]
        ] = []  # left, right, top, bottom, from left to right; dots with their letter
        for rows, columns in sorted(ndimage.find_objects(labels), key=lambda at: at[1].start):
            x0, x1 = columns.start, columns.stop
            last = shapes[-1] if shapes else None
            if last and min(last[1], x1) - x0 > SHARED_COLUMNS * min(last[1] - last[0], x1 - x0):
                last[1] = max(last[1], x1)
                last[2], last[3] = min(last[2], rows.start), max(last[3], rows.stop)
            else:
                shapes.append([x0, x1, rows.start, rows.stop])
        inside: list[list[int]] = [[] for _ in shapes]
        for number, centre in enumerate(self.centres):
            distances = [max(shape[0] - centre, centre - shape[1], 0) for shape in shapes]
            inside[distances.index(min(distances))].append(number)
        placed: list[Letter | None] = [None] * len(self.letters)
        for shape, numbers in zip(shapes, inside, strict=True):
            text = "".join(self.letters[number] for number in numbers)
            for number in numbers:
                placed[number] = Letter(text, shape[2], shape[3])
        return placed

    def is_dot(self, number: int) -> bool:
        """Whether a run is a dot at the foot of the line."""
        x0, x1 = self.runs[number]
        rows = np.flatnonzero(self.drawn[:, int(x0) : int(x1)].any(axis=1))
        size = DOT_SIZE * self.em
        return bool(
            x1 - x0 <= size and rows[-1] - rows[0] < size and rows[0] > 0.5 * len(self.drawn)
        )

    @cached_property
    def em(self) -> float:
        """The size of the letters, in pixels."""
        return em_of(self.placed) or USUAL_SIZE * self.drawn.shape[0]


@dataclass(frozen=True, slots=True)
class LineWords:
    """What a line in a picture holds.

    `parts` are its words from left to right, in parts that wide gaps divide, each word with the pixel
    columns where it begins and ends; `size` is that of its letters, and `baseline` the row of their feet,
    in pixels.
    """

    parts: list[list[tuple[str, float, float]]]
    size: float
    baseline: float


def words_in_line(grey: np.ndarray, text: str, centres: Sequence[float] | None = None) -> LineWords:
    """The words of a line with their places, in parts that wide gaps divide.

    Indices and exponents are marked as on pages of text: `x_i`, `10^6`.

    Args:
        grey: The line's pixels, (height, width), from 0 to 255.
        text: What the recogniser read in it.
        centres: The pixel column of each letter's centre, blanks left out, if it told them.

    Returns:
        Its words; where the places of the letters are not known, they share the width by their letters.
    """
    height, width = grey.shape
    drawn = _ink(grey)
    runs = _ink_runs(drawn)
    letters = [letter for letter in text if not letter.isspace()]
    if centres is None or len(centres) != len(letters) or not runs or height >= UPRIGHT * width:
        words = _by_letters(text, 0.0, float(width))
        return LineWords([words], USUAL_SIZE * height, baseline_of(grey))
    line = _InkLine(letters, list(centres), runs, drawn)
    mark = _leading_mark(line)
    if mark is not None:
        line = _InkLine(letters, line.centres, runs[1:], drawn)
    blanks = _read_blanks(line, text)
    blanks |= _missed_blanks(line, blanks)
    leaders = _leaders(line)
    parts = _parts(line, blanks | leaders, mark, {*pairwise(sorted(leaders))})
    size = min(max(line.em, LEAST_SIZE * height), height)
    return LineWords(parts, size, foot_of(line.placed, line.em) or baseline_of(grey))


def _parts(
    line: _InkLine,
    blanks: Mapping[int, tuple[float, float]],
    mark: tuple[float, float] | None,
    leaders: Set[tuple[int, int]],
) -> list[list[tuple[str, float, float]]]:
    """Words between blanks, each of which is given by the number of letters before it, but no leaders."""
    written = script_marks(line.placed, line.letters, line.em, frozenset(blanks))
    parts: list[list[tuple[str, float, float]]] = [[] if mark is None else [("•", *mark)]]
    start, x0 = 0, line.runs[0][0]
    for position, (end, begin) in [
        *sorted(blanks.items()),
        (len(line.letters), (line.runs[-1][1], line.runs[-1][1])),
    ]:
        if start < position and not (
            (start, position) in leaders and _DOTS.issuperset(line.letters[start:position])
        ):
            parts[-1].append(("".join(written[start:position]), x0, end))
        if begin - end >= PART_GAP * line.drawn.shape[0] and parts[-1]:
            parts.append([])
        start, x0 = position, begin
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


def _ink_runs(drawn: np.ndarray) -> list[tuple[float, float]]:
    """The runs of columns that hold ink, each from its first column to one past its last."""
    rim = max(1, drawn.shape[0] // 10)
    columns = drawn[rim:-rim].any(axis=0) if drawn.shape[0] > 3 * rim else drawn.any(axis=0)
    steps = np.flatnonzero(np.diff(np.concatenate(([0], columns.view(np.int8), [0]))))
    return [(float(a), float(b)) for a, b in zip(steps[::2], steps[1::2], strict=True)]


def _leading_mark(line: _InkLine) -> tuple[float, float] | None:
    """A list's mark before a line's first word, of which the recogniser read no letter."""
    if len(line.runs) < 3 or not line.letters[0].isalnum():
        return None
    (x0, x1), (following, _) = line.runs[:2]
    height = line.drawn.shape[0]
    is_mark = x1 - x0 <= MARK_WIDTH * height and following - x1 >= MARK_GAP * height
    is_mark = is_mark and not line.is_dot(0)
    return (x0, x1) if is_mark and not line.before((x1 + following) / 2) else None


def _leaders(line: _InkLine) -> dict[int, tuple[float, float]]:
    """The blanks before and behind the dots that lead to a page number, by the number of letters before.

    A row of dots is a leader where it is long, or where as wide a gap as its own parts it from a word.
    """
    runs, gaps = line.runs, [math.inf, *(b - a for a, b in line.gaps), math.inf]
    least = LEADER_GAP * line.em
    blanks: dict[int, tuple[float, float]] = {}
    for is_dot, group in groupby(range(len(runs)), key=line.is_dot):
        numbers = list(group)
        first, end = numbers[0], numbers[-1] + 1
        is_spaced = all(gap >= least for gap in gaps[first : end + 1])
        is_outer = first == 0 or end == len(runs)
        if not is_dot or not (len(numbers) >= LEADER_DOTS or (is_spaced and is_outer)):
            continue
        x0 = runs[first - 1][1] if first else runs[0][0]
        x1 = runs[end][0] if end < len(runs) else runs[-1][1]
        letters = range(
            line.before((x0 + runs[first][0]) / 2), line.before((runs[end - 1][1] + x1) / 2)
        )
        if all(line.letters[number] in _DOTS for number in letters):
            blanks[letters.start] = blanks[letters.stop] = (x0, x1)
    return blanks


def _by_letters(text: str, left: float, right: float) -> list[tuple[str, float, float]]:
    """Words that share a width by the usual widths of their letters."""
    sums = [0.0, *accumulate(map(_advance, text))]
    edges = [left + value / (sums[-1] or 1) * (right - left) for value in sums]
    return [(m[0], edges[m.start()], edges[m.end()]) for m in re.finditer(r"\S+", text)]


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


def _read_blanks(line: _InkLine, text: str) -> dict[int, tuple[float, float]]:
    """The gap of each blank that the recogniser read, by the number of letters before it."""
    counts = list(accumulate(map(len, text.split())))[:-1]
    by_position: dict[int, list[tuple[float, float]]] = {}
    for gap in line.gaps:
        by_position.setdefault(line.before((gap[0] + gap[1]) / 2), []).append(gap)
    blanks: dict[int, tuple[float, float]] = {}

    def is_free(gap: tuple[float, float]) -> bool:
        return gap not in blanks.values()

    for count in counts:
        middle = (line.centres[count - 1] + line.centres[count]) / 2
        here = [gap for gap in by_position.get(count, ()) if is_free(gap)]
        if not any(gap[1] - gap[0] >= WORD_GAP * line.em for gap in here):
            here += [
                gap for step in (-1, 1) for gap in by_position.get(count + step, ()) if is_free(gap)
            ]
        blanks[count] = max(here, key=lambda gap: gap[1] - gap[0], default=(middle, middle))
    return blanks


def _missed_blanks(
    line: _InkLine, blanks: Mapping[int, tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    """Gaps as wide as those between words where no blank was read, by the number of letters before."""
    em = line.em
    widths = sorted(b - a for a, b in line.gaps)
    between_words = [b - a for a, b in blanks.values() if b > a]
    narrow = widths[(len(widths) - 1) // 8] if len(widths) > 2 * len(blanks) + 2 else 0.0
    least = max(WORD_GAP * em, MISSED_GAP * min(between_words, default=0.0), LETTER_GAPS * narrow)
    certain = CERTAIN_GAP * statistics.median(between_words) if between_words else CERTAIN_EM * em
    missed: dict[int, tuple[float, float]] = {}
    for gap in line.gaps:
        width = gap[1] - gap[0]
        position = line.before((gap[0] + gap[1]) / 2)
        if position in blanks or not 0 < position < len(line.letters):
            continue
        if max(line.letters[position - 1 : position + 1]) >= _UNSPACED:
            continue
        is_sign = not _OPERATORS.isdisjoint(line.letters[position - 1 : position + 1])
        if width < (max(SIGN_GAP * em, LETTER_GAPS * narrow) if is_sign else least):
            continue
        starts = [p for p in (0, *blanks, *missed) if p <= position]
        ends = [p for p in (*blanks, len(line.letters)) if p > position]
        before = "".join(line.letters[max(starts) : position])
        after = "".join(line.letters[position : min(ends)])
        gap_in_em = width / em
        if is_sign or (before and _may_part(before, after, gap_in_em, is_certain=width >= certain)):
            missed[position] = gap
    return missed


def _is_of_word(letter: str) -> bool:
    """Whether a letter may be within a word, or a hyphen."""
    return letter.isalnum() or letter in "-."


def _may_part(before: str, after: str, gap: float, *, is_certain: bool) -> bool:
    """Whether a gap of so many em may be a blank between two parts of what was read as one word."""
    left, right = before[-1], after[0]
    if right in _CLOSING or left in _OPENING:
        return False
    if left.isdigit() and right.isdigit():
        return gap >= FIGURE_GAP or (is_certain and gap >= MIXED_GAP)
    if left in ".," and right.isdigit():
        return gap >= COMMA_GAP
    if left.isalpha() != right.isalpha() and left.isalnum() and right.isalnum():
        return gap >= MIXED_GAP
    if not (_is_of_word(left) and _is_of_word(right)):
        return True
    head, tail = re.search(r"[^\W_]*$", before), re.match(r"[^\W_]*", after)
    assert head is not None
    assert tail is not None
    first, second = head[0].casefold(), tail[0].casefold()
    words = known_words()
    if first + second in words:
        return gap >= FIGURE_GAP
    return is_certain or (first in words and second in words)
