"""Choose the sentences that stand for a text: whole, clear without their neighbours, and central."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.chunk.navigation import is_sentence
from ingest.embed import Encoder
from ingest.text.languages import language
from ingest.text.languages.course import COURSE_WORDS
from ingest.text.scripts import count_words
from ingest.text.sentences import CLOSING_MARKS
from ingest.types import Passage
from rag.spans import MARKER, TextSpan, Unit, has_min_words, is_row, span_text, units_of
from rag.unit_kinds import defines

_WORDS = range(5, 41)  # of a sentence that can stand alone
_OPEN_WORDS = 18  # of an item or line without a full stop, which may be torn if it is longer
_IN_WORDS = 0.75  # of its parts; the others are figures and symbols
_POINT_IN_WORDS = 0.5  # the same for a point
_ALIKE = 0.93  # cosine of two sentences that say the same
#: What a sentence gains, in standard deviations of the centrality.
_CLOSED, _DEFINES, _NAMES, _OPENING = 0.6, 1.0, 0.5, 0.4
_LABELLED = 0.8  # as "Deadweight loss: the fall in ..."
#: A line of a list, one of an inner list, a text that was read from a picture.
_ITEM, _INNER, _PICTURE = -0.4, -0.5, -1.0
_LABEL = re.compile(r"^[^\W\d][^:.!?]{2,50}:\s+\S+(?:\s+\S+){4,}")
_EARLY = 30  # characters, in which a word that refers back makes a sentence unclear
#: Formulas, addresses, and lists whose items stand in one line.
_FORMAL = re.compile(
    r"[⟨⟩{}∈∀∃∑∫∂√≔\\^_|]|:=|\w\(\)|\((?:a|i|1)\)\s|https?:|\s[•▪●]\s|www\.|\w@\w|\.(?:pdf|ipynb|py|zip)\b"
)
CODE = re.compile(r"[<>{}\\]|/>|\w\[\d+\]|\w\(\)")
_CODE_LINE = re.compile(r"[;{}]\s*$|\w\[\w+\]|\w\(\w*\)|^\s*(?:#|//|/?\*|\$ |>>>)")
_MOSTLY_CODE = 0.4  # of the lines
_ADDRESS = re.compile(r"https?:|www\.|\w@\w")
_LINE_WORDS = 12  # of a line that is a point
_FINAL = frozenset({"etc", "usw", "al", "max", "min"})  # abbreviations that may end a sentence
_WORD = re.compile(r"^\W*[^\W\d_]{2,}\W*$")


@dataclass(frozen=True, slots=True)
class Choice:
    """A sentence of a passage, or several of its points, and how central a sentence is, as a standard score."""

    passage: Passage
    units: tuple[Unit, ...]
    score: float = 0.0

    @property
    def items(self) -> tuple[str, ...]:
        """The words of each unit on one line, without the bullet of an empty item behind them."""
        return tuple(span_text(self.passage, unit).rstrip(" •▪●") for unit in self.units)

    @property
    def text(self) -> str:
        """All words on one line."""
        return "; ".join(self.items)

    @property
    def span(self) -> TextSpan:
        """From the first unit to the last one."""
        return TextSpan(self.units[0].start, self.units[-1].end)


def clear_units(passage: Passage) -> list[Unit]:
    """The sentences and items of a passage that can be read alone, in order."""
    return [unit for unit in units_of(passage) if is_clear(passage, unit)]


def is_clear(passage: Passage, unit: Unit) -> bool:
    """Whether a unit can be read alone: whole, in words, and nothing in it refers back."""
    text = span_text(passage, unit)
    spoken = language(passage.language)
    parts = text.split()
    if is_row(passage.text, unit) or count_words(text) not in _WORDS or not has_min_words(text):
        return False
    if (
        text[-1] in "?!:,;(…"
        or text.endswith("...")
        or not text[0].isalnum()
        or text[0].islower()  # it goes on with the line before it
    ):
        return False
    if _FORMAL.search(text):
        return False
    if any(text.casefold() in heading.casefold() for heading in passage.headings):
        return False
    if _share_of_words(text) < _IN_WORDS:
        return False
    if any(kind.text.search(text) for kind in spoken.asides.values()):
        return False
    last = parts[-1].lower().strip(".")
    if last in spoken.continuation_words or (last in spoken.abbreviations and last not in _FINAL):
        return False
    if any(words.connectives.search(text) for words in COURSE_WORDS.values()):
        return False
    if text.count("(") != text.count(")"):
        return False
    if spoken.follow_up_opening.search(text):
        return False
    reference = spoken.anaphora.search(text)
    if reference and reference.start() < _EARLY:
        return False
    if _joins_lines(passage, unit):
        return False
    if text[-1] in CLOSING_MARKS:
        return True
    return count_words(text) <= _OPEN_WORDS and (unit.is_item or is_sentence(text))


def _share_of_words(text: str) -> float:
    """How many of a text's parts are words, not figures and symbols, in [0, 1]."""
    parts = text.split()
    return sum(bool(_WORD.match(part)) for part in parts) / max(len(parts), 1)


def is_listing(text: str) -> bool:
    """Whether a text is a program, or what one prints, rather than words."""
    lines = [line for line in text.split("\n") if line.strip()]
    return sum(bool(_CODE_LINE.search(line)) for line in lines) >= max(1, _MOSTLY_CODE * len(lines))


