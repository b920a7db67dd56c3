"""ingest.store.migration: libraries that an earlier version wrote are brought up to date."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import sqlite3
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import LibraryMismatch
from ingest.store import DATABASE, FORMAT, Library
from ingest.types import Course

# The tables of format 1, word for word as they were released.
FORMAT_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, file TEXT NOT NULL, title TEXT NOT NULL,
    pages INTEGER NOT NULL, language TEXT NOT NULL, collection TEXT NOT NULL
);
CREATE TABLE pages (
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    number INTEGER NOT NULL, width REAL NOT NULL, height REAL NOT NULL, heading TEXT NOT NULL,
    origin TEXT NOT NULL, text TEXT NOT NULL, layout BLOB NOT NULL,
    PRIMARY KEY (document, number)
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    pages TEXT NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL, spans TEXT NOT NULL,
    overlap INTEGER NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX passages_by_document ON passages (document);
CREATE VIRTUAL TABLE passages_text USING fts5 (
    context, text, tokenize = 'porter unicode61 remove_diacritics 2'
);
"""
EMPTY_LAYOUT = (0).to_bytes(4, "little") + bytes.fromhex("789c030000000001")  # zlib of nothing
LECTURES = {
    "de": ["Häuser stehen an der Straße.", "Das Netz lernt die Überanpassung."],
    "en": ["An AND gate is closed.", "Cats and dogs sleep."],
    "": ["Softmax ReLU BERT"],
}


def write_format_1(folder: Path) -> None:
    """A library of format 1, a document a language and a page a passage."""
    folder.mkdir()
    db = sqlite3.connect(folder / DATABASE)
    db.execute("PRAGMA journal_mode = WAL")
    db.executescript(FORMAT_1)
    config = {"encoder": "words@1", "dimension": 4, "chunker": "v3 40/0 tokens"}
    db.execute("INSERT INTO meta VALUES ('format', '1')")
    db.execute("INSERT INTO meta VALUES ('recipe', ?)", (json.dumps(config),))
    db.execute("INSERT INTO meta VALUES ('stamp', ?)", (hashlib.sha256(b"1").hexdigest(),))
    vector = np.array([0.5, 0.5, 0.5, 0.5], dtype="<f2").tobytes()
    for code, texts in LECTURES.items():
        id = hashlib.sha256(code.encode()).hexdigest()
        file = f"lecture-{code}.pdf"
        db.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
            (id, f"/lectures/{file}", file, "Title", len(texts), code, ""),
        )
        for number, text in enumerate(texts, start=1):
            db.execute(
                "INSERT INTO pages VALUES (?, ?, 100.0, 70.0, '', 'text', ?, ?)",
                (id, number, text, EMPTY_LAYOUT),
            )
            spans = json.dumps([[number, 0, len(text)]])
            cursor = db.execute(
                "INSERT INTO passages (id, document, pages, headings, text, spans, overlap, vector)"
                " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                (
                    f"{id[:16]}-{number - 1:04d}",
                    id,
                    f"[{number}]",
                    '["Title"]',
                    text,
                    spans,
                    vector,
                ),
            )
            db.execute(
                "INSERT INTO passages_text (rowid, context, text) VALUES (?, 'Title', ?)",
                (cursor.lastrowid, text),
            )
    db.commit()
    db.close()


def without_format_5(db: sqlite3.Connection) -> None:
    """Give a database the tables of format 4: a collection for each document, and no courses."""
    for table in ("course_documents", "courses", "corrections"):
        db.execute(f"DROP TABLE {table}")
    db.execute("ALTER TABLE documents ADD COLUMN collection TEXT NOT NULL DEFAULT ''")
    db.execute("UPDATE meta SET value = '4' WHERE key = 'format'")


@pytest.fixture
def old(tmp_path) -> Path:
    write_format_1(tmp_path / "old")
    return tmp_path / "old"


def found(library: Library, question: str) -> list[str]:
    return [passage.text for passage, _ in library.search_lexical(question, 5)]


