"""Study cards: a question about a definition, or the definition with its term left out.

Every card is a sentence of a lecture and opens its page. A term is not left out where the rest of the
sentence gives it away, as in "Linear regression is a regression that ...".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ingest.store import Library
from ingest.text.languages import Language
from ingest.text.languages.base import Terminology
from ingest.text.stems import stem
from ingest.types import Document
from rag.study.definitions import Definition, definitions_in
from rag.types import Hit, Source
from rag.unit_kinds import content_stems

CardKind = Literal["definition", "cloze"]
GAP = "_____"  # in place of the term

_MIN_REST = 3  # stems with a meaning of their own that a gap's sentence has left
_SAME_TEXT = 0.8  # of the stems of two definitions; from there they say the same
_SHARED_LETTERS = 5  # of two words; from there one gives the other away, as in German compounds
_INITIALS = 3  # letters of an abbreviation that words in a row begin with
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Card:
    """A card with its question and answer, and the definition that it is made of.

    `id` depends on question and answer alone, so that a card keeps its reviews when its lecture
    is read again or is part of another course.
    """

    kind: CardKind
    question: str
    answer: str
    definition: Definition

    @property
    def id(self) -> str:
        """16 hexadecimal digits of the SHA-256 of kind, question and answer."""
        text = "\n".join((self.kind, self.question, self.answer))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """The card as plain values for JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "question": self.question,
            "answer": self.answer,
            "term": self.definition.term,
        } | place_of(self.definition)


def place_of(definition: Definition) -> dict[str, Any]:
    """Where a definition is, as plain values: file, pages, citation and its passage's characters."""
    return {
        "file": definition.passage.file,
        "pages": list(definition.pages),
        "citation": citation_of(definition),
        "passage": definition.passage.id,
        "start": definition.start,
        "end": definition.end,
    }


def citation_of(definition: Definition) -> str:
    """Lecture and pages of a definition: `deck.pdf, p. 4`, `AI, lecture 3, p. 4`."""
    return source_of(definition).citation


def source_of(definition: Definition, number: int = 1) -> Source:
    """The sentence as a source, which opens its page with the sentence highlighted."""
    hit = Hit(definition.passage, {})
    return Source(number, definition.text, hit, start=definition.start, end=definition.end)


def lectures_in_order(library: Library, documents: Collection[str] | None = None) -> list[Document]:
    """The lectures of the courses in their order, then those in no course by name, each once.

    Args:
        library: Holds them.
        documents: The ids of those that are wanted, as a scope gives them; None for all.
    """
    by_id = {document.id: document for document in library.documents()}
    in_courses = [id for course in library.courses() for id in course.documents]
    order = [id for id in dict.fromkeys([*in_courses, *by_id]) if id in by_id]
    return [by_id[id] for id in order if documents is None or id in documents]


def definitions_of(library: Library, documents: Iterable[str]) -> list[Definition]:
    """The definitions of some lectures in their order; what is said twice counts once.

    Args:
        library: Holds them.
        documents: Their ids, in the order of the course.
    """
    definitions: list[Definition] = []
    terms: set[tuple[str, frozenset[str], bool]] = set()
    texts: list[frozenset[str]] = []
    for document in documents:
        for definition in definitions_in(library.passages(document)):
            is_short = definition.kind == "abbreviation"
            key = definition.spoken.code, definition.stems, is_short
            stems = frozenset(content_stems(definition.text, definition.spoken))
            repeated = not is_short and any(_overlap(stems, other) >= _SAME_TEXT for other in texts)
            if key in terms or repeated:
                continue
            terms.add(key)
            if not is_short:
                texts.append(stems)
            definitions.append(definition)
    return definitions


def _overlap(first: frozenset[str], second: frozenset[str]) -> float:
    """The Jaccard similarity of two sets, in [0, 1]."""
    return len(first & second) / max(1, len(first | second))


def cards_of(definitions: Sequence[Definition]) -> list[Card]:
    """The cards of some definitions: of each a question, and a gap where that is fair.

    Lecture by lecture the questions come first, so that no answer stands before the gap of its term.
    Among them an abbreviation follows two others, as long as there are others.
    """
    lectures: dict[str, list[Definition]] = {}
    for definition in definitions:
        lectures.setdefault(definition.passage.document, []).append(definition)
    cards: list[Card] = []
    for own in lectures.values():
        cards += [_question(definition) for definition in _spread(own)]
        gaps = [(with_gap(definition), definition) for definition in own]
        cards += [Card("cloze", gap, one.term, one) for gap, one in gaps if gap]
    return cards


def _spread(definitions: Sequence[Definition]) -> list[Definition]:
    """The same definitions, at most one in three an abbreviation as long as there are others."""
    short = [one for one in definitions if one.kind == "abbreviation"]
    others = [one for one in definitions if one.kind != "abbreviation"]
    mixed: list[Definition] = []
    while short and others:
        mixed += [*others[:2], short[0]]
        others, short = others[2:], short[1:]
    return [*mixed, *others, *short]


def _question(definition: Definition) -> Card:
    words, term = terminology(definition), definition.term
    if definition.kind == "abbreviation":
        question = words.abbreviation_question.format(term=term)
        return Card("definition", question, definition.meaning, definition)
    return Card("definition", words.question.format(term=term), definition.text, definition)


def terminology(definition: Definition) -> Terminology:
    """How the definition's language defines; there are no definitions in a language without it."""
    words = definition.spoken.terminology
    assert words is not None
    return words


def with_gap(definition: Definition) -> str:
    """The sentence with `GAP` in place of its term; "" where the rest gives the term away or says little."""
    if definition.kind == "abbreviation":
        return ""
    spoken, term = definition.spoken, definition.term
    before = definition.text[: definition.term_start]
    behind = definition.text[definition.term_end :]
    short = re.match(r"\s*\(([A-Z][A-Za-z]?[A-Z]{0,6}s?)\)", behind)
    if short is not None:
        behind = behind[short.end() :]
    rest = f"{before} {behind}"
    if gives_away(rest, term, spoken) or (short is not None and short[1] in rest):
        return ""
    if len(content_stems(rest, spoken)) < _MIN_REST:
        return ""
    return f"{before}{GAP}{behind}"


def gives_away(text: str, term: str, spoken: Language) -> bool:
    """Whether a text has a word of a term, in any form, as part of a compound, or spelt out."""
    words = [word.casefold() for word in _WORD.findall(text)]
    stems = {stem(word, spoken) for word in words}
    own = content_stems(term, spoken)
    if stems & own:
        return True
    for word in map(str.casefold, _WORD.findall(term)):
        if any(_shares(word, other) for other in words):
            return True
    if sum(letter.isupper() for letter in term) < 2:
        return False
    start = term[:_INITIALS].casefold()
    small = spoken.evident_words
    initials = "".join(word[0] for word in words)
    longer = "".join(word[0] for word in words if word not in small)
    return (
        start in initials
        or start in longer
        or any(word.startswith(term[:4].casefold()) for word in words)
    )


def _shares(word: str, other: str) -> bool:
    """Whether a word of enough letters is part of another, or both begin alike."""
    short, long = sorted((word, other), key=len)
    if len(short) < _SHARED_LETTERS:
        return len(short) == _SHARED_LETTERS - 1 and long.startswith(short)
    return short in long or short[:6] == long[:6]