def points_of(passage: Passage, most: int) -> tuple[Unit, ...]:
    """The first points of a passage: items, clear sentences, and short lines of words.

    A line of code is none, and a listing has none, nor has a passage with an address, as that of a speaker.
    """
    if is_listing(passage.text) or _ADDRESS.search(passage.text):
        return ()
    return tuple(unit for unit in units_of(passage) if _is_point(passage, unit))[:most]


def _is_point(passage: Passage, unit: Unit) -> bool:
    text = span_text(passage, unit)
    if (
        is_row(passage.text, unit)
        or CODE.search(text)
        or not text[:1].isalnum()
        or _share_of_words(text) < _POINT_IN_WORDS
    ):
        return False
    if _is_about_lecture(text):
        return False
    is_line = 1 < count_words(text) <= _LINE_WORDS and text[-1] not in CLOSING_MARKS
    return unit.is_item or is_line or is_clear(passage, unit)


def _joins_lines(passage: Passage, unit: Unit) -> bool:
    """Whether lines that do not belong together stand in one unit, as the entries of a list without bullets.

    A line of a sentence goes on with a small letter; where nouns have capitals, with any word but one
    that has none of its own.
    """
    spoken = language(passage.language)
    lines = [line.strip() for line in passage.text[unit.start : unit.end].split("\n")]
    begun = [
        line
        for before, line in itertools.pairwise(filter(None, lines))
        if line[:1].isupper() and before[-1] not in CLOSING_MARKS
    ]
    frequent = [line for line in begun if line.split()[0].casefold() in spoken.evident_words]
    return bool(frequent) or (len(begun) > 1 and not spoken.capitalised_nouns)


def _is_inner(passage: Passage, unit: Unit) -> bool:
    """Whether an item has another bullet than the first item of its passage, as those of inner lists have."""
    own = _marker(passage.text, unit)
    first = next((mark for line in passage.text.split("\n") if (mark := _marker_of(line))), "")
    return bool(own) and own != first


def _marker(text: str, unit: Unit) -> str:
    begin = text.rfind("\n", 0, unit.start) + 1
    return _marker_of(text[begin : unit.end])


def _marker_of(line: str) -> str:
    """The bullet of a line; "" for a number, or for none."""
    match = MARKER.match(line)
    mark = match[0].strip() if match else ""
    return "" if mark[:1].isdigit() else mark


def central_choices(
    passages: Sequence[Passage],
    centre: np.ndarray,
    encoder: Encoder,
    number: int,
    heading: str = "",
    taken: Sequence[np.ndarray] = (),
) -> tuple[list[Choice], list[np.ndarray]]:
    """The sentences nearest to a centre, best first, with their vectors; none says the same as another.

    None tells of the lecture itself, as an announcement does.
    A sentence that defines its heading counts more, as does one that names something; an item of a
    list counts less than a closed sentence, and one of the first passage counts a little more.

    Args:
        passages: To choose from.
        centre: A vector, shape (dimension,), as the mean of the passages' vectors.
        encoder: Of the same vectors.
        number: At most so many.
        heading: Of the section, "" for the passage's own.
        taken: Unit vectors of sentences that were chosen already, none of which is repeated.
    """
    choices = [Choice(passage, (unit,)) for passage in passages for unit in clear_units(passage)]
    choices = [one for one in choices if not _is_about_lecture(one.text)]
    if not choices:
        return [], []
    vectors = encoder.encode([choice.text for choice in choices])
    centrality = vectors @ (centre / max(float(np.linalg.norm(centre)), 1e-9))
    spread = float(centrality.std())
    scores = (centrality - centrality.mean()) / spread if spread > 1e-9 else 0 * centrality
    for row, choice in enumerate(choices):
        scores[row] += _bonus(choice, heading)
        scores[row] += _OPENING * (choice.passage is passages[0])
    chosen: list[Choice] = []
    chosen_vectors: list[np.ndarray] = []
    for row in np.argsort(-scores, kind="stable"):
        if any(float(vectors[row] @ other) > _ALIKE for other in [*taken, *chosen_vectors]):
            continue
        choice = choices[row]
        chosen.append(Choice(choice.passage, choice.units, round(float(scores[row]), 3)))
        chosen_vectors.append(vectors[row])
        if len(chosen) == number:
            break
    return chosen, chosen_vectors


def _is_about_lecture(text: str) -> bool:
    return any(words.about_lecture.search(text) for words in COURSE_WORDS.values())


def _bonus(choice: Choice, heading: str) -> float:
    spoken = language(choice.passage.language)
    text = choice.text
    own = choice.passage.headings[-1] if len(choice.passage.headings) > 1 else ""
    is_definition = any(name and defines(text, name, spoken) for name in (heading, own))
    [unit] = choice.units
    closed = text[-1] in CLOSING_MARKS and not unit.is_item
    is_labelled = _LABEL.match(text) and text.split()[0].casefold() not in spoken.evident_words
    return (
        _DEFINES * is_definition
        + _NAMES * bool(spoken.naming.search(text))
        + (_CLOSED if closed else 0.0)
        + _LABELLED * bool(is_labelled)
        + _INNER * _is_inner(choice.passage, unit)
        + _PICTURE * bool(choice.passage.recognised)
        + (_ITEM if unit.is_item and not is_sentence(text) else 0.0)
    )
