"""Questions that only ask for the answer before them in another way: more simply, or with an example."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.text.languages import Language
from ingest.text.languages.course import COURSE_WORDS
from rag.followup import is_context_dependent
from rag.prompt import plain
from rag.types import Turn

WishKind = Literal["simpler", "example"]

_ANSWER_WORDS = 200  # of the answer before, for a model that explains it
_TASKS = {
    "simpler": "Explain it more simply than the answer below: in everyday words, short sentences, and one idea "
    "after the other.",
    "example": "Give an example that the passages hold, step by step; do not make one up.",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for about an earlier question: `query` is what the answer rests on."""

    kind: WishKind
    query: str
    answer: str

    @property
    def task(self) -> str:
        """The wish as a language model gets it, with the answer before."""
        words = " ".join(plain(self.answer).split()[:_ANSWER_WORDS])
        return _TASKS[self.kind] + (f"\nThe answer before: {words}" if words else "")


def wish_of(question: str, history: Sequence[Turn], language: Language) -> Wish | None:
    """The wish that a question is, about the last question that is complete by itself; None for any other.

    Args:
        question: As the reader typed it.
        history: The turns before, oldest first.
        language: Of the question; its own words are looked at first.
    """
    if not history:
        return None
    text = " ".join(unicodedata.normalize("NFC", question).split())
    codes = sorted(COURSE_WORDS, key=lambda code: code != language.code)
    for words in (COURSE_WORDS[code] for code in codes):
        for kind, pattern in words.wishes.items():
            if pattern.fullmatch(text) is None:
                continue
            turn = _complete_turn(history, language)
            example = f" {words.example}" if kind == "example" else ""
            return Wish(kind, f"{turn.question}{example}", _without_marks(history[-1].answer))
    return None


def _complete_turn(history: Sequence[Turn], language: Language) -> Turn:
    """The last turn that is understood alone, and is no wish itself."""
    for position in range(len(history) - 1, -1, -1):
        turn = history[position]
        is_wish = wish_of(turn.question, history[:position], language) is not None
        if not is_wish and not is_context_dependent(turn.question, language):
            return turn
    return history[0]


def _without_marks(answer: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", answer)
