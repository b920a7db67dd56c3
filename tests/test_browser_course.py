"""A course in a real Chromium: asked, kept, studied, put in order, and measured, with the real models.

The tests share one library; the last ones change it.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typst
from conftest import SLIDES

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Download, Locator, Page, expect
from test_browser import LECTURE, axe, choose, chromium, screenshot, serious_faults
from test_study_cards import DATA, MORE

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.evaluation.questions import read_questions
from rag.models import Models

__all__ = ["axe", "chromium"]  # fixtures
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]
PATIENCE = screenshot.PATIENCE
HEIGHTS = {390: 844, 768: 1024, 1280: 860, 1920: 1000}  # of windows, by width
ANIMALS = """
#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night.]
#slide("Dogs")[A dog guards the house. It barks at strangers.]
"""
RECORDING = """WEBVTT

00:00:01.000 --> 00:01:05.000
So the cat, you know, it sleeps sixteen hours and hunts mice.

00:01:05.000 --> 00:02:20.000
Then a dog guards the house and barks, and it dreams of sausages and bones.
"""
TERMS = {  # of DATA and MORE, by words of their definitions
    "order of arrival": "queue",
    "newest element": "stack",
    "no parent": "heap",
    "joined by edges": "graph",
    "computed from the keys": "hash table",
    "hides the traffic": "Virtual Private Network",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of three courses: slides, two decks of nearly the same pages, a recording."""
    home = tmp_path_factory.mktemp("course")
    sources = {
        "data/lecture1.pdf": DATA,
        "data/lecture2.pdf": MORE,
        "data/lecture3.pdf": DATA + '#slide("Outlook")[Next week nothing new.]',
        "animals/animals.pdf": ANIMALS,
    }
    for name, source in sources.items():
        file = home / "lectures" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        pdf = typst.compile((SLIDES + source).encode(), format="pdf")
        assert isinstance(pdf, bytes)
        file.write_bytes(pdf)
    (home / "lectures/animals/animals-recording.vtt").write_text(RECORDING)
    shutil.copy(LECTURE, home / "lectures/data/lecture4.pdf")
    library, encoder = Library(home / "library", create=True), Models().encoder
    for course in ("data", "animals"):
        list(ingest(find_files([home / "lectures" / course]), library, encoder, course=course))
    return library.folder


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with screenshot.running_app(folder, KATHEDER_APP__LOG_QUESTIONS="true") as address:
        yield address


