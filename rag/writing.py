"""The draft of an answer: what the language model writes, and what is known about the writing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from rag.generate import Writer
from rag.prompt import Message
from rag.sampling import Sampling
from rag.types import StageDone, Token
from rag.writer_notes import WriterNote, WritingFailed

_BYTES_PER_TOKEN = 3  # few models have more tokens than that


@dataclass(frozen=True, slots=True)
class Draft:
    """What a model wrote; `is_complete` is False where it failed before its end.

    `ended` is False where it was stopped, or may have written all the tokens that it had.
    `seconds` has the times to the "first words", where there are any, and to the end ("generate").
    """

    text: str = ""
    notes: tuple[WriterNote, ...] = ()
    is_complete: bool = True
    ended: bool = True
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def complete_text(self) -> str:
        """The text, "" where the model failed before its end: half an answer is not shown."""
        return self.text if self.is_complete else ""


@runtime_checkable
class LimitedSampling(Protocol):
    """A writer that does not take all settings of sampling."""

    def unused_sampling(self, sampling: Sampling) -> tuple[str, ...]:
        """The settings that were given and have no effect, each as `name=value`."""


def write_draft(
    writer: Writer,
    messages: Sequence[Message],
    sampling: Sampling,
    stop: threading.Event | None = None,
    room: int | None = None,
) -> Iterator[Token | StageDone | Draft]:
    """Let a model write, yielding its words, the finished stage, and the draft at the end.

    A failure of the model ends the draft with a note; it is no exception. `room` is the number of
    new tokens where the sampling gives none.
    """
    start = time.perf_counter()
    given = sampling
    if room is not None and sampling.max_new_tokens is None:
        sampling = sampling.model_copy(update={"max_new_tokens": room})
    text, is_complete = "", True
    seconds: dict[str, float] = {}
    notes: list[WriterNote] = []
    try:
        for words in writer.stream(messages, sampling, stop):
            if not text:
                seconds["first words"] = time.perf_counter() - start
            text += words
            yield Token(words)
    except WritingFailed as error:
        notes.append(error.note)
        is_complete = False
    if is_complete and isinstance(writer, LimitedSampling):
        unused = ", ".join(writer.unused_sampling(given))
        notes += [WriterNote("sampling", {"model": writer.name, "settings": unused})] * bool(unused)
    seconds["generate"] = time.perf_counter() - start
    yield StageDone("generate", seconds["generate"])
    is_stopped = stop is not None and stop.is_set()
    ended = not is_stopped and len(text.encode()) < _BYTES_PER_TOKEN * sampling.answer_tokens
    yield Draft(text, tuple(notes), is_complete, ended, seconds)
