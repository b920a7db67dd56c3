"""Read files in child processes, within limits of time and memory.

A file on which the reader hangs, ends, or takes too much memory costs itself alone: its child
process is killed, and another one reads the next file. If it happened on one page, the file is
read again with the text of that page alone, and if that fails without the page.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from ingest.errors import UnreadableFile
from ingest.progress import listen
from ingest.readers import read
from ingest.reading_limits import ReadingLimits
from ingest.reading_process import (
    Drawing,
    Drawn,
    OutOfMemory,
    Pages,
    Parsed,
    Progress,
    Ready,
    Refused,
    Request,
    receive,
    send,
)
from ingest.recognition import TextRecogniser
from ingest.resources import package_file
from ingest.types import Page, ParsedDocument

#: Gets a file, and how many of its pages are read of how many.
ProgressListener = Callable[[Path, int, int], None]

_PAGE_SHARE = 1 / 4  # of the time limit, in CPU time, for one page of several
_LONE_PAGE_SHARE = 1 / 2  # for the only page
# Of the time limit: how long a child may use no CPU time before it counts as blocked, and how long one
# may take that uses some, on a machine that is busy with others.
_BLOCKED_SHARE, _STARVED_FACTOR = 1 / 2, 10
_PICTURE_FACTOR = 3  # reading a picture takes more time
_PICTURE_MEGABYTES = 1500  # and memory, for the models
_RETRIES = 4  # with less of the pages that ended the reader
_POLL = 0.05  # seconds between two looks at a child
_START_SECONDS = 180.0  # for the modules to load
_HARD_LIMIT = 2  # times the memory limit; beyond it allocations fail at once
_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]);"
    "from ingest.reading_process import main; main(int(sys.argv[2]))"
)


class FileReader(Protocol):
    """Reads files, perhaps several at once."""

    #: How many files to start before the first result is asked for.
    ahead: int

    def start(self, file: Path) -> None:
        """Say that the result of a file will be asked for soon."""

    def result(self, file: Path, *, pictures: bool = False) -> ParsedDocument:
        """The document in a file, with what is written in its pictures if `pictures`.

        Raises:
            UnreadableFile: it gives no text, or hits a limit.
        """

    def close(self) -> None:
        """Stop what is still read."""


class DirectReader:
    """Reads in this process: for callers who trust their files, and for tests."""

    ahead = 0

    def __init__(self, recogniser: TextRecogniser | None, progress: ProgressListener) -> None:
        self._recogniser, self._progress = recogniser, progress

    def start(self, file: Path) -> None:
        """Nothing: files are read when their result is asked for."""

    def result(self, file: Path, *, pictures: bool = False) -> ParsedDocument:
        """See `FileReader.result`."""
        with listen(lambda done, total, _: self._progress(file, done, total)):
            return read(file, self._recogniser if pictures else None)

    def close(self) -> None:
        """Nothing is left."""


class ProcessReader:
    """Reads in child processes, as many at once as the limits say; results come in any order."""

    def __init__(self, limits: ReadingLimits, progress: ProgressListener) -> None:
        self._limits, self._progress = limits, progress
        self.ahead = limits.processes
        self._threads = ThreadPoolExecutor(limits.processes, "katheder-reading")
        self._futures: dict[Path, Future[ParsedDocument]] = {}
        self._idle: list[ReaderProcess] = []
        self._all: set[ReaderProcess] = set()
        self._lock = threading.Lock()
        self._closed = False

    def start(self, file: Path) -> None:
        """Begin to read a file as soon as a process is free."""
        if file not in self._futures:
            self._futures[file] = self._threads.submit(self._read, file, False)

    def result(self, file: Path, *, pictures: bool = False) -> ParsedDocument:
        """See `FileReader.result`."""
        future = None if pictures else self._futures.pop(file, None)
        return (future or self._threads.submit(self._read, file, pictures)).result()

    def close(self) -> None:
        """End the processes, in the midst of a file too."""
        with self._lock:
            self._closed = True
            children = list(self._all)
        for child in children:
            child.kill("closed")
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _read(self, file: Path, pictures: bool) -> ParsedDocument:
        request = Request(str(file), pictures)
        for attempt in range(_RETRIES + 1):
            child = self._take()
            try:
                return child.read(request, self._limits, self._progress)
            except ReaderEnded as error:
                smaller = request.without(error.progress.page, error.progress.total)
                if self._closed or smaller is None or attempt == _RETRIES:
                    raise UnreadableFile(f"{file.name}: {error}") from error
                request = smaller
            finally:
                self._give_back(child)
        raise AssertionError("unreachable")

    def _take(self) -> ReaderProcess:
        with self._lock:
            if self._closed:
                raise UnreadableFile("reading was stopped")
            if self._idle:
                return self._idle.pop()
            child = ReaderProcess(self._limits.memory_mb)
            self._all.add(child)
            return child

    def _give_back(self, child: ReaderProcess) -> None:
        with self._lock:
            if child.is_usable(self._limits.memory_mb) and not self._closed:
                self._idle.append(child)
                return
            self._all.discard(child)
        child.kill("ended")


class ReaderEnded(Exception):
    """A child process ended, or had to; the text says why, `progress` where."""

    def __init__(self, reason: str, progress: Progress) -> None:
        super().__init__(reason)
        self.progress = progress


class ReaderProcess:
    """A process that reads one file after another."""

    def __init__(self, memory_mb: int) -> None:
        """Start it; allocations fail in it beyond a multiple of so many megabytes."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-P", "-c", _START, json.dumps(_module_path())),
                str(_HARD_LIMIT * memory_mb + _PICTURE_MEGABYTES),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._verdict = ""
        self._is_ready = False

    def read(
        self, request: Request, limits: ReadingLimits, listener: ProgressListener
    ) -> ParsedDocument:
        """The document in a file; see `_ask`."""
        document, pages = self._ask(request, limits, listener)
        assert isinstance(document, Parsed)
        return replace(document.document, pages=tuple(pages))

    def draw(self, request: Drawing, limits: ReadingLimits) -> Drawn:
        """A page's picture; see `_ask`."""
        picture, _ = self._ask(request, limits, lambda path, done, total: None)
        assert isinstance(picture, Drawn)
        return picture

    def _ask(
        self, request: Request | Drawing, limits: ReadingLimits, listener: ProgressListener
    ) -> tuple[Parsed | Drawn, list[Page]]:
        """The last reply to a request, and the pages that came before it.

        Raises:
            UnreadableFile: the reader refuses it.
            ReaderEnded: the process hit a limit, or ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._await_start()
        watch = _Watch(self, request, limits)
        pages: list[Page] = []
        try:
            send(self._process.stdin, request)
            while True:
                reply = receive(self._process.stdout)
                watch.alive(reply)
                if isinstance(reply, Progress):
                    listener(Path(request.path), reply.done, reply.total)
                elif isinstance(reply, Pages):
                    pages += reply.pages
                elif isinstance(reply, Parsed | Drawn):
                    return reply, pages
                elif isinstance(reply, Refused):
                    raise UnreadableFile(reply.message)
                elif isinstance(reply, OutOfMemory):
                    self.kill(watch.memory_reason)
                    raise ReaderEnded(watch.memory_reason, watch.progress)
        except (EOFError, OSError) as error:
            raise ReaderEnded(self._end_reason(), watch.progress) from error
        finally:
            watch.stop()

    def _end_reason(self) -> str:
        code = self._process.wait()
        return self._verdict or f"ended the reader (code {code}); print it to PDF again"

    def _await_start(self) -> None:
        """Wait until the process has started, which takes long on a busy machine."""
        if self._is_ready:
            return
        assert self._process.stdout is not None
        timer = threading.Timer(_START_SECONDS, self.kill, ["the reader did not start"])
        timer.daemon = True
        timer.start()
        try:
            self._is_ready = isinstance(receive(self._process.stdout), Ready)
        except (EOFError, OSError) as error:
            raise ReaderEnded(self._end_reason(), Progress(0, 0, 0)) from error
        finally:
            timer.cancel()

    def kill(self, verdict: str) -> None:
        """End the process, for a reason that the one who waits for it learns."""
        self._verdict = self._verdict or verdict
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                if stream is not None and verdict == "ended":
                    stream.close()

    def is_usable(self, memory_mb: int) -> bool:
        """Whether it runs, and did not keep much memory of the files before."""
        return self._process.poll() is None and self.memory_mb() < memory_mb / 2

    def cpu_seconds(self) -> float | None:
        """The CPU time that it took so far; None where the platform does not say."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # user, system
        except (OSError, ValueError, IndexError, AttributeError):
            return None

    def memory_mb(self) -> float:
        """Its resident memory; 0 where the platform does not say."""
        try:
            fields = Path(f"/proc/{self._process.pid}/statm").read_text().split()
            return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
        except (OSError, ValueError, IndexError, AttributeError):
            return 0.0


