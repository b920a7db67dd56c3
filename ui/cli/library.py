"""The commands that build and look after a library: ingest, and library list, remove, verify, rebuild."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import resources
from ingest.text.visible import one_line
from ui.cli.guide import start_guides
from ui.cli.options import (
    JsonOption,
    LibraryOption,
    SettingsOption,
    library_folder,
    read_settings,
)
from ui.cli.output import fail, note, print_json, show, show_reports, show_unread_pictures

if TYPE_CHECKING:
    from ingest.pipeline import FileReport
    from ingest.ray_reading import RayReader
    from ingest.reading import ProgressListener
    from ingest.store import Library
    from ingest.types import Document
    from rag.settings import Settings

library_app = typer.Typer(
    help="What the library holds: list, remove, verify, rebuild; correct, hide or show pages.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(ingest)
    app.add_typer(library_app, name="library")


def ingest(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders of them.")] = None,
    bundled: Annotated[
        bool, typer.Option("--bundled", help="Read the lectures that come with Katheder.")
    ] = False,
    library: LibraryOption = None,
    settings: SettingsOption = None,
    course: Annotated[
        str,
        typer.Option(
            help="The course that the lectures join (default: for those of a folder, its name)."
        ),
    ] = "",
    collection: Annotated[str, typer.Option(hidden=True, help="The older name of --course.")] = "",
    keep_missing: Annotated[
        bool, typer.Option("--keep-missing", help="Go on citing documents whose files are gone.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and read what changes, until Ctrl-C.")
    ] = False,
    guides: Annotated[
        bool | None,
        typer.Option(
            "--guides/--no-guides",
            help="Make the guides to new lectures in the background (default: in a terminal).",
        ),
    ] = None,
    ray: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Read and encode on a Ray cluster: HOST:PORT, or `local` for all processors here.",
        ),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Read lectures into the library; unchanged files are skipped. Exits with 1 if a file failed."""
    from ingest import folders, pipeline
    from ingest.readers import READERS
    from ingest.store import DATABASE, Library
    from rag.models import Models

    sources = [*(paths or []), *([resources.lectures()] if bundled else [])]
    if not sources:
        fail("No lectures to read: name files or folders, or add --bundled for the bundled ones.")
    if watch and as_json:
        fail("--watch prints a line for each file; leave --json out.")
    config = read_settings(settings)
    files = pipeline.find_files(sources)
    folder = library_folder(library)
    if not (files or watch) and not (
        (folder / DATABASE).exists() and folders.holds_any_of(Library(folder), sources)
    ):
        fail(
            f"No files to read under {', '.join(map(str, sources))}; name a file or a folder that "
            f"holds some ({', '.join(READERS)})."
        )
    store = Library(folder, create=True)
    models = Models(config.models)

    def update(files: Sequence[Path], progress: ProgressListener) -> Iterator[FileReport]:
        reader = _ray_reader(config, progress) if ray else None
        yield from pipeline.ingest(
            files,
            store,
            reader.encoder if reader else models.encoder,
            course=course or collection,
            folder_courses=folders.courses_of_folders(store, paths or []),
            recogniser=models.recogniser,
            limits=config.reading.limits,
            progress=progress,
            reader=reader,
            **config.chunking.model_dump(),
        )
        yield from folders.gone_reports(store, sources, keep=keep_missing)

    if not watch:
        in_terminal = config.app.guides and sys.stdout.isatty()
        try:
            with _connected(ray):
                show_reports(partial(update, files), len(files), as_json=as_json)
        finally:
            if (in_terminal if guides is None else guides) and store.count():
                start_guides(library, settings)
        return
    note(f"Watching {', '.join(map(str, sources))}; Ctrl-C ends it.")
    gone: set[str] = set()

    def follow(files: Sequence[Path], progress: ProgressListener) -> Iterator[FileReport]:
        return folders.without_repeats(update(files, progress), gone)

    try:
        with _connected(ray), interrupt_event() as interrupted:

            def wait(seconds: float) -> None:
                if interrupted.wait(seconds):
                    raise KeyboardInterrupt

            for changed in folders.rounds(sources, wait=wait):
                with contextlib.suppress(typer.Exit):  # a file that failed ends nothing here
                    show_reports(partial(follow, changed), len(changed), as_json=False)
    except KeyboardInterrupt:
        note("stopped watching")


def _connected(address: str) -> contextlib.AbstractContextManager[None]:
    """A connection to a Ray cluster, or nothing for ""."""
    if not address:
        return contextlib.nullcontext()
    from ingest.ray_reading import connected

    return connected(address)


def _ray_reader(config: Settings, progress: ProgressListener) -> RayReader:
    """A reader on the cluster that is connected, with the encoder of the settings."""
    from ingest.encoders import open_encoder
    from ingest.ray_reading import RayReader, WorkerSettings

    models = config.models
    encoder = partial(open_encoder, models.encoder, models.device, models.dtype)
    workers = WorkerSettings(encoder, limits=config.reading.limits, **config.chunking.model_dump())
    return RayReader(workers, progress)


