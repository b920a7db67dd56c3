"""The client: a pipeline's methods, answered by the worker of a library.

A worker belongs to one library, its calibration, one set of models and one state of the program;
a change of any starts another.
"""

from __future__ import annotations

import hashlib
import http.client
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
from rag.calibration_files import calibration_files
from rag.settings import Settings
from rag.types import Event
from ui.service.pipeline_client import RemoteAnswerer, exchange
from ui.service.pipeline_messages import Found, Request, raise_error

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

    The name is a hash of the library's folder, the settings of the models, the key of the language
    model's server, the calibrations' contents, and the program's files with their times.
    """
    sources = sorted(
        (str(file), file.stat().st_mtime_ns)
        for package in _PACKAGES
        for file in resources.package_file(package).rglob("*.py")
    )
    calibrations = [
        hashlib.sha256(file.read_bytes()).hexdigest() for file in calibration_files(folder)
    ]
    key = os.environ.get(settings.models.api_key_variable, "")  # a worker has that of its start
    parts = [str(folder.resolve()), settings.models.model_dump_json(), key, calibrations, sources]
    return _socket_path(hashlib.sha256(repr(parts).encode()).hexdigest()[:16])


@dataclass(frozen=True)
class RemotePipeline(RemoteAnswerer):
    """A pipeline in a worker process, which is started when the first question finds none.

    `command` starts a worker; socket and library are appended to it.
    """

    folder: Path
    settings: Settings
    command: Sequence[str] = WORKER_COMMAND

    @property
    def sent_settings(self) -> Settings:
        """All settings, as the worker has none of its own but those of the models."""
        return self.settings

    def replies(self, request: Request, stop: threading.Event | None) -> Iterator[Event | Found]:
        """What the worker replies; it is asked again where it ended before its first reply.

        Raises:
            KathederError: what the pipeline raised, or the worker did not start.
        """
        for _ in range(_ATTEMPTS):
            replied = False
            try:
                for event in exchange(self._connect, request, stop):
                    replied = True
                    yield event
                if replied:
                    return
            except (OSError, http.client.HTTPException):  # nobody listens (any more)
                pass
            if replied:
                break
        raise KathederError(
            f"The worker ended before it had answered; ask again. {_WITHOUT_WORKER}"
        )

    def _connect(self) -> _SocketConnection:
        """A connection to the worker, which is started if there is none."""
        connection = _SocketConnection(socket_path(self.folder, self.settings))
        try:
            connection.connect()
        except OSError:
            self._start(connection.path)
            connection.connect()
        return connection

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


class _SocketConnection(http.client.HTTPConnection):
    """A connection of HTTP to a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self.path = path

    def connect(self) -> None:
        """Open the socket; raises OSError where nobody listens."""
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            opened.connect(str(self.path))
        except OSError:
            opened.close()
            raise
        self.sock = opened


def _worker_environment() -> dict[str, str]:
    """This process's environment, in which `-P` still finds a program that is not installed."""
    root = str(resources.package_file("ui").parent)
    if root in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
        return dict(os.environ)
    before = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([before, root] if before else [root])}


def _socket_path(key: str) -> Path:
    return cache_dir() / "workers" / f"{key}.sock"
