"""What the service answers with: one library, one set of models, one queue."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from ingest.abandonment import Abandoned, abandonable, check_abandoned
from ingest.memory import trim_memory
from ingest.store import Library
from rag.models import Models
from rag.settings import Settings
from ui.question_queue import QuestionQueue

if TYPE_CHECKING:
    from rag.pipeline import Pipeline

T = TypeVar("T")
_GLANCE = 0.25  # seconds between two looks at whether the client is still there


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing new for a moment: so many questions are ahead of this one."""

    ahead: int


@dataclass(frozen=True, slots=True)
class _End:
    error: BaseException | None = None


class Loader(Generic[T]):
    """Calls a function until it succeeds, and gives that result from then on; for threads."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._result: list[T] = []

    @property
    def is_loading(self) -> bool:
        """Whether a call is under way."""
        return self._lock.locked()

    def __call__(self) -> T:
        """The result.

        Raises:
            Exception: whatever the function raises; the next call tries again.
        """
        with self._lock:
            if not self._result:
                self._result.append(self._load())
            return self._result[0]


@dataclass
class Engine:
    """Library, models and queue, which the app's pages share where there are some.

    `load` gives the pipeline, opened at the first call that succeeds and the same one from then on.
    """

    folder: Path
    settings: Settings
    models: Models
    load: Loader[Pipeline]
    queue: QuestionQueue = field(default_factory=QuestionQueue)

    def pipeline(self, **changes: dict[str, object]) -> Pipeline:
        """Library and models; `changes` are those of the settings, by section.

        Raises:
            KathederError: library or models do not open, or a change does not fit.
        """
        return self.load().with_settings(self.settings.with_changes(**changes))

    @cached_property
    def library(self) -> Library:
        """The library, which may be empty; it is made where there is none."""
        return Library(self.folder, create=True)

    async def in_turn(
        self,
        client: str,
        work: Callable[[threading.Event], Iterator[T]],
        is_gone: Callable[[], object],
    ) -> AsyncIterator[T | Waiting]:
        """What some work yields, when it is the client's turn; it runs in a thread of its own.

        What it yields is buffered, so that a client that reads slowly does not hold the queue; the
        work of a client that leaves ends at its next step (`ingest.abandonment`).

        Args:
            client: Who asks, for the queue.
            work: Gets the event that tells it to stop.
            is_gone: Awaited to learn whether the client has left.

        Raises:
            QueueFull: too many questions are waiting.
        """
        loop = asyncio.get_running_loop()
        items: asyncio.Queue[T | _End] = asyncio.Queue()
        stop = threading.Event()
        ticket = self.queue.enqueue(client)

        def put(item: T | _End) -> None:
            try:
                loop.call_soon_threadsafe(items.put_nowait, item)
            except RuntimeError:  # the server has ended
                stop.set()

        def run() -> None:
            try:
                with self.queue.turn(ticket, stop), abandonable(stop.is_set):
                    check_abandoned()
                    for item in work(stop):
                        put(item)
                        check_abandoned()
                put(_End())
            except Abandoned:
                return  # nobody reads on
            except BaseException as error:  # raised again in the request
                put(_End(error))
            finally:
                trim_memory()

        threading.Thread(target=run, name="katheder-answer", daemon=True).start()
        try:
            glance = loop.time() + _GLANCE
            while True:
                item: T | Waiting | _End
                try:
                    async with asyncio.timeout_at(glance):
                        item = await items.get()
                except TimeoutError:
                    item = Waiting(self.queue.ahead(ticket))
                if loop.time() >= glance:  # also while items keep coming
                    if await is_gone():  # type: ignore[misc]
                        return
                    glance = loop.time() + _GLANCE
                if isinstance(item, _End):
                    if item.error is not None:
                        raise item.error
                    return
                yield item
        finally:
            stop.set()


def open_engine(folder: Path, settings: Settings, models: Models | None = None) -> Engine:
    """The engine of a library under some settings; nothing is loaded yet.

    `models` are used in place of those that the settings name.
    """
    models = models or Models(settings.models)

    def load() -> Pipeline:
        from rag.pipeline import Pipeline

        return Pipeline.load(folder, settings, models)

    return Engine(folder, settings, models, Loader(load))
