"""A language model of this machine in a real Chromium: found, used, switched, with its answer's form.

The model is a scripted server at Ollama's port that follows Ollama's recorded interface.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright")
pytest.importorskip("langchain_openai")
import pypdfium2 as pdfium
from playwright.sync_api import Browser, Page, expect
from scripted_server import Script, running
from test_browser import screenshot
from test_cli_models import OLLAMA_SHOW, OLLAMA_TAGS

from ingest.pipeline import ingest
from ingest.store import Library
from rag.models import Models

ROOT = Path(__file__).parents[1]
OLLAMA = 11434


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
    pytest.mark.skipif(not _is_free(OLLAMA), reason="something listens at Ollama's port"),
]

LECTURE = """# Information theory

## Entropy

The entropy of a random variable is its expected information. It is H(X) = - sum p(x) log p(x), in bits
where the logarithm has base 2. The entropy of a fair coin is one bit.

## Divergence

The Kullback-Leibler divergence compares two distributions. It is never negative.
"""
QUESTION = "What is entropy?"
REPLY = """## Entropy

The **entropy** of a random variable is its expected information [1].

$$H(X) = - \\sum p(x) \\log p(x)$$ [1]

| quantity | value |
|---|---|
| entropy of a fair coin | one bit [1] |

Entropy was invented in 1803 by penguins [1].
"""
PATIENCE = screenshot.PATIENCE


@pytest.fixture(scope="module")
def server() -> Iterator[Script]:
    script = Script(
        words=re.split(r"(?<= )", REPLY),
        owner="library",
        models=({"id": "llama3.2:latest"},),
        pages={"/api/tags": OLLAMA_TAGS, "/api/show": OLLAMA_SHOW},
    )
    with running(script, OLLAMA):
        yield script


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, server: Script) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("app")
    lecture = folder / "information.md"
    lecture.write_text(LECTURE)
    list(ingest([lecture], Library(folder / "library", create=True), Models().encoder))
    config = str(folder / "config")
    with screenshot.running_app(
        folder / "library", KATHEDER_CONFIG=config, PYTHONPATH=str(ROOT)
    ) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with screenshot.browser() as opened:
        yield opened


def chats(server: Script) -> list[dict]:
    """The requests that had a model write."""
    return [one for one in server.requests if "messages" in one]


def shoot(page: Page, name: str, folder: Path) -> None:
    screenshot.settle(page)
    page.screenshot(path=folder / f"{name}.png")


def test_two_clicks_give_a_written_answer_and_one_switches_back(chromium, url, server, tmp_path):
    page = screenshot.visit(chromium, url)
    screenshot.ready(page)
    assert server.paths == []  # nothing is asked before a reader says so
    page.get_by_role("button", name="Let a language model of this machine").click()
    use = page.get_by_role("button", name=re.compile("Use ollama:llama3.2:latest.*2.0 GB"))
    expect(use).to_be_visible(timeout=PATIENCE)
    shoot(page, "models", tmp_path)
    use.click()
    expect(page.get_by_role("button", name="Let a language model")).to_have_count(
        0, timeout=PATIENCE
    )
    screenshot.ask(page, QUESTION)
    expect(page.locator(".katex").first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("h4, h5").get_by_text("Entropy", exact=True)).to_be_visible()
    expect(page.locator("strong").get_by_text("entropy", exact=True)).to_be_visible()
    expect(page.locator("td").get_by_text("entropy of a fair coin")).to_be_visible()
    struck = page.locator("del, s").get_by_text("penguins")
    expect(struck).to_be_hidden()
    shoot(page, "written", tmp_path)
    page.get_by_text("Written, but not supported by the lectures").click()
    expect(struck).to_be_visible()
    assert len(chats(server)) == 1
    assert "expected information" in str(chats(server)[0]["messages"])

    page.get_by_role("combobox", name="Answers by").click()
    page.get_by_role("option", name="Quotes from the lectures").click()
    screenshot.settle(page)
    screenshot.ask(page, "What is the entropy of a fair coin?")
    expect(page.get_by_text("The answer is in the words of the lectures.")).to_be_visible()
    assert len(chats(server)) == 1

    page.locator('[class*="st-key-menu-"] button').first.click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("button", name="PDF", exact=True).click(timeout=PATIENCE)
    pdf = pdfium.PdfDocument(download.value.path())
    text = pdf[0].get_textpage().get_text_bounded()
    assert "entropy of a fair coin" in text
    assert "penguins" not in text
    assert "\\sum" not in text
    page.context.close()


def test_settings_find_and_try_it_and_ask_for_consent(chromium, url, server, tmp_path):
    page = screenshot.visit(chromium, url)
    screenshot.ready(page)
    screenshot.open_page(page, url, "Settings")
    page.get_by_text("Other language model").click()
    page.get_by_role("button", name="Look for local servers").click()
    page.get_by_role("combobox", name=re.compile("Models of this machine")).click()
    page.get_by_role("option", name=re.compile("llama3.2")).click()
    question = page.get_by_label("Question for the trial")
    question.fill(QUESTION)
    question.press("Enter")
    screenshot.settle(page)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("What was sent")).to_be_visible(timeout=PATIENCE)
    shoot(page, "trial", tmp_path)
    before = len(chats(server))
    address = page.get_by_label("Address of the server")
    address.fill("http://models.example:8000/v1")
    address.press("Enter")
    expect(page.get_by_text("not on this machine").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Try it")).to_be_disabled()
    shoot(page, "consent", tmp_path)
    assert len(chats(server)) == before
    page.context.close()
