"""ingest.layout.regions: formulas, tables, figures and pictures of a page, each where it is."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw
from raw_pdf import text, write_pdf
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.readers.pdf import read_pdf

PROSE = (
    "The network learns from pictures that nobody has labelled.",
    "Each of them is changed twice, and both views should agree.",
    "What stays the same is what the picture shows to a reader.",
    "Colours and sizes change, and so does the part that is cut.",
    "A batch of many pictures gives the wrong answers for free.",
)


def regions(path, number=1):
    return [(region.kind, region.box) for region in read_pdf(path).pages[number - 1].regions]


def kinds(path):
    return [kind for kind, _ in regions(path)]


def contains(outer, inner, tolerance=3.0):
    return (
        outer.x0 <= inner[0] + tolerance
        and outer.y0 <= inner[1] + tolerance
        and outer.x1 >= inner[2] - tolerance
        and outer.y1 >= inner[3] - tolerance
    )


def area(box):
    return (box.x1 - box.x0) * box.height


def photo():
    picture = Image.new("RGB", (120, 80), "white")
    ImageDraw.Draw(picture).ellipse((10, 10, 110, 70), fill="navy")
    return ImageReader(picture)


def canvas_pdf(path, *pages, size=(400, 300)):
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    path.write_bytes(buffer.getvalue())
    return path


def prose(canvas, left=40, top=270):
    canvas.setFont("Helvetica", 10)
    for row, line in enumerate(PROSE):
        canvas.drawString(left, top - 14 * row, line)


# ---- formulas ----


def test_a_formula_is_one_region_around_its_lines(tmp_path):
    page = text(40, 250, "The loss of a pair is the following.", size=12)
    page += text(80, 220, "L = w", 12) + text(108, 225, "2", 8) + text(114, 220, "+ b + c = 0", 12)
    page += text(40, 190, "It is never smaller than zero.", size=12)
    ((kind, box),) = regions(write_pdf(tmp_path / "f.pdf", page))
    assert kind == "formula"
    assert contains(box, (80, 300 - 229, 170, 300 - 220))
    assert area(box) < 130 * 30


@pytest.mark.parametrize(
    "line",
    [
        "A sentence with a number, 42, and a word in it.",
        "The file load_data_set.py reads it; see also https://example.org/a/(b).",
        "Input/output of 3 nets - and what it costs (in hours).",
        "It was said before and is said again: no formula here = none.",
    ],
)
def test_words_with_signs_are_no_formula(tmp_path, line):
    assert kinds(write_pdf(tmp_path / "w.pdf", text(20, 250, line, size=9))) == []


def test_a_footnote_s_mark_is_no_formula(tmp_path):
    page = text(40, 250, "This was shown before", size=12) + text(162, 255, "4", size=7)
    page += text(40, 220, "It was shown by somebody else again.", size=12)
    assert kinds(write_pdf(tmp_path / "n.pdf", page)) == []


def test_formulas_of_a_typeset_page_are_found_and_its_words_are_not(make_pdf):
    source = (
        '#slide("Kernels")[The kernel of two points is\n'
        "$ k(x, y) = exp(-(norm(x - y)^2) / (2 sigma^2)) $\nand it is largest where they agree.]"
    )
    found = regions(make_pdf("kernel.pdf", source))
    assert [kind for kind, _ in found] == ["formula"]
    page = read_pdf(make_pdf("kernel.pdf", source)).pages[0]
    inside = [
        page.text[word.start : word.end]
        for word in page.words
        if found[0][1].y0 <= (word.box.y0 + word.box.y1) / 2 <= found[0][1].y1
    ]
    assert "kernel" not in inside
    assert "largest" not in inside
    assert any("exp" in word for word in inside)


# ---- tables ----


def test_a_table_is_a_region_around_its_cells(tmp_path):
    rows = [("Model", "Size"), ("Alpha", "12 M"), ("Beta", "30 M"), ("Gamma", "9 M")]
    page = "".join(
        text(40 + 150 * column, 250 - 20 * row, cell, size=10)
        for row, line in enumerate(rows)
        for column, cell in enumerate(line)
    )
    ((kind, box),) = regions(write_pdf(tmp_path / "t.pdf", page))
    assert kind == "table"
    assert contains(box, (40, 300 - 257, 205, 300 - 190))


# ---- figures and pictures ----


def test_a_picture_is_a_region_at_its_place(tmp_path):
    def draw(canvas):
        prose(canvas)
        canvas.drawImage(photo(), 100, 60, 120, 80)

    ((kind, box),) = regions(canvas_pdf(tmp_path / "p.pdf", draw))
    assert kind == "picture"
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((100, 160, 220, 240), abs=1)


def test_paths_are_a_figure_with_the_labels_in_it(tmp_path):
    def draw(canvas):
        prose(canvas)
        for number in range(4):
            canvas.rect(60 + 70 * number, 100, 50, 30)
            canvas.line(110 + 70 * number, 115, 130 + 70 * number, 115)
        canvas.drawString(64, 112, "input")
        canvas.drawString(64, 90, "28 x 28")

    ((kind, box),) = regions(canvas_pdf(tmp_path / "d.pdf", draw))
    assert kind == "figure"
    assert contains(box, (60, 170, 340, 208))


def test_rules_frames_and_backgrounds_are_no_figure(tmp_path):
    def draw(canvas):
        canvas.setFillGray(0.9)
        canvas.rect(0, 0, 400, 300, fill=1, stroke=0)
        canvas.rect(30, 190, 340, 100, fill=1)
        canvas.setFillGray(0)
        for height in (20, 22, 280, 295):
            canvas.line(20, height, 380, height)
        prose(canvas)

    assert kinds(canvas_pdf(tmp_path / "b.pdf", draw)) == []


@pytest.mark.slow
def test_a_template_s_picture_is_none_but_another_at_its_place_is(tmp_path):
    def page(number):
        def draw(canvas):
            prose(canvas)
            canvas.drawString(40, 180, f"Slide {'abcdefgh'[number]} of the lecture says this.")
            canvas.drawImage(photo(), 330, 220, 60, 60)
            picture = Image.new("RGB", (80, 80), "white")
            ImageDraw.Draw(picture).rectangle((0, 0, 10 * number, 80), fill="black")
            canvas.drawImage(ImageReader(picture), 100, 30, 100, 100)

        return draw

    path = canvas_pdf(tmp_path / "s.pdf", *(page(number) for number in range(1, 8)))
    for number in range(1, 8):
        ((kind, box),) = regions(path, number)
        assert kind == "picture"
        assert box.x0 == pytest.approx(100, abs=1)


def test_a_page_of_nothing_but_a_picture_is_that_picture(tmp_path):
    def scan(canvas):
        canvas.drawImage(photo(), 0, 0, 400, 300)

    path = canvas_pdf(tmp_path / "scan.pdf", prose, *[scan] * 4)
    ((kind, box),) = regions(path, 2)
    assert kind == "picture"
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((0, 0, 400, 300), abs=1)
