"""The commands `katheder course guide` and `guides`: what a lecture holds, before it is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import JsonOption, LibraryOption, SettingsOption, library_folder, read_settings
from ui.cli.output import counted_progress, note, print_json, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.course.guide import Entry


# In the child itself: a function between fork and exec is not safe where there are threads.
_LOW_PRIORITY = "import os; getattr(os, 'nice', int)(19); from ui.cli import main; main()"


def register(course_app: typer.Typer) -> None:
    """Add the command to those about courses."""
    course_app.command()(guide)
    course_app.command()(guides)


def guide(
    lecture: Annotated[
        str,
        typer.Argument(
            metavar="LECTURE", help="Its number, title, file name or the start of its id."
        ),
    ],
    course: Annotated[str, typer.Option("--course", help="The course that it is in.")] = "",
    library: LibraryOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a lecture's outline, summary, key terms, questions that it answers, and what was not read.

    The first time takes up to a minute; then the guide is stored in the library.
    """
    from ingest.store import Library
    from rag.course.guide import guide_to, stored_guide
    from rag.errors import BadScope
    from rag.pipeline import Pipeline
    from rag.scope import Scope

    config = read_settings(settings).searching_only
    pipeline = Pipeline.load(library_folder(library), config)
    store = Library(library_folder(library))
    ids = Scope(course=course, lectures=(lecture,)).documents(store) or frozenset()
    if len(ids) != 1:
        names = ", ".join(one.name for one in store.documents() if one.id in ids)
        raise BadScope(
            f"{lecture!r} names {len(ids)} lectures ({names}), a guide is to one. Give its file name."
        )
    [id] = ids
    if stored_guide(store, id, pipeline.encoder.identity) is None:
        note("Making the guide; its questions are tried one by one.")
    inside = pipeline.within(Scope(course=course, lectures=(lecture,)))
    made = guide_to(store, id, pipeline.encoder, inside.ask)
    document = next(one for one in store.documents() if one.id == id)
    if as_json:
        print_json({"file": document.name, "title": document.title, **made.as_dict()})
        return
    show(f"{document.title} ({document.name}, {document.pages} pages)")
    _show("In short", made.summary)
    _show("Outline", made.outline)
    _show("Key terms", made.terms)
    _show("Questions that it answers", made.questions)
    if made.without_text:
        show(f"\nPages without text: {', '.join(map(str, made.without_text))}")
    if made.pictures:
        show(f"\nPages with pictures that were not read: {', '.join(map(str, made.pictures))}")


def guides(library: LibraryOption = None, settings: SettingsOption = None) -> None:
    """Make the guides that are missing, one lecture after the other; run again, it goes on."""
    from ingest.store import Library
    from rag.course.guide_making import lectures_without_guide, make_guides
    from rag.pipeline import Pipeline
    from rag.scope import Scope
    from rag.types import Answer

    folder, config = library_folder(library), read_settings(settings).searching_only
    pipeline, store = Pipeline.load(folder, config), Library(folder)

    def ask(document: str, question: str) -> Answer:
        return pipeline.within(Scope(lectures=(document,))).ask(question)

    total = len(lectures_without_guide(store, pipeline.encoder.identity))
    with counted_progress("making guides") as progress:
        for number, _ in enumerate(make_guides(store, pipeline.encoder, ask), start=1):
            progress(number, total)
    left = len(lectures_without_guide(store, pipeline.encoder.identity))
    show(f"guides made: {total - left}" + (f"; not made: {left}" if left else ""))


def start_guides(library: Path | None, settings: Path | None) -> None:
    """Run `guides` in a process of its own, at the lowest priority, that outlives this one."""
    command = [sys.executable, "-P", "-c", _LOW_PRIORITY, "course", "guides"]
    command += ["--library", str(library_folder(library).resolve())]
    command += ["--settings", str(settings.resolve())] if settings else []
    subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    note("Guides to the lectures are being made in the background; --no-guides does without.")


def _show(title: str, entries: Sequence[Entry]) -> None:
    """A heading and its lines, each with its page; nothing where there are none."""
    if not entries:
        return
    from rag.study.glossary import term_at_start

    show(f"\n{title}")
    for entry in entries:
        name = f"{entry.name}:" if entry.text and entry.name[-1:] not in ("", "?") else entry.name
        text = f"{name} {entry.text}".strip()
        if term_at_start(entry.text, entry.name):
            text = entry.text
        show(f"  p. {entry.page}  {text}")
