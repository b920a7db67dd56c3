"""Work that nobody waits for any more ends at its next step.

Whoever starts work for a client that may leave (a closed page, a closed connection) runs it under
`abandonable`. The steps of the work, a stage, a batch of passages, a token, a layer of a long prompt,
call `check_abandoned`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_left: ContextVar[threading.Event | None] = ContextVar("katheder_left", default=None)


class Abandoned(BaseException):
    """The client has left; like `asyncio.CancelledError` it passes by what handles failures."""


@contextmanager
def abandonable(left: threading.Event) -> Iterator[None]:
    """Within the block, this thread's calls of `check_abandoned` raise once the event is set."""
    token = _left.set(left)
    try:
        yield
    finally:
        _left.reset(token)


def check_abandoned() -> None:
    """End the work of a client that has left.

    Raises:
        Abandoned: the event of the innermost `abandonable` around the caller is set.
    """
    left = _left.get()
    if left is not None and left.is_set():
        raise Abandoned
