"""Read files, cut them, embed the passages and store them, with one transaction per document."""

from __future__ import annotations

import logging
import shutil
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ingest.chunk import CHUNKER_VERSION, ChunkSettings
from ingest.corrections import count_corrections, with_corrections
from ingest.embed import Encoder
from ingest.errors import UnreadableFile
from ingest.files import fault_of, file_hash, find_files
from ingest.indexing import Indexer
from ingest.reading import (
    DirectReader,
    FileReader,
    ProcessReader,
    ProgressListener,
)
from ingest.reading_limits import ReadingLimits
from ingest.recognition import TextRecogniser
from ingest.reports import FileReport, Outcome
from ingest.store import IndexConfig, Library
from ingest.tracking import copy_courses, parted_by_file, stored_document
from ingest.types import Document

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
    course: str = "",
    folder_courses: Mapping[Path, str] = MappingProxyType({}),
    recogniser: TextRecogniser | None = None,
    limits: ReadingLimits | None = None,
    progress: ProgressListener = lambda file, done, total: None,
    earlier: Library | None = None,
    reader: FileReader | None = None,
) -> Iterator[FileReport]:
    """Add files to a library, yielding a report after each.

    A file whose bytes are in the library already is left unchanged, whether it was moved, renamed
    or neither; a document whose file changed is replaced, and stays in its courses; a file that
    cannot be read is reported, and the others go on. When the text of all files can be searched, what is written in their pictures is read, which takes seconds a page.
    Each document is one transaction both times, so that a run can be stopped at any moment and
    started again.

    Args:
        files: As from `find_files`.
        library: Where they go.
        encoder: Gives the passages' vectors.
        passage_tokens: Longest passage, in tokens of the encoder.
        overlap_tokens: How much of a passage the next one repeats.
        course: The course that all files join, those that are in the library too; "" for none.
        folder_courses: The course of a file by its folder, see `ingest.folders`; it joins that one
            if it is in none, or if the library has its content from another place.
        recogniser: Reads pictures, those left from earlier runs as well; None leaves them unread.
        limits: Read in child processes within these limits; None: in this process without any.
        progress: Is told, perhaps in another thread, how many pages of a file are read.
        earlier: Has the corrections of pages, if not the library itself.
        reader: Reads the files; None: one is made for `limits`. It is closed at the end.

    Raises:
        LibraryMismatch: the library was built with another encoder or chunker.
    """
    library.check_or_set_config(index_config(encoder, passage_tokens, overlap_tokens))
    lengths = ChunkSettings(encoder.window, passage_tokens, overlap_tokens)
    target = Indexer(library, encoder, lengths, earlier or library)
    if reader is None and limits is not None:
        reader = ProcessReader(limits, progress)
    reader = reader or DirectReader(recogniser, progress)
    try:
        enrolment = _Enrolment(library, course, folder_courses)
        yield from _read_texts(files, target, reader, enrolment, recogniser is not None)
        if recogniser is not None:
            yield from _read_pictures(target, reader)
    finally:
        reader.close()
    library.merge_index()


def _read_texts(
    files: Sequence[Path],
    target: Indexer,
    reader: FileReader,
    enrolment: _Enrolment,
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
                    joined = enrolment.join(file, id)
                    yield FileReport(
                        str(file),
                        "unchanged",
                        document.pages,
                        library.count(id),
                        course=joined,
                    )
                    continue
                if file_hash(Path(document.path)) == id:
                    for old in [old for old in documents.values() if old.path == path]:
                        library.remove(old.id)
                        del documents[old.id]
                    joined = enrolment.join(file, id, again=True)
                    yield FileReport(
                        str(file),
                        "duplicate",
                        document.pages,
                        other=document.path,
                        course=joined,
                    )
                    continue
                library.move(id, file.resolve())
                documents = {document.id: document for document in library.documents()}
                enrolment.join(file, id)
                yield FileReport(
                    str(file),
                    "moved",
                    document.pages,
                    library.count(id),
                    other=document.path,
                )
                continue
            if fault := fault_of(file):
                raise UnreadableFile(fault)
            parsed = reader.result(file)
            corrected = count_corrections(target.earlier, parsed.document)
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
        enrolment.join(file, added.id)
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
            dropped_corrections=corrected - len(library.corrections(added.id)),
        )


def _look_ahead(
    files: Sequence[Path], reader: FileReader, documents: Collection[str]
) -> Iterator[tuple[Path, str]]:
    """Each file with its hash; the reader begins with those that follow and are new."""
    queue: deque[tuple[Path, str]] = deque()
    started: set[str] = set()
    for file in files:
        id = file_hash(file)
        if id and reader.ahead and id not in documents and id not in started:
            started.add(id)
            reader.start(file)
        queue.append((file, id))
        if len(queue) > reader.ahead:
            yield queue.popleft()
    yield from queue


@dataclass(frozen=True, slots=True)
class _Enrolment:
    """Which course a file joins; see `ingest`."""

    library: Library
    course: str
    folder_courses: Mapping[Path, str]

    def join(self, file: Path, document: str, *, again: bool = False) -> str:
        """Put a document into its file's course; the course's name if it was not there, else "".

        Args:
            file: As it was named in the call of `ingest`.
            document: The document's id.
            again: Whether the library has the same content from another file.
        """
        name = self.course or self.folder_courses.get(file, "")
        in_one = any(document in course.documents for course in self.library.courses())
        if not name or (in_one and not again and not self.course):
            return ""
        return name if self.library.add_to_course(name, document) else ""


def _read_pictures(target: Indexer, reader: FileReader) -> Iterator[FileReport]:
    """Read the pictures of all documents that have unread ones, and cut these documents again."""
    library = target.library
    documents = {document.id: document for document in library.documents()}
    for id, numbers in library.unread_pictures().items():
        document = documents[id]
        file, start = Path(document.path), time.perf_counter()
        if file_hash(file) != id:
            continue  # moved or changed; the ingest that finds it again reads its pictures
        try:
            passages, _ = target.add(reader.result(file, pictures=True))
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
    for report in ingest(
        [Path(document.path) for document in present],
        draft,
        encoder,
        course="",
        folder_courses={},
        recogniser=recogniser,
        limits=limits,
        progress=progress,
        earlier=library,
        reader=None,
        **settings,
    ):
        failed = failed or report.outcome == "failed"
        yield report
    if not failed and gone:
        yield from _keep_gone(library, gone, draft, encoder, **settings)
    if not failed:
        copy_courses(library, draft)
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
    lengths = ChunkSettings(encoder.window, passage_tokens, overlap_tokens)
    target = Indexer(draft, encoder, lengths, library)
    for document in gone:
        parsed = stored_document(library, document)
        if library.config() == config:
            corrections = library.corrections(document.id)
            draft.add(
                with_corrections(parsed, corrections),
                library.passages(document.id),
                library.stored_vectors(document.id),
                corrections,
            )
        else:
            target.add(parsed, may_be_empty=True)
        yield FileReport(
            document.path,
            "kept",
            document.pages,
            draft.count(document.id),
        )
    draft.set_gone(library.gone())
