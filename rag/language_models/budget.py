"""How much evidence a language model gets: by its context, its speed, and what the answer needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from ingest.types import Passage
from rag.settings import ModelSettings
from rag.spans import TextSpan, span_text
from rag.types import Hit, Source
from rag.writer_notes import WritingFailed

_CONTEXT = 4096  # tokens, where neither settings nor server say; Ollama's own default
_MOST = 6000  # tokens; more passages than that answer no question better
_LEAST = 300
_HEADING = 30  # tokens around a passage: its number, headings and citation


@runtime_checkable
class KnownContext(Protocol):
    """A writer that knows how many tokens prompt and answer may have together."""

    @property
    def context_tokens(self) -> int | None:
        """None where nobody says."""


def evidence_tokens(
    writer: object, settings: ModelSettings, *, prompt_tokens: int, answer_tokens: int
) -> int:
    """The tokens that passages may have in a prompt.

    They are what the context leaves beside the rest of the prompt and the answer, and no more than
    the model reads within `first_words_seconds` where its speed was measured.

    Args:
        writer: Its context counts where it knows one.
        settings: Of the model.
        prompt_tokens: Of the prompt without passages.
        answer_tokens: Of the longest answer.
    """
    try:
        context = writer.context_tokens if isinstance(writer, KnownContext) else None
    except WritingFailed:  # the server is away, which the writing will say
        context = None
    room = (context or _CONTEXT) - prompt_tokens - answer_tokens
    if settings.prompt_speed is not None:
        room = min(room, int(settings.prompt_speed * settings.first_words_seconds))
    return max(_LEAST, min(room, _MOST))


def whole_passages(
    hits: Sequence[Hit], tokens: int, count_tokens: Callable[[str], int]
) -> tuple[Source, ...]:
    """The first passages whole, as many as fit, numbered from 1; one that is too long is passed over.

    Args:
        hits: Best first; those that only lead through a document are left out.
        tokens: The budget. The first passage is taken at any length.
        count_tokens: The model's own count, or an estimate.
    """
    sources: list[Source] = []
    for hit in hits:
        passage = hit.passage
        quote = span_text(passage, TextSpan(0, len(passage.text)))
        if passage.is_navigation or not quote:
            continue
        cost = passage_tokens(passage, count_tokens)
        if sources and cost > tokens:
            continue
        tokens -= cost
        score = hit.score("reranked") or 0.0
        number = len(sources) + 1
        sources.append(Source(number, quote, hit, round(score, 4), 0, len(passage.text)))
    return tuple(sources)


def passage_tokens(passage: Passage, count_tokens: Callable[[str], int]) -> int:
    """The tokens of a passage in a prompt, with its number, headings and citation."""
    return count_tokens(passage.text) + _HEADING
