"""ingest.conversion: with LibreOffice where it is installed, and what happens where it is not."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pptx
import pytest
from pptx.util import Inches

from ingest.conversion import boxes_on_pdf, can_convert, converted_pdf
from ingest.converted import converted_file, failure_mark, remove_converted
from ingest.readers import read
from ingest.readers.pdf import read_pdf
from ingest.store import Library
from ingest.types import Document


@pytest.fixture
def deck(tmp_path: Path) -> Document:
    presentation = pptx.Presentation()
    for title, text in (("First", "Merge sort divides the list."), ("Second", "Then it merges.")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        slide.shapes.title.text = title
        box = slide.shapes.add_textbox(Inches(1), Inches(3), Inches(6), Inches(1))
        box.text_frame.text = text
    presentation.slides[0]._element.set("show", "0")  # hidden
    presentation.save(tmp_path / "deck.pptx")
    return read(tmp_path / "deck.pptx").document


def program(folder: Path, script: str) -> str:
    """A program in place of LibreOffice; $6 ... are its arguments."""
    path = folder / "office"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_without_libreoffice_there_is_no_pdf(deck, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert not can_convert(deck, tmp_path)
    assert converted_pdf(deck, tmp_path) is None
    assert not (tmp_path / "converted").exists()


def test_a_document_is_converted_once_under_its_id(deck, tmp_path, make_pdf):
    ready = make_pdf("ready.pdf", "#slide([First])[Merge sort divides the list.]")
    calls = tmp_path / "calls"
    copy = program(tmp_path, f'echo "$@" >> {calls}; cp {ready} "$(dirname "$PWD/x")/lecture.pdf"')
    target = converted_pdf(deck, tmp_path, copy)
    assert target == tmp_path / "converted" / f"{deck.id}.pdf"
    assert converted_pdf(deck, tmp_path, copy) == target
    [arguments] = calls.read_text().splitlines()
    assert "--headless" in arguments
    assert "-env:UserInstallation=file://" in arguments
    assert [path.name for path in target.parent.iterdir()] == [target.name]  # no profile is left
    [box] = boxes_on_pdf(target, 1, "sort divides the list")
    assert box.x1 > box.x0
    assert boxes_on_pdf(target, 1, "quite other words here") == ()
    remove_converted(deck.id, tmp_path)
    assert not target.exists()


def test_a_conversion_that_fails_is_not_tried_again(deck, tmp_path, caplog):
    calls = tmp_path / "calls"
    broken = program(tmp_path, f"echo x >> {calls}; exit 1")
    with caplog.at_level(logging.WARNING):
        assert converted_pdf(deck, tmp_path, broken) is None
        assert converted_pdf(deck, tmp_path, broken) is None
    assert calls.read_text() == "x\n"
    assert "LibreOffice made no PDF of it" in caplog.text


def test_a_changed_file_is_not_converted(deck, tmp_path):
    Path(deck.path).write_bytes(b"other bytes")
    assert converted_pdf(deck, tmp_path, program(tmp_path, "exit 1")) is None


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_draws_every_slide_hidden_ones_too(deck, tmp_path):
    target = converted_pdf(deck, tmp_path)
    assert target is not None
    pages = read_pdf(target).pages
    assert [page.heading for page in pages] == ["First", "Second"]
    [box] = boxes_on_pdf(target, 2, "Then it merges.")
    assert box.y0 > pages[1].height / 4


def test_a_document_that_leaves_the_library_takes_its_pdf_along(deck, tmp_path):
    library = Library(tmp_path / "library", create=True)
    parsed = read(Path(deck.path))
    vectors = np.zeros((0, 4), dtype=np.float32)
    library.add(parsed, [], vectors)
    pdf = converted_file(deck.id, library.folder)
    other = failure_mark("f" * 64, library.folder)
    pdf.parent.mkdir()
    for file in (pdf, other):
        file.write_bytes(b"")
    library.add(parsed, [], vectors)  # the same document again
    assert pdf.exists()
    changed = replace(parsed, document=replace(parsed.document, id="e" * 64))
    library.add(changed, [], vectors)  # its file has changed
    assert not pdf.exists()
    new = failure_mark("e" * 64, library.folder)
    new.write_bytes(b"")
    assert library.remove("e" * 64)
    assert not new.exists()
    assert other.exists()
