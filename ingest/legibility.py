"""Which lines that were read from a picture are text: words, tables and formulas, but no ticks and scribbles.

A recogniser reads letters into axes, drawn structures and photographs. Lines of several words are text. The
others are judged together with those near them, as the labels of one drawing: by the share of their
letters that belong to words that exist; on a scanned page that is nearly all text they are its formulas and numbers. Of a drawing that fails only the words that exist are kept, so that a
search finds it, and the page shows the rest as a picture.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence, Set
from dataclasses import replace

from ingest.recognition import RecognisedLine
from ingest.text.languages import LANGUAGES
from ingest.types import Box

#: A word that is counted has at least so many letters.
WORD_LETTERS = 3
#: A line of text has at least so many words that exist, and such a share of its letters in them.
TEXT_WORDS, TEXT_SHARE = 3, 0.5
#: Of the letters of a drawing's words at least this share is in words that exist, and for each of these
#: letters it has at most so many digits and single letters.
DRAWING_SHARE, CRUMBS = 0.5, 2.0
#: Lines nearer than this, as a share of their height, belong to one drawing: beside and below each other.
NEAR_ACROSS, NEAR_DOWN = 3.0, 1.6
#: The recogniser is at least so sure of a formula, and of letters that are no known word.
FORMULA_SCORE, LETTERS_SCORE = 0.9, 0.95
#: A formula has at least so many letters and digits.
FORMULA_LENGTH = 5
#: Of a page without text of its own, a scan of text has at least such a share of its characters in lines that are text.
SCAN_SHARE = 0.7
#: A word exists too if it ends with a known word that is so much of it, or begins as a known one does.
KNOWN_END, KNOWN_START = 0.6, 0.55
#: So many letters at least has such a part, and a word that is kept of a drawing that fails.
PART_LETTERS, KEPT_LETTERS = 5, 4

#: A word of capitals alone has at least so many letters, if neither the page nor a language's list has it.
CAPITAL_LETTERS = 4
#: A drawing of which so many lines, and such a share, have half of a pair of brackets is a structure.
OPEN_LINES, OPEN_SHARE = 3, 0.15
#: Words that all languages' lists hold.
COMMON = frozenset(
    word for each in LANGUAGES.values() for word in each.stop_words | each.common_words
)

_WORD = re.compile(r"[^\W\d_]+")
# A name or a word that few know: small letters with vowels, behind a capital perhaps, or several of these in one.
_LIKELY = re.compile(
    r"(?=.*[aeiouyäöüéèàáíóú])(?!.*[bcdfghjklmnpqrstvwxz]{6})(?=.{4})(?:[A-ZÄÖÜ]?[a-zäöüßéèàáíóúñç]{2,})+"
)
_NO_WORD = re.compile(r"[\^_|{}\\]")
_RELATION = re.compile(r"[=≤≥≈≠∈→⇒<>∝∼]")
_CAPITALS = re.compile(r"[A-ZÄÖÜ]{2,6}s?")
_IDEOGRAPHS = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")


def legible_lines(
    lines: Sequence[RecognisedLine],
    known_words: Callable[[], Set[str]],
    tables: Sequence[Box] = (),
    page_words: Set[str] = frozenset(),
) -> list[RecognisedLine]:
    """The lines that are text, and the words that exist of those that are not.

    Args:
        lines: Read from the picture of one page, in any order.
        known_words: Gives words that exist, in small letters; called if needed.
        tables: Where ruled tables are; what is in their cells is text.
        page_words: Words of the page's own text, in small letters.
    """
    if not lines:
        return []
    foreign = sum(len(_IDEOGRAPHS.findall(line.text)) for line in lines)
    if foreign > 0.2 * sum(len(line.text) for line in lines):
        return list(lines)  # scripts without blanks: what is a word is not known
    judge = _Judge(known_words(), page_words)
    tables = [
        table for table in tables if not _is_structure([o for o in lines if _is_in(o.box, [table])])
    ]
    is_text = [judge.is_text(line) or _is_in(line.box, tables) for line in lines]
    legible = [line for line, is_line in zip(lines, is_text, strict=True) if is_line]
    labels = [line for line, is_line in zip(lines, is_text, strict=True) if not is_line]
    if not page_words and _length(legible) >= SCAN_SHARE * _length(lines):
        return [*legible, *(line for line in labels if line.score >= FORMULA_SCORE)]
    for drawing in _drawings(labels):
        if judge.is_legible(drawing):
            legible += [line for line in drawing if judge.is_label(line)]
        else:
            for line in drawing:
                legible += [line] if judge.is_formula(line) else judge.words_of(line)
    return legible


class _Judge:
    """Judges lines by the words that exist; each word is looked up once."""

    def __init__(self, known_words: Set[str], page_words: Set[str]) -> None:
        self._words = known_words
        self._page_words = page_words
        self._sorted: list[str] = []
        self._known: dict[str, bool] = {}

    def exists(self, word: str) -> bool:
        """Whether a word is known, or is nearly one that is."""
        word = word.casefold()
        if word not in self._known:
            self._known[word] = len(word) >= WORD_LETTERS and (
                word in self._words or self._is_near(word)
            )
        return self._known[word]

    def _is_spelled(self, word: str) -> bool:
        """Whether capitals are a word as it is spelled: an abbreviation only if the page has it too.

        Three capitals are the beginning of some word of some language by chance.
        """
        word = word.casefold()
        is_long = len(word) >= CAPITAL_LETTERS
        return word in self._page_words or word in COMMON or (is_long and word in self._words)

    def _is_near(self, word: str) -> bool:
        """Whether a word begins or ends as a known one does: "minimization", "unbounded"."""
        if len(word) <= PART_LETTERS:
            return False
        least = max(PART_LETTERS, KNOWN_END * len(word))
        if any(len(word) - k >= least and word[k:] in self._words for k in range(1, len(word))):
            return True
        self._sorted = self._sorted or sorted(self._words)
        place = bisect_left(self._sorted, word)
        start = word[: max(PART_LETTERS, math.ceil(KNOWN_START * len(word)))]
        neighbours = self._sorted[max(0, place - 1) : place + 1]
        return any(known.startswith(start) for known in neighbours)

    def counts(self, line: RecognisedLine) -> tuple[int, int, int]:
        """Words that exist or are likely to, letters in them, and letters in all words.

        Letters beside scripts belong to no word.
        """
        words = word_letters = letters = 0
        for token in line.text.split():
            parts = [word for word in _WORD.findall(token) if len(word) >= WORD_LETTERS]
            letters += sum(map(len, parts))
            for word in () if _NO_WORD.search(token) else parts:
                is_likely = line.score >= LETTERS_SCORE and bool(_LIKELY.fullmatch(word))
                is_known = self._is_spelled(word) if word.isupper() else self.exists(word)
                if is_likely or is_known:
                    words += 1
                    word_letters += len(word)
        return words, word_letters, letters

    def is_text(self, line: RecognisedLine) -> bool:
        """Whether a line holds several words, and little else."""
        words, word_letters, letters = self.counts(line)
        return words >= TEXT_WORDS and word_letters >= TEXT_SHARE * letters

    def is_formula(self, line: RecognisedLine) -> bool:
        """Whether a line is a relation of which the recogniser is sure."""
        signs = sum(letter.isalnum() for letter in line.text)
        is_sure = line.score >= FORMULA_SCORE and not _IDEOGRAPHS.search(line.text)
        return is_sure and signs >= FORMULA_LENGTH and bool(_RELATION.search(line.text))

    def is_legible(self, drawing: Sequence[RecognisedLine]) -> bool:
        """Whether the labels of a drawing are mostly words."""
        counts = [self.counts(line) for line in drawing]
        word_letters, letters = sum(c[1] for c in counts), sum(c[2] for c in counts)
        signs = sum(sign.isalnum() for line in drawing for sign in line.text)
        is_in_words = word_letters >= max(1, DRAWING_SHARE * letters)
        return (
            not _is_structure(drawing) and is_in_words and signs - letters <= CRUMBS * word_letters
        )

    def is_label(self, line: RecognisedLine) -> bool:
        """Whether a line of a legible drawing is a word, a number, a letter or an abbreviation."""
        words, _, letters = self.counts(line)
        if words or self.is_formula(line):
            return True
        if _IDEOGRAPHS.search(line.text) or not any(c.isalnum() for c in line.text):
            return False
        is_sure = line.score >= LETTERS_SCORE
        return not letters or (is_sure and any(map(_CAPITALS.fullmatch, line.text.split())))

    def words_of(self, line: RecognisedLine) -> list[RecognisedLine]:
        """A line with only its longer words that exist; none where it has none."""
        words = tuple(
            word
            for word in line.words
            if any(
                len(part) >= KEPT_LETTERS and self.exists(part) for part in _WORD.findall(word[0])
            )
            and not _NO_WORD.search(word[0])
        )
        if not words or line.score < FORMULA_SCORE:
            return []
        box = Box(words[0][1], line.box.y0, words[-1][2], line.box.y1)
        return [replace(line, text=" ".join(word[0] for word in words), words=words, box=box)]


def _length(lines: Sequence[RecognisedLine]) -> int:
    """The characters of some lines."""
    return sum(len(line.text) for line in lines)


def _is_structure(lines: Sequence[RecognisedLine]) -> bool:
    """Whether lines are the parts of a structure in brackets that reach over several lines."""
    return sum(_is_open(line.text) for line in lines) >= max(OPEN_LINES, OPEN_SHARE * len(lines))


def _is_open(text: str) -> bool:
    """Whether a bracket of a line has no other half on it."""
    return any(text.count(opening) != text.count(closing) for opening, closing in ("[]", "{}"))


def _is_in(box: Box, areas: Sequence[Box]) -> bool:
    x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    return any(area.x0 <= x <= area.x1 and area.y0 <= y <= area.y1 for area in areas)


def _drawings(lines: Sequence[RecognisedLine]) -> list[list[RecognisedLine]]:
    """Lines in groups whose members are near each other, directly or through others."""
    groups: list[list[RecognisedLine]] = []
    for line in sorted(lines, key=lambda line: line.box.y0):
        near = [group for group in groups if any(_are_near(line, other) for other in group)]
        groups = [group for group in groups if group not in near]
        groups.append([line, *(other for group in near for other in group)])
    return groups


def _are_near(a: RecognisedLine, b: RecognisedLine) -> bool:
    height = min(a.box.height, b.box.height)
    across = max(a.box.x0, b.box.x0) - min(a.box.x1, b.box.x1)
    down = max(a.box.y0, b.box.y0) - min(a.box.y1, b.box.y1)
    return across <= NEAR_ACROSS * height and down <= NEAR_DOWN * height
