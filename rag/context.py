"""Choose what a question of a conversation is searched with: itself, or an earlier question before it.

The words of a question do not always tell whether it is a follow-up ("what makes the bound tighter?"),
and a question that is complete by itself must not be dragged towards what was asked before. So where its
words are in doubt, its searches decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ingest.text.languages import LANGUAGES, Language
from ingest.text.terms import index_terms
from rag.followup import expand_with_history, is_context_dependent
from rag.types import Hit, Turn

Search = Callable[[str], Sequence[Hit]]

_MOST_WORDS = 5  # of its own; a question of more says what it is about


def query_in_context(
    question: str, history: Sequence[Turn], language: Language, search: Search
) -> str:
    """The question, or the question behind an earlier one of the conversation.

    A question that its words show to be a follow-up is searched behind the last question, and behind the last
    one that was complete; the better best passage decides. Any other question is searched alone, unless it has
    few words of its own, and the best passage behind the last question scores higher and has as many of them.

    Args:
        question: What the reader asked last.
        history: The turns before, oldest first.
        language: The question's.
        search: Gives the passages for a query, best first; without scores of a reranker the words decide.
    """
    if not history:
        return question
    behind_last = f"{history[-1].question} {question}"
    if is_context_dependent(question, language):
        complete = expand_with_history(question, history, language)
        if complete == behind_last:
            return complete
        last, first = _best(search(behind_last)), _best(search(complete))
        return behind_last if last and first and _score(last) > _score(first) else complete
    words = _own_words(question, language)
    if len(words) > _MOST_WORDS:
        return question
    alone, behind = _best(search(question)), _best(search(behind_last))
    if not alone or not behind or _score(behind) <= _score(alone):
        return question
    terms = frozenset(index_terms(" ".join(words), language).split())
    return behind_last if _covered(terms, behind) >= _covered(terms, alone) else question


def _best(hits: Sequence[Hit]) -> Hit | None:
    """The first passage, if the reranker scored it."""
    return hits[0] if hits and hits[0].score("reranked") is not None else None


def _score(hit: Hit) -> float:
    return hit.score("reranked") or 0.0


def _own_words(question: str, language: Language) -> list[str]:
    """A question's words that are no frequent ones of its language."""
    frequent = language.evident_words
    return [word for word in re.findall(r"[\w-]+", question) if word.casefold() not in frequent]


def _covered(terms: frozenset[str], hit: Hit) -> int:
    """How many of the terms a passage and its headings have."""
    passage = hit.passage
    text = " ".join([*passage.headings, passage.text])
    language = LANGUAGES.get(passage.language, LANGUAGES["en"])
    return len(terms.intersection(index_terms(text, language).split()))
