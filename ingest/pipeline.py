"""Read files, cut them, embed the passages and store them, with one transaction per document."""

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
from ingest.readers import is_lecture, read
from ingest.recognition import TextRecogniser
from ingest.store import IndexConfig, Library
from ingest.types import ParsedDocument

logger = logging.getLogger(__name__)

Outcome = Literal["added", "replaced", "unchanged", "duplicate", "recognised", "failed"]


@dataclass(frozen=True, slots=True)
class FileReport:
    """The outcome for one file; `message` gives the reason if it failed or was left out.

    `pages` and `passages` are counts, `seconds` is the time that the file took. After "recognised",
    `pages` counts those whose pictures were read. `unread_pages` are the numbers of damaged pages.
    """

    path: str
    outcome: Outcome
    pages: int = 0
    passages: int = 0
    seconds: float = 0.0
    message: str = ""
    unread_pages: tuple[int, ...] = ()

    @property
    def warning(self) -> str:
        """One sentence that names the damaged pages; "" if there are none."""
        if not self.unread_pages:
            return ""
        pages = "page" if len(self.unread_pages) == 1 else "pages"
        return (
            f"{Path(self.path).name}: {pages} {_number_ranges(self.unread_pages)} cannot be read; "
            "the others are in the library"
        )


def _number_ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers in words: `3, 5-7`."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, ends)) for ends in ranges)


def find_files(paths: Iterable[Path]) -> list[Path]:
    """All files to ingest under some paths, each once, sorted within a folder.

    A path that is no folder is returned whatever it is, so that `ingest` reports its fault. Folders
    give only lectures (see `is_lecture`), and no hidden files.
    """
    files: dict[Path, None] = {}  # a dict keeps the order
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
                if is_lecture(file) and file.is_file() and not hidden:
                    files[file] = None
        else:
            files[path] = None
    return list(files)


def index_config(encoder: Encoder, passage_tokens: int, overlap_tokens: int) -> IndexConfig:
    """The configuration of a library that is built with this encoder and these lengths."""
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
    recogniser: TextRecogniser | None = None,
) -> Iterator[FileReport]:
    """Add files to a library, yielding a report after each.

    A file whose bytes are in the library already is left unchanged; a document whose file changed
    is replaced; a file that cannot be read is reported, and the others go on. When the text of all
    files can be searched, what is written in their pictures is read, which takes seconds a page.
    Each document is one transaction both times, so that a run can be stopped at any moment and
    started again.

    Args:
        files: As from `find_files`.
        library: Where they go.
        encoder: Gives the passages' vectors.
        passage_tokens: Longest passage, in tokens of the encoder.
        overlap_tokens: How much of a passage the next one repeats.
        collection: The collection of new documents; "" for none.
        recogniser: Reads pictures, those left from earlier runs as well; None leaves them unread.

    Raises:
        LibraryMismatch: the library was built with another encoder or chunker.
    """
    library.check_or_set_config(index_config(encoder, passage_tokens, overlap_tokens))
    target = _Target(
        library, encoder, ChunkSettings(encoder.window, passage_tokens, overlap_tokens)
    )
    documents = {document.id: document for document in library.documents()}
    for file in files:
        start = time.perf_counter()
        path = str(file.resolve())
        id = _sha256(file)
        try:
            if id in documents:
                document = documents[id]
                if document.path == path:
                    yield FileReport(str(file), "unchanged", document.pages)
                    continue
                if _sha256(Path(document.path)) == id:
                    for old in [old for old in documents.values() if old.path == path]:
                        library.remove(old.id)
                        del documents[old.id]
                    yield FileReport(
                        str(file),
                        "duplicate",
                        document.pages,
                        message=f"{file.name}: same content as {document.path}, kept once",
                    )
                    continue
            parsed = read(file)
            parsed = replace(parsed, document=replace(parsed.document, collection=collection))
            passages = target.add(parsed, may_be_empty=recogniser is not None)
        except UnreadableFile as error:
            yield FileReport(
                str(file), "failed", seconds=time.perf_counter() - start, message=str(error)
            )
            continue
        added = parsed.document
        replaced = [old.id for old in documents.values() if old.id == added.id or old.path == path]
        for old_id in replaced:
            del documents[old_id]
        documents[added.id] = added
        outcome: Outcome = "replaced" if replaced else "added"
        yield FileReport(
            str(file),
            outcome,
            len(parsed.pages),
            passages,
            time.perf_counter() - start,
            unread_pages=parsed.unread_pages,
        )
    if recogniser is not None:
        yield from _read_pictures(target, recogniser)


@dataclass(frozen=True, slots=True)
class _Target:
    """A library with what passages are made by."""

    library: Library
    encoder: Encoder
    settings: ChunkSettings

    def add(self, parsed: ParsedDocument, *, may_be_empty: bool = False) -> int:
        """Cut, encode and store a document; the number of its passages.

        Raises:
            UnreadableFile: it has no passage, and no picture that may hold one.
        """
        passages = chunk(parsed, self.encoder.count_tokens, self.settings)
        unread = any(page.origin == "picture" for page in parsed.pages)
        if not passages and not (unread and may_be_empty):
            raise UnreadableFile(
                f"{parsed.document.file}: has no text except running headers and page numbers"
                + ("; its pictures were not read" if unread else "")
            )
        texts = [embedding_text(passage) for passage in passages]
        self.library.add(parsed, passages, self.encoder.encode(texts))
        return len(passages)


def _read_pictures(target: _Target, recogniser: TextRecogniser) -> Iterator[FileReport]:
    """Read the pictures of all documents that have unread ones, and cut these documents again."""
    library = target.library
    documents = {document.id: document for document in library.documents()}
    for id, numbers in library.unread_pictures().items():
        document = documents[id]
        file, start = Path(document.path), time.perf_counter()
        if _sha256(file) != id:
            continue  # moved or changed; the ingest that finds it again reads its pictures
        try:
            parsed = read(file, recogniser)
            parsed = replace(
                parsed, document=replace(parsed.document, collection=document.collection)
            )
            passages = target.add(parsed)
        except UnreadableFile as error:
            if not library.passages(id):
                library.remove(id)
            yield FileReport(
                str(file), "failed", seconds=time.perf_counter() - start, message=str(error)
            )
            continue
        yield FileReport(
            str(file), "recognised", len(numbers), passages, time.perf_counter() - start
        )


def _sha256(file: Path) -> str:
    """SHA-256 of a file's bytes; "" if it cannot be read, which its reader then reports."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""


def rebuild(
    library: Library,
    encoder: Encoder,
    *,
    recogniser: TextRecogniser | None = None,
    **settings: int,
) -> Iterator[FileReport]:
    """Build a library again from its files, and replace it when all of them are done.

    A document whose file does not exist any more is reported as failed; the old library is then
    kept.

    Args:
        library: The library.
        encoder: Gives the passages' vectors.
        recogniser: Reads pictures; None leaves them unread.
        settings: `passage_tokens` and `overlap_tokens` of `ingest`.
    """
    draft_folder = library.folder / "rebuilding"
    for leftover in draft_folder.glob("*"):
        leftover.unlink()
    draft = Library(draft_folder, create=True)
    failed = False
    for collection in sorted({document.collection for document in library.documents()}):
        files = [Path(d.path) for d in library.documents() if d.collection == collection]
        for report in ingest(
            files, draft, encoder, collection=collection, recogniser=recogniser, **settings
        ):
            failed = failed or report.outcome == "failed"
            yield report
    if not failed:
        library.replace_with(draft)
    draft.close()
    for leftover in draft_folder.glob("*"):
        leftover.unlink()
    draft_folder.rmdir()