def _module_path() -> list[str]:
    """Where the child looks for modules: where this process does, without its working folder."""
    root = str(package_file("ingest").parent)
    paths = [path for path in sys.path if path]
    return paths if root in paths else [*paths, root]


class _Watch:
    """Kills a child that is too long without progress, or takes too much memory."""

    def __init__(
        self, child: ReaderProcess, request: Request | Drawing, limits: ReadingLimits
    ) -> None:
        self.progress = Progress(0, 0, 0)
        self._child = child
        pictures = isinstance(request, Request) and request.pictures
        self._seconds = limits.seconds * (_PICTURE_FACTOR if pictures else 1)
        self._memory_mb = limits.memory_mb + (_PICTURE_MEGABYTES if pictures else 0)
        self.memory_reason = (
            f"reading it needs more than {self._memory_mb / 1000:.1f} GB of memory "
            "(setting reading.memory_mb); print it to PDF again"
        )
        self._seen, self._cpu_seen = time.monotonic(), child.cpu_seconds()
        self._worked, self._cpu = self._seen, self._cpu_seen  # when it last used CPU time
        self._stopped = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def alive(self, reply: object) -> None:
        """Take note of a reply."""
        self._seen, self._cpu_seen = time.monotonic(), self._child.cpu_seconds()
        if isinstance(reply, Progress):
            self.progress = reply

    def stop(self) -> None:
        """End the watch."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(_POLL):
            if limit := self._limit_reached():
                where = f"page {self.progress.page}" if self.progress.page else "it"
                self._child.kill(
                    f"reading {where} took more than {limit:g} s (setting reading.seconds); "
                    "print it to PDF again"
                )
                return
            if self._child.memory_mb() > self._memory_mb:
                self._child.kill(self.memory_reason)
                return

    def _limit_reached(self) -> float:
        """The limit of time, in seconds, that the child is over; 0 where it is not."""
        wall, cpu = time.monotonic() - self._seen, self._child.cpu_seconds()
        in_page = wall if cpu is None or self._cpu_seen is None else cpu - self._cpu_seen
        page_limit = (_PAGE_SHARE if self.progress.total > 1 else _LONE_PAGE_SHARE) * self._seconds
        if self.progress.page and in_page > page_limit:
            return page_limit
        if cpu != self._cpu:
            self._worked, self._cpu = time.monotonic(), cpu
        return self._seconds if wall > self._seconds and not self._is_starved(wall) else 0.0

    def _is_starved(self, wall: float) -> bool:
        """Whether the child works, and others leave it less CPU time than the limit allows it."""
        if self._cpu is None or self._cpu_seen is None:
            return False
        used, idle = self._cpu - self._cpu_seen, time.monotonic() - self._worked
        return (
            used < self._seconds
            and idle < _BLOCKED_SHARE * self._seconds
            and wall < _STARVED_FACTOR * self._seconds
        )
