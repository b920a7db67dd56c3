"""The page beside the answer in a real Chromium: in view at every width, opened at the place."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect
from test_browser import LECTURE, screenshot

from ingest.pipeline import ingest
from ingest.store import Library
from rag.models import Models

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]

QUESTIONS = ("Was ist Überanpassung?", "Was ist ein Testdatensatz?", "Was ist Regularisierung?")
PATIENCE = screenshot.PATIENCE = 180_000  # ms
WINDOWS = {390: 844, 768: 1024, 1280: 800, 1920: 1000}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app") / "library"
    list(ingest([LECTURE], Library(folder, create=True), Models().encoder))
    with screenshot.running_app(folder) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with screenshot.browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def conversation(url: str, chromium: Browser) -> str:
    """The address of a conversation that is longer than the window."""
    page = screenshot.visit(chromium, url)
    screenshot.ready(page)
    for question in QUESTIONS:
        screenshot.ask(page, question)
        screenshot.settle(page)
        # The window stands at the beginning of the answer, or at its end if it is in view whole.
        top = page.get_by_text(question).last.bounding_box()
        end = page.evaluate(
            "(m => m.scrollHeight - m.clientHeight - m.scrollTop)(document.querySelector('.stMain'))"
        )
        assert top is not None
        assert 60 <= top["y"] <= 160 or (end < 2 and 60 <= top["y"] <= 500)
    address = page.url
    page.context.close()
    return address


def test_the_first_question_takes_the_place_of_the_suggestions_at_once(url, chromium):
    page = screenshot.visit(chromium, url)
    screenshot.ready(page)
    screenshot.settle(page)
    suggestions, message = ".st-key-suggestions", "[data-testid=stChatMessage]"
    expect(page.locator(suggestions)).to_be_visible()
    page.evaluate(
        """selectors => new MutationObserver(() => {
            if (selectors.every(one => document.querySelector(one))) document.together = true;
        }).observe(document.body, { subtree: true, childList: true })""",
        [suggestions, message],
    )
    screenshot.ask(page, QUESTIONS[0])
    expect(page.locator(message)).to_have_count(2)
    assert not page.evaluate("document.together")
    page.context.close()


def marked_pixels(page: Page, selector: str) -> int:
    """How many pixels of an element in the window are the yellow of the pen."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    top, left = max(0, round(box["y"])), max(0, round(box["x"]))
    shown = pixels[top : round(box["y"] + box["height"]), left : round(box["x"] + box["width"])]
    red, green, blue = shown[..., 0], shown[..., 1], shown[..., 2]
    return int(((red > 220) & (green > 190) & (blue < 140)).sum())


def choose(box: Locator, option: Locator) -> None:
    """Choose an option of a list, which closes when the page is drawn again meanwhile."""
    for _ in range(6):
        box.press("ArrowDown")
        try:
            option.click(timeout=10_000)
        except TimeoutError:
            continue
        return
    option.click()


@pytest.mark.parametrize("width", WINDOWS)
def test_a_source_opens_in_view_at_its_place(chromium, conversation, monkeypatch, width):
    monkeypatch.setattr(screenshot, "WIDTHS", WINDOWS)
    page = screenshot.visit(chromium, conversation, width=width)
    chips = page.locator("[class*='st-key-chip-'] button").locator("visible=true")
    expect(chips.first).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    chip = chips.last
    chip.click()
    expect(page.locator(".box.current").first).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    box, button = page.locator(".pages").bounding_box(), chip.bounding_box()
    assert box is not None
    assert button is not None
    assert box["y"] >= 60
    assert box["y"] + box["height"] <= WINDOWS[width]
    assert 60 <= button["y"] <= WINDOWS[width]  # the reader still sees what they clicked
    assert marked_pixels(page, ".pages") > 100
    sheet = page.locator(".sheet:has(.box.current)").first
    fit = sheet.bounding_box()
    assert fit is not None
    for percent in (125, 150):
        page.get_by_role("button", name="Larger").click()
        expect(page.get_by_role("button", name="Fit the width")).to_have_text(f"{percent} %")
        enlarged = sheet.bounding_box()
        assert enlarged is not None
        assert enlarged["width"] == pytest.approx(fit["width"] * percent / 100, rel=0.05)
    page.get_by_role("button", name="Back to the quote").click()
    page.wait_for_timeout(500)
    assert marked_pixels(page, ".pages") > 100
    page.context.close()


