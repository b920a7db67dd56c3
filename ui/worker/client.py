"""The client: a pipeline's methods, answered by the worker of a library.

A worker belongs to one library, its calibration, one set of models and one state of the program;
a change of any starts another.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest import resources
from ingest.errors import KathederError
from ingest.weights import cache_dir
from rag.answerer import Answerer
from rag.calibration_files import calibration_files
from rag.sampling import Sampling
from rag.settings import Settings
from rag.types import Answered, Event, Hit, Turn
from ui.worker.messages import STOP, Found, Request, decode_event, raise_error

_MAX_SOCKET_PATH = 100  # systems allow 104 to 108 bytes
_ATTEMPTS = 3  # a worker that ends just then, or a socket left by a killed one, costs one
_PACKAGES = ("generative", "ingest", "katheder", "rag", "ui")
_WITHOUT_WORKER = "Without a worker it works too: set KATHEDER_APP__KEEP_WARM_MINUTES=0."

# -P: a file named ingest.py or json.py in the working folder must not be imported.
WORKER_COMMAND = (sys.executable, "-P", "-m", "ui.worker")


def is_available(settings: Settings) -> bool:
    """Whether the settings ask for a worker and this system has the sockets for it."""
    if settings.app.keep_warm_minutes <= 0 or not hasattr(socket, "AF_UNIX"):
        return False
    return len(str(_socket_path("0" * 16))) <= _MAX_SOCKET_PATH


def socket_path(folder: Path, settings: Settings) -> Path:
    """Where the worker for a library and the settings' models listens.

    The name is a hash of the library's folder, the settings of the models, the calibrations'
    contents, and the program's files with their times.
    """
    sources = sorted(
        (str(file), file.stat().st_mtime_ns)
        for package in _PACKAGES
        for file in resources.package_file(package).rglob("*.py")
    )
    calibrations = [
        hashlib.sha256(file.read_bytes()).hexdigest() for file in calibration_files(folder)
    ]
    parts = [str(folder.resolve()), settings.models.model_dump_json(), calibrations, sources]
    return _socket_path(hashlib.sha256(repr(parts).encode()).hexdigest()[:16])


@dataclass(frozen=True)
class RemotePipeline(Answerer):
    """A pipeline in a worker process, which is started when the first question finds none.

    `command` starts a worker; socket and library are appended to it.
    """

    folder: Path
    settings: Settings
    command: Sequence[str] = WORKER_COMMAND

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
    ) -> Iterator[Event]:
        """Answer a question, yielding events; see `Answerer.stream`.

        Raises:
            KathederError: what the pipeline raised, or the worker did not start.
        """
        request = Request(question, tuple(history), self.settings, sampling)
        for event in self._replies(request, stop):
            assert not isinstance(event, Found)
            yield event
            if isinstance(event, Answered):
                return

    def search(self, question: str, history: Sequence[Turn] = ()) -> list[Hit]:
        """The passages for a question, best first, at most `retrieval.top_k`."""
        request = Request(question, tuple(history), self.settings, search_only=True)
        reply = next(self._replies(request, None))
        assert isinstance(reply, Found)
        return list(reply.hits)

    def _replies(self, request: Request, stop: threading.Event | None) -> Iterator[Event | Found]:
        """What the worker replies; it is asked again where it ended before its first reply."""
        for _ in range(_ATTEMPTS):
            replied = False
            try:
                with self._connect() as connection:
                    connection.sendall(request.encode())
                    done = threading.Event()
                    if stop is not None:
                        arguments = (connection, stop, done)
                        threading.Thread(target=_send_stop, args=arguments, daemon=True).start()
                    try:
                        with connection.makefile("r", encoding="utf-8") as lines:
                            for line in lines:
                                replied = True
                                yield decode_event(line)
                    finally:
                        done.set()
            except OSError:  # refused or reset: nobody listens (any more)
                pass
            if replied:
                break
        raise KathederError(
            f"The worker ended before it had answered; ask again. {_WITHOUT_WORKER}"
        )

    def _connect(self) -> socket.socket:
        """A connection to the worker, which is started if there is none."""
        path = socket_path(self.folder, self.settings)
        try:
            return _open(path)
        except OSError:
            self._start(path)
            return _open(path)

    def _start(self, path: Path) -> None:
        """Start a worker that outlives this process, and wait until it listens."""
        process = subprocess.Popen(
            [*self.command, str(path), str(self.folder.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            errors="replace",
            env=_worker_environment(),
        )
        assert process.stdin is not None
        assert process.stdout is not None
        with process.stdin, process.stdout:
            try:
                process.stdin.write(self.settings.model_dump_json() + "\n")
                process.stdin.close()
            except OSError:
                pass  # it ended at once; its first line may say why
            first = process.stdout.readline().strip()
        try:
            reply = json.loads(first)
            raise_error(reply)
            ready = reply["ready"]
        except (ValueError, TypeError, KeyError):
            ready = False
        if not ready:
            output = f"printed {first[:200]!r}" if first else "printed nothing"
            raise KathederError(
                f"The worker that holds the models did not start: it {output}. "
                f"Run `katheder doctor`. {_WITHOUT_WORKER}"
            )


def _send_stop(connection: socket.socket, stop: threading.Event, done: threading.Event) -> None:
    while not stop.wait(0.1):
        if done.is_set():
            return
    try:
        connection.sendall(STOP)
    except OSError:
        return  # the answer was complete already


def _open(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _worker_environment() -> dict[str, str]:
    """This process's environment, in which `-P` still finds a program that is not installed."""
    root = str(resources.package_file("ui").parent)
    if root in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        return dict(os.environ)
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([before, root] if before else [root])}


def _socket_path(key: str) -> Path:
    return cache_dir() / "workers" / f"{key}.sock"
