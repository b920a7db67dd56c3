"""The tables of a library's file, the version of their format, and the configuration kept there."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ingest.errors import LibraryMismatch
from ingest.store.database import Database
from ingest.store.faults import DatabaseFault

FORMAT = 4
DATABASE = "library.sqlite"

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, file TEXT NOT NULL, title TEXT NOT NULL,
    pages INTEGER NOT NULL, language TEXT NOT NULL, collection TEXT NOT NULL
);
CREATE TABLE pages (
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    number INTEGER NOT NULL, width REAL NOT NULL, height REAL NOT NULL, heading TEXT NOT NULL,
    origin TEXT NOT NULL, text TEXT NOT NULL, layout BLOB NOT NULL,
    label TEXT NOT NULL DEFAULT '', regions TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (document, number)
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    pages TEXT NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL, spans TEXT NOT NULL,
    overlap INTEGER NOT NULL, vector BLOB NOT NULL, about TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX passages_by_document ON passages (document);
"""
# What a format added. `about` is a JSON object of what few passages have, `regions` a JSON list of
# those of the page, see `ingest.store.rows`.
_ADDED_COLUMNS = {
    3: (
        "ALTER TABLE pages ADD COLUMN label TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE passages ADD COLUMN about TEXT NOT NULL DEFAULT '{}'",
    ),
    4: ("ALTER TABLE pages ADD COLUMN regions TEXT NOT NULL DEFAULT '[]'",),
}
# Each passage's terms, see `ingest.text.terms`: the stems are made before they come here.
_FULL_TEXT_TABLE = """
CREATE VIRTUAL TABLE passage_terms USING fts5 (
    context, text, tokenize = 'unicode61 remove_diacritics 0'
)
"""

# Keys of the meta table. The names are older than the words used here, and stay readable.
_FORMAT_KEY, _CONFIG_KEY, _HASH_KEY, _GONE_KEY = "format", "recipe", "stamp", "gone"


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """How a library's index was built; one library never mixes two configurations.

    `encoder` is the bi-encoder's identity, `dimension` the length of its vectors, `chunker` the
    version and the settings of the code that cut the passages.
    """

    encoder: str
    dimension: int
    chunker: str


def create_tables(db: sqlite3.Connection) -> None:
    """Create the empty tables where they are missing; call it in a transaction."""
    if _has_tables(db):
        return  # another process was first
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    create_full_text_table(db)


def create_full_text_table(db: sqlite3.Connection) -> None:
    """Create the empty full-text table and set the format; call it in a transaction."""
    db.execute(_FULL_TEXT_TABLE)
    set_format(db)


def add_columns(db: sqlite3.Connection, old: int) -> None:
    """Add what the tables of an older format lack; call it in a transaction."""
    for number, statements in _ADDED_COLUMNS.items():
        if number > old:
            for statement in statements:
                db.execute(statement)


def set_format(db: sqlite3.Connection) -> None:
    """Say that the tables have the present format; call it in a transaction."""
    _write_meta(db, _FORMAT_KEY, str(FORMAT))
    update_content_hash(db)


def read_format(database: Database) -> int | None:
    """The format of a library's file, from 1 to `FORMAT`; None where it has no tables.

    It has none when it is new, or when a run was killed before it had created them.

    Raises:
        LibraryMismatch: a newer version wrote it.
        DatabaseFault: the file cannot be read, is damaged, or is no library.
    """
    file = database.file
    if not _has_tables(database.connection()):
        return None
    stored = _read_meta(database.connection(), _FORMAT_KEY)
    if stored and stored.isdigit() and 1 <= int(stored) <= FORMAT:
        return int(stored)
    if stored and stored.isdigit():
        raise LibraryMismatch(
            f"The library at {file.parent} has format {stored}, expected format {FORMAT}: a newer "
            "version of Katheder wrote it. Use that version, or another folder with --library."
        )
    fault = DatabaseFault(
        f"The library file {file} is damaged (its format is {stored!r}, expected {FORMAT}). "
        f"Run `katheder library rebuild --library {file.parent}`, which sets it aside."
    )
    fault.is_damage = True
    raise fault


def _has_tables(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone())


def read_config(db: sqlite3.Connection) -> IndexConfig | None:
    """The configuration that the index was built with; None before the first document."""
    value = _read_meta(db, _CONFIG_KEY)
    return IndexConfig(**json.loads(value)) if value else None


def write_config(db: sqlite3.Connection, config: IndexConfig) -> None:
    """Set the configuration and update the content hash; call it in a transaction."""
    _write_meta(db, _CONFIG_KEY, json.dumps(asdict(config)))
    update_content_hash(db)


def read_content_hash(db: sqlite3.Connection) -> str:
    """The stored content hash, hexadecimal."""
    return _read_meta(db, _HASH_KEY) or ""


def update_content_hash(db: sqlite3.Connection) -> None:
    """Store SHA-256 over format, configuration and every document; call it in a transaction."""
    digest = hashlib.sha256(f"{FORMAT} {_read_meta(db, _CONFIG_KEY)}".encode())
    for row in db.execute("SELECT id, file, collection FROM documents ORDER BY id"):
        digest.update("\0".join(row).encode())
    for row in db.execute(  # reading them changes the passages, but not the documents
        "SELECT document, count(*) FROM pages WHERE origin = 'picture' GROUP BY document ORDER BY 1"
    ):
        digest.update(repr(row).encode())
    if gone := read_gone(db):
        digest.update(repr(sorted(gone.items())).encode())
    _write_meta(db, _HASH_KEY, digest.hexdigest())


def read_gone(db: sqlite3.Connection) -> dict[str, Any]:
    """The stored marks of documents whose files are gone; see `ingest.store.places`."""
    value = _read_meta(db, _GONE_KEY)
    return dict(json.loads(value)) if value else {}


def write_gone(db: sqlite3.Connection, marks: Mapping[str, str]) -> None:
    """Store these marks alone and update the content hash; call it in a transaction."""
    if marks:
        _write_meta(db, _GONE_KEY, json.dumps(dict(sorted(marks.items()))))
    else:
        db.execute("DELETE FROM meta WHERE key = ?", (_GONE_KEY,))
    update_content_hash(db)


def _read_meta(db: sqlite3.Connection, key: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return row[0] if row else None


def _write_meta(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
