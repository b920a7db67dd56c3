"""Which letters of a line in a picture are indices and exponents, told by their size and feet."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence, Set
from dataclasses import dataclass

from ingest.weights.known_words import known_words

#: A script is at most this share of the size of its line, and its foot so many em lower or higher.
SCRIPT_SIZE, LOWERED, RAISED = 0.84, 0.08, 0.2
#: So many letters carry an index or exponent of letters at most; a figure may stand behind any word.
BASE_LETTERS = 2
#: How far below the middle of a line's signs, in em, the middle of an index's is, or above it.
AXIS_LOWERED, AXIS_RAISED = 0.1, 0.2
#: Heights of letters, in em, and how deep those with a tail reach below the line.
TALL, SMALL, TAILED, TAIL = 0.7, 0.47, 0.67, 0.2
#: The middle of signs and brackets, in em above the line.
AXIS = 0.25

_TALL = frozenset("ABCDEFGHIJKLMNOPRSTUVWXYZbdfhklß0123456789ÄÖÜδθλ")
_SMALL = frozenset("aceimnorsuvwxzαεικνοπστυω") - {"i"}
_TAILED = frozenset("gpqyμρ")
_AXIS = frozenset("+−–-=∼~→×·⋅<>()[]")
_PUNCTUATION = ",.;:!?()[]\"“”„'"
_ORDINALS = ("st", "nd", "rd", "th", "er", "re", "e")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter, or several that touch: the rows of their ink, in pixels, one past the last."""

    text: str
    top: float
    bottom: float

    @property
    def size(self) -> float | None:
        """The size of its font in pixels, if its height tells it."""
        height = self.bottom - self.top
        letters = set(self.text)
        if letters <= _TALL | _SMALL:
            return height / (TALL if letters & _TALL else SMALL)
        return height / TAILED if letters <= _TAILED else None

    @property
    def foot(self) -> float | None:
        """The row of its baseline, if its kind tells it."""
        size = self.size
        if size is None:
            return None
        return self.bottom - TAIL * size if _TAILED.issuperset(self.text) else self.bottom


def em_of(letters: Sequence[Letter | None]) -> float:
    """The usual size of letters, in pixels; 0 where none tells it.

    The larger half counts, since indices are smaller than what carries them.
    """
    sizes = sorted(size for letter in letters if letter and (size := letter.size))
    return statistics.median(sizes[len(sizes) // 2 :]) if sizes else 0.0


def foot_of(letters: Sequence[Letter | None], em: float) -> float | None:
    """The row at which letters of full size stand, in pixels; None where none tells it."""
    feet = [
        foot
        for letter in letters
        if letter
        and (foot := letter.foot) is not None
        and (size := letter.size) is not None
        and size > SCRIPT_SIZE * em
    ]
    return statistics.median(feet) if feet else None


def script_marks(
    placed: Sequence[Letter | None], letters: Sequence[str], em: float, blanks: Set[int]
) -> list[str]:
    """Each letter as it is written: indices and exponents with their mark, `_` or `^`.

    Args:
        placed: The letters whose ink is known.
        letters: All letters of the line.
        em: Their size in pixels.
        blanks: Numbers of the letters before which a word begins.
    """
    written = list(letters)
    baseline = foot_of(placed, em)
    if baseline is None:
        return written
    kinds = [_kind(letter, baseline, em) for letter in placed]
    first = 1
    while first < len(letters):
        kind = kinds[first]
        if kind not in ("_", "^") or first in blanks or not _is_base(letters[first - 1]):
            first += 1
            continue
        end = first + 1
        while end < len(letters) and end not in blanks and kinds[end] in (kind, kind * 2):
            end += 1
        while kinds[end - 1] == kind * 2 and letters[end - 1] not in ")]":
            end -= 1
        script = "".join(letters[first:end])
        begins = max((blank for blank in blanks if blank < first), default=0)
        ends = min((blank for blank in blanks if blank > first), default=len(letters))
        base = re.search(r"[^\W\d_]*$", "".join(letters[begins:first]))
        is_spelled = base is not None and len(base[0]) > BASE_LETTERS and script.isalpha()
        if (
            is_spelled
            or "".join(letters[begins:ends]).strip(_PUNCTUATION).casefold() in known_words()
        ):
            first = end
            continue
        if not (kind == "^" and script in _ORDINALS and letters[first - 1].isdigit()):
            is_plain = len(script) == 1 or script.isalnum()
            written[first] = kind + ("" if is_plain else "(") + written[first]
            written[end - 1] += "" if is_plain else ")"
        first = end
    return written


def _is_base(letter: str) -> bool:
    """Whether something may carry a script."""
    return letter.isalnum() or letter in ")]}∑∏∫"


def _kind(letter: Letter | None, baseline: float, em: float) -> str:
    """ "_" or "^" for a script, the same twice for a sign that may be part of one, else ""."""
    if letter is None:
        return ""
    size, foot = letter.size, letter.foot
    if size is not None and foot is not None:
        if size > SCRIPT_SIZE * em:
            return ""
        if foot - baseline >= LOWERED * em:
            return "_"
        return "^" if baseline - foot >= RAISED * em else ""
    if letter.text in _AXIS:
        lowered = (letter.top + letter.bottom) / 2 - (baseline - AXIS * em)
        if lowered >= AXIS_LOWERED * em:
            return "__"
        return "^^" if -lowered >= AXIS_RAISED * em else ""
    return ""
