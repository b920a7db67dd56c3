"""Split text into sentences, by the abbreviations of its language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ingest.text.languages import Language
from ingest.text.scripts import UNSPACED, count_words

# A mark, closing quotes or brackets, a blank, and what opens a sentence: a capital or a figure.
# Where a script has no blanks, the mark alone ends a sentence.
_MARK = re.compile(
    r"""[.!?]["')\]”“»]*(?:\s»)?\s+(?=["'(\[„“«]?(?:«\s)?(?:[^\W\d_a-zß-öø-ÿ]|\d))"""
    rf"""|(?:[。！？｡．]|(?<={UNSPACED})[!?])["')\]”’」』）》]*\s*(?=\S)"""
)
#: Marks that end a sentence, or close what ends with one.
CLOSING_MARKS = '.!?。！？｡．”"」』'
#: Signs of a relation or an operator, of which a formula has at least one.
FORMULA_SIGN = re.compile(r"[=≤≥≈≡∑∏∫√∈→⇒⇔]")
_PROSE_WORDS = 8  # of a sentence that formulas on lines of their own may interrupt


def sentences_of(text: str, language: Language) -> list[tuple[int, int]]:
    """Split text at line ends and sentence ends.

    Returns:
        (start, end) of each sentence, without the blanks around it, in order.
    """
    sentences = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in [*sentence_ends(line[0], language), len(line[0])]:
            part = text[start : line.start() + end]
            sentence = part.strip()
            if sentence:
                blanks = len(part) - len(part.lstrip())
                sentences.append((start + blanks, start + blanks + len(sentence)))
            start = line.start() + end
    return sentences


def has_open_end(text: str) -> bool:
    """Whether a line of prose does not end its sentence, so that a formula may stand in between."""
    return text[-1:] not in CLOSING_MARKS and count_words(text) >= _PROSE_WORDS


def can_go_on(text: str) -> bool:
    """Whether a line can be a formula in a sentence, or the rest of it: what begins small."""
    return text[:1].islower() or FORMULA_SIGN.search(text) is not None


def sentence_ends(text: str, language: Language) -> Iterator[int]:
    """Offsets behind the blanks that follow each sentence but the last.

    A full stop ends no sentence behind an abbreviation of the language, a single capital (an
    initial) or the number that opens the text.
    """
    abbreviation = _abbreviation(language)
    for match in _MARK.finditer(text):
        if not abbreviation.search(text[: match.start() + 1]):
            yield match.end()


@cache
def _abbreviation(language: Language) -> re.Pattern[str]:
    known = "|".join(re.escape(word) for word in sorted(language.abbreviations))
    return re.compile(rf"(?:\b(?:{known}|[A-Z])|^\W*\d+(?:\.\d+)*)\.$", re.IGNORECASE)
