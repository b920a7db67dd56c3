"""Which pages hold text in pictures, and reading it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from raw_pdf import text, write_pdf

from ingest.readers.pdf import read_pdf
from ingest.recognition import TextRecogniser, ink, may_hold_words, pages_with_pictures
from ingest.types import Box

SENTENCES = (
    "Gradient descent follows the slope of the loss.",
    "A smaller step takes longer, and a larger one may diverge.",
    "Momentum keeps a running mean of the gradients.",
)


def scan(*lines: str, size: tuple[int, int] = (800, 450)) -> Image.Image:
    """A white page on which lines are drawn, as a scanner sees them."""
    picture = Image.new("RGB", size, "white")
    font = ImageFont.load_default(28)
    for number, line in enumerate(lines):
        ImageDraw.Draw(picture).text((40, 60 + 70 * number), line, "black", font)
    return picture


def drawing(picture: Image.Image) -> np.ndarray:
    return ink(picture, [], scale=1)


def test_ink_leaves_out_what_text_covers():
    picture = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(picture).rectangle((10, 10, 29, 29), "black")
    assert ink(picture, [], scale=1).sum() == 20 * 20
    assert ink(picture, [Box(10, 10, 29, 29)], scale=1).sum() == 0


def test_what_recurs_on_most_pages_is_no_picture():
    frame = np.zeros((100, 100), dtype=bool)
    frame[:5] = True  # a twentieth of each page
    figure = frame.copy()
    figure[40:60, 40:60] = True
    assert pages_with_pictures([frame, frame, figure, frame, frame]) == [3]
    assert pages_with_pictures([frame]) == [1]  # alone, it cannot be told from a picture


def test_letters_are_told_from_bars_and_curves():
    bars = Image.new("RGB", (800, 450), "white")
    for number in range(12):
        ImageDraw.Draw(bars).rectangle((60 * number, 60, 60 * number + 40, 400), "black")
    assert may_hold_words(drawing(scan(*SENTENCES)))
    assert not may_hold_words(drawing(bars))


@pytest.mark.slow
def test_a_scanned_page_is_read_and_its_words_have_places(tmp_path):
    scan(*SENTENCES).save(tmp_path / "scan.pdf")
    parsed = read_pdf(tmp_path / "scan.pdf")
    assert [page.origin for page in parsed.pages] == ["picture"]
    (page,) = read_pdf(tmp_path / "scan.pdf", TextRecogniser()).pages
    assert page.origin == "ocr"
    assert page.text.split() == " ".join(SENTENCES).split()
    first = page.words[0]
    assert page.text[first.start : first.end] == "Gradient"
    assert first.box.x0 == pytest.approx(40, abs=6)  # a pixel of the picture is a point of the page


def test_a_page_of_text_alone_waits_for_nothing(tmp_path):
    path = write_pdf(tmp_path / "text.pdf", text(40, 250, "Five words of plain text."))
    assert [page.origin for page in read_pdf(path).pages] == ["text"]
