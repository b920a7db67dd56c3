"""Bring a library of an older format to the present one."""

from __future__ import annotations

import logging
import sqlite3

from ingest.errors import LibraryMismatch
from ingest.store.database import Database
from ingest.store.rows import passage_terms, select_documents, select_passages
from ingest.store.schema import FORMAT, create_full_text_table, read_format

logger = logging.getLogger(__name__)


def migrate(database: Database) -> None:
    """Bring a library of format 1 to format 2, all or nothing; one of format 2 stays as it is.

    Format 1 kept the passages' own words for a stemmer of English in SQLite; format 2 keeps the
    stems of each document's language. The table is filled again from the passages.

    Raises:
        LibraryMismatch: the library cannot be written to.
    """
    if read_format(database) == FORMAT:
        return
    try:
        with database.transaction() as db:
            if read_format(database) == FORMAT:
                return  # another process was first
            logger.info("building the full-text index of %s again", database.file)
            db.execute("DROP TABLE passages_text")
            create_full_text_table(db)
            for document in select_documents(db):
                for passage in select_passages(db, document.id):
                    (row,) = db.execute("SELECT row FROM passages WHERE id = ?", (passage.id,))
                    db.execute(
                        "INSERT INTO passage_terms (rowid, context, text) VALUES (?, ?, ?)",
                        (*row, *passage_terms(passage)),
                    )
    except sqlite3.Error as error:
        folder = database.file.parent
        raise LibraryMismatch(
            f"The library at {folder} has format 1 and cannot be brought to format {FORMAT} "
            f"({error}). Make the folder writable and run "
            f"`katheder library verify --library {folder}` once, or copy it to where you can write."
        ) from error
