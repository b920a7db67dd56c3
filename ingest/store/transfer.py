"""A document's rows, and those that all documents share, as values that another database takes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

Rows = list[dict[str, Any]]  # the values of one table by the names of its columns
DocumentRows = dict[str, Rows]  # by table
#: The tables with rows of one document, with the column that has its id.
_OWNER = {"documents": "id", "pages": "document", "corrections": "document"}
_SHARED = ("meta", "courses", "course_documents")
_PASSAGES = (
    "SELECT p.id, p.document, p.pages, p.headings, p.text, p.spans, p.overlap, p.vector, p.about,"
    " t.context AS context_terms, t.text AS text_terms FROM passages p"
    " JOIN passage_terms t ON t.rowid = p.row WHERE p.document = ? ORDER BY p.id"
)
_TERMS = ("context_terms", "text_terms")


def document_rows(db: sqlite3.Connection, document: str) -> DocumentRows:
    """All rows of a document; its passages with their terms. Empty lists where there is none."""
    tables = {
        table: _rows(db, f"SELECT * FROM {table} WHERE {owner} = ? ORDER BY 1, 2", document)
        for table, owner in _OWNER.items()
    }
    return {**tables, "passages": _rows(db, _PASSAGES, document)}


def write_document_rows(db: sqlite3.Connection, document: str, tables: DocumentRows) -> None:
    """Replace all rows of a document; call it in a transaction, then `write_shared_rows`."""
    delete_document_rows(db, document)
    for table in _OWNER:
        for row in tables[table]:
            _insert(db, table, row)
    for row in tables["passages"]:
        plain = {name: value for name, value in row.items() if name not in _TERMS}
        number = _insert(db, "passages", plain)
        terms = {"rowid": number, "context": row["context_terms"], "text": row["text_terms"]}
        _insert(db, "passage_terms", terms)


def delete_document_rows(db: sqlite3.Connection, document: str) -> None:
    """Delete all rows of a document; call it in a transaction."""
    db.execute(
        "DELETE FROM passage_terms WHERE rowid IN (SELECT row FROM passages WHERE document = ?)",
        (document,),
    )
    db.execute("DELETE FROM corrections WHERE document = ?", (document,))
    db.execute("DELETE FROM documents WHERE id = ?", (document,))  # and what refers to it


def document_ids(db: sqlite3.Connection) -> list[str]:
    """The ids of all documents, sorted."""
    return [id for (id,) in db.execute("SELECT id FROM documents ORDER BY id")]


def shared_rows(db: sqlite3.Connection) -> dict[str, Rows]:
    """The rows of the configuration, the marks of missing files and the courses."""
    return {table: _rows(db, f"SELECT * FROM {table} ORDER BY 1, 2") for table in _SHARED}


def write_shared_rows(db: sqlite3.Connection, tables: Mapping[str, Rows]) -> None:
    """Replace them; memberships of documents that are missing are left out."""
    for table in reversed(_SHARED):
        db.execute(f"DELETE FROM {table}")
    present = set(document_ids(db))
    for table in _SHARED:
        for row in tables[table]:
            if row.get("document", "") in present or "document" not in row:
                _insert(db, table, row)


def replace_all_rows(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Give a database the contents of another one; call it in a transaction of the target."""
    for document in document_ids(target):
        delete_document_rows(target, document)
    for document in document_ids(source):
        write_document_rows(target, document, document_rows(source, document))
    write_shared_rows(target, shared_rows(source))


def _rows(db: sqlite3.Connection, query: str, *values: str) -> Rows:
    cursor = db.execute(query, values)
    names: Sequence[str] = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _insert(db: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> int:
    marks = ",".join("?" * len(row))
    cursor = db.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values())
    )
    return int(cursor.lastrowid or 0)
