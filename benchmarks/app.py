"""Seconds that a reader of the app waits, in Chromium on this machine, with everything loaded.

    python -m benchmarks.app [--library library] [--times 5]

A page is there when its heading, or the field for questions, is; sources when the first page is
named beside a question; the first word of a written answer when it stands in the draft; a
slider has acted when the page is drawn anew. Each figure is the median, the largest in brackets.
No question is asked twice: a page's score for a question is kept for a while, and what was just
asked is answered sooner.
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

# By the page's own clock, from now until a condition holds.
_WATCH = """() => {
  const holds = () => { %s };
  window.seen = null;
  window.began = performance.now();
  const watcher = new MutationObserver(() => {
    if (holds()) { window.seen = performance.now(); watcher.disconnect(); }
  });
  watcher.observe(document.body,
    {subtree: true, childList: true, characterData: true, attributes: true});
}"""
_SAID = "[...document.querySelectorAll('[aria-label=\"Chat message from assistant\"]')]"
_NAMED = f"return {_SAID}.some((said) => /\\.pdf/.test(said.textContent));"
_WORD = f"""return {_SAID}.some((said) =>
  [...said.querySelectorAll('[data-testid=stMarkdownContainer]')].some((part) =>
    !part.closest('details, button') && /\\w/.test(part.textContent)));"""
_DRAWN = """const state = document.querySelector('[data-test-script-state]').dataset.testScriptState;
  window.ran = window.ran || state === 'running';
  return window.ran && state !== 'running';"""


def waited(page: Page, condition: str, action: Callable[[], object]) -> float:
    """Seconds from an action until a condition, the body of a function in JavaScript, holds."""
    page.evaluate("() => { window.ran = false; }")
    page.evaluate(_WATCH % condition)
    action()
    page.wait_for_function("() => window.seen !== null", timeout=screenshot.PATIENCE)
    return float(page.evaluate("() => (window.seen - window.began) / 1000"))


def show(name: str, wanted: str, values: list[float]) -> None:
    print(
        f"{name:<28} {statistics.median(values):5.2f} s ({max(values):.2f}), wanted {wanted}",
        flush=True,
    )


def pages(page: Page, url: str, times: int) -> None:
    """A visit by address, as on a reload."""
    for name in ("Ask", "Passages", "Library", "Evaluate", "Settings"):
        values = []
        for _ in range(times + 1):  # the first one imports the page's module
            start = time.perf_counter()
            page.goto(f"{url}/{'' if name == 'Ask' else name.lower()}")
            there = (
                page.get_by_placeholder("Ask the lectures")
                if name == "Ask"
                else page.get_by_role("heading", name=name, exact=True).first
            )
            there.wait_for(timeout=screenshot.PATIENCE)
            values.append(time.perf_counter() - start)
        show(f"page {name}", "1", values[1:])


def answers(page: Page, url: str, times: int, name: str, wanted: str, condition: str) -> None:
    """The first question of a conversation, over and over."""
    values = []
    for question in ("What is a token?", *QUESTIONS)[: times + 1]:
        page.goto(url)
        screenshot.ready(page)
        page.get_by_placeholder("Ask the lectures").fill(question)
        page.wait_for_timeout(300)
        values.append(waited(page, condition, lambda: page.keyboard.press("Enter")))
        page.get_by_role("button", name="Copy", exact=True).wait_for(timeout=screenshot.PATIENCE)
    show(name, wanted, values[1:])


def sliders(page: Page, url: str) -> None:
    """One step of each slider of Passages, and back."""
    screenshot.open_page(page, url, "Passages")
    page.get_by_label("Question", exact=True).fill(QUESTIONS[-1])
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Ranks").wait_for(timeout=screenshot.PATIENCE)
    screenshot.settle(page)
    values = []
    for slider in page.get_by_role("slider").all():
        for key in ("ArrowLeft", "ArrowRight"):
            slider.focus()
            values.append(waited(page, _DRAWN, lambda s=slider, k=key: s.press(k)))
            page.wait_for_timeout(300)
    show("a slider of Passages", "0.4", values)


def together(opened: Browser, url: str, times: int) -> None:
    """Ten readers' first questions at once, beside one reader's; all browsers run here too."""
    asked = read_questions(screenshot.ROOT / "corpus" / "questions" / "dev.jsonl")
    questions = (question.question for question in asked)
    single = [first_answers(opened, url, islice(questions, 1)) for _ in range(times)]
    ten = [first_answers(opened, url, islice(questions, 10)) for _ in range(max(1, times // 2))]
    show("one alone", "a tenth of the next", single)
    wanted = 10 * statistics.median(single)
    show("the last of ten at once", f"{wanted:.1f}, 10 times one alone", ten)


def first_answers(opened: Browser, url: str, questions: Iterator[str]) -> float:
    """Seconds until the last of some new readers, one for each question, has an answer."""
    pages = [(screenshot.visit(opened, url), question) for question in questions]
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


def measure(opened: Browser, library: Path, times: int) -> None:
    with screenshot.running_app(library) as url:
        page = screenshot.visit(opened, url)
        screenshot.ready(page)
        answers(page, url, times, "sources after a question", "0.5", _NAMED)
        pages(page, url, times)
        sliders(page, url)
        together(opened, url, times)
    with screenshot.running_app(library, KATHEDER_ANSWER__WRITER="true") as url:
        page = screenshot.visit(opened, url)
        screenshot.ready(page)
        answers(page, url, times, "first written word", "1", _WORD)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--library", type=Path, help="a filled library; default: one of corpus/")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, screenshot.browser() as opened:
        folder = options.library or Path(scratch) / "library"
        if options.library is None:
            lectures = find_files([screenshot.ROOT / "corpus"])
            list(ingest(lectures, Library(folder, create=True), Models().encoder))
        measure(opened, folder.resolve(), options.times)


if __name__ == "__main__":
    main()