@pytest.fixture
def visit(chromium: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Open a page of the app as a reader with a fresh browser; closed at the end of the test."""
    contexts = []

    def opened(path: str = "", *, width: int = 1280, dark: bool = False) -> Page:
        page = screenshot.visit(chromium, f"{url}/{path}", width=width, dark=dark)
        page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        page.set_default_timeout(45_000)
        contexts.append(page.context)
        return page

    yield opened
    for context in contexts:
        for page in context.pages:
            assert page.get_by_text("unexpected error").count() == 0
            assert page.get_by_test_id("stException").count() == 0
        context.close()


def saved(page: Page, button: Locator) -> bytes:
    """What a button downloads."""
    expect(button).to_be_enabled(timeout=PATIENCE)
    with page.expect_download(timeout=PATIENCE) as download:
        button.click()
    file: Download = download.value
    return Path(file.path()).read_bytes()


def anki_fields(package: bytes, scratch: Path) -> list[str]:
    """The fields of the notes in an Anki file, as SQLite reads them."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        [name] = [name for name in archive.namelist() if name.startswith("collection.anki2")]
        archive.extract(name, scratch)
    with sqlite3.connect(scratch / name) as database:
        return [row[0] for row in database.execute("select flds from notes")]


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    screenshot.settle(page)


def chips(page: Page) -> Locator:
    """The citations in view, each of which opens its page."""
    return page.locator("[class*='st-key-chip-'] button").locator("visible=true")


def test_a_course_is_asked_and_its_answer_is_copied_pinned_and_linked(visit, tmp_path):
    page = visit(width=768, dark=True)
    screenshot.ready(page)
    screenshot.settle(page)
    page.get_by_role("button", name="Search in: all lectures").click()
    choose(page, "Course", "animals")
    expect(page.get_by_role("dialog", name="Search in: animals")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")
    screenshot.ask(page, "What does a dog dream of?")
    expect(chips(page).first).to_contain_text(re.compile(r"00:01:05"))  # said, on no slide
    screenshot.ask(page, "What is a queue?")
    expect(page.get_by_role("main").get_by_text("order of arrival")).to_have_count(0)

    page.keyboard.press("Escape")
    page.keyboard.press("n")  # a new conversation
    screenshot.settle(page)
    screenshot.ask(page, "What is a queue?")
    answer = page.get_by_role("main")
    expect(answer.get_by_text("order of arrival").first).to_be_visible()
    expect(chips(page).first).to_contain_text(re.compile(r"data, lecture \d"))
    read = "navigator.clipboard.readText()"
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert re.search(r"order of arrival\.? \[1\]", page.evaluate(read))
    for name, pattern in (("Markdown", r"\n\* \\\[1\\\] data, "), ("BibTeX", r"^@misc\{lecture")):
        page.get_by_role("button", name="Copy as").click()
        page.get_by_test_id("stPopoverBody").get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_test_id("stPopoverBody").get_by_text("Copied")).to_be_visible()
        assert re.search(pattern, page.evaluate(read)), page.evaluate(read)
        page.keyboard.press("Escape")

    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.get_by_text("Pinned to the notes.")).to_be_visible()
    chips(page).first.click()
    expect(page.locator(".box.current").first).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile(r"\?c=.*source="))
    other = visit(page.url.split("/", 3)[3])  # the link to conversation and source
    expect(other.locator(".box.current").first).to_be_visible(timeout=PATIENCE)
    expect(other.get_by_text("order of arrival").first).to_be_visible()
    page.get_by_role("button", name="Copy a link to this page").click()
    linked = page.evaluate(read)
    assert linked.endswith("&page=1")
    other.goto(linked)
    expect(other.get_by_label("Page number")).to_have_value("1", timeout=PATIENCE)
    other.get_by_text("Passages of a page").click()
    other.get_by_role("button", name="Show on the page").first.click()
    expect(other).to_have_url(re.compile("passage="))
    other.reload()
    expect(other.locator(".box.current").first).to_be_visible(timeout=PATIENCE)

    page.goto(page.url.split("/?")[0] + "/notes")
    note = page.locator("[class*='st-key-note-']").first
    expect(note).to_contain_text("order of arrival", timeout=PATIENCE)
    note.get_by_role("button", name="More about this note").click()
    own = page.get_by_role("textbox", name="Your words")
    expect(own).to_have_value("What is a queue?")
    own.fill("First in, first out: $n^2$ costs $5")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("First in, first out").first).to_be_visible()
    expect(page.locator(".katex").first).to_be_visible()
    text = saved(page, page.get_by_role("button", name="Markdown")).decode()
    assert "First in, first out" in text
    assert "order of arrival" in text
    [fields] = anki_fields(saved(page, page.get_by_role("button", name="Anki")), tmp_path)
    assert fields.index("First in") < fields.index("order of arrival")
    page.get_by_placeholder("Search notes").fill("elephant")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No matching notes.")).to_be_visible()


def term_of(question: str) -> str:
    return next(term for words, term in TERMS.items() if words in question)


