"""The app in a real Chromium with the real models, as its readers meet it.

The tests build on one library, which the first one fills through the page; each test is a
browser of its own.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typst
from conftest import SLIDES

pytest.importorskip("playwright")
from playwright.sync_api import Browser, Page, expect

ROOT = Path(__file__).parents[1]
LECTURE = ROOT / "corpus" / "grundlagen-maschinelles-lernen.pdf"
AXE = "axe-core@4.14.1"

_spec = importlib.util.spec_from_file_location("screenshot", ROOT / "docs" / "screenshot.py")
assert _spec is not None
assert _spec.loader is not None
screenshot = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(screenshot)
PATIENCE = screenshot.PATIENCE = 120_000  # ms

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not screenshot.CHROMIUM.exists(), reason="no Chromium"),
]

ODD = "The zebra says $a$ and <img src=x> :smile: [link](http://h/) *loudly* -> twice."
QUESTION = "Was ist Überanpassung?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app keeps its library, empty at first."""
    return tmp_path_factory.mktemp("app") / "library"


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    connections = folder.parent / "connections"  # to other machines: none
    with screenshot.running_app(
        folder,
        KATHEDER_SAMPLING__MAX_NEW_TOKENS="64",
        PYTHONPATH=f"{ROOT / 'tests' / 'hostile' / 'no_network'}{os.pathsep}{ROOT}",
        NO_NETWORK_LOG=str(connections),
    ) as address:
        yield address
    assert not connections.exists(), connections.read_text()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with screenshot.browser() as opened:
        yield opened


@pytest.fixture
def visit(chromium: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Open the app as a reader with a fresh browser; closed at the end of the test."""
    contexts = []

    def opened(path: str = "", **options: object) -> Page:
        page = screenshot.visit(chromium, f"{url}/{path}", **options)
        contexts.append(page.context)
        return page

    yield opened
    for context in contexts:
        context.close()


def written(page: Page) -> None:
    """Ask the last question again, to be written by the language model."""
    page.get_by_role("button", name="Regenerate").last.click()
    page.get_by_text("Written by the model: precise").click()


def choose(page: Page, label: str, option: str) -> None:
    """Take an option of a list by the keyboard; a list that is being redrawn closes again."""
    entry = page.get_by_role("option", name=option)
    for _ in range(PATIENCE // 1000):
        page.get_by_role("combobox", name=re.compile(label)).press("ArrowDown")
        page.wait_for_timeout(500)
        if entry.is_visible():
            break
    entry.click()


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def test_first_visit_and_an_upload_of_three_files_one_of_them_broken(visit, tmp_path, folder):
    page = visit()
    expect(page.get_by_text("The library is empty.")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("button", name="Add the 6 bundled lectures")).to_be_visible(
        timeout=PATIENCE
    )
    escaped = "".join(f"\\{c}" if c in "$<>*_[]@#`" else c for c in ODD).replace("://", ":\\/\\/")
    source = f'#set smartquote(enabled: false)\n#slide("Zebra")[{escaped}]'
    odd, broken = tmp_path / "zebra.pdf", tmp_path / "broken.pdf"
    odd.write_bytes(typst.compile((SLIDES + source).encode(), format="pdf"))
    broken.write_bytes(b"%PDF-1.7 and then nothing")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([odd, broken, LECTURE])
    expect(page.get_by_placeholder("Ask the lectures")).to_be_enabled(timeout=PATIENCE)
    screenshot.open_page(page, page.url.split("/?")[0].rstrip("/"), "Library")
    assert sorted(file.name for file in (folder / "uploads").iterdir()) == [
        LECTURE.name,
        "zebra.pdf",
    ]


def test_broken_files_are_named_in_place(visit, tmp_path):
    page = visit("library")
    broken = tmp_path / "torn.pdf"
    broken.write_bytes(b"%PDF-1.7 and then nothing")
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(broken)
    expect(page.get_by_text("torn.pdf: is cut off or damaged").first).to_be_visible(
        timeout=PATIENCE
    )


def test_a_chip_opens_the_page_with_the_quote_highlighted(visit):
    page = visit()
    screenshot.ready(page)
    screenshot.ask(page, QUESTION)
    main = page.get_by_role("main")
    context = main.locator("blockquote").first
    expect(context).to_be_hidden()  # folded below the lead
    main.get_by_text("On the page").first.click()
    expect(context).to_be_visible()
    page.get_by_role("button", name=LECTURE.name).first.click()
    image = main.get_by_role("img", name=re.compile("highlighted"))
    expect(image).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(1000)
    picture = page.locator(".pages").screenshot()
    assert yellow(picture) > 0.002  # a mark that a reader sees
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Close")).to_have_count(0, timeout=PATIENCE)


def yellow(png: bytes) -> float:
    """Share of a picture's pixels that are the yellow of the pen."""
    import io

    import numpy as np
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    return float(((red > 220) & (green > 190) & (blue < 140)).mean())


def test_text_of_lectures_stays_text_and_nothing_foreign_is_loaded(visit, url):
    page = visit()
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))
    screenshot.ready(page)
    screenshot.ask(page, "What does the zebra say?")
    main = page.get_by_role("main")
    assert ODD in main.inner_text().replace("\u2060", "")
    expect(main.locator("img[src='x'], .katex, ol, ul")).to_have_count(0)
    expect(main.get_by_role("link", name="link", exact=True)).to_have_count(0)
    local = (url, "data:", "blob:")
    assert [request for request in foreign if not request.startswith(local)] == []


