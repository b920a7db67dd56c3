"""Make the guides that a library lacks, one lecture after the other, where they can be interrupted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext

from ingest.embed import Encoder
from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Document
from rag.course.guide import guide_to, stored_guide
from rag.types import Answer

log = logging.getLogger(__name__)


class _Stopped(Exception):
    """The making was stopped between two questions."""


def lectures_without_guide(library: Library, encoder: str) -> list[Document]:
    """The lectures with passages to which no guide is stored, or one that does not hold any more.

    Args:
        library: With the lectures.
        encoder: The identity of the encoder in use.
    """
    return [
        document
        for document in library.documents()
        if not document.gone
        and library.count(document.id)
        and stored_guide(library, document.id, encoder) is None
    ]


def make_guides(
    library: Library,
    encoder: Encoder,
    ask: Callable[[str, str], Answer],
    stop: threading.Event | None = None,
    turn: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Iterator[Document]:
    """Make and store the guides that are missing; gives each lecture when it has one.

    A guide takes at most fifteen questions, each one step. What is stored stays, so that making
    can be interrupted at any time and goes on with the next lecture. A lecture of which no guide
    can be made is left out, with a line in the log.

    Args:
        library: With the lectures.
        encoder: Of the library's vectors.
        ask: Answers a question by the search within the document of an id (id, question).
        stop: Ends the making before the next question.
        turn: Entered for each question; waits until nobody else needs the models.
    """
    stop = stop or threading.Event()
    for document in lectures_without_guide(library, encoder.identity):

        def ask_inside(question: str, id: str = document.id) -> Answer:
            with turn():
                if stop.is_set():
                    raise _Stopped
                return ask(id, question)

        try:
            guide_to(library, document.id, encoder, ask_inside)
        except _Stopped:
            return
        except (KathederError, ValueError) as error:  # removed meanwhile, for one
            log.warning("No guide to %s: %s", document.name, error)
            continue
        if stop.is_set():
            return
        yield document
