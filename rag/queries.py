"""What is searched for: the question alone, or completed from the conversation in two ways."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal

from ingest.text.languages import Language
from rag.context import Search, query_in_context
from rag.errors import BadQuestion
from rag.followup import expand_with_answer, rewrite
from rag.generate import Writer
from rag.types import Turn
from rag.wishes import wish_of

MAX_QUESTION = 20_000  # characters; a longer text is read for minutes, pair by pair


def search_queries(
    question: str,
    history: Sequence[Turn],
    followups: Literal["expand", "rewrite", "off"],
    language: Language,
    writer: Callable[[], Writer],
    search: Search,
) -> tuple[str, ...]:
    """The query that the answer rests on, and beside it, for a follow-up, one with the answer before.

    Args:
        question: As the user asked it.
        history: The turns before, oldest first.
        followups: The setting `retrieval.followups`.
        language: The question's.
        writer: Gives the language model, if it is to complete the question.
        search: Gives the passages for a query, by which a follow-up is told; see `query_in_context`.

    Raises:
        BadQuestion: it holds no words, or more than `MAX_QUESTION` characters.
        ModelMissing: the language model is to complete it and is not on this machine.
    """
    question = checked_question(question)
    if followups == "off":
        return (question,)
    if wish := wish_of(question, history, language):
        return (wish.query,)
    query = (
        rewrite(question, history, writer(), language)
        if followups == "rewrite"
        else query_in_context(question, history, language, search)
    )
    after_answer = expand_with_answer(question, history) if query != question else ""
    return (query, after_answer) if after_answer else (query,)


def checked_question(question: str) -> str:
    """The question, composed (NFC) and without surrounding white space.

    Raises:
        BadQuestion: it holds no word, or is too long.
    """
    if len(question) > MAX_QUESTION:
        raise BadQuestion(
            f"The question has {len(question):,} characters, and the limit is {MAX_QUESTION:,}. "
            "Ask about a part of it."
        )
    if not any(letter.isalnum() for letter in question):
        raise BadQuestion(
            f"The question {question!r} holds no words; ask one in a sentence or a few words."
        )
    return unicodedata.normalize("NFC", question.strip())
