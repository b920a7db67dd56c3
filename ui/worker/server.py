"""The worker: the service of one library at a socket that only its user can open."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import KathederError
from ingest.memory import limit_arenas
from rag.settings import Settings
from ui.service.pipeline_messages import READY, decode_settings, encode_error

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from rag.models import Models
    from ui.service.engine import Engine

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

    from ui.service.engine import open_engine

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
        engine = open_engine(folder, settings, models)
        engine.load()
        with _listen(path) as listener:
            announce(READY)
            try:
                _run(engine, listener)
            finally:
                path.unlink(missing_ok=True)


def _listen(path: Path) -> socket.socket:
    """A socket that listens as soon as it has its name; one left by a killed worker is replaced."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(new))
        new.chmod(0o600)
        listener.listen(100)
        new.replace(path)
    except BaseException:
        listener.close()
        raise
    return listener


def _run(engine: Engine, listener: socket.socket) -> None:
    """Serve until no request has come for `keep_warm_minutes`."""
    import uvicorn

    from ui.service.app import create_app

    app = create_app(engine, hosts=["localhost"], is_open=True, is_worker=True)
    watched = _IdleClock(app)
    config = uvicorn.Config(watched, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    ended = threading.Event()

    def end_when_idle() -> None:
        patience = engine.settings.app.keep_warm_minutes * 60
        while not ended.wait(max(patience - watched.idle_seconds, 0.1)):
            if watched.idle_seconds >= patience:
                server.should_exit = True
                return

    threading.Thread(target=end_when_idle, name="katheder-idle", daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        ended.set()


class _IdleClock:
    """An application that knows for how long nobody has asked it anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = 0  # requests that are being answered
        self._since = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        """Seconds since the last reply was complete; 0 while one is being made."""
        return 0.0 if self._open else time.monotonic() - self._since

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._open += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._open -= 1
            self._since = time.monotonic()


def _answers(path: Path) -> bool:
    """Whether a worker listens at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


def main() -> None:
    """Run a worker; the settings come as one JSON line on standard input."""
    path, folder = Path(sys.argv[1]), Path(sys.argv[2])
    settings = decode_settings(json.loads(sys.stdin.readline()))

    def announce(line: str) -> None:
        """Tell the client, then let go of its pipe."""
        print(line, flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    limit_arenas()
    try:
        serve(path, folder, settings, announce)
    except Exception as error:
        announce(encode_error(error))
