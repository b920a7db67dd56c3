"""The commands that change pages: library correct, hide, show."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ui.cli.library import one_document
from ui.cli.options import LibraryOption, SettingsOption, library_folder, read_settings
from ui.cli.output import fail, note, show

DocumentArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="A file name, path or the start of an id.")
]
PagesArgument = Annotated[
    list[int], typer.Argument(metavar="PAGE...", min=1, help="Numbers of pages, from 1.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to those about the library."""
    app.command()(correct)
    app.command()(hide)
    app.command("show")(show_pages)


def correct(
    file: DocumentArgument,
    page: Annotated[int, typer.Argument(metavar="PAGE", min=1, help="Its number, from 1.")],
    text_file: Annotated[
        Path | None,
        typer.Option(
            "--text-file", help="What the page says, as a text file; - is standard input."
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Go back to the text that was read from the file.")
    ] = False,
    library: LibraryOption = None,
    settings: SettingsOption = None,
) -> None:
    """Correct the text of a page, also for when the file is read again; or print it as it is."""
    from ingest.edit import correct_page
    from ingest.store import Library
    from rag.models import Models

    store, config = Library(library_folder(library)), read_settings(settings)
    document = one_document(store, file)
    if text_file is None and not undo:
        present = store.page(document.id, page)
        show(present.text.rstrip() if present else f"{document.name} has no page {page}.")
        note("Change it with --text-file FILE, or take a correction back with --undo.")
        return
    text = None if undo or text_file is None else _read_text(text_file)
    encoder = Models(config.models).encoder
    correct_page(store, encoder, document.id, page, text, **config.chunking.model_dump())
    done = "as its file has it" if undo else "corrected"
    show(f"{document.name}: page {page} is {done} now")


def hide(
    file: DocumentArgument,
    pages: PagesArgument,
    library: LibraryOption = None,
    settings: SettingsOption = None,
) -> None:
    """Take pages out of searches and answers, also for when the file is read again."""
    _set_hidden(file, pages, library, settings, hidden=True)


def show_pages(
    file: DocumentArgument,
    pages: PagesArgument,
    library: LibraryOption = None,
    settings: SettingsOption = None,
) -> None:
    """Put hidden pages back into searches and answers."""
    _set_hidden(file, pages, library, settings, hidden=False)


def _set_hidden(
    file: str, pages: list[int], library: Path | None, settings: Path | None, *, hidden: bool
) -> None:
    from ingest.edit import hide_pages
    from ingest.reports import number_ranges
    from ingest.store import Library
    from rag.models import Models

    store, config = Library(library_folder(library)), read_settings(settings)
    document, numbers = one_document(store, file), sorted(set(pages))
    encoder = Models(config.models).encoder
    hide_pages(store, encoder, document.id, numbers, hidden=hidden, **config.chunking.model_dump())
    noun = "page" if len(numbers) == 1 else "pages"
    state = "hidden from the answers" if hidden else "part of the answers"
    show(f"{document.name}: {noun} {number_ranges(numbers)} now {state}")


def _read_text(file: Path) -> str:
    if str(file) == "-":
        return sys.stdin.read()
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        fail(f"{file} cannot be read ({reason}); name a text file in UTF-8 with --text-file.")
