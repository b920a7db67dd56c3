"""Work that nobody waits for any more ends at its next step.

Whoever starts work for a client that may leave (a closed page, a closed connection) runs it under
`abandonable`. The steps of the work, a stage, a batch of passages, a token, a layer of a long prompt,
call `check_abandoned`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_has_left: ContextVar[Callable[[], bool] | None] = ContextVar("katheder_has_left", default=None)


class Abandoned(BaseException):
    """The client has left; like `asyncio.CancelledError` it passes by what handles failures."""


@contextmanager
def abandonable(has_left: Callable[[], bool]) -> Iterator[None]:
    """Within the block, this thread's calls of `check_abandoned` raise once the client has left.

    Args:
        has_left: Tells it, from any thread and at once.
    """
    token = _has_left.set(has_left)
    try:
        yield
    finally:
        _has_left.reset(token)


def check_abandoned() -> None:
    """End the work of a client that has left.

    Raises:
        Abandoned: the innermost `abandonable` around the caller says so.
    """
    has_left = _has_left.get()
    if has_left is not None and has_left():
        raise Abandoned
