"""The commands about who is signed in to a shared app: session list, session end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from ui.cli.options import (
    JsonOption,
    LibraryOption,
    SettingsOption,
    library_folder,
    read_settings,
)
from ui.cli.output import fail, print_json, show

app = typer.Typer(
    help="Who is signed in to the app: list, end.",
    no_args_is_help=True,
)


@app.command("list")
def list_sessions(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the open sessions, the last used first."""
    from ui.identity.sessions import existing_sessions

    saved = existing_sessions(library_folder(library), read_settings(settings).app.database)
    sessions = saved.all() if saved else []
    rows = [
        {
            "id": one.id,
            "role": one.identity.role.label,
            "name": one.identity.name,
            "subject": one.identity.subject,
            "begun": _day(one.begun),
            "used": _day(one.used),
        }
        for one in sessions
    ]
    if as_json:
        print_json({"sessions": rows})
        return
    for row in rows:
        who = " ".join(filter(None, [row["name"], row["subject"] and f"(sub {row['subject']})"]))
        show(f"{row['id']}  {row['role']:<8}  since {row['begun']}, used {row['used']}  {who}")
    if not rows:
        show("Nobody is signed in.")


@app.command("end")
def end_sessions(
    id: Annotated[str, typer.Argument(help="First letters of the id in the list.")] = "",
    everybody: Annotated[bool, typer.Option("--all", help="End every session.")] = False,
    library: LibraryOption = None,
    settings: SettingsOption = None,
) -> None:
    """End a session; its open pages stop at once, and the next one asks for the sign-in."""
    from ui.identity.sessions import existing_sessions

    if bool(id) == everybody:
        fail("Name one session by its id (`katheder session list`), or all with --all.")
    saved = existing_sessions(library_folder(library), read_settings(settings).app.database)
    number = saved.end_all(id) if saved else 0
    if id and not number:
        fail(f"There is no session {id!r}; see `katheder session list`.")
    show(f"ended: {number}")


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="minutes")
