"""Work in a thread of its own, which a page follows and finds again after a rerun.

Streamlit runs a page anew at every click. What takes seconds (an answer, a batch of files) is
therefore done beside the page: a rerun or a reload loses nothing, "Stop" is an event that is
set, and work that nobody has watched for a while is stopped by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from ingest.errors import KathederError

T = TypeVar("T")


class Busy(KathederError):
    """Too many are waiting already; the text says how many."""


class Line:
    """Lets one at a time through, in the order in which they came.

    Args:
        most: How many may wait; one more is refused.
    """

    def __init__(self, most: int = 50) -> None:
        self._most = most
        self._waiting: list[object] = []  # the first one has its turn
        self._moved = threading.Condition()

    def join(self) -> object:
        """Take a place at the end; the ticket for `turn` and `ahead`.

        Raises:
            Busy: the line is full.
        """
        with self._moved:
            if len(self._waiting) >= self._most:
                raise Busy(
                    f"{len(self._waiting)} questions are waiting already, which is the most that "
                    "are taken; ask again in a minute."
                )
            ticket = object()
            self._waiting.append(ticket)
            return ticket

    def ahead(self, ticket: object) -> int:
        """How many come before; 0 for the one whose turn it is and for who has left."""
        with self._moved:
            return self._waiting.index(ticket) if ticket in self._waiting else 0

    @contextmanager
    def turn(self, ticket: object, stop: threading.Event) -> Iterator[None]:
        """Wait for the turn, or until `stop` is set, and leave the line at the end."""
        try:
            with self._moved:
                while self._waiting[0] is not ticket and not stop.is_set():
                    self._moved.wait(0.1)
            yield
        finally:
            with self._moved:
                self._waiting.remove(ticket)
                self._moved.notify_all()


class Job(Generic[T]):
    """Runs an iterator to its end and keeps what it yields; see `follow`.

    Args:
        work: Gets the event that asks it to stop; it starts at once.
        patience: Seconds without anybody following after which it is asked to stop; None lets
            it run on.
    """

    def __init__(
        self, work: Callable[[threading.Event], Iterator[T]], patience: float | None = None
    ) -> None:
        self.stop = threading.Event()
        self._patience = patience
        self._watched = time.monotonic()
        self._started = time.monotonic()
        self._done: list[T] = []
        self._over = False
        self._error: BaseException | None = None
        self._news = threading.Condition()
        threading.Thread(target=self._run, args=(work,), name="katheder-job", daemon=True).start()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._started

    @property
    def over(self) -> bool:
        """Whether the work has ended."""
        return self._over

    def follow(self, patience: float = 0.25) -> Iterator[T | None]:
        """Yield everything from the first on, whoever has followed before, until the work ends.

        None stands for `patience` seconds without news: the moment to show that it goes on,
        and for Streamlit to attend to a click. Raises what the work raised.
        """
        seen = 0
        while True:
            self._watched = time.monotonic()
            with self._news:
                if len(self._done) == seen and not self._over:
                    self._news.wait(patience)
                fresh, over = self._done[seen:], self._over
            yield from fresh
            seen += len(fresh)
            if over:
                break
            if not fresh:
                yield None
        if self._error is not None:
            raise self._error

    def _guard(self) -> None:
        """Stop the work once nobody has followed it for too long."""
        while not self._over and self._patience is not None:
            time.sleep(min(0.2, self._patience / 4))
            if time.monotonic() - self._watched > self._patience:
                self.stop.set()
                return

    def _run(self, work: Callable[[threading.Event], Iterator[T]]) -> None:
        if self._patience is not None:
            threading.Thread(target=self._guard, name="katheder-guard", daemon=True).start()
        try:
            for item in work(self.stop):
                with self._news:
                    self._done.append(item)
                    self._news.notify_all()
        except BaseException as error:  # handed to whoever follows
            self._error = error
        finally:
            with self._news:
                self._over = True
                self._news.notify_all()
