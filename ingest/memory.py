"""Give memory that is free back to the system; the C library of Linux keeps it for later otherwise.

Elsewhere the functions do nothing.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
_ARENAS = 2  # areas of memory that threads share; by default eight for each core


def limit_arenas() -> None:
    """Let all threads share a few areas of memory; call it before they start."""
    if mallopt := _function("mallopt"):
        mallopt(_ARENA_MAX, _ARENAS)


def trim_memory() -> None:
    """Give free memory back; milliseconds for each gigabyte in use."""
    if malloc_trim := _function("malloc_trim"):
        malloc_trim(0)


@cache
def _function(name: str) -> Callable[..., int] | None:
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):  # Windows has no such library
        return None