@contextlib.contextmanager
def interrupt_event() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, besides the KeyboardInterrupt, which is lost in a finaliser."""
    event = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        event.set()
        signal.default_int_handler(number, frame)

    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield event
    finally:
        signal.signal(signal.SIGINT, before)


def fill_if_empty(folder: Path, settings: Settings, sources: list[Path]) -> None:
    """Read lectures into a library that holds none yet; one that holds some is left as it is."""
    from ingest import folders, pipeline
    from ingest.store import Library
    from rag.models import Models

    if Library(folder, create=True).count() > 0:
        return
    note(f"Reading the lectures in {', '.join(map(str, sources))} for the first time:")
    files = pipeline.find_files(sources)
    models = Models(settings.models)
    own = [source for source in sources if source != resources.lectures()]
    show_reports(
        lambda progress: pipeline.ingest(
            files,
            Library(folder),
            models.encoder,
            folder_courses=folders.courses_of_folders(Library(folder), own),
            recogniser=models.recogniser,
            limits=settings.reading.limits,
            progress=progress,
            **settings.chunking.model_dump(),
        ),
        len(files),
        as_json=False,
    )


@library_app.command("list")
def list_documents(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the documents with their pages, and which are versions of others."""
    from dataclasses import asdict

    from ingest.reports import number_ranges
    from ingest.store import Library
    from rag.document_versions import shared_pages

    store = Library(library_folder(library))
    documents = store.documents()
    textless = store.pages_without_text()
    versions = {shared.document.id: shared for shared in shared_pages(store)}
    changed = {document.id: _changed_pages(store, document.id) for document in documents}
    courses = store.courses()
    if as_json:
        rows = [
            asdict(document)
            | {
                "courses": [course.name for course in courses if document.id in course.documents],
                "shares_pages_with": None,
                "pages_without_text": textless.get(document.id, []),
                "corrected_pages": changed[document.id][0],
                "hidden_pages": changed[document.id][1],
            }
            for document in documents
        ]
        for row in rows:
            if row["id"] in versions:
                shared = versions[row["id"]]
                row["shares_pages_with"] = {"id": shared.other.id, "share": shared.share}
        print_json({"library": str(store.folder), "documents": rows})
        return
    for document in documents:
        gone = ", its file is gone" if document.gone else ""
        show(
            f"{document.id[:12]}  {document.pages:4d} pages  "
            f"{one_line(document.name)}  ({one_line(document.title)}){gone}"
        )
        corrected, hidden = changed[document.id]
        for numbers, state in (
            (textless.get(document.id, []), "only pictures, which no search finds"),
            (corrected, "corrected by hand"),
            (hidden, "hidden from the answers"),
        ):
            if numbers:
                pages = f"{'page' if len(numbers) == 1 else 'pages'} {number_ranges(numbers)}"
                show(f"{'':14}{pages}: {state}")
        if document.id in versions:
            shared = versions[document.id]
            show(
                f"{'':14}{shared.share:.0%} of its pages are also in {one_line(shared.other.name)}"
            )
    show(
        f"{len(documents)} documents, {sum(d.pages for d in documents)} pages, "
        f"{store.count()} passages in {store.database.name}"
    )
    show_unread_pictures(store.folder)


def _changed_pages(store: Library, document: str) -> tuple[list[int], list[int]]:
    """The pages of a document, from 1, that a person corrected, and those that are hidden."""
    changes = store.corrections(document).items()
    return (
        [number for number, change in changes if change.text is not None],
        [number for number, change in changes if change.hidden],
    )


@library_app.command()
def remove(
    names: Annotated[list[str], typer.Argument(help="File names, paths or the starts of ids.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove documents from the library; the files are not touched."""
    from ingest.store import Library

    store = Library(library_folder(library))
    documents = {
        document.id: document for document in (one_document(store, name) for name in names)
    }
    for document in documents.values():
        store.remove(document.id)
    if as_json:
        print_json({"removed": [document.file for document in documents.values()]})
    else:
        show("\n".join(f"removed {document.file}" for document in documents.values()))


@library_app.command()
def verify(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """Check every table, offset, vector and the index. Exits with 1 where something is wrong."""
    from ingest.milvus.address import address_of
    from ingest.store import Library
    from ingest.vectors import index_file

    store = Library(library_folder(library))
    faults = store.verify()
    if as_json:
        stamp, digest = ("", "") if faults else (store.content_hash(), store.full_hash())
        print_json({"faults": faults, "stamp": stamp, "digest": digest})
    else:
        for fault in faults:
            show(fault)
        if faults:
            show(f"Repair it with `katheder library rebuild --library {store.database.name}`.")
        else:
            show(f"{store.count()} passages, no faults; digest {store.full_hash()[:16]}")
            has_index = index_file(store.folder, store.content_hash()).exists() or any(
                store.folder.glob("partitions-*.faiss")
            )
            if store.count() and not has_index and address_of(store.folder) is None:
                show("The vector file is missing; the next search builds it.")
    if faults:
        raise typer.Exit(1)


@library_app.command()
def rebuild(
    library: LibraryOption = None, settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Rebuild from the source files with the current settings; the old library is kept until then."""
    from ingest import pipeline
    from ingest.store import Library
    from ingest.store.salvage import salvage
    from rag.models import Models

    config = read_settings(settings)
    folder = library_folder(library)
    if salvaged := salvage(folder):
        note(salvaged.sentence())
        if not salvaged.documents:
            fail(
                "The library is empty now. Run `katheder ingest PATH... "
                f"--library {folder}` to read your files again."
            )
    store = Library(folder)
    models = Models(config.models)
    show_reports(
        lambda progress: pipeline.rebuild(
            store,
            models.encoder,
            recogniser=models.recogniser,
            limits=config.reading.limits,
            progress=progress,
            **config.chunking.model_dump(),
        ),
        len(store.documents()),
        as_json=as_json,
    )


def one_document(store: Library, name: str) -> Document:
    """The one document of a name; fails with those that there are."""
    matches = store.find(name)
    if len(matches) != 1:
        which = ", ".join(f"{d.id[:12]} ({d.path})" for d in matches) or "none"
        fail(
            f"{name!r} names {len(matches)} documents ({which}), expected one. "
            f"See `katheder library list --library {store.database.name}`; nothing was changed."
        )
    return matches[0]
