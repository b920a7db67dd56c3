"""Checks of a library on disk: one hash of all that it holds, and a search for faults."""

from __future__ import annotations

import hashlib
import math
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from ingest.page_boxes import single_blanks
from ingest.store.corrections import select_corrections
from ingest.store.faults import TABLES, DatabaseFault
from ingest.store.partitioned import partitions_fault
from ingest.store.rows import (
    count_passages,
    passage_terms,
    select_documents,
    select_page,
    select_passages,
    select_vectors,
)
from ingest.store.schema import IndexConfig, read_config, read_content_hash
from ingest.types import Document, Page
from ingest.vectors import index_file, saved_index_fault

_NORM_TOLERANCE = 0.01  # of a vector's length from 1, after it was stored as float16


def full_hash(db: sqlite3.Connection) -> str:
    """SHA-256 over all that a library holds, independent of the order it was added in."""
    digest = hashlib.sha256(repr(read_config(db)).encode())
    for query in (
        "SELECT * FROM documents ORDER BY id",
        "SELECT c.name, m.document FROM courses c"
        " LEFT JOIN course_documents m ON m.course = c.id ORDER BY c.position, c.name, m.position",
        "SELECT * FROM corrections ORDER BY document, page",
        "SELECT * FROM pages ORDER BY document, number",
        "SELECT p.id, p.document, p.pages, p.headings, p.text, p.spans, p.overlap, p.vector, p.about,"
        " t.context, t.text FROM passages p JOIN passage_terms t ON t.rowid = p.row ORDER BY p.id",
    ):
        for row in db.execute(query):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def verify(db: sqlite3.Connection, folder: Path) -> list[str]:
    """Check every table, row, offset, vector and the saved index; nothing in them ends the check.

    Args:
        db: A connection to the library.
        folder: Where the index file is.

    Returns:
        One sentence for each fault.
    """
    faults = [*_file_faults(db), *_missing_tables(db)]
    if faults:  # nothing else that a damaged file says can be trusted
        return faults
    try:
        config = read_config(db)
        documents = select_documents(db)
    except DatabaseFault as error:
        return [str(error)]
    except Exception as error:
        return [f"the table documents cannot be read ({error})"]
    faults = [*_text_index_faults(db, documents), *_orphans(db)]
    for document in documents:
        faults += _document_faults(db, document)
    if config:
        faults += _vector_faults(db, config, folder)
    return faults


def _file_faults(db: sqlite3.Connection) -> Iterator[str]:
    try:
        for (message,) in db.execute("PRAGMA integrity_check(20)"):
            if "fts5" in str(message).lower():
                yield f"the full-text index is damaged ({message})"
            elif message != "ok":
                yield f"the database file is damaged ({message})"
    except sqlite3.DatabaseError as error:
        yield f"the database file is damaged ({error.__cause__ or error})"


def _missing_tables(db: sqlite3.Connection) -> Iterator[str]:
    present = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    for table in TABLES:
        if table not in present:
            yield f"the table {table} is missing"
        else:
            try:
                db.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()
            except sqlite3.DatabaseError as error:
                yield f"the table {table} cannot be read ({error.__cause__ or error})"


def _text_index_faults(db: sqlite3.Connection, documents: Iterable[Document]) -> Iterator[str]:
    try:
        db.execute("INSERT INTO passage_terms (passage_terms) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        if getattr(error, "is_damage", False):  # a library that is only read cannot be asked so
            yield f"the full-text index is damaged ({error.__cause__ or error})"
            return
    text_count = db.execute("SELECT count(*) FROM passage_terms").fetchone()[0]
    passage_count = count_passages(db)
    if text_count != passage_count:
        yield f"{text_count} full-text rows for {passage_count} passages"
    rows = {
        id: (context, text)
        for id, context, text in db.execute(
            "SELECT p.id, t.context, t.text FROM passages p JOIN passage_terms t ON t.rowid = p.row"
        )
    }
    for document in documents:
        try:
            for passage in select_passages(db, document.id):
                if passage.id not in rows:
                    yield f"passage {passage.id} has no full-text row"
                elif rows[passage.id] != passage_terms(passage):
                    yield f"passage {passage.id} has a full-text row with a different text"
        except DatabaseFault:
            pass  # told with the document


def _orphans(db: sqlite3.Connection) -> Iterator[str]:
    for table, name in (("passages", "id"), ("pages", "number")):
        for value, document in db.execute(
            f"SELECT {name}, document FROM {table}"
            f" WHERE document NOT IN (SELECT id FROM documents) ORDER BY document, {name}"
        ):
            which = (
                f"passage {value}" if table == "passages" else f"page {value} of {document[:12]}"
            )
            yield f"{which} belongs to no document"


def _document_faults(db: sqlite3.Connection, document: Document) -> Iterator[str]:
    """Rows that cannot be read, pages that are missing, words outside of their page, and passages
    whose text is not what their offsets cut out.
    """
    texts: dict[int, str] = {}
    numbers = db.execute("SELECT number FROM pages WHERE document = ?", (document.id,)).fetchall()
    if len(numbers) != document.pages:
        yield f"{document.file}: {len(numbers)} pages stored, {document.pages} expected"
    for (number,) in numbers:
        try:
            page = select_page(db, document.id, number)
            assert page is not None
            texts[number] = page.text
            yield from _page_faults(document, page)
        except Exception as error:
            yield f"{document.file}: page {number} cannot be read ({error.__cause__ or error})"
    try:
        select_corrections(db, document.id)
    except Exception as error:
        yield f"{document.file}: its corrections cannot be read ({error.__cause__ or error})"
    try:
        passages = select_passages(db, document.id)
    except DatabaseFault as error:
        yield f"{document.file}: a passage cannot be read ({error.__cause__ or error})"
        return
    for passage in passages:
        try:
            cut = "\n".join(
                single_blanks(texts.get(span.page, "")[span.start : span.end])
                for span in passage.spans
            )
        except TypeError:
            cut = ""
        if cut != passage.text:
            yield f"{document.file}: the offsets of passage {passage.id} do not give its text"


def _page_faults(document: Document, page: Page) -> Iterator[str]:
    parts = [(line.start, line.end, line.box) for line in page.lines]
    parts += [(word.start, word.end, word.box) for word in page.words]
    for start, end, box in parts:
        if not 0 <= start <= end <= len(page.text) or not all(
            math.isfinite(side) for side in (box.x0, box.y0, box.x1, box.y1)
        ):
            yield f"{document.file}: the boxes of the words of page {page.number} are damaged"
            return


def _vector_faults(db: sqlite3.Connection, config: IndexConfig, folder: Path) -> Iterator[str]:
    blobs = [blob for (blob,) in db.execute("SELECT vector FROM passages ORDER BY id")]
    wrong_length = sum(len(blob) != 2 * config.dimension for blob in blobs)
    if wrong_length:
        yield f"{wrong_length} vectors do not have {config.dimension} values"
        return
    stored = np.frombuffer(b"".join(blobs), dtype="<f2").reshape(len(blobs), config.dimension)
    norms = np.linalg.norm(stored.astype(np.float32), axis=1)
    if not np.isfinite(norms).all() or (abs(norms - 1) > _NORM_TOLERANCE).any():
        yield "some vectors are zero or not finite"
        return
    file = index_file(folder, read_content_hash(db))
    if fault := saved_index_fault(file, select_vectors(db)):
        yield fault
    if fault := partitions_fault(folder, db):
        yield fault
