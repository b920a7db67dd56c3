"""How far the reading of a file is, and which of its pages are to be left out.

Readers are plain functions. They tell whoever listens which page they begin, so that progress can
be shown, and so that a page on which the reader hangs or ends is read without its drawings the next
time, and left out the time after.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Gets how many pages are done, how many there are, and the number of the page that begins.
Listener = Callable[[int, int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)
_skipped: ContextVar[frozenset[int]] = ContextVar("skipped", default=frozenset())
_undrawn: ContextVar[frozenset[int]] = ContextVar("undrawn", default=frozenset())


def report_progress(done: int, total: int, page: int = 0) -> None:
    """Say that so many pages (slides, sections, cells) of so many are read.

    Args:
        done: Pages that are read.
        total: Pages of the file.
        page: The number of the page that begins now, from 1; 0 if none does.
    """
    listener = _listener.get()
    if listener is not None:
        listener(done, total, page)


def skipped_pages() -> frozenset[int]:
    """The numbers of the pages, from 1, that are not to be touched."""
    return _skipped.get()


def undrawn_pages() -> frozenset[int]:
    """The numbers of the pages, from 1, of which the text alone is read."""
    return _undrawn.get()


@contextmanager
def listen(
    listener: Listener, skipped: Collection[int] = (), undrawn: Collection[int] = ()
) -> Iterator[None]:
    """Call the listener for each report, as long as the block lasts.

    Args:
        listener: Gets each report.
        skipped: The pages that are not to be touched.
        undrawn: The pages of which the text alone is read.
    """
    tokens = _listener.set(listener), _skipped.set(frozenset(skipped))
    undrawn_token = _undrawn.set(frozenset(undrawn))
    try:
        yield
    finally:
        _listener.reset(tokens[0])
        _skipped.reset(tokens[1])
        _undrawn.reset(undrawn_token)
