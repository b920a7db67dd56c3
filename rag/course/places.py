"""Find a term in the lectures: where it is introduced, mentioned, stated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.text.languages import Language, language
from ingest.text.languages.course import COURSE_WORDS
from ingest.text.stems import stem
from ingest.types import Passage
from rag.course.catalogue import Catalogue, Lecture, words_of
from rag.course.router import content_words
from rag.course.sentences import is_clear
from rag.spans import Unit, has_min_words, span_text, units_of
from rag.unit_kinds import defines

_LONG_STEM = 6  # letters; a longer stem is found inside a compound


@dataclass(frozen=True, slots=True)
class Place:
    """A passage of a lecture that has a term; `introduces` if it defines it, or is headed by it."""

    lecture: Lecture
    passage: Passage
    introduces: bool = False

    @property
    def page(self) -> int:
        """Its first page."""
        return self.passage.pages[0]


class Term:
    """A term, as it is found in texts of each language."""

    def __init__(self, words: str) -> None:
        self.words = words
        self._content = content_words(words) or words_of(words)

    def stems(self, spoken: Language) -> list[str]:
        """The stems of its words, in order."""
        return [stem(word, spoken) for word in self._content]

    def is_in(self, text: str, spoken: Language) -> bool:
        """Whether a text has the words of the term behind each other, in any form."""
        own = self.stems(spoken)
        stems = [stem(word, spoken) for word in words_of(text)]
        return any(
            all(_matches(term, word) for term, word in zip(own, stems[first:], strict=False))
            for first in range(len(stems) - len(own) + 1)
        )

    def is_defined(self, text: str, spoken: Language) -> bool:
        """Whether a text says what the term is."""
        return defines(text, " ".join(self._content), spoken)


def _matches(term: str, word: str) -> bool:
    return term == word or (len(term) >= _LONG_STEM and term in word)


def places_of(term: Term, lectures: Iterable[Lecture], catalogue: Catalogue) -> Iterator[Place]:
    """Every passage with a term, by the order of the lectures; none that only leads through one."""
    for lecture in lectures:
        for passage in catalogue.passages(lecture):
            if passage.is_navigation:
                continue
            spoken = language(passage.language)
            heading = passage.headings[-1] if len(passage.headings) > 1 else ""
            headed = bool(heading) and term.is_in(heading, spoken)
            if headed or term.is_in(passage.text, spoken):
                defined = any(
                    term.is_defined(span_text(passage, unit), spoken) for unit in units_of(passage)
                )
                yield Place(lecture, passage, headed or defined)


def best_unit(term: Term, passage: Passage) -> Unit | None:
    """The unit that tells most of a term: it defines it, or has it; clear ones first."""
    spoken = language(passage.language)

    def value(unit: Unit) -> tuple[bool, bool, bool, bool]:
        text = span_text(passage, unit)
        return (
            term.is_defined(text, spoken),
            is_clear(passage, unit),
            term.is_in(text, spoken),
            has_min_words(text) and not text.endswith("?"),
        )

    units = units_of(passage)
    return max(units, key=value, default=None) if units else None


@dataclass(frozen=True, slots=True)
class Statement:
    """A theorem, definition or the like: the units that hold it."""

    lecture: Lecture
    passage: Passage
    first: Unit
    last: Unit
    label: str


def statements_of(
    kind: str, term: Term | None, lectures: Iterable[Lecture], catalogue: Catalogue
) -> Iterator[Statement]:
    """The texts of a kind, such as "theorem", that are about a term, or all.

    A text of a kind opens with the kind's name, or is under a heading that does; a definition is
    also any sentence that defines the term.
    """
    for lecture in lectures:
        for passage in catalogue.passages(lecture):
            if passage.is_navigation:
                continue
            spoken = language(passage.language)
            heading = passage.headings[-1] if len(passage.headings) > 1 else ""
            about = term is None or term.is_in(f"{heading}\n{passage.text}", spoken)
            if not about:
                continue
            units = [unit for unit in units_of(passage) if has_min_words(span_text(passage, unit))]
            if not units:
                continue
            if heading and _opens(heading, kind):
                yield Statement(lecture, passage, units[0], units[min(1, len(units) - 1)], heading)
                continue
            for row, unit in enumerate(units):
                text = span_text(passage, unit)
                is_stated = _opens(text, kind) and (
                    term is None or term.is_in(f"{heading}\n{text}", spoken)
                )
                defined = (
                    kind == "definition"
                    and term is not None
                    and term.is_defined(text, spoken)
                    and is_clear(passage, unit)
                )
                if is_stated or defined:
                    last = units[row + 1] if text.endswith(":") and row + 1 < len(units) else unit
                    yield Statement(lecture, passage, unit, last, "")


def _opens(text: str, kind: str) -> bool:
    return any(words.openings[kind].fullmatch(text) for words in COURSE_WORDS.values())
