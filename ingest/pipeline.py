"""From paths to a library: read, cut, embed and store, one transaction a document."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ingest.chunk import CHUNKER_VERSION, ChunkSettings, chunk, embedding_text
from ingest.embed import Encoder
from ingest.errors import UnreadableFile
from ingest.readers import READERS, read
from ingest.store import IndexConfig, Library

logger = logging.getLogger(__name__)

Outcome = Literal["added", "replaced", "unchanged", "duplicate", "failed"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file; `message` says why where it failed or was left out."""

    path: str
    outcome: Outcome
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0
    message: str = ""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """All lecture files under some files and folders, each once, sorted within a folder.

    A path named directly is kept whatever it is, so that its fault is reported; folders give
    only the types that are read, and no hidden files.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if file.suffix.lower() in READERS and file.is_file() and not hidden:
                    found[file] = None
        else:
            found[path] = None
    return list(found)


def index_config(encoder: Encoder, passage_tokens: int, overlap_tokens: int) -> IndexConfig:
    """What a library built now would remember."""
    chunker = f"v{CHUNKER_VERSION} {passage_tokens}/{overlap_tokens} tokens"
    return IndexConfig(encoder.identity, encoder.dimension, chunker)


def ingest(
    files: Sequence[Path],
    library: Library,
    encoder: Encoder,
    *,
    passage_tokens: int = 200,
    overlap_tokens: int = 0,
    collection: str = "",
) -> Iterator[FileReport]:
    """Bring files into a library, yielding a report as each is done.

    A file whose bytes are in the library already is left as it is; a path whose bytes changed
    is replaced; a file that cannot be read is reported and the rest goes on. Each document is
    one transaction: stop it anywhere and start it again.

    Raises:
        LibraryMismatch: the library was built with another encoder or chunker.
    """
    library.check_or_set_config(index_config(encoder, passage_tokens, overlap_tokens))
    settings = ChunkSettings(encoder.window, passage_tokens, overlap_tokens)
    known = {document.id: document for document in library.documents()}
    for file in files:
        start = time.perf_counter()
        path = str(file.resolve())
        content = _content(file)
        try:
            if content in known:
                document = known[content]
                if document.path == path:
                    yield FileReport(str(file), "unchanged", document.pages)
                    continue
                if _content(Path(document.path)) == content:
                    for old in [old for old in known.values() if old.path == path]:
                        library.remove(old.id)
                        del known[old.id]
                    yield FileReport(
                        str(file),
                        "duplicate",
                        document.pages,
                        message=f"{file.name}: same content as {document.path}, kept once",
                    )
                    continue
            lecture = read(file)
            lecture = replace(lecture, document=replace(lecture.document, collection=collection))
            passages = chunk(lecture, encoder.count_tokens, settings)
            if not passages:
                raise UnreadableFile(
                    f"{file.name}: holds no text beside running headers and numbers"
                )
            vectors = encoder.encode([embedding_text(passage) for passage in passages])
            library.add(lecture, passages, vectors)
        except UnreadableFile as error:
            yield FileReport(
                str(file), "failed", seconds=time.perf_counter() - start, message=str(error)
            )
            continue
        added = lecture.document
        replaced = [old.id for old in known.values() if old.id == added.id or old.path == path]
        known = {id: old for id, old in known.items() if id not in replaced}
        known[added.id] = added
        outcome: Outcome = "replaced" if replaced else "added"
        yield FileReport(
            str(file), outcome, len(lecture.pages), len(passages), time.perf_counter() - start
        )


def _content(file: Path) -> str:
    """SHA-256 of a file's bytes; "" where it cannot be read, which its reader will report."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def rebuild(library: Library, encoder: Encoder, **settings: int) -> Iterator[FileReport]:
    """Build a library anew from the files it was made of, and swap it in when all is done.

    Documents whose file is gone are reported as failed, and then the old library stays.
    """
    draft_folder = library.folder / "rebuilding"
    for leftover in draft_folder.glob("*"):
        leftover.unlink()
    draft = Library(draft_folder, create=True)
    failed = False
    for collection in sorted({document.collection for document in library.documents()}):
        files = [Path(d.path) for d in library.documents() if d.collection == collection]
        for report in ingest(files, draft, encoder, collection=collection, **settings):
            failed = failed or report.outcome == "failed"
            yield report
    if not failed:
        library.replace_with(draft)
    draft.close()
    for leftover in draft_folder.glob("*"):
        leftover.unlink()
    draft_folder.rmdir()
