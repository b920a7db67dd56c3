"""A library in a folder. One SQLite file is the truth; the FAISS index beside it is derived.

A document enters or leaves in one transaction, with its pages, passages, vectors (half
precision) and full-text rows, so that a killed run leaves only whole documents. The library
stores the configuration that it was built with, and refuses to mix encoders or chunkers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np

from ingest.converted import remove_converted
from ingest.errors import LibraryMismatch, LibraryMissing, LibraryUnusable
from ingest.guides import remove_guide
from ingest.store import courses, lexical, places, rows, schema, verification
from ingest.store.corrections import select_corrections, write_corrections
from ingest.store.engine import open_engine
from ingest.store.migration import migrate
from ingest.store.partitioned import remove_index_files
from ingest.store.schema import IndexConfig
from ingest.text.languages import language as document_language
from ingest.text.visible import file_name
from ingest.types import Correction, Course, Document, Page, ParsedDocument, Passage

_MIN_ID_PREFIX = 6  # hexadecimal digits of an id that name a document


class Library:
    """A library in a folder, which implements `Store`; threads can share one."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the library in a folder.

        Raises:
            LibraryMissing: there is none and `create` is false.
            LibraryMismatch: it has a format that this version does not know, or an older one that
                cannot be brought to the present one.
            LibraryUnusable: it is damaged, locked, another program's, or may not be read, or the
                folder is none.
        """
        self.folder = folder
        self.database, self._dense, self._lexical = open_engine(folder)
        if not self.database.exists():
            if folder.exists() and not folder.is_dir():
                raise LibraryUnusable(
                    f"{folder} is a file; a library is a folder. Name another one with --library."
                )
            if not create:
                name = self.database.name
                raise LibraryMissing(
                    f"No library at {name}. Build it with `katheder ingest PATH... --library {name}`."
                )
            self.database.create()
        schema.refuse_foreign(self.database.file)
        if schema.read_format(self.database) is None:
            with self.database.transaction() as db:
                schema.create_tables(db)
        migrate(self.database)

    def close(self) -> None:
        """Close this thread's connection."""
        self.database.close()

    def replace_with(self, other: Library) -> None:
        """Replace all contents by those of another library, in one step; closes the other."""
        self.database.replace_by(other.database)
        other.close()
        remove_index_files(self.folder)  # they may be damaged

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
                if field.name == "chunker" and old.partition(" ")[2] == new.partition(" ")[2]:
                    raise LibraryMismatch(
                        f"The library at {self.database.name} was read by another version of the program "
                        f"(chunker {old}, now {new}). It can be searched; before files are added, read "
                        f"its own again with `katheder library rebuild --library {self.database.name}`."
                    )
                raise LibraryMismatch(
                    f"The library at {self.database.name} was built with {field.name} {old}, but the settings "
                    f"ask for {new}. Rebuild it with `katheder library rebuild --library {self.database.name}`, "
                    "or go back to the old setting."
                )

    def content_hash(self) -> str:
        """SHA-256 over the configuration and every document; see `Store.content_hash`."""
        return schema.read_content_hash(self.database.connection())

    # ---- documents ----

    def add(
        self,
        parsed: ParsedDocument,
        passages: Sequence[Passage],
        vectors: np.ndarray,
        corrections: Mapping[int, Correction] | None = None,
    ) -> None:
        """Add a document; see `Store.add`. It stays in its courses.

        Args:
            parsed: The document and its pages.
            passages: Its passages, in reading order.
            vectors: Unit vectors, shape (len(passages), dimension); stored as float16.
            corrections: By page number, already made in `parsed`; None: those that it has.

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
            memberships = courses.select_memberships(db, [id for (id,) in replaced])
            if corrections is None:
                corrections = select_corrections(db, document.id)
            for (id,) in replaced:
                rows.delete_document(db, id)
                write_corrections(db, id, {})
            places.set_marks(db, places.marks(db))
            rows.insert_document(db, parsed, passages, vectors)
            courses.write_memberships(db, document.id, memberships)
            write_corrections(db, document.id, corrections)
            schema.update_content_hash(db)
        self._remove_converted({id for (id,) in replaced} - {document.id})

    def remove(self, document: str) -> bool:
        """Remove a document by its id; see `Store.remove`."""
        with self.database.transaction() as db:
            removed = rows.delete_document(db, document)
            write_corrections(db, document, {})
            places.set_marks(db, places.marks(db))
        self._remove_converted({document})
        return removed

    def _remove_converted(self, documents: Iterable[str]) -> None:
        """Delete the PDFs and guides that were made of documents which left the library."""
        for document in documents:
            remove_converted(document, self.folder)
            remove_guide(document, self.folder)

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

    def corrections(self, document: str) -> dict[int, Correction]:
        """What persons changed of a document's pages, by number; `ingest.edit` makes such changes."""
        return select_corrections(self.database.connection(), document)

    def unread_pictures(self) -> dict[str, list[int]]:
        """The pages, from 1, with pictures that were not read yet, by the document's id."""
        return rows.select_unread_pictures(self.database.connection())

    def pages_without_text(self, documents: Collection[str] | None = None) -> dict[str, list[int]]:
        """The pages, from 1, that hold only pictures or drawings, by the document's id.

        No passage tells what they show, whether their pictures were read or not; headers and page
        numbers are no text. A library of an older format knows only those that were not read.
        """
        pages = rows.select_pages_without_text(self.database.connection())
        return {id: n for id, n in pages.items() if documents is None or id in documents}

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

    def pages(self, document: str) -> list[Page]:
        """A document's pages with their lines and words, in order."""
        return rows.select_pages(self.database.connection(), document)

    def page_texts(self) -> list[tuple[str, int, str]]:
        """Every page's document id, number from 1 and text, in order."""
        return rows.select_page_texts(self.database.connection())

    def page_outlines(self, document: str) -> list[tuple[int, str, float, float]]:
        """Each page's number from 1, heading ("" for none), width and height in points, in order."""
        return rows.select_page_outlines(self.database.connection(), document)

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

    def search_dense(
        self, query: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest cosine; see `Store.search_dense`."""
        return self._dense.search(query, k, self._part(documents))

    def merge_index(self) -> bool:
        """Bring the index of a large library up to date, which takes minutes; whether it was old."""
        return self._dense.merge()

    def search_lexical(
        self, question: str, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the largest BM25; see `Store.search_lexical`."""
        return self._lexical.search(question, k, self._part(documents))

    def _part(self, documents: Collection[str] | None) -> frozenset[str] | None:
        """The documents to search; None for all of them, which need no filter."""
        if documents is None:
            return None
        part = frozenset(documents)
        ids = {id for (id,) in self.database.connection().execute("SELECT id FROM documents")}
        return None if ids <= part else part

    def highlight(self, question: str, passage: str) -> list[tuple[int, int]]:
        """(start, end) of each word of a passage's text that the lexical search matches."""
        return lexical.highlight(self.database.connection(), question, passage)

    def languages(self, documents: Collection[str] | None = None) -> set[str]:
        """The languages that documents are indexed in, as ISO 639-1 codes."""
        return {
            document_language(document.language).code
            for document in self.documents()
            if documents is None or document.id in documents
        }

    # ---- courses ----

    def courses(self) -> list[Course]:
        """All courses in order, each with its lectures in order."""
        return courses.select_courses(self.database.connection())

    def course(self, name: str) -> Course:
        """The course of a name, whatever its capitals; BadCourse names those that exist."""
        return courses.select_course(self.database.connection(), name)

    def add_course(self, name: str) -> Course:
        """Add a course without lectures; one of that name stays as it is."""
        with self.database.transaction() as db:
            return courses.insert_course(db, name)

    def rename_course(self, name: str, new: str) -> None:
        """Rename a course; BadCourse if there is none, or one of the new name."""
        with self.database.transaction() as db:
            courses.rename_course(db, name, new)

    def remove_course(self, name: str) -> None:
        """Remove a course; its lectures stay in the library."""
        with self.database.transaction() as db:
            courses.delete_course(db, name)

    def set_courses(self, names: Sequence[str]) -> None:
        """Put the courses into this order; those that are not named follow."""
        with self.database.transaction() as db:
            courses.write_order(db, names)

    def set_course(self, name: str, documents: Sequence[str]) -> None:
        """Give a course these lectures, by their ids, in this order and no others."""
        with self.database.transaction() as db:
            courses.write_documents(db, name, documents)

    def add_to_course(self, name: str, document: str) -> bool:
        """Put a lecture where its number, date or name belongs; False if it is in the course.

        A course that is missing is made.
        """
        everything = {known.id: known for known in self.documents()}
        with self.database.transaction() as db:
            return courses.write_place(db, name, everything[document], everything)

    def remove_from_course(self, name: str, document: str) -> None:
        """Take a lecture out of a course; it stays in the library."""
        with self.database.transaction() as db:
            left = [id for id in courses.select_course(db, name).documents if id != document]
            courses.write_documents(db, name, left)

    # ---- verification ----

    def full_hash(self) -> str:
        """SHA-256 over all that the library holds, independent of the order it was added in."""
        return verification.full_hash(self.database.connection())

    def verify(self) -> list[str]:
        """Check every table, offset, vector and the index; one sentence for each fault."""
        faults = verification.verify(self.database.connection(), self.folder)
        return faults or self.database.faults()