def test_written_again_streamed_and_stopped(visit):
    page = visit()
    screenshot.ready(page)
    screenshot.ask(page, QUESTION)
    written(page)
    stop = page.get_by_role("button", name="Stop", exact=True)
    expect(stop).to_be_visible(timeout=PATIENCE)
    stop.click()
    expect(
        page.get_by_text(re.compile("Stopped before the (end|answer was started)"))
    ).to_be_visible(timeout=PATIENCE)


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(visit):
    page = visit()
    screenshot.ready(page)
    screenshot.ask(page, QUESTION)
    written(page)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_role("button", name="Copy", exact=True)).to_have_count(1, timeout=PATIENCE)
    expect(page.get_by_text(QUESTION).first).to_be_visible()
    expect(page.get_by_text("Stopped before the end.")).to_have_count(0)


def test_follow_up_export_rename_and_feedback(visit, folder):
    page = visit()
    screenshot.ready(page)
    screenshot.ask(page, QUESTION)
    screenshot.ask(page, "Und wie verhindert man sie?")
    expect(
        page.get_by_text(f"Searched for: {QUESTION} Und wie verhindert man sie?")
    ).to_be_visible()
    page.get_by_role("button", name="More about this conversation").first.click()
    for name, start in (("Markdown", b"# "), ("HTML", b"<!doctype html>"), ("PDF", b"%PDF")):
        with page.expect_download() as download:
            page.get_by_role("button", name=name, exact=True).click()
        assert Path(download.value.path()).read_bytes().startswith(start)
    page.get_by_label("Name", exact=True).fill("Prüfungsfragen")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("button", name="Prüfungsfragen")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("radio", name="Thumbs up").last.click()
    expect(page.get_by_role("button", name="Comment")).to_be_visible(timeout=PATIENCE)


def test_sliders_of_the_passages_act_at_once(visit):
    page = visit("passages")
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Passage details")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("canvas, svg.marks").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("tab", name="Passage details").click()
    expect(page.get_by_test_id("stExpander").nth(0)).to_be_visible()
    slider = page.get_by_role("slider").first
    slider.focus()
    for _ in range(7):
        slider.press("ArrowLeft")
    page.get_by_test_id("stExpander").nth(1).click()
    expect(page.get_by_text("Not retrieved: rank 2 is below the first 1.")).to_be_visible(
        timeout=PATIENCE
    )


