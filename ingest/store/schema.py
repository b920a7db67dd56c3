"""The tables of a library's file, the version of their format, and the configuration kept there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.errors import LibraryMismatch, LibraryUnusable
from ingest.store.database import Database
from ingest.store.faults import TABLES, damage, undecodable

FORMAT = 5
DATABASE = "library.sqlite"
_OUR_TABLES = 4  # by which a damaged library is known; another program may have one of that name

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, file TEXT NOT NULL, title TEXT NOT NULL,
    pages INTEGER NOT NULL, language TEXT NOT NULL
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
# `corrections` keeps, of a page that was corrected or hidden, what was read: text, heading and layout;
# `pages.origin` stays as it was read. `text` is what it says now, NULL where it is only hidden.
_TABLES_OF_FORMAT_5 = """
CREATE TABLE courses (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, position INTEGER NOT NULL
);
CREATE TABLE course_documents (
    course INTEGER NOT NULL REFERENCES courses(id) ON DELETE CASCADE,
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    position INTEGER NOT NULL, PRIMARY KEY (course, document)
) WITHOUT ROWID;
CREATE TABLE corrections (
    document TEXT NOT NULL, page INTEGER NOT NULL, original TEXT NOT NULL,
    heading TEXT NOT NULL, layout BLOB NOT NULL, text TEXT, hidden INTEGER NOT NULL,
    PRIMARY KEY (document, page)
) WITHOUT ROWID;
"""
# What a format added to the tables of the format before. `about` is a JSON object of what few passages have, `regions` a JSON list of
# those of the page, see `ingest.store.rows`.
_ADDITIONS = {
    3: (
        "ALTER TABLE pages ADD COLUMN label TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE passages ADD COLUMN about TEXT NOT NULL DEFAULT '{}'",
    ),
    4: ("ALTER TABLE pages ADD COLUMN regions TEXT NOT NULL DEFAULT '[]'",),
    5: tuple(_TABLES_OF_FORMAT_5.split(";\n")),
}
#: Each passage's terms, see `ingest.text.terms`: the stems are made before they come here.
FULL_TEXT_TABLE = """
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
    for statement in (_TABLES + _TABLES_OF_FORMAT_5).split(";\n"):
        if statement.strip():
            db.execute(statement)
    create_full_text_table(db)


def create_full_text_table(db: sqlite3.Connection) -> None:
    """Create the empty full-text table and set the format; call it in a transaction."""
    db.execute(FULL_TEXT_TABLE)
    set_format(db)


def add_tables_and_columns(db: sqlite3.Connection, old: int) -> None:
    """Add what the tables of an older format lack; call it in a transaction."""
    for number, statements in _ADDITIONS.items():
        if number > old:
            for statement in filter(str.strip, statements):
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
    tables = database.connection().execute("SELECT name FROM sqlite_master").fetchall()
    if not tables:
        return None
    if ("meta",) not in tables:
        raise damage(file, "the table meta is missing")
    stored = _read_meta(database.connection(), _FORMAT_KEY)
    if stored and stored.isdigit() and 1 <= int(stored) <= FORMAT:
        return int(stored)
    if stored and stored.isdigit():
        raise LibraryMismatch(
            f"The library at {file.parent} has format {stored}, expected format {FORMAT}: a newer "
            "version of Katheder wrote it. Use that version, or another folder with --library."
        )
    raise damage(file, f"its format is {stored!r}, expected {FORMAT}")


def refuse_foreign(file: Path) -> None:
    """Refuse a database that belongs to another program, before anything is written into it.

    A file that cannot be read as a database passes; opening it says what is wrong.

    Raises:
        LibraryUnusable: it has tables, and they are not a library's.
    """
    if not file.is_file() or not file.stat().st_size:
        return
    try:
        db = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
        with contextlib.closing(db):
            names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            ours = len(names.intersection(TABLES)) >= _OUR_TABLES or _has_format(db)
    except sqlite3.Error:
        return
    if names and not ours:
        raise LibraryUnusable(
            f"{file} belongs to another program (it has the tables {', '.join(sorted(names)[:4])}). "
            "Nothing was changed; name another folder with --library."
        )


def _has_format(db: sqlite3.Connection) -> bool:
    with contextlib.suppress(sqlite3.Error):
        return bool(_read_meta(db, _FORMAT_KEY))
    return False


def _has_tables(db: sqlite3.Connection) -> bool:
    return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone())


def read_config(db: sqlite3.Connection) -> IndexConfig | None:
    """The configuration that the index was built with; None before the first document."""
    value = _read_meta(db, _CONFIG_KEY)
    try:
        return IndexConfig(**json.loads(value)) if value else None
    except (ValueError, TypeError) as error:
        raise undecodable(db, "its configuration", error) from error


def write_config(db: sqlite3.Connection, config: IndexConfig) -> None:
    """Set the configuration and update the content hash; call it in a transaction."""
    _write_meta(db, _CONFIG_KEY, json.dumps(asdict(config)))
    update_content_hash(db)


def read_content_hash(db: sqlite3.Connection) -> str:
    """The stored content hash, hexadecimal."""
    return _read_meta(db, _HASH_KEY) or ""


def read_state(db: sqlite3.Connection) -> tuple[str, int]:
    """The content hash, and the last row of the passages: a document that is stored again moves."""
    (row,) = db.execute("SELECT coalesce(max(row), 0) FROM passages").fetchone()
    return read_content_hash(db), row


def update_content_hash(db: sqlite3.Connection) -> None:
    """Store SHA-256 over format, configuration and every document; call it in a transaction.

    Courses are no part of it: they change what is searched, and not what a search finds there.
    """
    digest = hashlib.sha256(f"{FORMAT} {_read_meta(db, _CONFIG_KEY)}".encode())
    for row in db.execute("SELECT id, file FROM documents ORDER BY id"):
        digest.update("\0".join(row).encode())
    for row in db.execute(  # reading them changes the passages, but not the documents
        "SELECT document, count(*) FROM pages WHERE origin = 'picture' GROUP BY document ORDER BY 1"
    ):
        digest.update(repr(row).encode())
    for row in db.execute("SELECT document, page, text, hidden FROM corrections ORDER BY 1, 2"):
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
