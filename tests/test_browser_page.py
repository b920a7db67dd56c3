"""The page beside the answer in a real Chromium: in view at every width, opened at the place."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect
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


def marked_pixels(page: Page, selector: str) -> int:
    """How many pixels of an element in the window are the yellow of the pen."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    top, left = max(0, round(box["y"])), max(0, round(box["x"]))
    shown = pixels[top : round(box["y"] + box["height"]), left : round(box["x"] + box["width"])]
    red, green, blue = shown[..., 0], shown[..., 1], shown[..., 2]
    return int(((red > 220) & (green > 190) & (blue < 140)).sum())


@pytest.mark.parametrize("width", WINDOWS)
@pytest.mark.parametrize("last", [False, True])
def test_a_source_opens_in_view_at_its_place(chromium, conversation, monkeypatch, width, last):
    monkeypatch.setattr(screenshot, "WIDTHS", WINDOWS)
    page = screenshot.visit(chromium, conversation, width=width)
    chips = page.locator("[class*='st-key-chip-'] button").locator("visible=true")
    expect(chips.first).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    chip = chips.last if last else chips.first
    chip.click()
    picture = page.locator(".st-key-page_picture_fit")
    expect(picture.locator("img")).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    box, button = picture.bounding_box(), chip.bounding_box()
    assert box is not None
    assert button is not None
    assert box["y"] >= 60
    assert box["y"] + box["height"] <= WINDOWS[width]
    assert 60 <= button["y"] <= WINDOWS[width]  # the reader still sees what they clicked
    assert marked_pixels(page, ".st-key-page_picture_fit") > 100
    fit = picture.locator("img").bounding_box()
    assert fit is not None
    for percent in (150, 250):
        page.get_by_role("radio", name=f"{percent} %").click()
        enlarged = page.locator(f".st-key-page_picture_{percent}")
        expect(enlarged.locator("img")).to_be_visible(timeout=PATIENCE)
        screenshot.settle(page)
        image = enlarged.locator("img").bounding_box()
        assert image is not None
        assert image["width"] == pytest.approx(fit["width"] * percent / 100, rel=0.05)
        assert marked_pixels(page, f".st-key-page_picture_{percent}") > 100
    page.context.close()


def test_the_pdf_opens_at_the_page_and_the_original_is_saved(chromium, conversation):
    page = screenshot.visit(chromium, conversation)
    page.get_by_role("button", name=LECTURE.name).first.click()
    link = page.get_by_role("link", name="Open the PDF")
    expect(link).to_be_visible(timeout=PATIENCE)
    address = link.get_attribute("href") or ""
    number = page.locator(".st-key-turn_page").inner_text().split("page ")[1].split(" ")[0]
    assert address.endswith(f".pdf#page={number}")
    served = page.request.get(f"{page.url.split('/?')[0]}{address.split('#')[0]}")
    assert served.headers["content-type"] == "application/pdf"
    assert "attachment" not in served.headers.get("content-disposition", "")
    assert served.body() == LECTURE.read_bytes()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == LECTURE.name
    assert Path(download.value.path()).read_bytes() == LECTURE.read_bytes()
    page.context.close()
