"""Work in a thread of its own, which a page follows and finds again after a rerun.

Streamlit runs a page anew at every click. What takes seconds (an answer, a batch of files) is
therefore done beside the page: a rerun loses nothing, and "Stop" is an event that is set.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Job(Generic[T]):
    """Runs an iterator to its end and keeps what it yields; see `follow`."""

    def __init__(self, work: Callable[[threading.Event], Iterator[T]]) -> None:
        """Start at once; `work` gets the event that asks it to stop."""
        self.stop = threading.Event()
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

    def follow(self, patience: float = 0.25) -> Iterator[T | None]:
        """Yield everything from the first on, whoever has followed before, until the work ends.

        None stands for `patience` seconds without news: the moment to show that it goes on,
        and for Streamlit to attend to a click. Raises what the work raised.
        """
        seen = 0
        while True:
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

    def _run(self, work: Callable[[threading.Event], Iterator[T]]) -> None:
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
