"""Guides to the lectures, made in the background while no reader waits for an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

from ingest.store import Library
from ingest.types import Document
from rag.course.guide_making import lectures_without_guide, make_guides
from rag.scope import Scope
from rag.types import Answer
from ui.job import Job
from ui.session import Session, background_jobs, nonempty_library, question_queue

_JOB = "guides"


def start_guides(session: Session) -> None:
    """Make the guides that the library lacks, unless that is under way or turned off."""
    app = session.base.app
    if not app.guides or app.service or session.is_read_only or is_making_guides():
        return

    def work(stop: threading.Event) -> Iterator[Document]:
        library = nonempty_library(session.folder)
        config = library.config() if library else None
        if library is None or config is None or not _missing(library, config.encoder):
            return
        pipeline = session.pipeline()
        pipeline = pipeline.with_settings(pipeline.settings.searching_only)

        def ask(document: str, question: str) -> Answer:
            return pipeline.within(Scope(lectures=(document,))).ask(question)

        turn = partial(question_queue().idle_turn, stop)
        yield from make_guides(library, pipeline.encoder, ask, stop, turn)

    background_jobs()[_JOB] = Job(work)


def is_making_guides() -> bool:
    """Whether guides are being made."""
    job = background_jobs().get(_JOB)
    return isinstance(job, Job) and not job.done


def _missing(library: Library, encoder: str) -> bool:
    return bool(lectures_without_guide(library, encoder))
