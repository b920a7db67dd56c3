"""The limits within which files are read; a module of its own, since the settings need no reader."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """How many processes read, how long one may be without progress (s), and its memory (MB).

    A page may take a quarter of that time, the only page half of it, counted as CPU time where the
    platform tells it, so that other work on the machine costs no page.
    """

    processes: int = 2
    seconds: float = 60.0
    memory_mb: int = 1400
