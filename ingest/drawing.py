"""Draw pages in child processes, within limits of time, memory and pixels.

Drawing runs the instructions of a foreign file; some never end, or need more memory than there is.
The process that draws is killed then, and the page is not tried again while its file is unchanged.
"""

from __future__ import annotations

import atexit
import threading
from pathlib import Path

from PIL import Image

from ingest.errors import UndrawablePage
from ingest.readers.page_images import MAX_PIXELS
from ingest.reading import ReaderEnded, ReaderProcess
from ingest.reading_limits import ReadingLimits
from ingest.reading_process import Drawing

#: A page may take half of these seconds of CPU time.
LIMITS = ReadingLimits(processes=2, seconds=20.0, memory_mb=1000)
_REMEMBERED = 500  # pages that cannot be drawn


class PageDrawer:
    """Draws pages, several at once; safe to share between threads."""

    def __init__(self, limits: ReadingLimits = LIMITS) -> None:
        self._limits = limits
        self._free = threading.Semaphore(limits.processes)
        self._lock = threading.Lock()
        self._idle: list[ReaderProcess] = []
        self._failed: dict[tuple[str, float, int], str] = {}

    def draw(
        self, path: Path, number: int, scale: float = 2.0, max_pixels: int = MAX_PIXELS
    ) -> Image.Image:
        """A page as a picture in RGB; see `ingest.readers.page_images.page_image`.

        Raises:
            UndrawablePage: it takes too much time or memory, or ends the process that draws it.
            UnreadableFile: the file or the page does not exist any more, or it does not open.
        """
        key = (str(path), path.stat().st_mtime if path.exists() else 0.0, number)
        if reason := self._failed.get(key):
            raise UndrawablePage(reason)
        with self._free:
            process = self._take()
            try:
                drawn = process.draw(Drawing(str(path), number, scale, max_pixels), self._limits)
            except ReaderEnded as error:
                reason = f"{path.name}: page {number} cannot be drawn: {error}"
                with self._lock:
                    if len(self._failed) >= _REMEMBERED:
                        self._failed.pop(next(iter(self._failed)))
                    self._failed[key] = reason
                raise UndrawablePage(reason) from error
            finally:
                self._give_back(process)
        return Image.frombytes("RGB", drawn.size, drawn.pixels)

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.kill("ended")

    def _take(self) -> ReaderProcess:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return ReaderProcess(self._limits.memory_mb)

    def _give_back(self, process: ReaderProcess) -> None:
        if process.is_usable(self._limits.memory_mb):
            with self._lock:
                self._idle.append(process)
        else:
            process.kill("ended")


_drawer = PageDrawer()
atexit.register(_drawer.close)


def draw_page(path: Path, number: int, scale: float = 2.0) -> Image.Image:
    """A page as a picture in RGB, drawn by the processes that this one shares; see `PageDrawer`."""
    return _drawer.draw(path, number, scale)
