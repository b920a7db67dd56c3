"""Checks of a library on disk: one hash of all that it holds, and a search for faults."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ingest.page_boxes import single_blanks
from ingest.store.dense import DenseSearch
from ingest.store.rows import (
    count_passages,
    passage_terms,
    select_documents,
    select_pages,
    select_passages,
    select_vectors,
)
from ingest.store.schema import IndexConfig, read_config
from ingest.types import Document

_NORM_TOLERANCE = 0.01  # of a vector's length from 1, after it was stored as float16


def full_hash(db: sqlite3.Connection) -> str:
    """SHA-256 over all that a library holds, independent of the order it was added in."""
    digest = hashlib.sha256(repr(read_config(db)).encode())
    for query in (
        "SELECT * FROM documents ORDER BY id",
        "SELECT * FROM pages ORDER BY document, number",
        "SELECT p.id, p.document, p.pages, p.headings, p.text, p.spans, p.overlap, p.vector, p.about,"
        " t.context, t.text FROM passages p JOIN passage_terms t ON t.rowid = p.row ORDER BY p.id",
    ):
        for row in db.execute(query):
            digest.update(repr(row).encode())
    return digest.hexdigest()


def verify(db: sqlite3.Connection, dense: DenseSearch, folder: Path) -> list[str]:
    """Check every table, offset, vector and the index.

    Args:
        db: A connection to the library.
        dense: Its index.
        folder: Where the index files are, for the messages.

    Returns:
        One sentence for each fault.
    """
    faults = list(_file_faults(db))
    if faults:  # nothing else that a damaged file says can be trusted
        return faults
    faults = [*_text_index_faults(db), *_orphans(db)]
    for document in select_documents(db):
        faults += _document_faults(db, document)
    config = read_config(db)
    if config:
        faults += _vector_faults(db, config, dense, folder)
    return faults


def _file_faults(db: sqlite3.Connection) -> Iterator[str]:
    try:
        for (message,) in db.execute("PRAGMA integrity_check"):
            if message != "ok":
                yield str(message)
    except sqlite3.DatabaseError as error:
        yield str(error)


def _text_index_faults(db: sqlite3.Connection) -> Iterator[str]:
    try:
        db.execute("INSERT INTO passage_terms (passage_terms) VALUES ('integrity-check')")
    except sqlite3.DatabaseError as error:
        yield f"the full-text index is damaged ({error})"
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
    for document in select_documents(db):
        for passage in select_passages(db, document.id):
            if passage.id not in rows:
                yield f"passage {passage.id} has no full-text row"
            elif rows[passage.id] != passage_terms(passage):
                yield f"passage {passage.id} has a full-text row with a different text"


def _orphans(db: sqlite3.Connection) -> Iterator[str]:
    for (id,) in db.execute(
        "SELECT id FROM passages WHERE document NOT IN (SELECT id FROM documents) ORDER BY id"
    ):
        yield f"passage {id} belongs to no document"


def _document_faults(db: sqlite3.Connection, document: Document) -> Iterator[str]:
    """Pages that are missing, and passages whose text is not what their offsets cut out."""
    texts = {page.number: page.text for page in select_pages(db, document.id)}
    if len(texts) != document.pages:
        yield f"{document.file}: {len(texts)} pages stored, {document.pages} expected"
    for passage in select_passages(db, document.id):
        cut = "\n".join(
            single_blanks(texts.get(span.page, "")[span.start : span.end]) for span in passage.spans
        )
        if cut != passage.text:
            yield f"{document.file}: the offsets of passage {passage.id} do not give its text"


def _vector_faults(
    db: sqlite3.Connection, config: IndexConfig, dense: DenseSearch, folder: Path
) -> Iterator[str]:
    wrong_length = db.execute(
        "SELECT count(*) FROM passages WHERE length(vector) != ?", (2 * config.dimension,)
    ).fetchone()[0]
    if wrong_length:
        yield f"{wrong_length} vectors do not have {config.dimension} values"
        return
    vectors, (index, _) = select_vectors(db), dense.index(as_saved=True)
    norms = np.linalg.norm(vectors, axis=1)
    if (abs(norms - 1) > _NORM_TOLERANCE).any() or not np.isfinite(vectors).all():
        yield "some vectors are zero or not finite"
    elif not np.array_equal(index.vectors(), vectors):
        yield (
            f"the index does not hold the {len(vectors)} stored vectors; "
            f"delete {folder / 'index-*.faiss'}, the next search builds it again"
        )
