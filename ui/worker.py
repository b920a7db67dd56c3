"""Keep models loaded between commands.

Importing PyTorch and loading models takes longer than answering. So `katheder ask`, `search` and
`chat` talk to a worker: a process of the same user that holds one pipeline, listens on a socket
in the cache folder that only this user can open, and leaves after some idle minutes
(`app.keep_warm_minutes`; 0 does without a worker). A worker belongs to one library, one set of
settings and one state of the program; a change of any starts another.

A request is one JSON line; the reply is one JSON line for each event. A client that sends
another line, or goes away, stops the writing.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ingest import resources
from ingest.errors import KathederError
from ingest.weights import cache_dir
from rag.types import Answered, Event, StageDone, Token, Turn

if TYPE_CHECKING:
    from rag.pipeline import Pipeline
    from rag.settings import Settings

_KINDS: dict[str, type[Event]] = {kind.__name__: kind for kind in (StageDone, Token, Answered)}
_MAX_SOCKET_PATH = 100  # systems allow 104 to 108 bytes


def available(settings: Settings) -> bool:
    """Whether a worker is wanted and this system has the sockets for it."""
    wanted = settings.app.keep_warm_minutes > 0 and hasattr(socket, "AF_UNIX")
    return wanted and len(str(_socket_path("0" * 16))) <= _MAX_SOCKET_PATH


def ask(
    folder: Path,
    settings: Settings,
    question: str,
    *,
    history: Sequence[Turn] = (),
    sampling: Mapping[str, Any] | None = None,
    search_only: bool = False,
    stop: threading.Event | None = None,
) -> Iterator[Event]:
    """Ask through the worker of a library, starting it where none runs; see Pipeline.stream.

    With `search_only` the only event is a StageDone named "search" with the hits.

    Raises:
        KathederError: what the pipeline refused, with its message.
    """
    from pydantic import TypeAdapter

    with _connect(folder, settings) as connection:
        request = {
            "question": question,
            "history": [[turn.question, turn.answer] for turn in history],
            "sampling": dict(sampling or {}),
            "search_only": search_only,
            "settings": settings.model_dump(mode="json"),
        }
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("r", encoding="utf-8") as replies:
            watcher = threading.Thread(target=_send_stop, args=(connection, stop), daemon=True)
            if stop is not None:
                watcher.start()
            for line in replies:
                reply = json.loads(line)
                if "error" in reply:
                    raise KathederError(reply["error"])
                kind = _KINDS[reply["kind"]]
                yield TypeAdapter(kind).validate_python(reply["event"])
                if reply["last"]:
                    return
    raise KathederError("The worker went away before it had answered; ask again.")


def _send_stop(connection: socket.socket, stop: threading.Event) -> None:
    stop.wait()
    try:
        connection.sendall(b"stop\n")
    except OSError:
        return  # the answer was complete already


def _connect(folder: Path, settings: Settings) -> socket.socket:
    """A connection to the worker for this library, settings and program, started if need be."""
    path = _socket_path(_key(folder, settings))
    try:
        return _open(path)
    except OSError:
        _start(path, folder, settings)
        return _open(path)


def _open(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        raise
    return connection


def _start(path: Path, folder: Path, settings: Settings) -> None:
    """Start a worker that outlives this process, and wait until it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.worker", str(path), str(folder.resolve())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(settings.model_dump_json() + "\n")
    process.stdin.close()
    first = process.stdout.readline()
    if not first:
        raise KathederError(
            "The worker that holds the models did not start. Run `katheder doctor`, or do without "
            "it: KATHEDER_APP__KEEP_WARM_MINUTES=0."
        )
    if error := json.loads(first).get("error"):
        raise KathederError(error)


