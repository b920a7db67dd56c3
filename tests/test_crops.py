"""ingest.crops: an answer's words lead to the formula, table or figure that they are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.chunk import ChunkSettings, chunk
from ingest.crops import crop_regions, regions_of
from ingest.layout.regions import MIN_WIDTH
from ingest.readers import read
from ingest.readers.page_images import page_image

pytestmark = pytest.mark.slow  # whole lectures are read and drawn
CORPUS = Path(__file__).parents[1] / "corpus"

SLIDE = """
#slide("Kernels")[
  The kernel of two points is the following function.
  $ k(x, y) = exp(-(norm(x - y)^2) / (2 sigma^2)) $
  It is largest where both points agree, and falls with their distance from each other.
]
"""


def passages_of(lecture):
    return chunk(lecture, lambda texts: [len(t.split()) for t in texts], ChunkSettings(256, 200))


def crops_of(lecture, passage, words):
    start = passage.text.index(words)
    pages = {page.number: page for page in lecture.pages}
    return crop_regions(passage, start, start + len(words), pages.get)


def test_words_of_a_formula_give_its_crop_and_others_none(make_pdf):
    lecture = read(make_pdf("kernel.pdf", SLIDE))
    (passage,) = passages_of(lecture)
    formula = next(line for line in passage.text.splitlines() if "exp" in line)
    (crop,) = crops_of(lecture, passage, formula)
    assert (crop.page, crop.kind) == (1, "formula")
    words = [
        lecture.pages[0].text[word.start : word.end]
        for word in lecture.pages[0].words
        if crop.box.y0 <= (word.box.y0 + word.box.y1) / 2 <= crop.box.y1
    ]
    assert not {"kernel", "largest"} & set(words)
    assert crops_of(lecture, passage, "It is largest where both points agree") == ()
    (region,) = regions_of(passage, {1: lecture.pages[0]}.get)[1]
    assert region.kind == "formula"


def test_a_row_gives_the_crop_of_its_table():
    lecture = read(CORPUS / "generative-models.pdf")
    passage = next(p for p in passages_of(lecture) if "never red" in p.text and p.kind == "table")
    (crop,) = crops_of(lecture, passage, "C: never red (1/3, 1/3, 0, 1/3)")
    assert (crop.kind, crop.page) == ("table", passage.pages[0])
    words = " ".join(
        lecture.pages[crop.page - 1].text[word.start : word.end]
        for word in lecture.pages[crop.page - 1].words
        if crop.box.y0 <= word.box.y0 and word.box.y1 <= crop.box.y1
    )
    assert "cross-entropy" in words  # the first row
    assert "uniform" in words


def test_a_figure_is_shown_with_its_caption():
    """Figure captions of the corpus' notes: what is drawn above them is in the crop."""
    lecture = read(CORPUS / "retrieval-augmented-generation.pdf")
    captions = 0
    for passage in passages_of(lecture):
        for line in passage.text.splitlines():
            if line.startswith("Figure ") and ":" in line[:12]:
                crops = crops_of(lecture, passage, line)
                (crop,) = [crop for crop in crops if crop.kind != "formula"]
                assert crop.kind in ("figure", "table"), line
                page = lecture.pages[crop.page - 1]
                top = next(
                    each.box for each in page.lines if page.text.startswith(line[:20], each.start)
                )
                assert crop.box.y0 < top.y0  # it is above its caption
                captions += 1
    assert captions >= 3


@pytest.mark.parametrize("name", ["generative-models.pdf", "retrieval-augmented-generation.pdf"])
def test_every_crop_of_a_lecture_is_on_its_page_and_shows_something(name):
    lecture = read(CORPUS / name)
    pages = {page.number: page for page in lecture.pages}
    shown = 0
    for passage in passages_of(lecture)[:40]:
        for crop in crop_regions(passage, 0, len(passage.text), pages.get):
            page = pages[crop.page]
            assert 0 <= crop.box.x0 < crop.box.x1 <= page.width
            assert 0 <= crop.box.y0 < crop.box.y1 <= page.height
            if crop.kind != "formula":  # one may be higher than its line
                for line in page.lines:
                    is_beside = line.box.x1 <= crop.box.x0 or line.box.x0 >= crop.box.x1
                    for edge in (crop.box.y0, crop.box.y1):
                        assert is_beside or not line.box.y0 + 0.1 < edge < line.box.y1 - 0.1
            if crop.kind in ("figure", "picture"):
                assert min(crop.box.x1 - crop.box.x0, crop.box.height) >= MIN_WIDTH
            if shown < 5:
                sides = (crop.box.x0, crop.box.y0, crop.box.x1, crop.box.y1)
                picture = page_image(CORPUS / name, crop.page, 1.0).crop(sides).convert("L")
                darkest, lightest = picture.getextrema()
                assert lightest - darkest > 50
                shown += 1
    assert shown == 5
