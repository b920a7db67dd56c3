"""The commands that serve: ui, serve, key, password."""

from __future__ import annotations

import os
import socket
import threading
import time
import webbrowser
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import resources
from ingest.errors import KathederError
from ui.cli.library import fill_if_empty
from ui.cli.options import (
    JsonOption,
    LibraryOption,
    SettingsOption,
    library_folder,
    read_settings,
)
from ui.cli.output import fail, note, print_json, show

if TYPE_CHECKING:
    from rag.pipeline import Pipeline
    from rag.settings import Settings

_START_SECONDS = 30

ProxyOption = Annotated[
    str,
    typer.Option(
        "--behind-proxy",
        metavar="ADDRESS",
        help="Address of the proxy that readers come through; no other is believed about theirs.",
    ),
]


class Role(StrEnum):
    """Whom a password lets in."""

    reader = "reader"
    lecturer = "lecturer"
    owner = "owner"


key_app = typer.Typer(help="Keys of the service: add, list, remove.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(ui)
    app.command()(serve)
    app.command()(password)
    app.add_typer(key_app, name="key")


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
    behind_proxy: ProxyOption = "",
) -> None:
    """Open the app in the browser, served to this machine alone unless --host says otherwise."""
    _need_streamlit()
    from ui.identity.sign_on import check_passwords
    from ui.service.run import is_shared

    config, folder = read_settings(settings), library_folder(library)
    if is_shared(config, host, behind_proxy) and config.app.sign_on == "none":
        fail(
            f"Others can open the app (at {host}, by app.allowed_hosts or by a proxy), so it needs "
            "a password: put what `katheder password` prints into the settings file and name it "
            "with --settings."
        )
    check_passwords(config.app)
    # `--bundled DIR` was how lectures were named first; DIR is now the argument.
    sources = list(lectures or []) or ([resources.lectures()] if bundled else [])
    if sources:
        fill_if_empty(folder, config, sources)
    os.environ["KATHEDER_LIBRARY"] = str(folder.resolve())
    if settings is not None:
        os.environ["KATHEDER_SETTINGS"] = str(settings.resolve())
    if not headless:
        threading.Thread(target=_open_browser, args=(port,), daemon=True).start()
    _serve_pages(folder.resolve(), config, host, port, behind_proxy)


def serve(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8600,
    host: Annotated[
        str, typer.Option(help="Address to serve at; others than this machine's need a key.")
    ] = "127.0.0.1",
    behind_proxy: ProxyOption = "",
) -> None:
    """Serve search and answers over HTTP, OpenAI-compatible too; `katheder ui` does so as well."""
    from ui.service.run import serve as run_service

    config, folder = read_settings(settings), library_folder(library)
    note(f"Serving {folder} at http://{host}:{port}; /openapi.json describes it. Ctrl-C ends it.")
    run_service(folder, config, host, port, behind_proxy)


@key_app.command("add")
def add_key(
    name: Annotated[str, typer.Argument(help="Whose key it is; also its name in the log.")],
    course: Annotated[str, typer.Option(help="Open this course alone.")] = "",
    write: Annotated[
        bool, typer.Option("--write", help="Allow adding and removing documents, and evaluations.")
    ] = False,
    library: LibraryOption = None,
) -> None:
    """Make a key and print it once; the library keeps a hash of it."""
    from ingest.store import Library
    from ui.service import keys

    folder = library_folder(library)
    if course:
        course = Library(folder).course(course).name
    print(keys.add_key(folder, name, course, write=write))
    note(
        f"Send it as `Authorization: Bearer KEY`. It is not shown again; `key remove {name}` ends it."
    )


@key_app.command("list")
def list_keys(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the keys by name, with what they open."""
    from ui.service import keys

    entries = keys.read_keys(library_folder(library)).keys
    if as_json:
        rows = [
            {"name": key.name, "course": key.course, "write": key.write, "created": key.created}
            for key in entries
        ]
        print_json({"keys": rows})
        return
    for key in entries:
        what = key.course or "all courses"
        show(
            f"{key.name:<20} {what}, {'reads and writes' if key.write else 'reads'}, {key.created}"
        )
    if not entries:
        show("There are no keys; make one with `katheder key add NAME`.")


@key_app.command("remove")
def remove_key(
    name: Annotated[str, typer.Argument(help="The key's name.")], library: LibraryOption = None
) -> None:
    """Remove a key; a running service refuses it at once."""
    from ui.service import keys

    keys.remove_key(library_folder(library), name)
    show(f"removed {name}")


def password(
    make: Annotated[
        bool, typer.Option("--make", help="Make a password, and print it to the terminal.")
    ] = False,
    role: Annotated[
        Role, typer.Option(help="Whom it lets in: reader, lecturer or owner.")
    ] = Role.reader,
) -> None:
    """Hash a password for the app, as the lines of a settings file that hold it."""
    from ui.identity.password import check_length, hashed, new_password

    if make:
        text = new_password()
        note(f"The password: {text}")
    else:
        text = typer.prompt("Password", hide_input=True, err=True)
        check_length(text)
        if typer.prompt("Repeat for confirmation", hide_input=True, err=True) != text:
            fail("The two passwords differ; run `katheder password` again.")
    setting = "password" if role is Role.reader else f"{role.value}_password"
    print(f'[app]\n{setting} = "{hashed(text)}"')


def _serve_pages(folder: Path, settings: Settings, host: str, port: int, proxy: str) -> None:
    """Serve the app's pages and the service in this process, until it is ended."""
    import streamlit as st
    from streamlit.components.v2 import manifest_scanner
    from streamlit.web import bootstrap

    from ingest.memory import limit_arenas

    limit_arenas()
    # The descriptions of all installed packages would be read for components; the app's are its own.
    manifest_scanner.scan_component_manifests = lambda max_workers=None: []

    from ui.fault_page import show_fault
    from ui.identity.oidc import Provider
    from ui.identity.sessions import open_sessions
    from ui.service.engine import Engine, Loader
    from ui.service.run import application, run
    from ui.session import load_models, load_pipeline, model_key, question_queue

    def load() -> Pipeline:
        if service := settings.app.service:
            raise KathederError(f"This app has no models; ask the service at {service}.")
        return load_pipeline(str(folder), model_key(settings))

    provider = None
    if settings.app.sign_on == "oidc":
        provider = Provider(
            settings.app, open_sessions(folder, settings.app.database).secret("streamlit")
        )
    pages = st.App(
        resources.package_file("ui", "app.py"),
        secrets=provider.streamlit_secrets if provider else None,
        on_script_error=show_fault,
    )
    bootstrap.load_config_options(
        {
            "server.port": port,
            "server.address": host,
            "server.headless": True,  # else the page advertises; the browser is opened here
        }
    )
    engine = Engine(
        folder,
        settings,
        load_models(settings.models),
        Loader(load),
        question_queue(),
    )
    run(application(engine, host, pages, proxy, provider), host, port, proxy)


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
