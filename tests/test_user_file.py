"""ingest.user_file: upgrades by format, and transactions that are kept whole or not at all."""

from __future__ import annotations

import os
import sqlite3

import pytest

from ingest import user_file
from ingest.errors import KathederError
from ingest.user_file import UserFile

UPGRADES = (
    ("CREATE TABLE words (word TEXT NOT NULL)",),
    ("ALTER TABLE words ADD COLUMN page INTEGER NOT NULL DEFAULT 7",),
)


def test_an_older_format_is_upgraded_and_a_newer_one_refused(tmp_path):
    path = tmp_path / "folder" / "words.sqlite"
    with UserFile(path, UPGRADES[:1], "the words", KathederError).transaction() as db:
        db.execute("INSERT INTO words VALUES ('cat')")
    with UserFile(path, UPGRADES, "the words", KathederError).transaction() as db:
        assert db.execute("SELECT word, page FROM words").fetchall() == [("cat", 7)]
    with pytest.raises(KathederError, match=r"the words have format 2.*up to 1"):
        UserFile(path, UPGRADES[:1], "the words", KathederError)


def test_a_failed_transaction_changes_nothing(tmp_path):
    file = UserFile(tmp_path / "words.sqlite", UPGRADES, "the words", KathederError)
    with pytest.raises(sqlite3.IntegrityError), file.transaction() as db:
        db.executemany("INSERT INTO words (word) VALUES (?)", [("cat",), (None,)])
    with file.transaction() as db:
        assert db.execute("SELECT count(*) FROM words").fetchone() == (0,)


def contents(file: UserFile) -> list[tuple[str, ...]]:
    with file.transaction() as db:
        return db.execute("SELECT word FROM words").fetchall()


@pytest.mark.hostile("readers' own files")
@pytest.mark.parametrize("damage", ["no database", "a page"])
def test_a_damaged_file_is_set_aside_and_a_new_one_begun(tmp_path, damage, caplog):
    path = tmp_path / "words.sqlite"
    file = UserFile(path, UPGRADES, "the words", KathederError)
    with file.transaction() as db:
        db.executemany("INSERT INTO words (word) VALUES (?)", [("cat" * 99,)] * 99)
        [root] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'words'").fetchone()
    assert file.set_aside is None
    file._db.close()
    data = bytearray(path.read_bytes())
    start = 0 if damage == "no database" else (root - 1) * 4096
    data[start : start + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    again = UserFile(path, UPGRADES, "the words", KathederError)
    assert contents(again) == []
    assert again.set_aside is not None
    assert again.set_aside.name.startswith("words.sqlite.damaged-20")
    assert again.set_aside.read_bytes() == data
    assert "the words were damaged" in caplog.text
    assert UserFile(path, UPGRADES, "the words", KathederError).set_aside is None


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nobody_else_may_read_it(tmp_path):
    path = tmp_path / "words.sqlite"
    with UserFile(path, UPGRADES, "the words", KathederError).transaction() as db:
        db.execute("INSERT INTO words (word) VALUES ('cat')")
    modes = {entry.name: entry.stat().st_mode & 0o777 for entry in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}
    path.chmod(0o644)
    UserFile(path, UPGRADES, "the words", KathederError)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.hostile("readers' own files")
def test_a_full_file_is_told_and_changes_nothing(tmp_path):
    file = UserFile(tmp_path / "words.sqlite", UPGRADES, "the words", KathederError)
    with file.transaction() as db:
        db.execute("INSERT INTO words (word) VALUES ('cat')")
    file._db.execute("PRAGMA max_page_count = 1")  # as a full disk: SQLITE_FULL
    with (
        pytest.raises(KathederError, match=r"cannot be saved .*free some space"),
        file.transaction() as db,
    ):
        db.executemany("INSERT INTO words (word) VALUES (?)", [("x" * 5000,)] * 9)
    assert contents(file) == [("cat",)]


def test_where_the_folder_cannot_be_written_a_copy_in_memory_takes_the_place(tmp_path, monkeypatch):
    path = tmp_path / "words.sqlite"
    with UserFile(path, UPGRADES[:1], "the words", KathederError).transaction() as db:
        db.execute("INSERT INTO words VALUES ('cat')")
    monkeypatch.setattr(user_file, "is_read_only", lambda folder: folder == tmp_path)
    file = UserFile(path, UPGRADES, "the words", KathederError)
    with file.transaction() as db:
        db.execute("INSERT INTO words (word) VALUES ('dog')")
    assert file.is_temporary
    assert contents(file) == [("cat",), ("dog",)]
    assert contents(UserFile(tmp_path / "new.sqlite", UPGRADES, "the words", KathederError)) == []
    assert not (tmp_path / "new.sqlite").exists()
    monkeypatch.undo()
    assert contents(UserFile(path, UPGRADES, "the words", KathederError)) == [("cat",)]
