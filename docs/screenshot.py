"""Pictures of every page of the app, in both themes, on a wide and a narrow screen.

`make screenshots` runs it and fills docs/screenshots/; the browser tests use its functions. The
library is one of corpus/, read for the purpose, unless another is named.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models

ROOT = Path(__file__).parents[1]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUESTION = "What does recall tell me about an image generator?"
PATIENCE = 180_000  # ms; models load slowly on small machines
WIDTHS = {1280: 860, 390: 844}  # and heights, in CSS pixels


@contextmanager
def running_app(library: Path, **environment: str) -> Iterator[str]:
    """The app on a free port of this machine, over a library; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    defaults = {
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(ROOT),
        "KATHEDER_APP__GUIDES": "false",
    }  # no work beside the measured
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "ui" / "app.py")]
    server = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        env=os.environ | defaults | {"KATHEDER_LIBRARY": str(library)} | environment,
        cwd=library.parent,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(url, server)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=5).close()
            return
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.2)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield opened
        opened.close()


def visit(
    opened: Browser, url: str, *, dark: bool = False, width: int = 1280, locale: str = "en-GB"
) -> Page:
    """A page of its own, as a reader with a fresh browser sees the app."""
    context = opened.new_context(
        viewport={"width": width, "height": WIDTHS.get(width, 860)},
        color_scheme="dark" if dark else "light",
        accept_downloads=True,
        locale=locale,
    )
    page = context.new_page()
    page.goto(url)
    return page


def ready(page: Page) -> None:
    """Wait until the chat takes a question and the models are there."""
    expect(page.get_by_placeholder("Ask the lectures")).to_be_enabled(timeout=PATIENCE)


def ask(page: Page, question: str) -> None:
    """Ask, and wait until the answer is complete."""
    answers = page.get_by_role("button", name="Copy", exact=True)
    before = answers.count()
    page.get_by_placeholder("Ask the lectures").fill(question)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=PATIENCE)


def address(name: str) -> str:
    """A page's path below the app's address: its module's name, the first word of its title."""
    return name.lower().split()[0]


def open_page(page: Page, url: str, name: str) -> None:
    """Go to one of the app's pages by its address and wait until it is drawn."""
    page.goto(f"{url}/{address(name)}")
    expect(page.get_by_role("heading", name=name, exact=True).first).to_be_visible(timeout=PATIENCE)
    settle(page)


def open_part(page: Page, url: str, part: str) -> None:
    """Go to a part of the generative laboratory and wait until it is drawn."""
    open_page(page, url, "Generative laboratory")
    page.get_by_role("radio", name=part, exact=True).click()
    settle(page)


def settle(page: Page) -> None:
    """Wait until nothing is running and charts and pictures have been drawn."""
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_test_id("stSkeleton").locator("visible=true")).to_have_count(
        0, timeout=PATIENCE
    )
    page.wait_for_timeout(1500)


def take(url: str, opened: Browser, folder: Path, *, dark: bool, width: int) -> None:
    """Every page once."""
    name = f"{'dark' if dark else 'light'}-{width}.png"
    page = visit(opened, url, dark=dark, width=width)
    ready(page)
    settle(page)
    page.screenshot(path=folder / f"welcome-{name}")
    ask(page, QUESTION)
    page.get_by_role("button", name="generative-models.pdf").first.click()
    expect(page.get_by_role("button", name="Close")).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.evaluate("document.querySelector('.stMain').scrollTo(0, 0)")
    page.mouse.move(0, 0)  # no tooltip
    page.wait_for_timeout(500)
    page.screenshot(path=folder / f"ask-{name}")
    open_page(page, url, "Passages")
    page.get_by_label("Question", exact=True).fill("Why is reciprocal rank fusion used?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Ranks")).to_be_visible(timeout=PATIENCE)
    settle(page)
    page.screenshot(path=folder / f"passages-{name}")
    page.get_by_role("tab", name="Passage details").click()
    page.get_by_test_id("stExpander").first.click()
    settle(page)
    page.screenshot(path=folder / f"passage-{name}")
    open_page(page, url, "Study")
    expect(page.get_by_role("button", name="Show the answer")).to_be_visible(timeout=PATIENCE)
    page.screenshot(path=folder / f"study-{name}")
    for title in ("Library", "Notes", "Evaluate", "Lecturers", "Settings"):
        open_page(page, url, title)
        if title == "Evaluate" and page.get_by_text("There is no run yet").is_visible():
            page.get_by_role("button", name="Start", exact=True).click()
            expect(page.get_by_role("tab", name="Figures")).to_be_visible(timeout=PATIENCE)
            open_page(page, url, title)
        page.screenshot(path=folder / f"{title.lower()}-{name}")
    page.get_by_text("Other language model", exact=True).click()  # the last page is Settings
    page.mouse.move(0, 0)
    settle(page)
    page.screenshot(path=folder / f"language-model-{name}")
    for part in ("Sample", "Latent space", "Denoising", "Draw a digit", "Compare"):
        open_part(page, url, part)
        if part == "Draw a digit":
            page.get_by_role("button", name="Use a test image").click()
            settle(page)
        page.screenshot(path=folder / f"generative-{part.lower().split()[0]}-{name}")
    page.context.close()


def main() -> None:
    """Fill docs/screenshots/."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, help="a filled library; default: one of corpus/")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "screenshots")
    options = parser.parse_args()
    options.to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.library or Path(scratch) / "library"
        if options.library is None:
            lectures = find_files([ROOT / "corpus"])
            list(ingest(lectures, Library(folder, create=True), Models().encoder))
        with running_app(folder.resolve()) as url, browser() as opened:
            for width in WIDTHS:
                for dark in (False, True):
                    take(url, opened, options.to, dark=dark, width=width)


if __name__ == "__main__":
    main()
