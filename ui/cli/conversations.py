"""The command that brings conversations and sessions to a database or back: conversations copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import JsonOption, library_folder
from ui.cli.output import fail, note, print_json, show

app = typer.Typer(
    help="Readers' conversations: copy them between a library's files and PostgreSQL.",
    no_args_is_help=True,
)
_STEP = 100  # conversations between two lines of progress


@app.callback()
def _group() -> None:
    """Keep `copy` a command of its own, though it is the only one."""


@app.command()
def copy(
    source: Annotated[
        str, typer.Argument(help="A library's folder, or postgresql://USER@HOST/NAME.")
    ],
    target: Annotated[
        str,
        typer.Argument(help="Where to; an interrupted copy goes on there, a second one is none."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Copy conversations, thumbs and preferences; sessions change over. Stop the app before."""
    from ui.conversation_copy import (
        Place,
        SessionReport,
        check_places,
        copy_conversations,
        differences,
        move_sessions,
    )

    origin, destination = (Place(name, library_folder(Path(name))) for name in (source, target))
    check_places(origin, destination)
    conversations, copies = origin.conversations(), destination.conversations()

    def progress(done: int, total: int) -> None:
        if done % _STEP == 0 or done == total:
            note(f"{done} of {total} conversations")

    report = copy_conversations(conversations, copies, progress)
    if faults := differences(conversations, copies):
        fail(f"The copy at {destination.name} differs: {'; '.join(faults)}. Run the command again.")
    signed_in = origin.present_sessions()
    sessions = (
        move_sessions(signed_in, destination.sessions()) if signed_in else SessionReport(0, 0)
    )
    if as_json:
        print_json({**report._asdict(), "sessions": sessions._asdict()})
        return
    newer = f", {report.newer} are newer there and were left" if report.newer else ""
    show(
        f"{report.copied} conversations copied, {report.present} were there{newer}; "
        f"{report.questions} questions in all, compared with {destination.name}"
    )
    show(f"{sessions.moved} sessions go on there")
    if sessions.left:
        show(
            f"{sessions.left} sessions stay, since {destination.name} has sessions of its own; these "
            "readers sign in again."
        )
