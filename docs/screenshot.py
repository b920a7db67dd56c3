"""Take the picture of the chat: start the app, ask a question, save what Chromium shows.

`make screenshots` runs it; the browser test uses its functions. An empty library is first
filled with the bundled lectures, by the page's own button.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUESTION = "Which default values are normally used for k1 and b in BM25?"
PATIENCE = 180_000  # ms; models load slowly on small machines


@contextmanager
def running_app(library: Path, **environment: str) -> Iterator[str]:
    """The app on a free port of this machine, over a library; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "ui" / "app.py")]
    server = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        env=os.environ | {"KATHEDER_LIBRARY": str(library), "HF_HUB_OFFLINE": "1"} | environment,
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
def browser_page(url: str, *, dark: bool = False) -> Iterator[Page]:
    """The app in a headless Chromium of 1280 x 800."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(
            viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light"
        )
        page.goto(url)
        expect(page.get_by_role("heading", name="Katheder")).to_be_visible(timeout=PATIENCE)
        yield page
        browser.close()


def ready(page: Page) -> None:
    """Wait until the page takes a question; read the bundled lectures where it has none."""
    field = page.get_by_placeholder("Ask the lectures")
    read = page.get_by_role("button", name="bundled lectures")
    expect(field.or_(read).first).to_be_visible(timeout=PATIENCE)
    if read.is_visible():
        read.click()
    expect(field).to_be_enabled(timeout=2 * PATIENCE)
    expect(page.get_by_text("Loading the models")).to_have_count(0, timeout=PATIENCE)


def ask(page: Page, question: str) -> None:
    """Ask, and wait until the answer stands there whole."""
    answers = page.get_by_text("Why these pages")
    before = answers.count()
    page.get_by_placeholder("Ask the lectures").fill(question)
    page.keyboard.press("Enter")
    expect(answers).to_have_count(before + 1, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0, timeout=PATIENCE)


def main() -> None:
    """Save docs/screenshots/chat.png."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=Path, default=ROOT / "library")
    parser.add_argument("--question", default=QUESTION)
    parser.add_argument("--dark", action="store_true", help="in the dark theme")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "screenshots" / "chat.png")
    chosen = parser.parse_args()
    with (
        running_app(chosen.library.resolve()) as url,
        browser_page(url, dark=chosen.dark) as page,
    ):
        ready(page)
        ask(page, chosen.question)
        page.mouse.move(790, 400)
        for _ in range(5):  # the chat holds on to its end until it has been drawn
            page.wait_for_timeout(400)
            page.mouse.wheel(0, -1000)
        page.wait_for_timeout(500)
        chosen.to.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=chosen.to)


if __name__ == "__main__":
    main()
