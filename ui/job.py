"""A background job: work in a thread of its own, which a page follows across reruns.

Streamlit runs a page again at every click. What takes seconds (an answer, a batch of files)
therefore runs in a thread: a rerun or a reload loses nothing, "Stop" sets an event, and a job
that no page has followed for a while is stopped.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from ingest.memory import trim_memory

T = TypeVar("T")


class Job(Generic[T]):
    """Runs an iterator to its end and stores what it yields; see `follow`.

    Args:
        work: Gets the event that tells it to stop; it starts at once.
        patience: Seconds without a follower after which the job is told to stop; None: no limit.
    """

    def __init__(
        self, work: Callable[[threading.Event], Iterator[T]], patience: float | None = None
    ) -> None:
        self.stop = threading.Event()
        self._patience = patience
        self._followed = time.monotonic()
        self._started = time.monotonic()
        self._items: list[T] = []
        self._done = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        threading.Thread(target=self._run, args=(work,), name="katheder-job", daemon=True).start()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._started

    @property
    def done(self) -> bool:
        """Whether the work has ended."""
        return self._done

    def follow(self, patience: float = 0.25) -> Iterator[T | None]:
        """Yield every item from the first on, for each follower, until the work ends.

        None means `patience` seconds without a new item: the moment to show progress, and for
        Streamlit to handle a click. Raises what the work raised.
        """
        count = 0
        while True:
            self._followed = time.monotonic()
            with self._changed:
                if len(self._items) == count and not self._done:
                    self._changed.wait(patience)
                new_items, done = self._items[count:], self._done
            yield from new_items
            count += len(new_items)
            if done:
                break
            if not new_items:
                yield None
        if self._error is not None:
            raise self._error

    def _watch(self) -> None:
        """Stop the work once no page has followed it for `patience` seconds."""
        while not self._done and self._patience is not None:
            time.sleep(min(0.2, self._patience / 4))
            if time.monotonic() - self._followed > self._patience:
                self.stop.set()
                return

    def _run(self, work: Callable[[threading.Event], Iterator[T]]) -> None:
        if self._patience is not None:
            threading.Thread(target=self._watch, name="katheder-job-watch", daemon=True).start()
        try:
            for item in work(self.stop):
                with self._changed:
                    self._items.append(item)
                    self._changed.notify_all()
        except BaseException as error:  # raised again in each follower
            self._error = error
        finally:
            with self._changed:
                self._done = True
                self._changed.notify_all()
            trim_memory()
