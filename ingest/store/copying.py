"""A library copied to another store, document by document, and compared with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

from ingest.errors import LibraryMissing, LibraryUnusable
from ingest.store import transfer
from ingest.store.library import Library
from ingest.store.schema import update_content_hash


class CopyReport(NamedTuple):
    """Documents that were written, those that were there already, and passages in all."""

    copied: int
    present: int
    passages: int


def copy_library(
    source: Library,
    target: Library,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> CopyReport:
    """Copy a library's documents, vectors, corrections and courses; the source stays.

    A copy that was interrupted goes on where it was, since each document is written whole.

    Args:
        source: The library to copy.
        target: An empty library, or one with documents of the source alone.
        progress: Is told how many documents are done, and of how many.

    Raises:
        LibraryMissing: the source is empty.
        LibraryMismatch: the target was built with another configuration.
        LibraryUnusable: the target has documents that the source lacks, or is the source.
    """
    origin, config = source.database, source.config()
    documents = transfer.document_ids(origin.connection())
    if config is None or not documents:
        raise LibraryMissing(
            f"The library at {origin.name} is empty. Fill it with `katheder ingest PATH... "
            f"--library {origin.name}` first."
        )
    names = origin.name, target.database.name
    if names[0] == names[1]:
        raise LibraryUnusable(f"{names[0]} cannot be copied to itself; name another library.")
    present = set(transfer.document_ids(target.database.connection()))
    if others := present.difference(documents):
        raise LibraryUnusable(
            f"The library at {names[1]} has {len(others)} documents that {names[0]} lacks, and a copy "
            "would lose their courses. Name an empty library."
        )
    target.check_or_set_config(config)
    copied = 0
    for done, document in enumerate(documents, start=1):
        tables = transfer.document_rows(origin.connection(), document)
        if tables != transfer.document_rows(target.database.connection(), document):
            with target.database.transaction() as db:
                transfer.write_document_rows(db, document, tables)
                update_content_hash(db)
            copied += 1
        progress(done, len(documents))
    shared = transfer.shared_rows(origin.connection())
    if shared != transfer.shared_rows(target.database.connection()):
        with target.database.transaction() as db:
            transfer.write_shared_rows(db, shared)
            update_content_hash(db)
    return CopyReport(copied, len(documents) - copied, target.count())


def differences(source: Library, target: Library) -> list[str]:
    """What a copy has otherwise than its source, a sentence each; the copy's store is read too."""
    mine, theirs = source.database.connection(), target.database.connection()
    faults = []
    for document in sorted({*transfer.document_ids(mine), *transfer.document_ids(theirs)}):
        faults += _document_differences(mine, theirs, document)
    if transfer.shared_rows(mine) != transfer.shared_rows(theirs):
        faults.append("the configuration or the courses differ")
    return faults + target.verify()


def _document_differences(
    source: sqlite3.Connection, target: sqlite3.Connection, document: str
) -> list[str]:
    ours, copy = (transfer.document_rows(db, document) for db in (source, target))
    name, faults = document[:12], []
    for table, rows in ours.items():
        if len(rows) != len(copy[table]):
            faults.append(f"document {name}: {len(copy[table])} {table}, expected {len(rows)}")
        elif [{**row, "vector": b""} for row in rows] != [
            {**row, "vector": b""} for row in copy[table]
        ]:
            faults.append(f"document {name}: the {table} differ")
        elif rows != copy[table]:
            faults.append(f"document {name}: the vectors differ")
    return faults
