"""The worker: a process that holds one pipeline and answers requests at a socket."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ingest.errors import KathederError
from rag.settings import Settings
from ui.worker.messages import READY, Found, Request, decode_settings, encode_error, encode_event

if TYPE_CHECKING:
    from rag.models import Models
    from rag.pipeline import Pipeline
    from rag.types import Event

_PATIENCE = 120.0  # seconds to wait for another worker of the same socket that is starting


def serve(
    path: Path,
    folder: Path,
    settings: Settings,
    announce: Callable[[str], None] = print,
    models: Models | None = None,
) -> None:
    """Answer requests at a socket until none has come for `keep_warm_minutes`.

    Args:
        path: The socket. Of two workers started for it at once, one serves and the other ends.
        folder: The library's.
        settings: Of the models; each request brings those of the stages.
        announce: Gets one line as soon as a worker listens at the socket.
        models: Used in place of those that the settings name.

    Raises:
        KathederError: library or models do not open.
    """
    import fcntl

    from rag.pipeline import Pipeline

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:  # another one is starting, serving or about to end
                if _answers(path):
                    announce(READY)
                    return
                if time.monotonic() > end:
                    raise KathederError(
                        f"Another worker has held {path.with_suffix('.lock')} for "
                        f"{_PATIENCE:.0f} s without answering; end that process and ask again."
                    ) from None
                time.sleep(0.1)
        pipeline = Pipeline.load(folder, settings, models)
        path.unlink(missing_ok=True)  # left by a worker that was killed
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(path))
            path.chmod(0o600)
            server.listen()
            server.settimeout(settings.app.keep_warm_minutes * 60)
            announce(READY)
            try:
                _accept(server, pipeline)
            finally:
                path.unlink(missing_ok=True)


def _accept(server: socket.socket, pipeline: Pipeline) -> None:
    """Reply to each connection in a thread, until the server's timeout passes in idleness."""
    threads: list[threading.Thread] = []
    while True:
        try:
            connection, _ = server.accept()
        except TimeoutError:
            threads = [thread for thread in threads if thread.is_alive()]
            if not threads:
                return
        else:
            thread = threading.Thread(target=_reply, args=(connection, pipeline), daemon=True)
            thread.start()
            threads.append(thread)


def _answers(path: Path) -> bool:
    """Whether a worker listens at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def _reply(connection: socket.socket, pipeline: Pipeline) -> None:
    """Answer one request; a second line or the end of the connection stops the writing."""
    stop = threading.Event()
    with connection, connection.makefile("r", encoding="utf-8") as lines:
        try:
            line = lines.readline()
            if not line:
                return  # somebody who only looked whether a worker listens
            threading.Thread(target=_await_stop, args=(lines, stop), daemon=True).start()
            for event in _events(Request.decode(line), pipeline, stop):
                connection.sendall(encode_event(event))
        except OSError:
            stop.set()  # the client went away
        except Exception as error:  # the client's user is told why, and the worker goes on
            connection.sendall(encode_error(error).encode() + b"\n")


def _await_stop(lines: TextIO, stop: threading.Event) -> None:
    """Set the event when the client sends another line, or closes the connection."""
    try:
        lines.readline()
    except (OSError, ValueError):  # closed during the read: the answer is complete
        return
    stop.set()


def _events(request: Request, pipeline: Pipeline, stop: threading.Event) -> Iterator[Event | Found]:
    pipeline = pipeline.with_settings(request.settings)
    if request.search_only:
        yield Found(tuple(pipeline.search(request.question, request.history)))
        return
    yield from pipeline.stream(
        request.question, history=request.history, sampling=request.sampling, stop=stop
    )


def main() -> None:
    """Run a worker; the settings come as one JSON line on standard input."""
    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    settings = decode_settings(json.loads(sys.stdin.readline()))

    def announce(line: str) -> None:
        """Tell the client, then let go of its pipe."""
        print(line, flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    try:
        serve(path, folder, settings, announce)
    except Exception as error:
        announce(encode_error(error))