def _key(folder: Path, settings: Settings) -> str:
    """Names a worker: library, models, and the program's files with their times."""
    sources = sorted(
        (str(file), file.stat().st_mtime_ns)
        for package in ("ingest", "rag", "ui")
        for file in resources.package_file(package).rglob("*.py")
    )
    parts = [
        str(folder.resolve()),
        settings.models.model_dump_json(),
        settings.rerank.model_dump_json(),
        sources,
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _socket_path(key: str) -> Path:
    return cache_dir() / "workers" / f"{key}.sock"


# ---- the worker itself ---------------------------------------------------------------------


def serve(path: Path, folder: Path, settings: Settings, announce: Any = print) -> None:
    """Answer requests at a socket until none has come for `keep_warm_minutes`.

    Of two workers started at once for one socket, the second finds the lock taken and leaves.
    """
    import fcntl

    from rag.pipeline import Pipeline

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _wait_for(path)
            announce(json.dumps({"ready": True}))
            return
        pipeline = Pipeline.load(folder, settings)
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(path))
            path.chmod(0o600)
            server.listen()
            server.settimeout(settings.app.keep_warm_minutes * 60)
            announce(json.dumps({"ready": True}))
            try:
                while True:
                    connection, _ = server.accept()
                    threading.Thread(
                        target=_reply, args=(connection, pipeline), daemon=True
                    ).start()
            except TimeoutError:
                return
            finally:
                path.unlink(missing_ok=True)


def _wait_for(path: Path) -> None:
    """Wait until another worker that is starting listens; half a minute at most."""
    for _ in range(300):
        if path.exists():
            return
        time.sleep(0.1)


def _reply(connection: socket.socket, pipeline: Pipeline) -> None:
    """Answer one request; a second line or the end of the connection stops the writing."""
    stop = threading.Event()
    with connection, connection.makefile("r", encoding="utf-8") as lines:
        try:
            request = json.loads(lines.readline())
            threading.Thread(target=_await_stop, args=(lines, stop), daemon=True).start()
            for event in _events(request, pipeline, stop):
                _send(connection, {"kind": type(event).__name__, "event": event})
        except KathederError as error:
            _send(connection, {"error": str(error)})
        except OSError:
            stop.set()  # the client went away
        except Exception as error:  # the client's user gets the reason, the worker lives on
            _send(
                connection,
                {"error": f"something unforeseen happened ({type(error).__name__}: {error})"},
            )


def _await_stop(lines: TextIO, stop: threading.Event) -> None:
    """Set the event when the client says anything more, or hangs up."""
    try:
        lines.readline()
    except (OSError, ValueError):  # closed under the reader: the answer is complete
        return
    stop.set()


def _events(request: dict[str, Any], pipeline: Pipeline, stop: threading.Event) -> Iterator[Event]:
    from rag.sampling import Sampling
    from rag.settings import Settings

    chosen = pipeline.with_settings(Settings.model_validate(request["settings"]))
    history = [Turn(*turn) for turn in request["history"]]
    if request["search_only"]:
        start = time.perf_counter()
        hits = chosen.search(request["question"], history)
        yield StageDone("search", time.perf_counter() - start, tuple(hits))
        return
    yield from chosen.stream(
        request["question"],
        history=history,
        sampling=Sampling(**request["sampling"]) if request["sampling"] else None,
        stop=stop,
    )


def _send(connection: socket.socket, reply: dict[str, Any]) -> None:
    from pydantic_core import to_jsonable_python

    event = reply.get("event")
    last = isinstance(event, Answered) or (isinstance(event, StageDone) and event.stage == "search")
    line = json.dumps(to_jsonable_python({**reply, "last": last}))
    connection.sendall(line.encode() + b"\n")


def main() -> None:
    """Run a worker; the settings come as one JSON line on standard input."""
    from rag.settings import Settings

    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    settings = Settings.model_validate_json(sys.stdin.readline())

    def announce(line: str) -> None:
        """Tell the client, then let go of its pipe."""
        print(line, flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    try:
        serve(path, folder, settings, announce)
    except KathederError as error:
        announce(json.dumps({"error": str(error)}))


if __name__ == "__main__":
    main()
