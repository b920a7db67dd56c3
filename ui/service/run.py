"""Run the service with uvicorn until it is ended; answers under way are completed first."""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from ingest.errors import KathederError
from ingest.memory import limit_arenas
from rag.settings import Settings
from ui.service.app import create_app
from ui.service.engine import Engine, open_engine
from ui.service.guard import THIS_MACHINE, local_names
from ui.service.keys import read_keys
from ui.service.traces import start_export

if TYPE_CHECKING:
    from fastapi import FastAPI
    from streamlit.web.server.starlette import App as Pages

    from ui.identity.oidc import Provider

_GRACE_SECONDS = 60  # for answers under way when the service is told to end
_CONNECTIONS = 500


def is_shared(settings: Settings, host: str, proxy: str) -> bool:
    """Whether others than this machine can reach a service: by its address, a name or a proxy."""
    return host not in THIS_MACHINE or bool(settings.app.allowed_hosts or proxy)


def serve(folder: Path, settings: Settings, host: str, port: int, proxy: str = "") -> None:
    """Serve a library without pages; `proxy` is as for `run`.

    Raises:
        KathederError: others can reach the service and there is no key, or the port is taken.
    """
    limit_arenas()
    shared = is_shared(settings, host, proxy)
    if shared and not read_keys(folder).keys:
        raise KathederError(
            f"Others can ask this service (at {host}, by app.allowed_hosts or by a proxy), so it "
            f"needs a key: make one with `katheder key add NAME --library {folder}`."
        )
    engine = open_engine(folder, settings)
    app = create_app(engine, hosts=local_names(host), is_open=not shared)
    run(app, host, port, proxy)


def application(
    engine: Engine, host: str, pages: Pages, proxy: str = "", provider: Provider | None = None
) -> FastAPI:
    """The service with the app's pages beneath it."""
    shared = is_shared(engine.settings, host, proxy) or engine.settings.app.sign_on != "none"
    return create_app(
        engine, hosts=local_names(host), is_open=not shared, pages_app=pages, provider=provider
    )


def run(app: FastAPI, host: str, port: int, proxy: str = "") -> None:
    """Listen until a signal ends the process.

    Args:
        app: What is served.
        host: An address of this machine.
        port: A free one.
        proxy: The address of the proxy whose word on a reader's address and scheme is taken; "" for
            none.

    Raises:
        KathederError: the port is taken, the address is not one of this machine, or traces are to be
            sent and the packages for it are missing.
    """
    _log_requests()
    start_export()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="websockets-sansio",
        limit_concurrency=_CONNECTIONS,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    listener = _listen(host, port)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise KathederError(
            f"The service cannot listen at {host}, port {port} ({error.strerror}). Choose another "
            "port with --port, or end the program that has it."
        ) from error
    listener.setblocking(False)
    return listener


def _log_requests() -> None:
    """Print the log, a line for each request of the service, to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        logging.Formatter(
            '{"time": "%(asctime)s", "level": "%(levelname)s", "request": %(message)s}',
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    requests = logging.getLogger("katheder.requests")
    requests.setLevel(logging.INFO)
    requests.addHandler(handler)
    requests.propagate = False
