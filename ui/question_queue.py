"""The queue of questions: the models answer one at a time, in the order in which they came."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.errors import KathederError


class QueueFull(KathederError):
    """Too many questions are queued already; the text says how many."""


class QuestionQueue:
    """Admits one question at a time, first come, first served.

    Args:
        limit: How many may be in the queue; one more is refused.
    """

    def __init__(self, limit: int = 50) -> None:
        self._limit = limit
        self._tickets: list[object] = []  # the first one is being answered
        self._changed = threading.Condition()

    def enqueue(self) -> object:
        """Append to the queue; gives the ticket for `turn` and `ahead`.

        Raises:
            QueueFull: the queue is at its limit.
        """
        with self._changed:
            if len(self._tickets) >= self._limit:
                raise QueueFull(
                    f"The queue is full: {len(self._tickets)} questions are waiting, and the limit "
                    f"is {self._limit}. Ask again in a minute."
                )
            ticket = object()
            self._tickets.append(ticket)
            return ticket

    def ahead(self, ticket: object) -> int:
        """How many questions are ahead of this one; 0 while or after it is answered."""
        with self._changed:
            return self._tickets.index(ticket) if ticket in self._tickets else 0

    @contextmanager
    def turn(self, ticket: object, stop: threading.Event) -> Iterator[None]:
        """Wait until the ticket is first, or `stop` is set; leave the queue at the end."""
        try:
            with self._changed:
                while self._tickets[0] is not ticket and not stop.is_set():
                    self._changed.wait(0.1)
            yield
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()
