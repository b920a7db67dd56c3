"""Text that one thread writes piece by piece and another one reads as it grows."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context


class PieceStream:
    """Runs a function in a thread of its own and hands over the pieces of text that it puts.

    `cancelled` is set when the reader wants no more; the function ends as soon as it sees it.
    """

    def __init__(self, write: Callable[[PieceStream], None], name: str) -> None:
        """Start the thread.

        Args:
            write: Calls `put` for each piece; what it raises is raised in the reader's thread.
            name: Of the thread.
        """
        self.cancelled = threading.Event()
        self._pieces: queue.Queue[str | BaseException | None] = queue.Queue()
        self._write = write
        context = copy_context()  # whoever waits for the pieces may leave
        self._thread = threading.Thread(
            target=context.run, args=(self._run,), name=name, daemon=True
        )
        self._thread.start()

    def _run(self) -> None:
        try:
            self._write(self)
            self._pieces.put(None)
        except BaseException as error:  # handed to the reader's thread
            self._pieces.put(error)

    def put(self, piece: str) -> None:
        """Hand over a piece."""
        self._pieces.put(piece)

    def get(self, timeout: float | None = None) -> str | None:
        """The next piece; None at the end.

        Raises:
            queue.Empty: no piece came within `timeout` seconds.
            BaseException: what the writing function raised.
        """
        piece = self._pieces.get(timeout=timeout)
        if isinstance(piece, BaseException):
            raise piece
        return piece

    def __iter__(self) -> Iterator[str]:
        """All pieces; where the reader goes before the end, the thread is ended too."""
        try:
            while (piece := self.get()) is not None:
                yield piece
        finally:
            self.cancelled.set()
            self._thread.join()
