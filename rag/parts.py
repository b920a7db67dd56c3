"""A question of two parts as two questions: "what is X, and why Y?", "compare A with B"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.text.languages import Language
from rag.confidence import missing_names
from rag.types import Hit

_WORD = re.compile(r"\w+")
_FIGURE = re.compile(r"\d")
_LONGEST = 1000  # characters; a longer text is no question of two parts, and patterns take long
_LEAST_WORDS = 2  # with a meaning of their own, in each part


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a question; `compared` are the two things that one question is about, one a part.

    `is_open` says whether it asks for their difference alone, whatever it is.
    """

    questions: tuple[str, ...]
    compared: tuple[str, ...] = ()
    is_open: bool = False


def parts_of(question: str, language: Language) -> Parts:
    """The parts of a question, each a question of its own; one without parts is the only one.

    Where two questions are joined, they are parted. A comparison is asked about each of the two
    things: "forward vs. reverse KL?" becomes "forward KL?" and "reverse KL?"; where it asks for the
    difference alone, for what each of them is.
    """
    if len(question) > _LONGEST:
        return Parts((question,))
    for joint in language.second_question.finditer(question):
        parts = question[: joint.start()].strip(), question[joint.end() :].strip()
        if all(_says_something(part, language) for part in parts):
            return Parts(parts)
    match = language.comparison.search(question)
    if match is None:
        return Parts((question,))
    first, second = (n for n, group in enumerate(match.groups(), 1) if group is not None)
    sides = match[first], match[second]
    if any(side.casefold() in language.evident_words or side.isdigit() for side in sides):
        return Parts((question,))
    before, behind = question[: match.start(first)], question[match.end(second) :]
    if language.terminology and not _asks_more(f"{before} {behind}", language):
        questions = tuple(language.terminology.question.format(term=side) for side in sides)
        return Parts(questions, sides, is_open=True)
    return Parts(tuple(f"{before}{side}{behind}" for side in sides), sides)


def _asks_more(rest: str, language: Language) -> bool:
    """Whether the rest of a comparison asks for more than the difference."""
    small = language.evident_words - language.question_words | language.comparison_words
    return any(word.casefold() not in small for word in _WORD.findall(rest))


def held_parts(
    parts: Parts, question: str, hits: Sequence[Hit], asked_in: Language
) -> Sequence[str]:
    """The parts of a question all of whose names some passage has; all parts where none is such.

    Of a comparison one side alone answers nothing, so that the question is one part where a side is
    missing. Figures do not count, since a page writes them in more ways than a question.
    """

    def is_held(part: str) -> bool:
        return all(_FIGURE.search(name) for name in missing_names(part, hits, asked_in))

    held = [part for part in parts.questions if is_held(part)]
    if parts.compared and 0 < len(held) < len(parts.questions):
        return (question,)
    return held or parts.questions


def _says_something(part: str, language: Language) -> bool:
    """Whether a part has enough words that are not frequent words of the language."""
    words = (word.casefold() for word in _WORD.findall(part))
    frequent = language.evident_words  # a set that is made at each call
    return sum(word not in frequent for word in words) >= _LEAST_WORDS
