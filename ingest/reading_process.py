"""The process that reads files for another one, which stays sound whatever a file does to it.

It is started by `ingest.reading`. Requests come on standard input, replies go to standard output,
each as a pickle with its length before it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import signal
import struct
import sys
import threading
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

from ingest.errors import UnreadableFile
from ingest.progress import listen
from ingest.readers import read
from ingest.recognition import TextRecogniser
from ingest.types import Page, ParsedDocument

_LENGTH = struct.Struct(">Q")
_PAGES_AT_ONCE = 20  # of a reply; a long document crosses in parts
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """Read a file, its pictures too if `pictures`.

    Of the pages in `undrawn` (from 1) the text alone is read, of those in `skipped` nothing.
    """

    path: str
    pictures: bool = False
    skipped: frozenset[int] = frozenset()
    undrawn: frozenset[int] = frozenset()

    def without(self, page: int, pages: int) -> Request | None:
        """A request that asks for less of a page, of so many, that ended the reader; or None."""
        if not page or page in self.skipped:
            return None
        if page not in self.undrawn:
            return replace(self, undrawn=self.undrawn | {page})
        return replace(self, skipped=self.skipped | {page}) if pages > 1 else None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draw a page (from 1), with `scale` pixels a point, or fewer where `max_pixels` are too few."""

    path: str
    page: int
    scale: float
    max_pixels: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page's picture: RGB, rows from the top, three bytes a pixel."""

    size: tuple[int, int]
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """So many pages of so many are done, and this page (from 1; 0: none) begins."""

    done: int
    total: int
    page: int


@dataclass(frozen=True, slots=True)
class Pages:
    """The next pages of the document that is read."""

    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The document; its pages have crossed before."""

    document: ParsedDocument


@dataclass(frozen=True, slots=True)
class Refused:
    """The file gives no text, for a reason in one sentence."""

    message: str


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The file needs more memory than the process has."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The process has started; the time that this takes is no file's."""


Reply = Ready | Progress | Pages | Parsed | Drawn | Refused | OutOfMemory


def send(stream: IO[bytes], message: Any) -> None:
    """Write one message."""
    data = pickle.dumps(message, protocol=5)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message.

    Raises:
        EOFError: the other end is closed.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)


def main(memory_mb: int) -> None:
    """Answer requests until the other process closes its end, or ends itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other process decides when to stop
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the replies
    _limit_memory(memory_mb)
    send(replies, Ready())
    requests: SimpleQueue[Request | Drawing] = SimpleQueue()
    threading.Thread(target=_listen_to, args=(sys.stdin.buffer, requests), daemon=True).start()
    while True:
        for reply in _replies(requests.get(), replies):
            send(replies, reply)


def _listen_to(stream: IO[bytes], requests: SimpleQueue[Request | Drawing]) -> None:
    """Pass requests on; the end of the other process is that of this one, in the midst of a file."""
    try:
        while True:
            requests.put(receive(stream))
    except (EOFError, OSError):
        os._exit(0)


def _replies(request: Request | Drawing, replies: IO[bytes]) -> list[Reply]:
    """Read a file, reporting its pages and sending them, or draw a page; the last reply or replies."""

    def report(done: int, total: int, page: int) -> None:
        send(replies, Progress(done, total, page))

    path = Path(request.path)
    try:
        if isinstance(request, Drawing):
            from ingest.readers.page_images import page_image  # loads pdfium

            report(0, 1, request.page)
            picture = page_image(path, request.page, request.scale, request.max_pixels)
            return [Drawn(picture.size, picture.tobytes())]
        with listen(report, request.skipped, request.undrawn):
            parsed = read(path, _recogniser() if request.pictures else None)
        for start in range(0, len(parsed.pages), _PAGES_AT_ONCE):
            send(replies, Pages(parsed.pages[start : start + _PAGES_AT_ONCE]))
        return [Parsed(replace(parsed, pages=()))]
    except UnreadableFile as error:
        return [Refused(str(error))]
    except MemoryError:
        return [OutOfMemory()]
    except Exception as error:  # a fault of a reader costs this file
        return [Refused(f"{path.name}: cannot be read ({type(error).__name__}: {error})")]


@cache
def _recogniser() -> TextRecogniser:
    return TextRecogniser()


def _limit_memory(megabytes: int) -> None:
    """Let allocations fail beyond this, where the platform can; `ingest.reading` also watches."""
    with contextlib.suppress(ImportError, AttributeError, ValueError, OSError):
        resource: Any = importlib.import_module("resource")
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes * _MEGABYTE, hard))
