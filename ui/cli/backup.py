"""The commands that save a library with its readers' files, bring them back, and copy a library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.library import library_app
from ui.cli.options import JsonOption, LibraryOption, library_folder
from ui.cli.output import fail, note, print_json, show

if TYPE_CHECKING:
    from ingest.backup import Contents


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(backup)
    app.command()(restore)
    library_app.command()(copy)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, such as katheder.zip.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write library, conversations, notes and uploads to one file; also while they are in use."""
    from ingest.backup import back_up

    _report("backed up to", back_up(library_folder(library), file), file, as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `katheder backup` wrote.")],
    library: LibraryOption = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Replace the present library; it is kept in a dated folder."
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring back what `katheder backup` saved: all of it, or nothing."""
    from ingest.backup import restore as restore_backup

    folder = library_folder(library)
    _report("restored to", restore_backup(file, folder, replace=replace), folder, as_json)


def copy(
    source: Annotated[Path, typer.Argument(help="The library to copy: a folder or an address.")],
    target: Annotated[Path, typer.Argument(help="Where to; an interrupted copy goes on there.")],
    as_json: JsonOption = False,
) -> None:
    """Copy a library to another folder, or to or from Milvus, and compare the two."""
    from ingest.store import Library
    from ingest.store.copying import copy_library, differences

    origin, destination = (
        Library(library_folder(source)),
        Library(library_folder(target), create=True),
    )
    report = copy_library(
        origin, destination, lambda done, total: note(f"{done} of {total} documents")
    )
    faults = differences(origin, destination)
    if faults:
        fail(
            f"The copy at {destination.database.name} differs: {'; '.join(faults)}. Run the command "
            "again."
        )
    if as_json:
        print_json({**report._asdict(), "content_hash": destination.content_hash()})
    else:
        show(
            f"{report.copied} documents copied, {report.present} were there; {report.passages} "
            f"passages in {destination.database.name} have the same texts and vectors"
        )


def _report(what: str, contents: Contents, place: Path, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "databases": list(contents.databases),
                "uploads": contents.uploads,
                "bytes": contents.size,
            }
        )
        return
    names = ", ".join(contents.databases)
    show(f"{what} {place}: {names}, {contents.uploads} uploads, {contents.size / 2**20:.1f} MB")
