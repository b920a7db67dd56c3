"""Seconds that a user of the app waits, in Chromium on this machine, with all models loaded.

    python -m benchmarks.app [--library library] [--times 5]

A page is loaded when its heading, or on Ask the question field, is visible; sources are visible
when the first file is named under a question; a written answer begins with the first word of its
draft; a slider has taken effect when the page is rendered again. Each figure is the median, with
the maximum in brackets. No question is asked twice, since scores are cached.

`--fresh` measures alone what a new server's first page costs: from the start of `katheder ui` until its port is
open, from then until the page is loaded in a browser that is open already, and the seconds of the
processor that the server took until then. Memory is that of the server after all its answers, its own
and that of mapped files.
"""

from __future__ import annotations

import argparse
import importlib.util
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import psutil
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


def fresh(browser: Browser, library: Path, times: int) -> None:
    """The first page of new servers."""
    opened, loaded, starting, drawing = [], [], [], []
    for _ in range(times):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        page = browser.new_page()
        start = time.perf_counter()
        command = [sys.executable, "-m", "ui.cli", "ui", "--headless", "--library", str(library)]
        with subprocess.Popen([*command, "--port", str(port)]) as server:
            try:
                wait_for_port(port, server)
                opened.append(time.perf_counter() - start)
                starting.append(processor_seconds(server))
                page.goto(f"http://127.0.0.1:{port}", wait_until="commit")
                page.get_by_placeholder("Ask the lectures").wait_for(timeout=screenshot.PATIENCE)
                loaded.append(time.perf_counter() - start - opened[-1])
                drawing.append(processor_seconds(server) - starting[-1])
            finally:
                page.close()
                server.kill()
    print_row("a new server: port open", "-", opened)
    print_row("its first page from then", "-", loaded)
    both = [sum(pair) for pair in zip(opened, loaded, strict=True)]
    print_row("both", "1.5", both)
    print_row("the processor, port open", "-", starting)
    print_row("the processor, first page", "-", drawing)


def processor_seconds(server: subprocess.Popen[bytes]) -> float:
    """Seconds of the processor that a process has taken."""
    used = psutil.Process(server.pid).cpu_times()
    return float(used.user + used.system)


def wait_for_port(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until a server of this machine takes connections."""
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise SystemExit(f"the server ended with {server.returncode}")


def print_memory(name: str, limit: str) -> None:
    """The memory of the app that this process started."""
    for process in psutil.Process().children():
        if "streamlit" in process.cmdline():
            sizes = dict(
                line.split()[:2]
                for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
                if line.startswith("Rss")
            )
            own, mapped = (int(sizes[key]) / 1000 for key in ("RssAnon:", "RssFile:"))
            print(f"{name:<28} {own:.0f} MB own, {mapped:.0f} MB mapped, limit {limit}", flush=True)


def measure(browser: Browser, library: Path, times: int) -> None:
    with screenshot.running_app(library) as url:
        page = screenshot.visit(browser, url)
        screenshot.ready(page)
        answers(page, url, times, "sources after a question", "0.5", _SOURCES)
        pages(page, url, times)
        sliders(page, url)
        together(browser, url, times)
        print_memory("memory, answers quoted", "600 MB in all")
    with screenshot.running_app(library, KATHEDER_ANSWER__WRITER="true") as url:
        page = screenshot.visit(browser, url)
        screenshot.ready(page)
        answers(page, url, times, "first written word", "1", _WORD)
        print_memory("memory, answers written", "900 MB in all")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--library", type=Path, help="an existing library; default: a new one of corpus/"
    )
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--fresh", action="store_true", help="the first page of new servers alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, screenshot.browser() as browser:
        folder = options.library or Path(scratch) / "library"
        if options.library is None:
            lectures = find_files([screenshot.ROOT / "corpus"])
            list(ingest(lectures, Library(folder, create=True), Models().encoder))
        fresh(browser, folder.resolve(), options.times)
        if not options.fresh:
            measure(browser, folder.resolve(), options.times)


if __name__ == "__main__":
    main()