def test_an_evaluation_survives_a_reload(visit):
    page = visit("evaluate")
    values = [
        {
            "id": f"q{number}",
            "question": question,
            "type": "definition",
            "lang": "de",
            "gold": [{"doc": LECTURE.name, "pages": [number + 2]}],
        }
        for number, question in enumerate((QUESTION, "Was ist ein Testdatensatz?") * 4)
    ]
    lines = "".join(json.dumps(value) + "\n" for value in values).encode()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "klein.jsonl", "mimeType": "application/jsonl", "buffer": lines}
    )
    expect(page.get_by_text("klein.jsonl").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("combobox", name=re.compile("Question set"))).to_have_value(
        "klein", timeout=PATIENCE
    )
    page.get_by_role("button", name="Start", exact=True).click()
    begun = page.get_by_role("button", name="Stop", exact=True)
    begun = begun.or_(page.get_by_role("tab", name="Figures"))
    expect(begun.first).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.get_by_role("tab", name="Figures")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("klein 20").first).to_be_visible()


def test_german_interface_and_a_changed_setting(visit):
    page = visit("settings")
    choose(page, "Interface language", "Deutsch")
    expect(page.get_by_role("heading", name="Einstellungen")).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    page.get_by_text("Das Sprachmodell die Antwort schreiben lassen").click()
    expect(page.get_by_text("Sampling-Voreinstellung")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Alle Änderungen zurücksetzen").click()
    expect(page.get_by_text("Sampling-Voreinstellung")).to_have_count(0, timeout=PATIENCE)
    screenshot.settle(page)
    choose(page, "Sprache der Oberfläche", "English")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible(timeout=PATIENCE)


def stroke(page: Page, through: list[tuple[float, float]]) -> None:
    """Draw on the page's canvas through places in [0, 1] x [0, 1], from the upper left corner."""
    canvas = page.get_by_role("img", name=re.compile("Canvas"))
    expect(canvas).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    box = canvas.bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in through]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_the_laboratory_samples_walks_through_codes_and_looks_at_a_drawing(visit):
    page = visit("generative")
    main = page.get_by_role("main")
    samples = main.get_by_role("img", name="16 digits sampled from: Variational autoencoder (VAE)")
    expect(samples).to_be_visible(timeout=PATIENCE)
    first = samples.get_attribute("src")
    page.get_by_label("Seed", exact=True).fill("7")
    page.keyboard.press("Enter")
    expect(samples).not_to_have_attribute("src", first or "", timeout=PATIENCE)

    page.get_by_role("radio", name="Latent space").click()
    pad = page.get_by_role("application")
    decoded = main.get_by_role("img", name="Decoded at the marker")
    expect(decoded).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    first = decoded.get_attribute("src") or ""
    box = pad.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    expect(decoded).not_to_have_attribute("src", first, timeout=PATIENCE)
    across, up = page.get_by_role("slider").nth(0), page.get_by_role("slider").nth(1)
    most = float(across.get_attribute("max") or "nan")
    assert float(across.input_value()) == pytest.approx(most / 2, abs=0.15)
    assert float(up.input_value()) == pytest.approx(0, abs=0.15)
    screenshot.settle(page)
    second = decoded.get_attribute("src") or ""
    pad.focus()
    for _ in range(8):
        pad.press("ArrowUp")
    expect(decoded).not_to_have_attribute("src", second, timeout=PATIENCE)

    page.get_by_role("radio", name="Draw a digit").click()
    expect(main.get_by_text("Draw a digit on the canvas")).to_be_visible(timeout=PATIENCE)
    stroke(page, [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)])
    expect(main.get_by_text("The classifier predicts 7")).to_be_visible(timeout=PATIENCE)
    for name in ("Prepared as in MNIST", "Autoencoder", "Variational autoencoder (VAE)"):
        expect(main.get_by_role("img", name=name, exact=True)).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(main.get_by_text("Draw a digit on the canvas")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Use a test image").click()
    expect(main.get_by_text("The classifier predicts 7 (100 %)")).to_be_visible(timeout=PATIENCE)


def test_ten_browsers_at_once_each_get_their_own_answer(visit):
    questions = (QUESTION, "What does the zebra say?")
    named = (LECTURE.name, "zebra.pdf")

    def first_answers(count: int) -> float:
        """Seconds until so many new readers have their first answers, in turn of two questions."""
        pages = [visit() for _ in range(count)]
        for page in pages:
            screenshot.ready(page)
        start = time.perf_counter()
        for number, page in enumerate(pages):
            page.get_by_placeholder("Ask the lectures").fill(questions[number % 2])
            page.keyboard.press("Enter")
        for page in pages:
            page.get_by_role("button", name="Copy", exact=True).wait_for(timeout=PATIENCE)
        whole = time.perf_counter() - start
        for number, page in enumerate(pages):
            expect(page.get_by_role("button", name="Copy", exact=True)).to_have_count(1)
            expect(page.get_by_role("button", name=named[number % 2]).first).to_be_visible()
            expect(page.get_by_role("button", name=named[1 - number % 2])).to_have_count(0)
            assert "unexpected error" not in page.get_by_role("main").inner_text()
            page.close()
        return whole

    single = sorted(first_answers(1) for _ in range(4))[1]  # the first of all warms up
    ten = first_answers(10)
    print(f"one answer {single:.2f} s, ten at once {ten:.2f} s: {ten / single:.1f} times")
    # Only printed, as other tests run beside; `python -m benchmarks.app` measures it in peace.


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checker's source, from npm."""
    if shutil.which("npm") is None:
        pytest.skip("no npm client")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run(
        ["npm", "pack", AXE, "--silent"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"npm pack {AXE}: {done.stderr.strip()}")
    with tarfile.open(folder / done.stdout.strip().splitlines()[-1]) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def serious_faults(page: Page, axe: str) -> dict[str, list[str]]:
    """The serious and critical faults of accessibility on a page: rule, and up to three elements.

    Left out is Streamlit's own menu on phones, whose list of sections holds more than items.
    """
    page.evaluate(axe)
    violations = page.evaluate(
        """async () => (await axe.run(
            {exclude: [['[data-testid="stSidebarNavItems"]']]})).violations"""
    )
    return {
        fault["id"]: [node["html"][:160] for node in fault["nodes"]][:3]
        for fault in violations
        if fault["impact"] in ("serious", "critical")
    }


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "Ask",
        "Passages",
        "Library",
        "Notes",
        "Study",
        "Evaluate",
        "Lecturers",
        "Generative laboratory",
        "Settings",
    ],
)
def test_no_serious_fault_of_accessibility(visit, axe, name, dark):
    page = visit("" if name == "Ask" else screenshot.address(name), dark=dark)
    if name == "Ask":
        screenshot.ready(page)
        screenshot.ask(page, QUESTION)
        page.get_by_role("button", name=LECTURE.name).first.click()
        expect(page.get_by_role("button", name="Close")).to_be_visible(timeout=PATIENCE)
    elif name == "Passages":
        page.get_by_label("Question", exact=True).fill(QUESTION)
        page.keyboard.press("Enter")
        expect(page.get_by_role("tab", name="Ranks")).to_be_visible(timeout=PATIENCE)
    elif name == "Generative laboratory":
        page.get_by_role("radio", name="Draw a digit").click()
        stroke(page, [(0.5, 0.2), (0.5, 0.8)])
        expect(page.get_by_text("How likely is the drawing?")).to_be_visible(timeout=PATIENCE)
    else:
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=PATIENCE)
    screenshot.settle(page)
    assert serious_faults(page, axe) == {}
