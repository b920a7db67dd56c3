"""Bring a library of an older format to the present one."""

from __future__ import annotations

import logging
import sqlite3

from ingest.errors import LibraryMismatch
from ingest.store.courses import courses_of_collections
from ingest.store.database import Database
from ingest.store.rows import passage_terms, select_documents, select_passages
from ingest.store.schema import (
    FORMAT,
    add_tables_and_columns,
    create_full_text_table,
    read_format,
    set_format,
)
from ingest.text.detect import language_of

logger = logging.getLogger(__name__)

_LATEST_TERMS = 3  # the first format whose full-text table is as today's
_FIRST_COURSES = 5  # the first format with courses; before, a document had one collection


def migrate(database: Database) -> None:
    """Bring a library of an older format to the present one, all or nothing.

    Where it cannot be written to, a temporary copy is brought to the present format and read instead.

    Format 1 kept the passages' own words for a stemmer of English in SQLite; format 2 keeps the
    stems of each document's language. Format 3 adds the pages' printed labels and what few passages
    have, which are empty until a document is read again; it knows more languages, scripts without
    blanks and more spellings; the terms of older ones are filled again from the passages. Format 4
    adds the pages' regions, which are empty until a document is read again. Format 5 has courses in
    place of collections, and corrections of pages.

    Raises:
        LibraryMismatch: neither the library nor a copy of it can be written to.
    """
    old = read_format(database) or FORMAT
    if old == FORMAT:
        return
    try:
        if database.is_read_only():
            database.read_from_copy(_migrate)
        else:
            _migrate(database)
    except (sqlite3.Error, OSError) as error:
        folder = database.file.parent
        raise LibraryMismatch(
            f"The library at {folder} has format {old} and cannot be brought to format {FORMAT} "
            f"({error}). Make the folder writable and run "
            f"`katheder library verify --library {folder}` once, or copy it to where you can write."
        ) from error


def _migrate(database: Database) -> None:
    with database.transaction() as db:
        old = read_format(database) or FORMAT
        if old == FORMAT:
            return  # another process was first
        logger.info("bringing %s from format %s to %s", database.file, old, FORMAT)
        add_tables_and_columns(db, old)
        if old < _LATEST_TERMS:
            _recognise_languages(db)
            _fill_full_text_table(db)
        if old < _FIRST_COURSES:
            courses_of_collections(db, select_documents(db))
        set_format(db)


def _recognise_languages(db: sqlite3.Connection) -> None:
    """Look again at the documents whose language was not known."""
    for (id,) in db.execute("SELECT id FROM documents WHERE language = ''").fetchall():
        texts = db.execute("SELECT text FROM pages WHERE document = ? ORDER BY number", (id,))
        code = language_of("\n".join(text for (text,) in texts))
        db.execute("UPDATE documents SET language = ? WHERE id = ?", (code, id))


def _fill_full_text_table(db: sqlite3.Connection) -> None:
    db.execute("DROP TABLE IF EXISTS passages_text")
    db.execute("DROP TABLE IF EXISTS passage_terms")
    create_full_text_table(db)
    for document in select_documents(db):
        for passage in select_passages(db, document.id):
            (row,) = db.execute("SELECT row FROM passages WHERE id = ?", (passage.id,))
            db.execute(
                "INSERT INTO passage_terms (rowid, context, text) VALUES (?, ?, ?)",
                (*row, *passage_terms(passage)),
            )
