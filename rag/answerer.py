"""What answers questions: a pipeline in this process, or a stand-in for one in another process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.sampling import Sampling
from rag.scope import EVERYTHING, Scope
from rag.types import Answer, Answered, Event, Hit, Turn


class Answerer(Protocol):
    """Answers questions about one library under one set of settings."""

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
        scope: Scope = EVERYTHING,
    ) -> Iterator[Event]:
        """Answer a question, yielding events: finished stages, words, and the answer at the end.

        Args:
            question: In any words; a follow-up depends on the history.
            history: The earlier turns, oldest first.
            sampling: For a written answer, in place of the settings' sampling.
            stop: When it is set, the writing ends and what was written is checked as usual.
            scope: The lectures that are asked.

        Raises:
            BadScope: the scope names a course or lecture that does not exist.
            BadQuestion: the question holds no words.
            BadSampling: `sampling` is given for an answer that is quoted.
            ModelMissing: the language model is to write and is not on this machine.
        """

    def search(
        self, question: str, history: Sequence[Turn] = (), *, scope: Scope = EVERYTHING
    ) -> list[Hit]:
        """The passages for a question, best first, at most `retrieval.top_k`."""

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
        scope: Scope = EVERYTHING,
    ) -> Answer:
        """Answer a question; see `stream`."""
        for event in self.stream(
            question, history=history, sampling=sampling, stop=stop, scope=scope
        ):
            if isinstance(event, Answered):
                return event.answer
        raise RuntimeError("the stream ended without an answer")
