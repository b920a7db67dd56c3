"""Questions on their way to an answer: asked beside the page, one after another, kept at the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.errors import KathederError
from rag.sampling import Sampling
from rag.types import Answered, Event
from ui.job import Job
from ui.question_queue import QueueFull
from ui.session import Session, background_jobs, question_queue

PATIENCE = 15.0  # seconds that an answer is written on after its browser has gone


@dataclass(frozen=True)
class Asked:
    """A question under way: its work, and its place in the line."""

    job: Job[Event]
    ticket: object

    @property
    def ahead(self) -> int:
        """How many questions come before this one."""
        return question_queue().ahead(self.ticket)


def ask(
    session: Session,
    conversation: str | None,
    question: str,
    *,
    written: bool | None = None,
    sampling: Sampling | None = None,
) -> str:
    """Write a question down and begin to answer it; gives its conversation's id.

    Args:
        session: Whose settings and library are used.
        conversation: Where it is asked; None begins a new one.
        question: In any words.
        written: Whether the language model writes; None as the settings say.
        sampling: In place of the settings'.
    """
    conversation, exchange = session.conversations.ask(session.reader, conversation, question)
    conversations, settings = session.conversations, session.settings
    if written is not None:
        settings = settings.with_changes(answer={"writer": written})
    try:
        ticket = question_queue().enqueue()
    except QueueFull as error:
        conversations.fail(exchange, str(error))
        return conversation
    history = conversations.history(conversation, exchange)

    def work(stop: threading.Event) -> Iterator[Event]:
        try:
            with question_queue().turn(ticket, stop):
                if stop.is_set():
                    conversations.fail(exchange, "Stopped before it was begun; ask it again.")
                    return
                pipeline = session.pipeline().with_settings(settings)
                for event in pipeline.stream(
                    question, history=history, sampling=sampling, stop=stop
                ):
                    if isinstance(event, Answered):
                        conversations.answer(exchange, event.answer)
                    yield event
        except KathederError as error:
            conversations.fail(exchange, str(error))
        except Exception:
            conversations.fail(exchange, "Something went wrong; the program's log says what.")
            raise

    forget_done()
    background_jobs()[_name(exchange)] = Asked(Job(work, PATIENCE), ticket)
    return conversation


def find(exchange: int) -> Asked | None:
    """The work on a question, None where there is none in this process (any more)."""
    found = background_jobs().get(_name(exchange))
    return found if isinstance(found, Asked) else None


def forget_done() -> None:
    """Let go of what has ended; its answers are kept with their conversations."""
    over = [
        n
        for n, work in list(background_jobs().items())
        if isinstance(work, Asked) and work.job.done
    ]
    for name in over:
        background_jobs().pop(name, None)


def _name(exchange: int) -> str:
    return f"answer {exchange}"
