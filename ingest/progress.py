"""How far the reading of a file is, told by the reader to whoever listens.

Readers are plain functions; what they read by page they report here, without knowing who asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def report_progress(done: int, total: int) -> None:
    """Say that so many pages (slides, sections, cells) of so many are read."""
    listener = _listener.get()
    if listener is not None:
        listener(done, total)


@contextmanager
def listen(listener: Listener) -> Iterator[None]:
    """Call the listener for each report of this thread, for as long as the block lasts."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)
