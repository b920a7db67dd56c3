"""Read files, cut them, embed the passages and store them, with one transaction per document."""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.chunk import CHUNKER_VERSION, ChunkSettings, chunk
from ingest.embed import Encoder
from ingest.errors import UnreadableFile
from ingest.files import fault_of, find_files
from ingest.reading import (
    DirectReader,
    FileReader,
    ProcessReader,
    ProgressListener,
    ReadingLimits,
)
from ingest.recognition import TextRecogniser
from ingest.reports import FileReport, Outcome
from ingest.store import IndexConfig, Library
from ingest.text.visible import file_name, one_line
from ingest.tracking import parted_by_file, stored_document, vectors_of
from ingest.types import Document, ParsedDocument

__all__ = ["FileReport", "Outcome", "find_files", "index_config", "ingest", "rebuild"]

logger = logging.getLogger(__name__)


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
    limits: ReadingLimits | None = None,
    progress: ProgressListener = lambda file, done, total: None,
) -> Iterator[FileReport]:
    """Add files to a library, yielding a report after each.

    A file whose bytes are in the library already is left unchanged, whether it was moved, renamed
    or neither; a document whose file changed is replaced; a file that cannot be read is reported, and the others go on. When the text of all
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
        limits: Read in child processes within these limits; None: in this process without any.
        progress: Is told, perhaps in another thread, how many pages of a file are read.

    Raises:
        LibraryMismatch: the library was built with another encoder or chunker.
    """
    library.check_or_set_config(index_config(encoder, passage_tokens, overlap_tokens))
    target = _Target(
        library, encoder, ChunkSettings(encoder.window, passage_tokens, overlap_tokens)
    )
    reader: FileReader = (
        DirectReader(recogniser, progress) if limits is None else ProcessReader(limits, progress)
    )
    try:
        yield from _read_texts(files, target, reader, collection, recogniser is not None)
        if recogniser is not None:
            yield from _read_pictures(target, reader)
    finally:
        reader.close()


def _read_texts(
    files: Sequence[Path],
    target: _Target,
    reader: FileReader,
    collection: str,
    reads_pictures: bool,
) -> Iterator[FileReport]:
    """Add the text of files; see `ingest`."""
    library = target.library
    documents = {document.id: document for document in library.documents()}
    for file, id in _look_ahead(files, reader, documents):
        start = time.perf_counter()
        path = str(file.resolve())
        try:
            if id in documents:
                document = documents[id]
                if document.path == path:
                    yield FileReport(str(file), "unchanged", document.pages, library.count(id))
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
                library.move(id, file.resolve())
                documents = {document.id: document for document in library.documents()}
                yield FileReport(
                    str(file),
                    "moved",
                    document.pages,
                    library.count(id),
                    message=f"{file.name}: was {document.path}",
                )
                continue
            if fault := fault_of(file):
                raise UnreadableFile(fault)
            parsed = reader.result(file)
            parsed = replace(parsed, document=replace(parsed.document, collection=collection))
            passages, reused = target.add(parsed, may_be_empty=reads_pictures)
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
            picture_pages=tuple(p.number for p in parsed.pages if p.origin == "picture"),
            attached=parsed.attached,
            hidden=parsed.hidden,
            reused=reused,
        )


