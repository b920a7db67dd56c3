"""What a lecturer does with files and pages in a real Chromium."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typst
from conftest import SLIDES

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect
from test_browser import chromium, screenshot
from test_browser_course import ANIMALS, HEIGHTS, PATIENCE, chips, opened_menu, patience
from test_study_cards import DATA, MORE

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models
from ui.widget_words import GERMAN_WORDS

__all__ = ["chromium", "patience"]  # fixtures
ROOT = Path(__file__).parents[1]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]
CORRECTED = "Cats\nA cat sleeps thirteen hours a day. It dreams of tuna."


def compiled(source: str) -> bytes:
    pdf = typst.compile((SLIDES + source).encode(), format="pdf")
    assert isinstance(pdf, bytes)
    return pdf


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of a course of three lectures."""
    home = tmp_path_factory.mktemp("lecturer")
    lectures = home / "lectures"
    lectures.mkdir()
    for name, source in {"lecture1": DATA, "lecture2": MORE, "animals": ANIMALS}.items():
        (lectures / f"{name}.pdf").write_bytes(compiled(source))
    library = Library(home / "library", create=True)
    list(ingest(find_files([lectures]), library, Models().encoder, course="data"))
    return library.folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with screenshot.running_app(folder) as address:
        yield address


@contextmanager
def window(
    chromium: Browser, address: str, *, width: int = 1280, dark: bool = False, locale: str = "en-GB"
) -> Iterator[Page]:
    page = screenshot.visit(chromium, address, width=width, dark=dark, locale=locale)
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    page.set_default_timeout(45_000)
    yield page
    assert page.get_by_text("unexpected error").count() == 0
    assert page.get_by_test_id("stException").count() == 0
    page.context.close()


