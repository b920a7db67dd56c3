"""ui.uploads: names are cleaned, nothing is overwritten, only files of their type are stored."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest
from conftest import WordEncoder
from service_builders import CHUNKING, make_library

from ingest.errors import KathederError
from ingest.pipeline import FileReport, ingest
from ingest.store import DATABASE, Library
from rag.app_settings import AppSettings
from ui.uploads import (
    UploadRefused,
    clean_name,
    drop_leftovers,
    drop_unread,
    drop_unused,
    store_upload,
    store_uploads,
)

pytestmark = pytest.mark.hostile("uploads")

LIMITS = AppSettings(max_upload_mb=1, max_upload_files=2)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("deck.pdf", "deck.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\lectures\\Deck 1.PDF", "Deck 1.pdf"),
        (".hidden.pdf", "hidden.pdf"),
        ("..", "lecture.pdf"),
        ("", "lecture.pdf"),
        ("U\u0308bung\n1 <b>.pdf", "Übung_1 _b_.pdf"),
        ("a\x00b|c?.pdf", "a_b_c_.pdf"),
        ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
        ("講" * 100 + ".pptx", "講" * 66 + ".pptx"),  # 3 bytes each
        ("Notes.MD", "Notes.md"),
        ("lab.ipynb", "lab.ipynb"),
        (".html", "lecture.html"),
        ("setup.exe", "setup.exe.pdf"),
    ],
)
def test_only_safe_characters_stay_in_a_name(name, cleaned):
    assert clean_name(name) == cleaned


def test_an_upload_overwrites_no_other_file(tmp_path):
    first = store_upload(tmp_path, "deck.pdf", b"%PDF one", LIMITS)
    second = store_upload(tmp_path, "deck.pdf", b"%PDF two", LIMITS)
    again = store_upload(tmp_path, "deck.pdf", b"%PDF two", LIMITS)
    assert [first.name, second.name, again.name] == ["deck.pdf", "deck (2).pdf", "deck (2).pdf"]
    assert (first.read_bytes(), second.read_bytes()) == (b"%PDF one", b"%PDF two")


def test_what_is_no_pdf_or_too_large_is_refused(tmp_path):
    store_upload(tmp_path, "late.pdf", b" " * 1020 + b"%PDF", LIMITS)
    with pytest.raises(UploadRefused, match=r"^later\.pdf: not a PDF"):
        store_upload(tmp_path, "later.pdf", b" " * 1021 + b"%PDF", LIMITS)
    store_upload(tmp_path, "full.pdf", b"%PDF".ljust(1024 * 1024), LIMITS)
    with pytest.raises(UploadRefused, match="limit is 1 MB"):
        store_upload(tmp_path, "fuller.pdf", b"%PDF".ljust(1024 * 1024 + 1), LIMITS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["full.pdf", "late.pdf"]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("a.pptx", b"PK\x03\x04...", b"%PDF-1.7"),
        ("a.docx", b"PK\x03\x04...", b"\xd0\xcf\x11\xe0"),  # the old .doc
        ("a.epub", b"PK\x03\x04...", b"<html>"),
        ("a.png", b"\x89PNG\r\n\x1a\n...", b"\xff\xd8\xff"),
        ("a.jpg", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"),
        ("a.md", "# Größe".encode(), b"\x7fELF\x00\x00"),
        ("a.txt", "Größe".encode("utf-16"), b"PK\x03\x04\x00\x00"),
    ],
)
def test_the_first_bytes_must_be_those_of_the_type(tmp_path, name, good, bad):
    assert store_upload(tmp_path, name, good, LIMITS).read_bytes() == good
    with pytest.raises(UploadRefused, match=r"^a\.\w+: not a "):
        store_upload(tmp_path, name, bad, LIMITS)


def test_more_files_than_allowed_are_reported_one_by_one(tmp_path):
    files, refused = store_uploads(
        tmp_path, [(f"{name}.pdf", f"%PDF {name}".encode()) for name in "abcd"], LIMITS
    )
    assert [file.name for file in files] == ["a.pdf", "b.pdf"]
    assert [report.path for report in refused] == ["c.pdf", "d.pdf"]
    assert "more than 2 files" in refused[0].message


@pytest.mark.parametrize(
    ("outcome", "stays"),
    [
        ("added", True),
        ("replaced", True),
        ("unchanged", True),
        ("failed", False),
        ("duplicate", False),
    ],
)
def test_an_upload_stays_only_if_the_library_rests_on_it(tmp_path, outcome, stays):
    file = tmp_path / "deck.pdf"
    file.write_bytes(b"%PDF")
    drop_unused(FileReport(str(file), outcome))
    assert file.exists() == stays


def test_uploads_that_were_not_read_leave_nothing_and_the_others_stay(tmp_path):
    stored, _ = store_uploads(tmp_path, [("a.md", b"# A"), ("b.md", b"# B")], LIMITS)
    library = SimpleNamespace(documents=lambda: [SimpleNamespace(path=str(stored[0]))])
    drop_unread(stored, library)
    assert [file.exists() for file in stored] == [True, False]


def test_what_a_killed_program_left_is_deleted_and_nothing_else(tmp_path):
    library = make_library(tmp_path)
    folder = library.folder
    own = folder / "uploads" / "reader"
    files = [store_upload(own, f"{name}.md", b"# " + name.encode(), LIMITS) for name in "abc"]
    read, _ = store_uploads(folder / "uploads", [("read.md", b"# Read\n\nA word of it.")], LIMITS)
    moved = folder / "uploads" / "animals.pdf"  # the name of a document that was added elsewhere
    moved.write_bytes(b"%PDF")
    list(ingest(read, library, WordEncoder(), **CHUNKING))
    assert drop_leftovers(library, {files[1].resolve()}) == []  # all are younger than an hour
    for file in (*files, *read, moved):
        os.utime(file, (0, 0))
    assert drop_leftovers(library, {files[1].resolve()}) == [files[0], files[2]]
    assert [file.exists() for file in (*files, *read, moved)] == [False, True, False, True, True]
    os.utime(files[1], (0, 0))
    library.close()
    for file in folder.glob(f"{DATABASE}-*"):
        file.unlink()
    (folder / DATABASE).write_bytes(b"damaged" * 1000)
    with pytest.raises(KathederError):
        drop_leftovers(Library(folder))
    assert files[1].exists()