def test_the_viewer_scrolls_searches_jumps_and_pins(chromium, conversation):
    page = screenshot.visit(chromium, conversation)
    page.get_by_role("button", name=LECTURE.name).first.click()
    number, pages = page.get_by_label("Page number"), page.locator(".pages")
    expect(page.locator(".box.current").first).to_be_visible(timeout=PATIENCE)
    number.fill("1")
    number.press("Enter")
    first = page.locator('.sheet[data-page="1"] img')
    expect(first).to_be_visible(timeout=PATIENCE)
    pages.focus()
    pages.press("End")  # pages in between are not drawn
    last = page.locator(".sheet").last
    expect(last.locator("img")).to_be_visible(timeout=PATIENCE)
    assert page.locator(".sheet").count() > page.locator(".sheet img").count()
    pages.press("ArrowLeft")
    expect(number).to_have_value(str(page.locator(".sheet").count() - 1))
    page.get_by_placeholder("Search in the document").fill("fehler")
    expect(page.locator(".hit-count")).to_have_text(re.compile(r"^1 / \d+$"), timeout=PATIENCE)
    expect(page.locator(".box.chosen").first).to_be_visible(timeout=PATIENCE)
    found = number.input_value()
    page.get_by_role("button", name="Next hit").click()
    expect(page.locator(".hit-count")).to_have_text(re.compile(r"^2 / "))
    page.get_by_role("button", name="Small pages").click()
    expect(page.locator(".thumbs img[src]").first).to_be_visible(timeout=PATIENCE)
    page.locator(f'.thumbs button[data-page="{found}"]').click()
    word = page.locator(f'.sheet[data-page="{found}"] .words span').nth(3)
    expect(word).to_be_attached(timeout=PATIENCE)
    chosen = word.inner_text()
    word.dblclick()
    page.get_by_role("button", name="Pin to the notes").click()
    expect(page.get_by_text("Pinned to the notes.")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("link", name="Notes").click()
    note = page.locator("[class*='st-key-note-']").first
    expect(note).to_contain_text(chosen.strip(".,:;()"), timeout=PATIENCE)
    note.get_by_role("button", name=LECTURE.name).click()  # and back to the page
    expect(page.locator(f'.sheet[data-page="{found}"] img')).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_label("Page number")).to_have_value(found)
    page.context.close()


def test_the_pdf_opens_at_the_page_and_the_original_is_saved(chromium, conversation):
    page = screenshot.visit(chromium, conversation)
    page.get_by_role("button", name=LECTURE.name).first.click()
    link = page.get_by_role("link", name="Open the PDF")
    expect(link).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".box.current").first).to_be_visible(timeout=PATIENCE)
    address = link.get_attribute("href") or ""
    marked = page.locator(".sheet:has(.box.current)").first.get_attribute("data-page")
    assert address.endswith(f".pdf#page={marked}")
    served = page.request.get(f"{page.url.split('/?')[0]}{address.split('#')[0]}")
    assert served.headers["content-type"] == "application/pdf"
    assert "attachment" not in served.headers.get("content-disposition", "")
    assert served.body() == LECTURE.read_bytes()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == LECTURE.name
    assert Path(download.value.path()).read_bytes() == LECTURE.read_bytes()
    page.context.close()


def test_shortcuts_theme_language_and_the_scope(chromium, conversation):
    page = screenshot.visit(chromium, conversation)
    origin = page.url.split("/?")[0]
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
    field = page.get_by_placeholder("Ask the lectures")
    expect(field).to_be_focused(timeout=PATIENCE)
    screenshot.settle(page)
    page.keyboard.press("Escape")
    expect(field).not_to_be_focused()
    page.keyboard.press("y")
    expect(page.get_by_role("button", name="Copied")).to_be_visible(timeout=PATIENCE)
    assert f"[1] {LECTURE.name}, " in page.evaluate("navigator.clipboard.readText()")
    page.keyboard.press("?")
    overlay = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(overlay).to_be_visible()
    page.keyboard.press("Escape")
    expect(overlay).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator(".box.current").first).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("s")
    expect(page.get_by_placeholder("Search conversations")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Light or dark").click()
    expect(field).to_be_visible(timeout=PATIENCE)
    scheme = "getComputedStyle(document.querySelector('.stApp')).colorScheme"
    assert page.evaluate(scheme) == "dark"
    screenshot.settle(page)
    page.get_by_role("button", name="Search in: all lectures").click()
    page.get_by_text("Some of them").click()
    screenshot.settle(page)
    lectures = page.get_by_role("combobox", name=re.compile("Only these lectures"))
    choose(lectures, page.get_by_role("option", name=LECTURE.name))
    label = f"Search in: {LECTURE.name}"
    expect(page.get_by_role("dialog", name=label)).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("Escape")  # the list
    page.keyboard.press("Escape")  # the dialog
    expect(page.get_by_role("button", name=label)).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_placeholder("Frage an die Vorlesungen")).to_be_visible(timeout=PATIENCE)
    number = page.locator(".sheet .number").first  # of a page that was drawn before
    expect(number).to_contain_text("Seite", timeout=PATIENCE)
    page.get_by_role("button", name="English").click()
    expect(field).to_be_visible(timeout=PATIENCE)
    page.context.close()


def test_a_card_is_rated_and_a_guide_opens_its_pages(chromium, url):
    page = screenshot.visit(chromium, f"{url}/study")
    page.get_by_role("button", name="Show the answer").click(timeout=PATIENCE)
    page.get_by_role("button", name=re.compile("^Good")).click(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("later: 1$"))).to_be_visible(timeout=PATIENCE)
    lecture = hashlib.sha256(LECTURE.read_bytes()).hexdigest()[:16]
    page.goto(f"{url}/library?lecture={lecture}")
    page.get_by_text("Guide to this lecture").click(timeout=PATIENCE)
    page.get_by_role("button", name="Make the guide").click(timeout=PATIENCE)
    expect(page.get_by_role("tab", name="Outline")).to_be_visible(timeout=PATIENCE)
    entry = page.get_by_role("button", name=re.compile(r"^p\. \d+$")).locator("visible=true").last
    number = (entry.inner_text()).removeprefix("p. ")
    entry.click()
    expect(page.get_by_label("Page number")).to_have_value(number, timeout=PATIENCE)
    page.context.close()
