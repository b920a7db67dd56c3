"""The chat in a real Chromium with the real models: ask, stop, upload, and text that stays text."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.embed import BiEncoder
from ingest.pipeline import ingest
from ingest.store import Library

pytest.importorskip("playwright")
ROOT = Path(__file__).parents[1]
LECTURE = ROOT / "corpus" / "grundlagen-maschinelles-lernen.pdf"

_spec = importlib.util.spec_from_file_location("screenshot", ROOT / "docs" / "screenshot.py")
assert _spec is not None
assert _spec.loader is not None
screenshot = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(screenshot)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]

ODD = "The zebra says $a$ and <img src=x> :smile: [link](http://h/) *loudly* -> twice."


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The app over a library of one lecture."""
    library = Library(tmp_path / "library", create=True)
    (report,) = ingest([LECTURE], library, BiEncoder())
    assert report.outcome == "added"
    with screenshot.running_app(
        library.folder, KATHEDER_ANSWER__WRITER="true", KATHEDER_SAMPLING__MAX_NEW_TOKENS="24"
    ) as url:
        yield url


def test_ask_stop_and_upload_in_chromium(address: str, make_pdf: Callable[..., Path]):
    from playwright.sync_api import expect

    escaped = "".join(f"\\{c}" if c in "$<>*_[]@#`" else c for c in ODD).replace("://", ":\\/\\/")
    odd = make_pdf("zebra.pdf", f'#set smartquote(enabled: false)\n#slide("Zebra")[{escaped}]')
    patience = screenshot.PATIENCE
    with screenshot.browser_page(address) as page:
        foreign: list[str] = []
        page.on("request", lambda request: foreign.append(request.url))
        main = page.get_by_role("main")
        screenshot.ready(page)

        screenshot.ask(page, "Was ist Überanpassung?")
        expect(main.get_by_text("[1] grundlagen-maschinelles-lernen.pdf, p").first).to_be_visible()
        main.get_by_text("Why these pages").click()
        expect(main.get_by_text("Meaning (cosine)")).to_be_visible()
        expect(main.locator("ol, ul, .katex")).to_have_count(0)

        page.get_by_text("Sampling", exact=True).click()
        page.get_by_label("Longest answer in tokens").fill("4000")
        page.keyboard.press("Enter")
        page.get_by_placeholder("Ask the lectures").fill("Was ist ein Testdatensatz?")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Writing …")).to_be_visible(timeout=patience)
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(main.get_by_text("Stopped before the end.")).to_be_visible(timeout=patience)
        expect(main.get_by_text("Why these pages")).to_have_count(2)

        page.get_by_text("Let the language model write").click()
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(odd)
        expect(page.get_by_text("zebra.pdf").first).to_be_visible()
        page.get_by_role("button", name="Add to the library").click()
        expect(page.get_by_text("zebra.pdf: added, 1 page")).to_be_visible(timeout=patience)

        screenshot.ask(page, "What does the zebra say?")
        expect(main.get_by_text("zebra.pdf, p. 1").first).to_be_visible()
        shown = main.inner_text().replace("\u2060", "")
        assert ODD in shown, shown
        expect(main.locator("img[src='x'], .katex")).to_have_count(0)
        expect(main.get_by_role("link", name="link", exact=True)).to_have_count(0)
        local = (address, "data:", "blob:")
        assert [url for url in foreign if not url.startswith(local)] == []
