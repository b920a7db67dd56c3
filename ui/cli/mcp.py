"""The command mcp: the lectures for clients of the Model Context Protocol."""

from __future__ import annotations

from typing import Annotated

import typer

from ui.cli.consent import YesOption, with_consent
from ui.cli.options import LibraryOption, SettingsOption, library_folder, read_settings
from ui.cli.output import fail, note

_THIS_MACHINE = ("127.0.0.1", "localhost", "[::1]")


def register(app: typer.Typer) -> None:
    """Add the command of this module to the program."""
    app.command()(mcp)


def mcp(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    http: Annotated[
        str,
        typer.Option(metavar="HOST:PORT", help="Serve over HTTP there instead, at the path /mcp."),
    ] = "",
    yes: YesOption = False,
) -> None:
    """Let chat clients and editors search and ask the lectures, by the Model Context Protocol."""
    from importlib.util import find_spec

    address = _address(http) if http else None
    if find_spec("mcp") is None:
        fail('The command needs the SDK of MCP. Install it with `pip install "katheder[mcp]"`.')
    from ui.mcp.server import build_server, serve

    config = with_consent(read_settings(settings), yes=yes, quiet=True)
    folder = library_folder(library)
    if address:
        note(f"Serving {folder} at http://{http}/mcp. Ctrl-C ends it.")
    serve(build_server(folder, config), address)


def _address(text: str) -> tuple[str, int]:
    """The host and port that `--http` names, on this machine alone: nobody is asked for a key."""
    host, _, port = text.rpartition(":")
    if not (port.isdigit() and 0 < int(port) < 65536):
        fail(f"--http {text}: expected HOST:PORT, such as 127.0.0.1:8700.")
    if host not in _THIS_MACHINE:
        fail(
            f"--http {text}: expected a host of this machine ({', '.join(_THIS_MACHINE)}), since MCP "
            "asks for no key. For other machines use `katheder serve`, which does."
        )
    return host.strip("[]"), int(port)
