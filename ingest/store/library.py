"""A library in a folder. One SQLite file is the truth; the FAISS index beside it is derived.

A document enters or leaves in one transaction, with its pages, passages, vectors (half
precision) and full-text rows, so that a killed run leaves only whole documents. The library
stores the configuration that it was built with, and refuses to mix encoders or chunkers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from ingest.converted import remove_converted
from ingest.errors import LibraryMismatch, LibraryMissing, LibraryUnusable
from ingest.store import dense, lexical, places, rows, schema, verification
from ingest.store.database import Database
from ingest.store.faults import DatabaseFault
from ingest.store.migration import migrate
from ingest.store.schema import DATABASE, IndexConfig
from ingest.text.languages import language as document_language
from ingest.text.visible import file_name
from ingest.types import Document, Page, ParsedDocument, Passage

_MIN_ID_PREFIX = 6  # hexadecimal digits of an id that name a document


class Library:
    """A library in a folder, which implements `Store`; threads can share one."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the library in a folder.

        Raises:
            LibraryMissing: there is none and `create` is false.
            LibraryMismatch: it has a format that this version does not know, or an older one that
                cannot be brought to the present one.
            LibraryUnusable: it is damaged, locked, or may not be read, or the folder is none.
        """
        self.folder = folder
        self.database = Database(folder / DATABASE)
        self._dense = dense.DenseSearch(self.database, folder)
        if not _is_file(self.database.file):
            if folder.exists() and not folder.is_dir():
                raise LibraryUnusable(
                    f"{folder} is a file; a library is a folder. Name another one with --library."
                )
            if not create:
                raise LibraryMissing(
                    f"No library at {folder}. Build it with `katheder ingest PATH... --library {folder}`."
                )
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise LibraryUnusable(
                    f"The folder {folder} cannot be created ({error.strerror}). "
                    "Name another one with --library."
                ) from error
        if schema.read_format(self.database) is None:
            with self.database.transaction() as db:
                schema.create_tables(db)
        migrate(self.database)

    def close(self) -> None:
        """Close this thread's connection."""
        self.database.close()

    def replace_with(self, other: Library) -> None:
        """Replace all contents by those of another library, in one step; closes the other."""
        other.database.connection().backup(self.database.connection())
        other.close()

    # ---- configuration ----

    def config(self) -> IndexConfig | None:
        """The configuration that the index was built with; None before the first document."""
        return schema.read_config(self.database.connection())

    def check_or_set_config(self, config: IndexConfig) -> None:
        """Set the configuration of a library without documents, or check that of one with some.

        Raises:
            LibraryMismatch: it was built with another; the message names the difference.
        """
        with self.database.transaction() as db:
            empty = not db.execute("SELECT 1 FROM documents LIMIT 1").fetchone()
            if empty and schema.read_config(db) != config:
                schema.write_config(db, config)
                return
        self.check_config(config)

    def check_config(self, config: IndexConfig, *, search_only: bool = False) -> None:
        """Compare the stored configuration with the one in use; a search ignores the chunker.

        Raises:
            LibraryMismatch: they differ; the message names the difference.
        """
        stored = self.config()
        if stored is None:
            return
        for field in fields(IndexConfig):
            if search_only and field.name == "chunker":
                continue
            old, new = getattr(stored, field.name), getattr(config, field.name)
            if old != new:
                raise LibraryMismatch(
                    f"The library at {self.folder} was built with {field.name} {old}, but the settings "
                    f"ask for {new}. Rebuild it with `katheder library rebuild --library {self.folder}`, "
                    "or go back to the old setting."
                )

    def content_hash(self) -> str:
        """SHA-256 over the configuration and every document; see `Store.content_hash`."""
        return schema.read_content_hash(self.database.connection())

    # ---- documents ----

    def add(self, parsed: ParsedDocument, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Add a document; see `Store.add`.

        Args:
            parsed: The document and its pages.
            passages: Its passages, in reading order.
            vectors: Unit vectors, shape (len(passages), dimension); stored as float16.

        Raises:
            ValueError: there are more or fewer vectors than passages.
        """
        if len(passages) != len(vectors):
            raise ValueError(f"{len(passages)} passages but {len(vectors)} vectors")
        document = parsed.document
        with self.database.transaction() as db:
            replaced = db.execute(
                "SELECT id FROM documents WHERE path = ? OR id = ?",
                (rows.stored_path(document.path), document.id),
            ).fetchall()
            for (id,) in replaced:
                rows.delete_document(db, id)
            places.set_marks(db, places.marks(db))
            rows.insert_document(db, parsed, passages, vectors)
            schema.update_content_hash(db)
        self._remove_converted({id for (id,) in replaced} - {document.id})

    def remove(self, document: str) -> bool:
        """Remove a document by its id; see `Store.remove`."""
        with self.database.transaction() as db:
            removed = rows.delete_document(db, document)
            places.set_marks(db, places.marks(db))
        self._remove_converted({document})
        return removed

    def _remove_converted(self, documents: Iterable[str]) -> None:
        """Delete the PDFs that were made of documents which left the library."""
        for document in documents:
            remove_converted(document, self.folder)

    def documents(self) -> list[Document]:
        """All documents, by file name."""
        return rows.select_documents(self.database.connection())

    def move(self, document: str, path: Path) -> None:
        """Say that a document's file is at another path now; the document that was there leaves."""
        with self.database.transaction() as db:
            replaced = db.execute(
                "SELECT id FROM documents WHERE path = ? AND id != ?",
                (rows.stored_path(str(path)), document),
            ).fetchall()
            for (id,) in replaced:
                rows.delete_document(db, id)
            db.execute(
                "UPDATE documents SET path = ?, file = ? WHERE id = ?",
                (rows.stored_path(str(path)), file_name(path.name), document),
            )
            places.set_marks(db, places.marks(db))
        self._remove_converted(id for (id,) in replaced)

    def gone(self) -> dict[str, places.Mark]:
        """The documents whose files are gone, by id: "gone", or "kept" where they are still cited."""
        return places.marks(self.database.connection())

    def set_gone(self, marks: Mapping[str, places.Mark]) -> None:
        """Store which documents' files are gone; searches leave those out that are not kept."""
        if marks != self.gone():
            with self.database.transaction() as db:
                places.set_marks(db, marks)

    def unread_pictures(self) -> dict[str, list[int]]:
        """The pages, from 1, with pictures that were not read yet, by the document's id."""
        return rows.select_unread_pictures(self.database.connection())

    def pages_without_text(self) -> dict[str, list[int]]:
        """The pages, from 1, that hold only pictures or drawings, by the document's id.

        No passage tells what they show, whether their pictures were read or not; headers and page
        numbers are no text. A library of an older format knows only those that were not read.
        """
        return rows.select_pages_without_text(self.database.connection())

    def find(self, name: str) -> list[Document]:
        """The documents of a name: a file name, a path, or the first digits of an id (at least 6)."""
        path = str(Path(name).expanduser().resolve())
        return [
            document
            for document in self.documents()
            if file_name(name) in (document.file, document.name)
            or path == document.path
            or (len(name) >= _MIN_ID_PREFIX and document.id.startswith(name.lower()))
        ]

    def set_collection(self, document: str, collection: str) -> None:
        """Put a document into a collection, or with "" into none; search results do not change."""
        with self.database.transaction() as db:
            db.execute("UPDATE documents SET collection = ? WHERE id = ?", (collection, document))

    def pages(self, document: str) -> list[Page]:
        """A document's pages with their lines and words, in order."""
        return rows.select_pages(self.database.connection(), document)

    def page_texts(self) -> list[tuple[str, int, str]]:
        """Every page's document id, number from 1 and text, in order."""
        return rows.select_page_texts(self.database.connection())

    def page(self, document: str, number: int) -> Page | None:
        """One page, or None if the document has no such page."""
        return rows.select_page(self.database.connection(), document, number)

    def passages(self, document: str) -> list[Passage]:
        """A document's passages in reading order; see `Store.passages`."""
        return rows.select_passages(self.database.connection(), document)

    def count(self, document: str | None = None) -> int:
        """Number of passages, of all documents or of the one with this id."""
        documents = None if document is None else [document]
        return rows.count_passages(self.database.connection(), documents)

    def stored_vectors(self, document: str) -> np.ndarray:
        """A document's vectors as they are stored, float16, shape (N, dimension), in order."""
        return rows.select_stored_vectors(self.database.connection(), document)

    def vectors(self) -> np.ndarray:
        """All passages' vectors, float32, shape (N, dimension), ordered by passage id."""
        return rows.select_vectors(self.database.connection())

    # ---- search ----

    def search_dense(self, query: np.ndarray, k: int) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine; see `Store.search_dense`."""
        return self._dense.search(query, k)

    def search_lexical(self, question: str, k: int) -> list[tuple[Passage, float]]:
        """The k passages of the largest BM25; see `Store.search_lexical`."""
        return lexical.search_lexical(self.database.connection(), question, k)

    def highlight(self, question: str, passage: str) -> list[tuple[int, int]]:
        """(start, end) of each word of a passage's text that the lexical search matches."""
        return lexical.highlight(self.database.connection(), question, passage)

    def languages(self) -> set[str]:
        """The languages that the documents are indexed in, as ISO 639-1 codes."""
        return {document_language(document.language).code for document in self.documents()}

    # ---- verification ----

    def full_hash(self) -> str:
        """SHA-256 over all that the library holds, independent of the order it was added in."""
        return verification.full_hash(self.database.connection())

    def verify(self) -> list[str]:
        """Check every table, offset, vector and the index; one sentence for each fault."""
        return verification.verify(self.database.connection(), self._dense, self.folder)


def _is_file(file: Path) -> bool:
    """Whether there is such a file, as far as this user may see.

    Raises:
        LibraryUnusable: its folder may not be looked into.
    """
    try:
        return file.is_file()
    except OSError as error:
        raise LibraryUnusable(
            f"The library at {file.parent} cannot be read ({error.strerror}). It is not damaged: "
            "change the permissions of its folder."
        ) from error


def set_damaged_aside(folder: Path) -> Path | None:
    """Rename a library's file that is too damaged to be opened; its new name, None for a sound one.

    Raises:
        KathederError: it cannot be opened for another reason than damage.
    """
    try:
        Library(folder).documents()
    except DatabaseFault as error:
        if error.is_damage:
            return Database(folder / DATABASE).set_aside()
        raise
    return None
