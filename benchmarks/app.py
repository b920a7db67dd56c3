"""Seconds that a user of the app waits, in Chromium on this machine, with all models loaded.

    python -m benchmarks.app [--library library] [--times 5]

A page is loaded when its heading, or on Ask the question field, is visible; sources are visible
when the first file is named under a question; a written answer begins with the first word of its
draft; a slider has taken effect when the page is rendered again. Each figure is the median, with
the maximum in brackets. No question is asked twice, since scores are cached.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks.first_token import QUESTIONS
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.evaluation.questions import read_questions
from rag.models import Models

_spec = importlib.util.spec_from_file_location(
    "screenshot", Path(__file__).parents[1] / "docs" / "screenshot.py"
)
assert _spec is not None
assert _spec.loader is not None
screenshot = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(screenshot)

# Measures by the page's clock from now until a condition holds.
_WATCH = """() => {
  const holds = () => { %s };
  window.heldAt = null;
  window.startedAt = performance.now();
  const watcher = new MutationObserver(() => {
    if (holds()) { window.heldAt = performance.now(); watcher.disconnect(); }
  });
  watcher.observe(document.body,
    {subtree: true, childList: true, characterData: true, attributes: true});
}"""
_MESSAGES = "[...document.querySelectorAll('[aria-label=\"Chat message from assistant\"]')]"
_SOURCES = f"return {_MESSAGES}.some((message) => /\\.pdf/.test(message.textContent));"
_WORD = f"""return {_MESSAGES}.some((message) =>
  [...message.querySelectorAll('[data-testid=stMarkdownContainer]')].some((part) =>
    !part.closest('details, button') && /\\w/.test(part.textContent)));"""
_RENDERED = """const state = document.querySelector('[data-test-script-state]').dataset.testScriptState;
  window.ran = window.ran || state === 'running';
  return window.ran && state !== 'running';"""


def seconds_until(page: Page, condition: str, action: Callable[[], object]) -> float:
    """Seconds from an action until a condition, the body of a function in JavaScript, holds."""
    page.evaluate("() => { window.ran = false; }")
    page.evaluate(_WATCH % condition)
    action()
    page.wait_for_function("() => window.heldAt !== null", timeout=screenshot.PATIENCE)
    return float(page.evaluate("() => (window.heldAt - window.startedAt) / 1000"))


def print_row(name: str, limit: str, values: list[float]) -> None:
    print(
        f"{name:<28} {statistics.median(values):5.2f} s ({max(values):.2f}), limit {limit}",
        flush=True,
    )


def pages(page: Page, url: str, times: int) -> None:
    """Load each page by its address."""
    for name in ("Ask", "Passages", "Library", "Evaluate", "Settings"):
        values = []
        for _ in range(times + 1):  # the first one imports the page's module
            start = time.perf_counter()
            page.goto(f"{url}/{'' if name == 'Ask' else name.lower()}")
            loaded = (
                page.get_by_placeholder("Ask the lectures")
                if name == "Ask"
                else page.get_by_role("heading", name=name, exact=True).first
            )
            loaded.wait_for(timeout=screenshot.PATIENCE)
            values.append(time.perf_counter() - start)
        print_row(f"page {name}", "1", values[1:])


def answers(page: Page, url: str, times: int, name: str, limit: str, condition: str) -> None:
    """Ask the first question of a new conversation, `times` times."""
    values = []
    for question in ("What is a token?", *QUESTIONS)[: times + 1]:
        page.goto(url)
        screenshot.ready(page)
        page.get_by_placeholder("Ask the lectures").fill(question)
        page.wait_for_timeout(300)
        values.append(seconds_until(page, condition, lambda: page.keyboard.press("Enter")))
        page.get_by_role("button", name="Copy", exact=True).wait_for(timeout=screenshot.PATIENCE)
    print_row(name, limit, values[1:])


def sliders(page: Page, url: str) -> None:
    """Move each slider of Passages by one step and back."""
    screenshot.open_page(page, url, "Passages")
    page.get_by_label("Question", exact=True).fill(QUESTIONS[-1])
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Ranks").wait_for(timeout=screenshot.PATIENCE)
    screenshot.settle(page)
    values = []
    for slider in page.get_by_role("slider").all():
        for key in ("ArrowLeft", "ArrowRight"):
            slider.focus()
            values.append(seconds_until(page, _RENDERED, lambda s=slider, k=key: s.press(k)))
            page.wait_for_timeout(300)
    print_row("a slider of Passages", "0.4", values)


def together(browser: Browser, url: str, times: int) -> None:
    """Ten users' first questions at once, compared with one user's; all browsers run here."""
    dev_set = read_questions(screenshot.ROOT / "corpus" / "questions" / "dev.jsonl")
    questions = (question.question for question in dev_set)
    single = [first_answers(browser, url, islice(questions, 1)) for _ in range(times)]
    ten = [first_answers(browser, url, islice(questions, 10)) for _ in range(max(1, times // 2))]
    print_row("one user alone", "a tenth of the next", single)
    limit = 10 * statistics.median(single)
    print_row("the last of ten at once", f"{limit:.1f}, 10 times one alone", ten)


def first_answers(browser: Browser, url: str, questions: Iterator[str]) -> float:
    """Seconds until the last of several new users, one for each question, has an answer."""
    pages = [(screenshot.visit(browser, url), question) for question in questions]
    for page, _ in pages:
        screenshot.ready(page)
    start = time.perf_counter()
    for page, question in pages:
        page.get_by_placeholder("Ask the lectures").fill(question)
        page.keyboard.press("Enter")
    for page, _ in pages:
        page.get_by_role("button", name="Copy", exact=True).wait_for(timeout=screenshot.PATIENCE)
    seconds = time.perf_counter() - start
    for page, _ in pages:
        page.context.close()
    return seconds


def measure(browser: Browser, library: Path, times: int) -> None:
    with screenshot.running_app(library) as url:
        page = screenshot.visit(browser, url)
        screenshot.ready(page)
        answers(page, url, times, "sources after a question", "0.5", _SOURCES)
        pages(page, url, times)
        sliders(page, url)
        together(browser, url, times)
    with screenshot.running_app(library, KATHEDER_ANSWER__WRITER="true") as url:
        page = screenshot.visit(browser, url)
        screenshot.ready(page)
        answers(page, url, times, "first written word", "1", _WORD)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--library", type=Path, help="an existing library; default: a new one of corpus/"
    )
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, screenshot.browser() as browser:
        folder = options.library or Path(scratch) / "library"
        if options.library is None:
            lectures = find_files([screenshot.ROOT / "corpus"])
            list(ingest(lectures, Library(folder, create=True), Models().encoder))
        measure(browser, folder.resolve(), options.times)


if __name__ == "__main__":
    main()
