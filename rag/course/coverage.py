"""Which things of a kind a lecture covers: "Which sorting algorithms does lecture 3 cover?".

They are the headings that name one, as "Selection Sort", and the compounds of the text that the lecture
defines, as "bogosort".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile

from ingest.text.languages import Language, language
from ingest.text.stems import stem
from ingest.types import Passage
from rag.course.catalogue import words_of
from rag.course.places import Term, best_unit
from rag.course.router import content_words
from rag.course.sections import own_heading, plain_heading
from rag.course.sentences import is_clear, is_listing
from rag.spans import Unit, has_min_words, span_text, units_of

_FEWEST = 2  # things; of one alone, the search tells more
_HEADING_WORDS = 6  # of a heading that names a thing
_COMPOUND = 3  # letters, of the word before the last one in a compound
_LONG = 4  # letters, of the last one
_WORD = re.compile(r"\b[^\W\d_][^\W\d_A-Z]+\b")  # none with a capital inside, as in code
_BEHIND = re.compile(r"[:(–—]")  # what stands behind a name in a heading


@dataclass(frozen=True, slots=True)
class Thing:
    """One of the things, with the passage that tells of it and the unit that tells most, if any."""

    name: str
    passage: Passage
    unit: Unit | None

    @property
    def label(self) -> str:
        """The name, where the unit does not have it; else ""."""
        text = span_text(self.passage, self.unit) if self.unit else ""
        return "" if self.name.casefold() in text.casefold() else self.name


def covered_things(kind: str, passages: Sequence[Passage]) -> list[Thing]:
    """The things of a kind in a lecture, in order; none where fewer than two are found.

    A heading names one if it has the words that tell the kind from others, all but the last one of
    "sorting algorithms", and a word of its own.

    Args:
        kind: As a reader names it, in the plural or not.
        passages: Of the lecture.
    """
    words = content_words(kind)
    things: dict[str, Thing] = {}
    for passage in passages:
        if passage.is_navigation:
            continue
        spoken = language(passage.language)
        own = [stem(word, spoken) for word in words]
        telling = own[:-1] or own
        for name, unit in _named(passage, telling, own, spoken):
            things.setdefault(name.casefold(), Thing(name, passage, unit))
    return list(things.values()) if len(things) >= _FEWEST else []


def told_of(thing: Thing, aspect: str, passages: Sequence[Passage]) -> tuple[Passage, Unit] | None:
    """The first unit with a word of an aspect in the passages about a thing; None for none.

    Args:
        thing: One of `covered_things`.
        aspect: What is asked of it, as "what is their complexity".
        passages: Of the lecture.
    """
    name = Term(thing.name)
    words = [word for word in content_words(aspect) if word not in words_of(thing.name)]
    for passage in passages:
        spoken = language(passage.language)
        if name.is_in(f"{own_heading(passage)}\n{passage.text}", spoken):
            for unit in units_of(passage):
                text = span_text(passage, unit)
                asked = any(Term(word).is_in(text, spoken) for word in words)
                if asked and unit != thing.unit and has_min_words(text) and text[-1] != "?":
                    return passage, unit
    return None


def _named(
    passage: Passage, telling: Sequence[str], own: Sequence[str], spoken: Language
) -> Iterator[tuple[str, Unit | None]]:
    """The names in a passage: its heading, and the compounds that it defines."""
    heading = _BEHIND.split(plain_heading(own_heading(passage)).removeprefix(passage.title))[
        0
    ].strip()
    name = list(dropwhile(spoken.stop_words.__contains__, heading.casefold().split()))
    stems = [stem(word, spoken) for word in words_of(" ".join(name))]
    is_of_kind = any(
        stems[-len(end) :] == list(end) and len(end) < len(stems) for end in (own, telling)
    )
    if is_of_kind and len(stems) <= _HEADING_WORDS and _is_name(name, spoken):
        term = Term(" ".join(name))
        unit = best_unit(term, passage)
        is_told = unit and is_clear(passage, unit) and term.is_in(span_text(passage, unit), spoken)
        yield heading, unit if is_told else None
    for unit in () if is_listing(passage.text) else units_of(passage):
        text = span_text(passage, unit)
        for word in dict.fromkeys(_WORD.findall(text)):
            is_compound = any(_is_compound(stem(word, spoken), each) for each in telling)
            if is_compound and Term(word).is_defined(text, spoken):
                yield word, unit


def _is_name(words: Sequence[str], spoken: Language) -> bool:
    no_part = spoken.stop_words | spoken.continuation_words | spoken.question_words
    return no_part.isdisjoint(words)


def _is_compound(word: str, end: str) -> bool:
    return len(end) >= _LONG and len(word) >= len(end) + _COMPOUND and word.endswith(end)
