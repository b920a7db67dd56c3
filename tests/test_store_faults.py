"""A library whose file or disk is at fault: the cause and the way out, never the advice to delete."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import faiss
import numpy as np
import pytest
from conftest import edit_database
from raw_pdf import Deck

from ingest.errors import KathederError, LibraryMismatch, LibraryUnusable
from ingest.pipeline import ingest, rebuild
from ingest.store import DATABASE, Library
from ingest.store.faults import DatabaseFault, explained
from ingest.store.salvage import salvage

pytestmark = pytest.mark.hostile("libraries and disks at fault")


def refusal(folder: Path) -> str:
    with pytest.raises(KathederError) as caught:
        Library(folder).documents()
    assert "elete" not in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def lectures(tmp_path, encoder) -> Library:
    library = Library(tmp_path / "library", create=True)
    list(ingest([Deck().write(tmp_path / "deck.pdf")], library, encoder))
    return library


def test_damaged_header_is_named_and_set_aside(lectures):
    file = lectures.folder / DATABASE
    lectures.close()
    file.write_bytes(b"\xff" * 16 + file.read_bytes()[16:])
    message = refusal(lectures.folder)
    assert "is damaged (file is not a database)" in message
    assert f"katheder library rebuild --library {lectures.folder}" in message
    damaged = file.read_bytes()
    salvaged = salvage(lectures.folder)
    assert salvaged is not None
    assert salvaged.losses == ()
    assert salvaged.aside.name.startswith(f"{DATABASE}.damaged-20")
    assert salvaged.aside.read_bytes() == damaged
    assert [document.file for document in Library(lectures.folder).documents()] == ["deck.pdf"]


def test_sound_library_is_not_set_aside(lectures):
    assert salvage(lectures.folder) is None
    assert len(lectures.documents()) == 1


def test_newer_format_names_the_newer_program_and_is_not_set_aside(lectures):
    edit_database(lectures, "UPDATE meta SET value = '99' WHERE key = 'format'")
    assert "a newer version of Katheder wrote it" in refusal(lectures.folder)
    with pytest.raises(LibraryMismatch):
        salvage(lectures.folder)
    assert (lectures.folder / DATABASE).exists()


def test_library_path_that_is_a_file_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    assert "is a file; a library is a folder" in refusal(tmp_path / "file")
    with pytest.raises(LibraryUnusable, match="is a file"):
        Library(tmp_path / "file", create=True)


def test_library_that_cannot_be_created_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(LibraryUnusable, match=r"cannot be created \(Not a directory\)"):
        Library(tmp_path / "file" / "library", create=True)


@pytest.mark.parametrize("damage", ["other order", "other dimension"])
def test_vector_file_of_other_contents_is_built_again(lectures, encoder, damage, caplog):
    query = encoder.encode(["Boosting"])[0]
    right = lectures.search_dense(query, 3)
    [file] = lectures.folder.glob("index-*.faiss")
    vectors = lectures.vectors()
    wrong = vectors[::-1] if damage == "other order" else vectors[:, : vectors.shape[1] // 2]
    index = faiss.IndexFlatIP(wrong.shape[1])
    index.add(np.ascontiguousarray(wrong))
    faiss.write_index(index, str(file))
    assert Library(lectures.folder).search_dense(query, 3) == right
    assert "of other contents and is built again" in caplog.text


def test_passages_without_vectors_are_told(lectures, encoder):
    edit_database(lectures, "UPDATE passages SET vector = x'' WHERE row % 2")
    with pytest.raises(LibraryUnusable, match="passages have no vectors"):
        Library(lectures.folder).search_dense(encoder.encode(["Boosting"])[0], 3)


@pytest.mark.slow
def test_lock_of_another_process_is_told_after_seconds(lectures, tmp_path):
    other = sqlite3.connect(lectures.folder / DATABASE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseFault, match=r"Another process has been writing .* for 10 s"):
        lectures.remove(lectures.documents()[0].id)
    other.execute("ROLLBACK")
    assert len(lectures.documents()) == 1


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (sqlite3.SQLITE_FULL, "is full"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
        (sqlite3.SQLITE_READONLY, "cannot be written by you"),
        (sqlite3.SQLITE_IOERR, "gives errors"),
        (sqlite3.SQLITE_IOERR | (3 << 8), "gives errors"),  # SQLITE_IOERR_WRITE
    ],
)
def test_each_cause_has_its_sentence(tmp_path, code, says):
    (tmp_path / DATABASE).touch()
    error = sqlite3.OperationalError("as SQLite puts it")
    error.sqlite_errorcode = code
    assert says in str(explained(error, tmp_path / DATABASE))


def test_faults_of_the_program_stay_as_they_are(lectures):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        lectures.database.connection().execute("SELECT * FROM nowhere")


@pytest.mark.slow
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("mount"),
    reason="mounts a small disk, as root alone may",
)
def test_full_disk_is_told_and_leaves_nothing_behind(tmp_path, encoder):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)])
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        library = Library(disk / "library", create=True)
        list(ingest([Deck().write(tmp_path / "first.pdf")], library, encoder))
        before = library.full_hash()
        (disk / "filler").write_bytes(b"\0" * (shutil.disk_usage(disk).free - 4096))
        second = Deck()
        second.objects[11] = Deck.stream(b"BT /F1 20 Tf 50 300 Td (Another lecture) Tj ET")
        with pytest.raises(LibraryUnusable, match=f"The disk of {disk / 'library'} is full"):
            list(ingest([second.write(tmp_path / "second.pdf")], library, encoder))
        with pytest.raises(LibraryUnusable, match="is full"):
            list(rebuild(library, encoder))
        assert not (disk / "library" / "rebuilding").exists()
        (disk / "filler").unlink()
        assert library.full_hash() == before
        assert library.verify() == []
        library.close()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
