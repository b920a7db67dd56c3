"""A background job: work in a thread of its own, which a page follows across reruns.

Streamlit runs a page again at every click. What takes seconds (an answer, a batch of files)
therefore runs in a thread: a rerun loses nothing, "Stop" sets an event, and a job that is done for
its pages alone ends when the last of them is closed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from ingest.abandonment import Abandoned, abandonable, check_abandoned
from ingest.memory import trim_memory

T = TypeVar("T")
IsOpen = Callable[[], bool]
_GLANCE = 0.2  # seconds between two looks at whether a page is still open


class Job(Generic[T]):
    """Runs an iterator to its end and stores what it yields; see `follow`.

    Args:
        work: Gets the event that tells it to stop; it starts at once.
        page: Tells whether the page that starts the job is still open (`ui.page_presence`). Where
            neither this one nor any that follows is, the work ends at its next step
            (`ingest.abandonment`). None: the work is done whoever looks on.
    """

    def __init__(
        self, work: Callable[[threading.Event], Iterator[T]], page: IsOpen | None = None
    ) -> None:
        self.stop = threading.Event()
        self._pages = [] if page is None else [page]
        self._left = threading.Event()
        self._is_abandoned = False
        self._started = time.monotonic()
        self._items: list[T] = []
        self._done = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        if page is not None:
            threading.Thread(target=self._watch, name="katheder-job-watch", daemon=True).start()
        threading.Thread(target=self._run, args=(work,), name="katheder-job", daemon=True).start()

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._started

    @property
    def done(self) -> bool:
        """Whether the work has ended."""
        return self._done

    @property
    def is_abandoned(self) -> bool:
        """Whether the work ended before its time, since all its pages were closed."""
        return self._is_abandoned

    def follow(self, patience: float = 0.25, *, page: IsOpen | None = None) -> Iterator[T | None]:
        """Yield every item from the first on, for each follower, until the work ends.

        None means `patience` seconds without a new item: the moment to show progress, and for
        Streamlit to handle a click. Raises what the work raised. `page` is one more for which the
        work is done.
        """
        if page is not None:
            self._pages.append(page)
        count = 0
        while True:
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
        """Abandon the work once no page is open for which it is done."""
        while not self._done:
            self._pages[:] = [is_open for is_open in self._pages if is_open()]
            if not self._pages:
                self._left.set()
                self.stop.set()
                return
            time.sleep(_GLANCE)

    def _run(self, work: Callable[[threading.Event], Iterator[T]]) -> None:
        try:
            with abandonable(self._left.is_set):
                for item in work(self.stop):
                    with self._changed:
                        self._items.append(item)
                        self._changed.notify_all()
                    check_abandoned()
        except Abandoned:
            self._is_abandoned = True
        except BaseException as error:  # raised again in each follower
            self._error = error
        finally:
            with self._changed:
                self._done = True
                self._changed.notify_all()
            trim_memory()