@pytest.fixture
def visit(chromium: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Open a page of the app as a reader with a fresh browser; closed at the end of the test."""
    windows = []

    def opened(path: str = "", **options: object) -> Page:
        windows.append(window(chromium, f"{url}/{path}", **options))
        return windows[-1].__enter__()

    yield opened
    for one in windows:
        one.__exit__(None, None, None)


def id_of(folder: Path, name: str) -> str:
    return next(d.id for d in Library(folder).documents() if d.file == name)


def answers(page: Page, question: str) -> str:
    """What is answered to a question in a new conversation."""
    page.goto("{0.scheme}://{0.netloc}".format(urlsplit(page.url)))
    screenshot.ready(page)
    screenshot.ask(page, question)
    return page.get_by_role("main").inner_text()


def test_a_page_is_corrected_hidden_and_used_again(visit, folder):
    page = visit(f"library?lecture={id_of(folder, 'animals.pdf')[:16]}")
    lecture = page.url
    page.get_by_text("Passages of a page").click()
    page.get_by_role("button", name="Correct the text").click()
    text = page.get_by_label("What the page says")
    expect(text).to_have_value(re.compile("sixteen"))
    text.fill(CORRECTED)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Corrected by hand.")).to_be_visible(timeout=PATIENCE)
    answer = answers(page, "How many hours does a cat sleep?")
    assert "thirteen" in answer
    assert "corrected by hand" in chips(page).first.inner_text()

    page.goto(lecture)
    page.get_by_text("Passages of a page").click()
    page.get_by_role("button", name="Hide from the answers").click()
    expect(page.get_by_text("Hidden from the answers.")).to_be_visible(timeout=PATIENCE)
    assert "thirteen" not in answers(page, "How many hours does a cat sleep?")
    page.goto(lecture)
    page.get_by_text("Passages of a page").click()
    page.get_by_role("button", name="Use in answers again").click()
    expect(page.get_by_text("Hidden from the answers.")).to_have_count(0, timeout=PATIENCE)
    assert "thirteen" in answers(page, "How many hours does a cat sleep?")


def test_a_file_is_reloaded_and_told_what_became_of_it(visit, folder):
    library = Library(folder)
    page = visit("library", width=390, dark=True)
    opened_menu(page, "lecture2.pdf", "More about this lecture")
    page.get_by_role("button", name="Reload the file").click()
    expect(
        page.get_by_text("lecture2.pdf: the file has not changed since it was read, 5 pages")
    ).to_be_visible(timeout=PATIENCE)

    old = id_of(folder, "lecture2.pdf")
    file = next(Path(d.path) for d in library.documents() if d.id == old)
    file.write_bytes(compiled(MORE + '#slide("Tries")[A trie is a tree of letters.]'))
    page.goto(f"{page.url.split('/library')[0]}/library?lecture={old[:16]}")
    page.get_by_role("button", name="More about this lecture").click()
    page.get_by_role("button", name="Reload the file").click()
    expect(
        page.get_by_text("lecture2.pdf: updated, 6 pages, 5 of 6 passages as before")
    ).to_be_visible(timeout=PATIENCE)
    new = id_of(folder, "lecture2.pdf")
    expect(page).to_have_url(re.compile(f"lecture={new[:16]}"))
    assert new in library.course("data").documents

    whole = file.read_bytes()
    file.write_bytes(b"%PDF-1.7 and no more")
    page.get_by_role("button", name="More about this lecture").click()
    page.get_by_role("button", name="Reload the file").click()
    expect(page.get_by_role("alert").filter(has_text="lecture2.pdf")).to_contain_text(
        "is cut off or damaged", timeout=PATIENCE
    )
    assert id_of(folder, "lecture2.pdf") == new
    file.write_bytes(whole)


def english_words(page: Page) -> list[str]:
    """What the page says, to the eye or to a screen reader, that has a German in GERMAN_WORDS."""
    texts = page.evaluate(
        """() => [...document.querySelectorAll(".stApp, .stApp *, [data-baseweb] *")].flatMap(e => [
            ...["aria-label", "title", "placeholder"].map(name => e.getAttribute(name)),
            ...[...e.childNodes].filter(n => n.nodeType === Node.TEXT_NODE).map(n => n.nodeValue)
        ]).filter(text => text?.trim()).map(text => text.trim())"""
    )
    patterns = [re.compile(english) for english, _ in GERMAN_WORDS]
    return [text for text in texts if any(pattern.fullmatch(text) for pattern in patterns)]


def test_the_widgets_speak_german_and_english_again(visit):
    page = visit("library", locale="de-DE")
    field = page.get_by_test_id("stFileUploaderDropzone")
    expect(field.get_by_text("Datei wählen", exact=True)).to_be_visible(timeout=PATIENCE)
    course = page.get_by_role("combobox", name=re.compile("Kurs der neuen Dateien"))
    course.fill("Statistik")
    expect(page.get_by_text("Neu: Statistik", exact=True)).to_be_visible()
    assert english_words(page) == []
    page.keyboard.press("Escape")

    page.goto(f"{page.url.split('/library')[0]}/evaluate")
    number = page.get_by_role("spinbutton", name=re.compile("Anzahl der Fragen"))
    number.fill("3")
    expect(page.get_by_text("Mit Enter übernehmen", exact=True)).to_be_visible(timeout=PATIENCE)
    number.press("Enter")
    expect(page.get_by_role("button", name="Erhöhen")).to_be_visible()
    screenshot.settle(page)
    assert english_words(page) == []

    page.get_by_role("button", name="EN English").click()
    expect(page.get_by_role("button", name="Increment")).to_be_visible(timeout=PATIENCE)
    assert "Increment" in english_words(page)  # so the check above can fail
    expect(page.get_by_text("Datei wählen", exact=True)).to_have_count(0)


def command(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "ui.cli", *map(str, arguments)], cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def imported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library of another installation that has the course from an exported file."""
    home = tmp_path_factory.mktemp("imported")
    command("course", "export", "data", home / "data.zip", "--library", folder)
    command("course", "import", home / "data.zip", "--name", "Copy", "--library", home / "library")
    return home / "library"


def test_an_exported_course_is_imported_with_its_order_and_corrections(folder, imported):
    here, there = Library(folder), Library(imported)
    names = {d.id: d.file for d in [*here.documents(), *there.documents()]}
    assert [names[id] for id in there.course("Copy").documents] == [
        names[id] for id in here.course("data").documents
    ]
    animals = id_of(imported, "animals.pdf")
    correction = there.corrections(animals)[1]
    assert (correction.text, correction.hidden) == (CORRECTED, False)
