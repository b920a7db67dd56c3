"""How many web sockets one reader and one address may hold, and how often a reader's pages run.

Each socket has a session of Streamlit, and each run of a page a thread. Without limits, one reader's
program takes the processor from all others.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ingest.errors import KathederError

#: Web sockets, one for each open tab. A lecture hall may have one address.
MOST_OF_READER, MOST_OF_ADDRESS = 24, 400
#: Runs of a reader's pages: so many at once after a pause, then so many a second.
BURST, PER_SECOND = 30, 3.0


class TooManySockets(KathederError):
    """A web socket beyond those that a reader or an address may hold."""


class PageSockets:
    """Counts the open web sockets of one app, and spaces the runs that they ask for.

    Args:
        clock: Seconds since some point.
        most_of_reader: Sockets that one reader may hold.
        most_of_address: Sockets that one address may hold.
        burst: Runs of a reader's pages at once.
        per_second: Runs of a reader's pages after these.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        most_of_reader: int = MOST_OF_READER,
        most_of_address: int = MOST_OF_ADDRESS,
        burst: int = BURST,
        per_second: float = PER_SECOND,
    ) -> None:
        self._clock = clock
        self._most_of_reader, self._most_of_address = most_of_reader, most_of_address
        self._burst, self._interval = burst, 1 / per_second
        self._of_reader, self._of_address = Counter[str](), Counter[str]()
        # When the bucket of each reader is full again: the generic cell rate algorithm of ITU-T I.371.
        self._full_at: dict[str, float] = {}

    @contextmanager
    def held(self, reader: str, address: str) -> Iterator[None]:
        """Count a socket of a reader at an address while the block runs.

        Raises:
            TooManySockets: as many as may be are open already.
        """
        for name, counts, most in (
            (reader, self._of_reader, self._most_of_reader),
            (address, self._of_address, self._most_of_address),
        ):
            if counts[name] >= most:
                raise TooManySockets(
                    f"{counts[name]} pages are open already, and the limit is {most}; close some."
                )
        self._of_reader[reader] += 1
        self._of_address[address] += 1
        try:
            yield
        finally:
            self._of_reader -= Counter([reader])  # drops what has come to 0
            self._of_address -= Counter([address])

    def run_delay(self, reader: str) -> float:
        """Seconds until a page may run again for a reader, 0 where it rarely does; counts the run."""
        now, interval = self._clock(), self._interval
        for name in [name for name, when in self._full_at.items() if when <= now]:
            del self._full_at[name]
        full_at = max(self._full_at.get(reader, now), now) + interval
        self._full_at[reader] = full_at
        return max(full_at - now - self._burst * interval, 0.0)
