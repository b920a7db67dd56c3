"""The commands around the app: ui, password."""

from __future__ import annotations

import os
import socket
import threading
import time
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ingest import resources
from ui.cli.library import fill_if_empty
from ui.cli.options import LibraryOption, SettingsOption, library_folder, read_settings
from ui.cli.output import fail

_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
_START_SECONDS = 30


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(ui)
    app.command()(password)


def ui(
    lectures: Annotated[
        list[Path] | None,
        typer.Argument(help="Files or folders to read first where the library is empty."),
    ] = None,
    bundled: Annotated[
        bool,
        typer.Option(
            "--bundled",
            help="Read the lectures that come with Katheder where the library is empty.",
        ),
    ] = False,
    library: LibraryOption = None,
    settings: SettingsOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to serve at; others than this machine's need a password.")
    ] = "127.0.0.1",
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Open the app in the browser, served to this machine alone unless --host says otherwise."""
    _need_streamlit()
    config, folder = read_settings(settings), library_folder(library)
    if host not in _THIS_MACHINE and not config.app.password:
        fail(
            f"At {host} others can open the app, so it needs a password: put what "
            "`katheder password` prints into the settings file and name it with --settings."
        )
    # `--bundled DIR` was how lectures were named first; DIR is now the argument.
    sources = list(lectures or []) or ([resources.lectures()] if bundled else [])
    if sources:
        fill_if_empty(folder, config, sources)
    os.environ["KATHEDER_LIBRARY"] = str(folder.resolve())
    if settings is not None:
        os.environ["KATHEDER_SETTINGS"] = str(settings.resolve())
    if not headless:
        threading.Thread(target=_open_browser, args=(port,), daemon=True).start()
    _serve(host, port)


def password() -> None:
    """Hash a password for the app, as the lines of a settings file that hold it."""
    _need_streamlit()
    from ui.password import hashed

    text = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    print(f'[app]\npassword = "{hashed(text)}"')


def _serve(host: str, port: int) -> None:
    """Run Streamlit in this process, so that whoever ends it ends the server, until it is ended."""
    from streamlit.web import cli as streamlit

    streamlit.main(
        [
            "run",
            str(resources.package_file("ui", "app.py")),
            f"--server.port={port}",
            f"--server.address={host}",
            "--server.headless=true",  # else the page advertises; the browser is opened here
        ],
        prog_name="streamlit",
    )


def _open_browser(port: int) -> None:
    """Open the page as soon as the server listens, within half a minute."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            webbrowser.open(f"http://127.0.0.1:{port}")
            return


def _need_streamlit() -> None:
    from importlib.util import find_spec

    if find_spec("streamlit") is None:
        fail('The app needs Streamlit. Install it with `pip install "katheder[ui]"`.')