def _look_ahead(
    files: Sequence[Path], reader: FileReader, documents: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """Each file with its hash; the reader begins with those that follow and are new."""
    queue: deque[tuple[Path, str]] = deque()
    started: set[str] = set()
    for file in files:
        id = _sha256(file)
        if id and reader.ahead and id not in documents and id not in started:
            started.add(id)
            reader.start(file)
        queue.append((file, id))
        if len(queue) > reader.ahead:
            yield queue.popleft()
    yield from queue


@dataclass(frozen=True, slots=True)
class _Target:
    """A library with what passages are made by."""

    library: Library
    encoder: Encoder
    settings: ChunkSettings

    def add(self, parsed: ParsedDocument, *, may_be_empty: bool = False) -> tuple[int, int]:
        """Cut, encode and store a document; the number of its passages, and of those not encoded.

        Raises:
            UnreadableFile: it has no passage, and no picture that may hold one.
        """
        document = parsed.document
        document = replace(document, file=file_name(document.file), title=one_line(document.title))
        parsed = replace(parsed, document=document)
        passages = chunk(parsed, self.encoder.count_tokens, self.settings)
        unread = any(page.origin == "picture" for page in parsed.pages)
        if not passages and not (unread and may_be_empty):
            raise UnreadableFile(
                f"{parsed.document.file}: has no text except running headers and page numbers"
                + ("; its pictures were not read" if unread else "")
            )
        vectors, reused = vectors_of(self.library, self.encoder, passages, parsed.document.path)
        self.library.add(parsed, passages, vectors)
        return len(passages), reused


def _read_pictures(target: _Target, reader: FileReader) -> Iterator[FileReport]:
    """Read the pictures of all documents that have unread ones, and cut these documents again."""
    library = target.library
    documents = {document.id: document for document in library.documents()}
    for id, numbers in library.unread_pictures().items():
        document = documents[id]
        file, start = Path(document.path), time.perf_counter()
        if _sha256(file) != id:
            continue  # moved or changed; the ingest that finds it again reads its pictures
        try:
            parsed = reader.result(file, pictures=True)
            parsed = replace(
                parsed, document=replace(parsed.document, collection=document.collection)
            )
            passages, _ = target.add(parsed)
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
    if fault_of(file):
        return ""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def rebuild(
    library: Library,
    encoder: Encoder,
    *,
    recogniser: TextRecogniser | None = None,
    limits: ReadingLimits | None = None,
    progress: ProgressListener = lambda file, done, total: None,
    **settings: int,
) -> Iterator[FileReport]:
    """Build a library again from its files, and replace it when all of them are done.

    A document whose file is gone is cut again from its stored pages; where a file that exists
    cannot be read, the old library is kept.

    Args:
        library: The library.
        encoder: Gives the passages' vectors.
        recogniser: Reads pictures; None leaves them unread.
        limits: As for `ingest`, as is `progress`.
        progress: Is told how many pages of a file are read.
        settings: `passage_tokens` and `overlap_tokens` of `ingest`.
    """
    draft_folder = library.folder / "rebuilding"
    shutil.rmtree(draft_folder, ignore_errors=True)
    try:
        draft = Library(draft_folder, create=True)
        try:
            yield from _rebuild(library, draft, encoder, recogniser, limits, progress, settings)
        finally:
            draft.close()
    finally:  # after a full disk as well
        shutil.rmtree(draft_folder, ignore_errors=True)


def _rebuild(
    library: Library,
    draft: Library,
    encoder: Encoder,
    recogniser: TextRecogniser | None,
    limits: ReadingLimits | None,
    progress: ProgressListener,
    settings: Mapping[str, int],
) -> Iterator[FileReport]:
    """Read a library's files into a draft, and replace the library if all are read; see `rebuild`."""
    failed = False
    present, gone = parted_by_file(library)
    for collection in sorted({document.collection for document in present}):
        files = [Path(d.path) for d in present if d.collection == collection]
        for report in ingest(
            files,
            draft,
            encoder,
            collection=collection,
            recogniser=recogniser,
            limits=limits,
            progress=progress,
            **settings,
        ):
            failed = failed or report.outcome == "failed"
            yield report
    if not failed and gone:
        yield from _keep_gone(library, gone, draft, encoder, **settings)
    if not failed:
        library.replace_with(draft)


def _keep_gone(
    library: Library,
    gone: Sequence[Document],
    draft: Library,
    encoder: Encoder,
    passage_tokens: int = 200,
    overlap_tokens: int = 0,
) -> Iterator[FileReport]:
    """Take the documents without a file over into a draft of the library, from their stored pages."""
    config = index_config(encoder, passage_tokens, overlap_tokens)
    draft.check_or_set_config(config)
    target = _Target(draft, encoder, ChunkSettings(encoder.window, passage_tokens, overlap_tokens))
    for document in gone:
        parsed = stored_document(library, document)
        if library.config() == config:
            draft.add(parsed, library.passages(document.id), library.stored_vectors(document.id))
        else:
            target.add(parsed, may_be_empty=True)
        yield FileReport(
            document.path,
            "kept",
            document.pages,
            draft.count(document.id),
            message=f"{document.file}: its file is gone; the pages in the library were kept",
        )
    draft.set_gone(library.gone())
