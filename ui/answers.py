"""Answers in the making: background jobs that go through the queue and save what they produce.

An answer whose pages are all closed is abandoned; it is made from its beginning when one of them is
opened again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import streamlit as st

from ingest.abandonment import check_abandoned
from ingest.errors import KathederError
from rag.sampling import Sampling
from rag.scope import EVERYTHING, Scope
from rag.types import Answered, Event
from ui.job import Job
from ui.language_model.picker import allowed_choices
from ui.page_presence import current_page
from ui.question_queue import QueueFull
from ui.service.traces import traced
from ui.session import Session, background_jobs, question_queue

log = logging.getLogger(__name__)

_ABANDONED = 100  # answers that can be made again; of older ones the reader asks again
_finding = threading.Lock()


@dataclass(frozen=True)
class PendingAnswer:
    """A question that is being answered: its job, its ticket in the queue, and how to begin again."""

    job: Job[Event]
    ticket: object
    begin: Callable[[], None]

    @property
    def ahead(self) -> int:
        """How many questions are ahead of this one in the queue."""
        return question_queue().ahead(self.ticket)


def ask(
    session: Session,
    conversation: str | None,
    question: str,
    *,
    written: bool | None = None,
    sampling: Sampling | None = None,
    scope: Scope = EVERYTHING,
    model: str = "",
) -> str:
    """Save a question and start to answer it in the background; gives its conversation's id.

    Args:
        session: Whose settings and library are used.
        conversation: To which the question belongs; None starts a new one.
        question: As the reader typed it.
        written: Whether the language model writes the answer; None as in the settings.
        sampling: Replaces the one of the settings.
        scope: The lectures that are asked.
        model: The name of a choice of `models.choices`, or of quotes; "" for what the settings say.
    """
    conversation, exchange = session.conversations.add_question(
        conversation, question, scope, model
    )
    conversations, choices = session.conversations, allowed_choices(session.settings)
    settings = choices.get(model, session.settings)
    changes: dict[str, object] = {"default_language": st.session_state.get("language") or "en"}
    if written is not None:
        changes["writer"] = written
    settings = settings.with_changes(answer=changes)
    history = conversations.history(conversation, exchange)

    def begin() -> None:
        try:
            ticket = question_queue().enqueue(session.reader)
        except QueueFull as error:
            background_jobs().pop(_name(exchange), None)
            conversations.save_error(exchange, str(error))
            return
        job = Job(lambda stop: work(ticket, stop), current_page())
        background_jobs()[_name(exchange)] = PendingAnswer(job, ticket, begin)

    def work(ticket: object, stop: threading.Event) -> Iterator[Event]:
        try:
            with question_queue().turn(ticket, stop):
                check_abandoned()
                if stop.is_set():
                    conversations.save_error(
                        exchange, "Stopped before the answer was started. Ask again."
                    )
                    return
                answerer = session.answerer(settings)
                events = answerer.stream(
                    question, history=history, sampling=sampling, stop=stop, scope=scope
                )
                for event in traced(events):
                    if isinstance(event, Answered):
                        conversations.save_answer(exchange, event.answer)
                        from rag.evaluation.question_log import log_question

                        log_question(event.answer, session.folder, session.base)
                    yield event
        except KathederError as error:
            conversations.save_error(exchange, str(error))
        except Exception:
            log.exception("No answer to question %d", exchange)
            conversations.save_error(
                exchange, "An unexpected error occurred; see the log of the program."
            )
            raise

    remove_finished()
    begin()
    return conversation


def find(exchange: int) -> PendingAnswer | None:
    """The job that answers a question, begun again if it was abandoned; None if there is none."""
    with _finding:  # two pages of one conversation
        pending = background_jobs().get(_name(exchange))
        if isinstance(pending, PendingAnswer) and pending.job.is_abandoned:
            pending.begin()
            pending = background_jobs().get(_name(exchange))
    return pending if isinstance(pending, PendingAnswer) else None


def remove_finished() -> None:
    """Drop the finished jobs, whose answers are saved with their conversations."""
    abandoned = []
    for name, pending in list(background_jobs().items()):
        if isinstance(pending, PendingAnswer) and pending.job.is_abandoned:
            abandoned.append(name)
        elif isinstance(pending, PendingAnswer) and pending.job.done:
            background_jobs().pop(name, None)
    for name in abandoned[:-_ABANDONED]:
        background_jobs().pop(name, None)


def _name(exchange: int) -> str:
    return f"answer {exchange}"