def test_the_course_is_studied_to_the_end_of_an_exam(visit, tmp_path):
    page = visit("study", width=390, dark=True)
    page.get_by_role("button", name="Material: all lectures").click()
    choose(page, "Course", "data")
    page.get_by_text("Some of them").click()
    choose(page, "Only these lectures", "1: ")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    screenshot.settle(page)
    deck = anki_fields(saved(page, page.get_by_role("button", name="Save for Anki")), tmp_path)
    assert any("queue" in fields and "order of arrival" in fields for fields in deck)

    open_tab(page, "Quiz")
    card = page.locator(".st-key-study_card")
    for verdict in ("Right", "Not right"):
        right = term_of(card.locator("h4").inner_text())
        choices = card.get_by_role("radio")
        expect(choices).to_have_count(4)
        labels = [
            text.casefold() for text in card.locator("[role=radiogroup] label").all_inner_texts()
        ]
        place = labels.index(right.casefold()) - (verdict != "Right")
        card.locator("[role=radiogroup] label").nth(place).click()
        page.get_by_role("button", name="Check").click()
        expect(card.get_by_text(verdict, exact=True)).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Next question").click()
        expect(page.get_by_role("button", name="Check")).to_be_visible(timeout=PATIENCE)
    page.get_by_text("In my own words").click()
    answer = page.get_by_role("textbox", name="Your answer")
    answer.fill("I do not know, something about cats.")
    page.get_by_role("button", name="Check").click()
    expect(card.get_by_text("Not right", exact=True)).to_be_visible(timeout=PATIENCE)

    open_tab(page, "Exam")
    page.get_by_role("button", name="Hand in").click()  # nothing was answered
    expect(page.get_by_role("heading", name=re.compile(r"^0 of \d+ right$"))).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_text("Read these pages again:").wait_for()
    page.locator("[class*='st-key-show-read-'] button").locator("visible=true").first.click()
    expect(page.locator(".box.current").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Close").click()

    open_tab(page, "Glossary")
    page.get_by_placeholder("Search a term").fill("newest")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 term", exact=True)).to_be_visible(timeout=PATIENCE)
    open_tab(page, "Timeline")
    page.locator("[class*='st-key-timeline-'] button").locator("visible=true").first.click()
    expect(page.get_by_label("Page number")).to_have_value("1", timeout=PATIENCE)


def question_set(*documents: str) -> bytes:
    """Two questions for each document, answered on its first page."""
    values = [
        {
            "id": f"q{row}",
            "question": f"What is a {term}?",
            "type": "definition",
            "lang": "en",
            "gold": [{"doc": document, "pages": [1]}],
            "keywords": ["list"],
        }
        for row, (document, term) in enumerate((d, t) for d in documents for t in ("queue", "heap"))
    ]
    return "".join(json.dumps(value) + "\n" for value in values).encode()


def test_a_question_set_is_uploaded_run_reported_and_deleted(visit, folder):
    page = visit("evaluate", width=1920)

    def upload(name: str, content: bytes) -> None:
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
            {"name": f"{name}.jsonl", "mimeType": "application/jsonl", "buffer": content}
        )
        screenshot.settle(page)

    alert = page.get_by_role("alert")
    for name, content in (
        ("torn", b'{"id": "a", "question": '),
        ("columns", b'{"number": 1, "text": "What?"}\n'),
        ("table", b"id,question\n1,What?\n"),
        ("bytes", b"\xff\xfe\x00\x01"),
    ):
        upload(name, content)
        expect(alert.filter(has_text=f"{name}.jsonl").first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    upload("elsewhere", question_set("lecture1.pdf", "botany.pdf"))
    expect(alert.filter(has_text="2 of 4 questions").first).to_contain_text("botany.pdf")
    upload("queues", question_set("lecture1.pdf"))
    expect(page.get_by_role("combobox", name=re.compile("Question set"))).to_have_value("queues")
    expect(alert.filter(has_text="botany.pdf")).to_have_count(0)
    assert [f.stem for f in sorted((folder / "questions").iterdir())] == ["elsewhere", "queues"]

    name = page.get_by_label("Name of the run")
    name.fill("first")
    page.get_by_role("button", name="Start", exact=True).click()
    done = page.get_by_text("The run queues first is finished.")
    expect(page.get_by_text("The run queues first is under way.").or_(done).first).to_be_visible()
    expect(done).to_be_visible(timeout=PATIENCE)
    expect(
        page.get_by_text(re.compile(r"^The first page is right for \d+ %")).first
    ).to_be_visible()
    report = saved(page, page.get_by_role("button", name="Full report as one HTML file")).decode()
    assert "What is a queue?" in report
    assert re.search("in short", report, re.IGNORECASE)

    page.get_by_text("A new run", exact=True).click()
    name.fill("first")
    page.get_by_text("Write answers too, not only retrieve pages").click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(alert.filter(has_text="The run queues first failed").first).to_be_visible(
        timeout=PATIENCE
    )
    page.get_by_text("All runs", exact=True).click()
    choose(page, "Runs to delete", "queues first")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete these runs").click()
    expect(page.get_by_text("There is no run yet")).to_be_visible(timeout=PATIENCE)
    assert list((folder / "runs").iterdir()) == []

    page.get_by_text("Write questions", exact=True).click()
    field = page.get_by_role("combobox", name=re.compile("Question set to write in"))
    field.fill("mine")
    field.press("Enter")
    text = page.get_by_label("Question", exact=True)
    text.fill("What is a graph?")
    text.press("Enter")
    choose(page, "Lecture with the answer", "lecture1.pdf")
    choose(page, "Pages with the answer", "2: Trees")
    page.keyboard.press("Escape")
    expect(page.get_by_role("img", name="Page 2 of lecture1.pdf")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Add the question").click()
    expect(page.get_by_text("1 question", exact=True)).to_be_visible(timeout=PATIENCE)
    lines = saved(page, page.get_by_role("button", name="Download the set")).decode()
    [question] = [json.loads(line) for line in lines.splitlines()]
    assert question["question"] == "What is a graph?"
    assert question["gold"] == [{"doc": "lecture1.pdf", "pages": [2]}]


def test_a_lecturer_sees_what_got_no_answer(visit, folder):
    page = visit(width=390)
    screenshot.ready(page)
    expect(page.get_by_text("Questions are logged here").first).to_be_visible()
    screenshot.ask(page, "Who composed the Magic Flute?")
    page.goto(page.url.split("/?")[0] + "/lecturers")
    page.get_by_role("button", name="Save as not in the lectures").click()
    expect(page.get_by_text("Saved in the question set “readers”.")).to_be_visible()
    [question] = read_questions(folder / "questions" / "readers.jsonl")
    assert (question.question, question.gold) == ("Who composed the Magic Flute?", ())
    open_tab(page, "Pages that no question reaches")
    choose(page, "Show the pages of", "lecture2.pdf")
    page.get_by_role("button", name="2: Hashing").click()
    expect(page.get_by_label("Page number")).to_have_value("2", timeout=PATIENCE)


def opened_menu(page: Page, row: str, name: str) -> None:
    """Open the menu in the row of a course or a lecture that has a text."""
    rows = page.locator("[class*='st-key-lecture-'], [class*='st-key-course-']")
    rows.filter(has_text=row).first.get_by_role("button", name=name).click()


def names(library: Library, course: str) -> list[str]:
    files = {document.id: document.file for document in library.documents()}
    return [files[id] for id in library.course(course).documents]


def test_courses_are_put_in_order_and_read_again(visit, folder):
    library = Library(folder)
    page = visit("library")

    def stored(expected: list[str], course: str = "data") -> None:
        screenshot.settle(page)
        assert names(library, course) == expected

    opened_menu(page, "lecture2.pdf", "More about this lecture")
    label = (
        page.get_by_test_id("stPopoverBody").get_by_text("Reload the file").locator("visible=true")
    )
    assert (
        label.evaluate("label => label.checkVisibility() && getComputedStyle(label).clipPath")
        == "none"
    )
    page.get_by_role(
        "button", name="Up", exact=True
    ).dblclick()  # the first click makes it the first
    stored(["lecture2.pdf", "lecture1.pdf", "lecture3.pdf", "lecture4.pdf"])
    choose(page, "Another course", "animals")
    page.get_by_role("button", name="Add there too").click()
    screenshot.settle(page)
    assert "lecture2.pdf" in names(library, "animals")
    page.keyboard.press("Escape")
    long = ("Über Daten " + "und ihre Strukturen " * 20)[:80]
    opened_menu(page, "data", "More about this course")
    page.get_by_role("textbox", name="Name").fill(long)
    page.get_by_role("button", name="Rename").click()
    screenshot.settle(page)
    course = next(c.name for c in library.courses() if c.name.startswith("Über"))
    assert len(course) <= 80
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280

    open_tab(page, "Near-duplicates")
    page.get_by_role("button", name="Remove lecture3.pdf").first.click()
    page.get_by_role("button", name="Remove from the library").click()
    screenshot.settle(page)
    assert "lecture3.pdf" not in names(library, course)


def test_a_library_is_rebuilt_unless_the_reader_stops_it(visit, folder):
    library, page = Library(folder), visit("library")
    before = library.content_hash()
    page.get_by_role("button", name="Rebuild the library").click()
    page.get_by_role("button", name="Start to rebuild").click()
    stop = page.get_by_role("button", name=re.compile("^Stop"))
    stop.click()
    expect(stop).to_have_count(0, timeout=PATIENCE)
    assert library.content_hash() == before
    page.get_by_role("button", name="Rebuild the library").click()
    page.get_by_role("button", name="Start to rebuild").click()
    expect(page.get_by_text("lecture4.pdf: added").first).to_be_visible(timeout=PATIENCE)
    assert Library(folder).content_hash() == before


@pytest.mark.parametrize("name", ["Ask", "Study", "Library", "Notes", "Evaluate", "Lecturers"])
def test_a_page_fits_every_window_in_both_themes(visit, axe, name):
    page = visit("" if name == "Ask" else screenshot.address(name))
    if name == "Ask":
        screenshot.ready(page)
        screenshot.ask(page, "What is a queue?")
    else:
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in HEIGHTS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            assert (
                page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme")
                == scheme
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert serious_faults(page, axe) == {}, (scheme, width)
