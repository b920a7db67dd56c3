"""One question to a language model over a library, with all that was sent and how fast it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.prompt import Message
from rag.types import Answer

if TYPE_CHECKING:
    from rag.pipeline import Pipeline

# Of the completion of a follow-up: tokens read (rules and two turns) and written, and the limit.
_REWRITE_PROMPT, _REWRITE_QUESTION, _REWRITE_SECONDS = 400, 25, 2.0


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer, the messages that were sent ([] where the lectures do not answer), and the speed.

    `tokens_per_second` is behind the first words, by the writer's own count; `prompt_speed` the tokens of
    the prompt over the seconds to the first words, None where nothing was written.
    """

    answer: Answer
    sent: list[Message]
    tokens_per_second: float
    prompt_speed: float | None = None

    @property
    def rewrites_in_time(self) -> bool:
        """Whether the model completes a follow-up before a reader would notice, by these speeds."""
        if not (self.succeeded and self.prompt_speed and self.tokens_per_second):
            return False
        seconds = _REWRITE_PROMPT / self.prompt_speed + _REWRITE_QUESTION / self.tokens_per_second
        return seconds <= _REWRITE_SECONDS

    @property
    def succeeded(self) -> bool:
        """Whether the model wrote a whole answer."""
        failed = any(note.kind != "sampling" for note in self.answer.writer_notes)
        return bool(self.answer.draft) and not failed


def try_model(pipeline: Pipeline, question: str) -> Trial:
    """Ask one question; see `Answerer.ask` for the errors."""
    answer = pipeline.ask(question)
    language = pipeline.language(question)
    sent: list[Message] = []
    if not answer.abstained:
        sent = pipeline.writing_task(answer.query, answer.hits, answer.evidence, language).messages
    count, first = pipeline.writer.count_tokens, answer.seconds.get("first words", 0.0)
    seconds = answer.seconds.get("generate", 0.0) - first
    tokens = count(answer.draft) if answer.draft else 0
    prompt_tokens = sum(count(message["content"]) for message in sent)
    return Trial(
        answer,
        sent,
        round(tokens / seconds, 1) if seconds > 0 else 0.0,
        round(prompt_tokens / first, 1) if first > 0 else None,
    )