def test_a_library_of_format_1_is_searched_by_the_stems_of_its_languages(old):
    library = Library(old)
    assert found(library, "Was ist ein Haus?") == [LECTURES["de"][0]]
    assert found(library, "Ueberanpassungen") == [LECTURES["de"][1]]
    assert found(library, "What is an AND gate?") == [LECTURES["en"][0]]
    assert found(library, "a sleeping cat") == [LECTURES["en"][1]]
    assert found(library, "softmax") == [LECTURES[""][0]]
    assert library.languages() == {"de", "en"}


def test_the_rest_of_the_library_is_as_it_was(old):
    library = Library(old)
    assert [document.file for document in library.documents()] == [
        "lecture-.pdf",
        "lecture-de.pdf",
        "lecture-en.pdf",
    ]
    assert library.count() == 5
    assert library.verify() == []
    assert library.config().chunker == "v3 40/0 tokens"


def test_migrating_happens_once(old):
    first = Library(old).full_hash()
    db = sqlite3.connect(old / DATABASE)
    assert db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == (str(FORMAT),)
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    assert "passage_terms" in names
    assert "passages_text" not in names
    db.close()
    assert Library(old).full_hash() == first


def test_several_may_open_an_old_library_at_once(old):
    faults: list[Exception] = []

    def open_and_search() -> None:
        try:
            library = Library(old)
            assert found(library, "gate") == [LECTURES["en"][0]]
            library.close()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=open_and_search) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert Library(old).verify() == []


