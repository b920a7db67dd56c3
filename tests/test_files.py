from __future__ import annotations

import os
from pathlib import Path

import pytest
from raw_pdf import Deck

from ingest.files import fault_of, find_files
from ingest.pipeline import ingest
from ingest.store import Library

pytestmark = pytest.mark.hostile("pipes, devices, odd names")

needs_unix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes and links")


def test_ordinary_file_has_no_fault(tmp_path):
    assert fault_of(Deck().write(tmp_path / "deck.pdf")) == ""


def test_missing_file_is_told_with_its_path(tmp_path):
    assert fault_of(tmp_path / "no.pdf") == (
        f"no.pdf: does not exist; check the path {tmp_path / 'no.pdf'}"
    )


@needs_unix
def test_pipes_and_devices_are_never_opened(tmp_path, encoder):
    os.mkfifo(tmp_path / "a.pdf")
    (tmp_path / "b.pdf").symlink_to("/dev/zero")
    Deck().write(tmp_path / "c.pdf")
    library = Library(tmp_path / "library", create=True)
    reports = list(ingest(find_files([tmp_path]), library, encoder))
    assert [report.outcome for report in reports] == ["failed", "failed", "added"]
    assert [report.message for report in reports[:2]] == [
        "a.pdf: is a pipe, not a file; name a file",
        "b.pdf: is a device, not a file; name a file",
    ]


@needs_unix
def test_links_are_followed_and_loops_end_with_a_line(tmp_path, caplog):
    folder = tmp_path / "lectures"
    (folder / "week").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    deck = Deck().write(tmp_path / "elsewhere" / "deck.pdf")
    (folder / "week" / "up").symlink_to(folder)
    (folder / "other").symlink_to(tmp_path / "elsewhere")
    assert find_files([folder]) == [folder / "other" / deck.name]
    assert [record.getMessage() for record in caplog.records] == [
        f"{folder / 'week' / 'up'} leads back to a folder above it"
    ]


@needs_unix
def test_name_that_is_not_utf8_is_read_listed_and_found_again(tmp_path, encoder):
    file = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xfcbung.pdf"))
    Deck().write(file)
    library = Library(tmp_path / "library", create=True)
    assert [r.outcome for r in ingest([file], library, encoder)] == ["added"]
    [document] = library.documents()
    assert document.file == "übung.pdf"
    assert Path(document.path) == file
    assert [r.outcome for r in ingest([file], library, encoder)] == ["unchanged"]


@needs_unix
def test_orders_to_a_terminal_in_names_become_marks_in_one_line(tmp_path, encoder):
    file = Deck().write(tmp_path / "a\x1b[31mred\n1. forged \u202efdp.pdf")
    library = Library(tmp_path / "library", create=True)
    list(ingest([file], library, encoder))
    assert library.documents()[0].file == "a␛[31mred 1. forged �fdp.pdf"


def test_decomposed_name_is_composed(tmp_path, encoder):
    file = Deck().write(tmp_path / "U\u0308bung.pdf")
    library = Library(tmp_path / "library", create=True)
    list(ingest([file], library, encoder))
    assert library.documents()[0].file == "\u00dcbung.pdf"
    assert library.find("U\u0308bung.pdf") == library.find("\u00dcbung.pdf") == library.documents()
