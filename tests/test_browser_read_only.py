"""A library that the program may not write, in a real Chromium: it answers, and says what is not kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

pytest.importorskip("playwright")
from playwright.sync_api import Page, expect
from test_browser import chromium, screenshot
from test_browser_course import ANIMALS, chips, patience
from test_browser_identity import free_port, running
from test_browser_lecturer import compiled, window
from test_study_cards import DATA

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models

__all__ = ["chromium", "patience"]  # fixtures
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]
ANSWER = "A cat sleeps sixteen hours a day."
NOTICE = "This library can only be read"


def without_rights() -> Sequence[str]:
    """What a command begins with so that it obeys the modes of files; root does not by itself."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root writes everywhere, and there is no setpriv")
    return ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A library of two lectures whose files and folder nobody may write."""
    home = tmp_path_factory.mktemp("read_only")
    (home / "lectures").mkdir()
    for name, source in {"data": DATA, "animals": ANIMALS}.items():
        (home / "lectures" / f"{name}.pdf").write_bytes(compiled(source))
    library = Library(home / "library", create=True)
    list(ingest(find_files([home / "lectures"]), library, Models().encoder))
    library.close()
    files = [library.folder, *library.folder.rglob("*")]
    for file in files:
        file.chmod(0o555 if file.is_dir() else 0o444)
    yield library.folder
    for file in files:
        file.chmod(0o755)


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running(
        *("-m", "ui.cli", "ui", "--headless", f"--port={port}", f"--library={folder}"),
        before=without_rights(),
        healthy=f"{address}/health",
        HF_HUB_OFFLINE="1",
        KATHEDER_CONFIG=str(folder.parent / "config"),
    ):
        yield address


def go_to(page: Page, url: str, name: str) -> None:
    screenshot.open_page(page, url, name)
    expect(page.get_by_text(NOTICE)).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("unexpected error").count() == 0


def test_a_library_that_cannot_be_written_is_used_and_says_so(chromium, url, folder):
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    with window(chromium, url) as page:
        screenshot.ready(page)
        expect(
            page.get_by_text(f"{NOTICE}: lectures and courses stay as they are.")
        ).to_be_visible()
        screenshot.ask(page, "How many hours does a cat sleep?")
        expect(page.get_by_role("main").get_by_text(ANSWER).first).to_be_visible()
        expect(chips(page).first).to_contain_text("animals")
        page.get_by_role("button", name="Pin", exact=True).click()
        expect(page.get_by_text("Pinned to the notes.")).to_be_visible()
        go_to(page, url, "Notes")
        expect(page.locator("[class*='st-key-note-']").first).to_contain_text(ANSWER[2:])

        go_to(page, url, "Study")
        page.get_by_role("button", name="Show the answer").click()
        page.get_by_role("button", name="Good").click()
        expect(page.get_by_role("button", name="Show the answer")).to_be_visible()

        go_to(page, url, "Library")
        expect(
            page.get_by_text("Files cannot be added, since nothing can be saved")
        ).to_be_visible()
        assert page.get_by_test_id("stFileUploaderDropzoneInput").count() == 0

        go_to(page, url, "Evaluate")
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
            {
                "name": "mine.jsonl",
                "mimeType": "application/jsonl",
                "buffer": b'{"id": "q1", "question": "How long does a cat sleep?", "type": '
                b'"definition", "lang": "en", "gold": [{"doc": "animals.pdf", "pages": [1]}]}\n',
            }
        )
        fault = page.get_by_role("alert").filter(has_text="Nothing can be saved")
        expect(fault.first).to_be_visible()
    assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before