def test_a_migration_that_fails_leaves_the_old_library(old):
    """A trigger stands for a full disk: the last write of the migration fails."""
    db = sqlite3.connect(old / DATABASE)
    db.execute(
        "CREATE TRIGGER full BEFORE UPDATE ON meta BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )
    db.execute(
        "CREATE TRIGGER full_insert BEFORE INSERT ON meta BEGIN"
        " SELECT RAISE(ABORT, 'disk full'); END"
    )
    db.commit()
    with pytest.raises(LibraryMismatch, match=r"format 1 .*disk full.* library verify --library"):
        Library(old)
    db.execute("DROP TRIGGER full")
    db.execute("DROP TRIGGER full_insert")
    db.commit()
    db.close()
    assert found(Library(old), "gate") == [LECTURES["en"][0]]


def _read_as_nobody(folder: Path, results: multiprocessing.SimpleQueue) -> None:
    """Search a library and try to change it, as a user who may not."""
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    library = Library(folder)
    results.put(found(library, "gate"))
    try:
        library.remove(library.documents()[0].id)
    except sqlite3.Error as error:
        results.put(str(error))
    else:
        results.put("it was changed")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs users and processes that fork")
def test_an_old_library_in_a_read_only_folder_is_searched_and_not_changed(old):
    assert found(Library(old), "gate") == [LECTURES["en"][0]]  # loads all that the child needs
    fork = multiprocessing.get_context("fork")
    results = fork.SimpleQueue()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "library"
        write_format_1(folder)
        before = (folder / DATABASE).read_bytes()
        Path(name).chmod(0o755)
        folder.chmod(0o555)
        (folder / DATABASE).chmod(0o444)
        child = fork.Process(target=_read_as_nobody, args=(folder, results))
        child.start()
        child.join(30)
        folder.chmod(0o755)
        assert child.exitcode == 0
        assert results.get() == [LECTURES["en"][0]]
        assert f"The library at {folder} cannot be" in results.get()
        assert (folder / DATABASE).read_bytes() == before
        assert sorted(path.name for path in folder.iterdir()) == [DATABASE]


def test_an_old_library_that_cannot_be_copied_either_is_named(old, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)
    monkeypatch.setattr(tempfile, "tempdir", str(old / "missing"))
    with pytest.raises(LibraryMismatch, match="Make the folder writable"):
        Library(old)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_library_in_a_read_only_folder_is_searched(old):
    Library(old).close()  # brings it up to date
    old.chmod(0o555)
    (old / DATABASE).chmod(0o444)
    try:
        assert found(Library(old), "gate") == [LECTURES["en"][0]]
    finally:
        old.chmod(0o755)


def test_a_library_of_format_2_gets_the_columns_of_format_3(old):
    library = Library(old)
    before = [library.passages(document.id) for document in library.documents()]
    library.close()
    db = sqlite3.connect(old / DATABASE)
    without_format_5(db)
    db.execute("ALTER TABLE pages DROP COLUMN regions")
    db.execute("ALTER TABLE pages DROP COLUMN label")
    db.execute("ALTER TABLE passages DROP COLUMN about")
    db.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
    db.execute("UPDATE passage_terms SET text = 'terms of an earlier version'")
    db.commit()
    db.close()
    migrated = Library(old)
    assert migrated.verify() == []
    assert [migrated.passages(document.id) for document in migrated.documents()] == before
    assert found(migrated, "a sleeping cat") == [LECTURES["en"][1]]


# The table of pages of format 3, word for word as it was released.
PAGES_OF_FORMAT_3 = """
CREATE TABLE pages (
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    number INTEGER NOT NULL, width REAL NOT NULL, height REAL NOT NULL, heading TEXT NOT NULL,
    origin TEXT NOT NULL, text TEXT NOT NULL, layout BLOB NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (document, number)
)
"""


def test_a_library_of_format_3_gets_regions_and_keeps_all_else(old):
    library = Library(old)
    pages = {d.id: library.pages(d.id) for d in library.documents()}
    library.close()
    db = sqlite3.connect(old / DATABASE)
    without_format_5(db)
    columns = "document, number, width, height, heading, origin, text, layout, label"
    db.execute("ALTER TABLE pages RENAME TO newer")
    db.execute(PAGES_OF_FORMAT_3)
    db.execute(f"INSERT INTO pages ({columns}) SELECT {columns} FROM newer")
    db.execute("DROP TABLE newer")
    db.execute("UPDATE meta SET value = '3' WHERE key = 'format'")
    db.execute("UPDATE pages SET origin = 'picture', text = '' WHERE number = 2")
    db.execute("DELETE FROM passages WHERE pages = '[2]'")
    db.execute("DELETE FROM passage_terms WHERE rowid NOT IN (SELECT row FROM passages)")
    terms = db.execute("SELECT rowid, context, text FROM passage_terms").fetchall()
    db.commit()
    db.close()
    migrated = Library(old)
    assert migrated.verify() == []
    db = migrated.database.connection()
    assert db.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == (str(FORMAT),)
    assert db.execute("SELECT rowid, context, text FROM passage_terms").fetchall() == terms
    for document in migrated.documents():
        assert migrated.pages(document.id)[0] == pages[document.id][0]
        assert migrated.pages(document.id)[0].regions == ()
    assert set(map(tuple, migrated.pages_without_text().values())) == {(2,)}


def test_the_collections_of_format_4_become_courses_in_natural_order(old):
    library = Library(old)
    ids = {document.language: document.id for document in library.documents()}
    library.close()
    db = sqlite3.connect(old / DATABASE)
    without_format_5(db)
    for code, file, collection in (
        ("de", "VL10.pdf", "KI 2"),
        ("en", "VL2.pdf", "KI 2"),
        ("", "alone.pdf", " "),
    ):
        db.execute(
            "UPDATE documents SET file = ?, collection = ? WHERE id = ?",
            (file, collection, ids[code]),
        )
    db.commit()
    db.close()
    migrated = Library(old)
    assert migrated.courses() == [Course("KI 2", (ids["en"], ids["de"]))]
    columns = migrated.database.connection().execute("PRAGMA table_info(documents)").fetchall()
    assert "collection" not in [column[1] for column in columns]
    assert migrated.verify() == []
    assert found(migrated, "gate") == [LECTURES["en"][0]]


def test_a_chinese_document_of_an_older_library_is_recognised_and_found(old):
    db = sqlite3.connect(old / DATABASE)
    text = "激活函数使网络能够表示非线性的关系。"
    for table in ("pages", "passages"):
        db.execute(f"UPDATE {table} SET text = ? WHERE text = ?", (text, LECTURES[""][0]))
    spans = json.dumps([[1, 0, len(text)]])
    db.execute("UPDATE passages SET spans = ? WHERE text = ?", (spans, text))
    db.commit()
    db.close()
    library = Library(old)
    assert library.languages() == {"de", "en", "zh"}
    assert found(library, "什么是激活函数？") == [text]
    assert library.verify() == []
