"""Odd files of other programs: what is read is what a person sees."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import nbformat
import pptx
import pytest
from docx.oxml import parse_xml
from lxml import etree
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell
from PIL import Image
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.readers import read

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'


def text(path: Path) -> str:
    """The text of all pages, without empty lines."""
    pages = (page.text.splitlines() for page in read(path).pages)
    return "\n".join(line.strip() for page in pages for line in page if line.strip())


def html(tmp_path: Path, body: str, name: str = "page.html") -> str:
    path = tmp_path / name
    path.write_text(f"<!doctype html><meta charset=utf-8><body>{body}", encoding="utf-8")
    return text(path)


def word(tmp_path: Path, *parts: str) -> str:
    document = docx.Document()
    section = document.element.body[-1]
    for part in parts:
        section.addprevious(parse_xml(part.replace(">", f" {_W}>", 1)))
    document.save(tmp_path / "odd.docx")
    return text(tmp_path / "odd.docx")


def slide(tmp_path: Path, draw) -> str:
    deck = pptx.Presentation()
    draw(deck.slides.add_slide(deck.slide_layouts[6]).shapes)
    deck.save(tmp_path / "odd.pptx")
    return text(tmp_path / "odd.pptx")


def notebook(tmp_path: Path, *cells: object) -> str:
    path = tmp_path / "odd.ipynb"
    path.write_text(nbformat.writes(new_notebook(cells=list(cells))), encoding="utf-8")
    return text(path)


# ---- HTML ----


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>10<sup>6</sup> weights, H<sub>2</sub>O</p>", "10^6 weights, H_2O"),
        ("<p>x<sup>n+1</sup> and the 1<sup>st</sup></p>", "x^(n+1) and the 1st"),
        ('<p>It is 95<sup><a href="#f">2</a></sup> in all.</p>', "It is 95 in all."),
        (
            "<p><ruby>漢字<rt>かんじ</rt></ruby> and <ruby>core<rp>(</rp><rt>kernel</rt><rp>)</rp></ruby></p>",
            "漢字(かんじ) and core(kernel)",
        ),
        (
            "<p>so that <math><mfrac><mn>1</mn><mi>n</mi></mfrac></math> holds</p>",
            "so that 1/n holds",
        ),
        (
            "<p><math><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><msub><mi>a</mi><mi>i</mi></msub></math></p>",
            "x^2+a_i",
        ),
        (
            "<p><math><msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt></math></p>",
            "√(a+b)",
        ),
        (
            "<p><math><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi></math></p>",
            "∑_(i=1)^n i",
        ),
        (
            "<p><math><mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>)</mo></math></p>",
            "(1 2; 3 4)",
        ),
        (
            "<table><tr><td>a<script>var x = 1</script><td>b<sup>2</sup></tr><tr><td>c<style>p{}</style><td>d</tr></table>",
            "| a | b^2 |\n| c | d |",
        ),
        ('<ol><li value="4">four<li>five</ol>', "4. four\n5. five"),
        ("<p>soft&shy;ware<wbr>house</p>", "softwarehouse"),
        ("<details><summary>More</summary><p>Inside.</p></details>", "More\nInside."),
        ("<main><p>One.<br>Two.</p></main><nav>Home</nav><script>no()</script>", "One.\nTwo."),
        ("<dl><dt>Term<dd>Meaning</dl>", "Term\nMeaning"),
    ],
)
def test_html(tmp_path, body, expected):
    assert html(tmp_path, body) == expected


def test_raised_letters_of_markdown(tmp_path):
    (tmp_path / "odd.md").write_text("It has 10<sup>6</sup> of H<sub>2</sub>O, the 1<sup>st</sup>.")
    assert text(tmp_path / "odd.md") == "It has 10^6 of H_2O, the 1st."


def test_html_in_utf_16(tmp_path):
    (tmp_path / "wide.html").write_bytes("<p>Größe über alles.</p>".encode("utf-16"))
    assert text(tmp_path / "wide.html") == "Größe über alles."
    (tmp_path / "wide.txt").write_bytes("Größe über alles.".encode("utf-16-le"))
    assert text(tmp_path / "wide.txt") == "Größe über alles."


# ---- DOCX ----


def test_raised_and_lowered_letters_and_hidden_text(tmp_path):
    run = "<w:r><w:rPr>{}</w:rPr><w:t>{}</w:t></w:r>"
    raised, lowered = '<w:vertAlign w:val="superscript"/>', '<w:vertAlign w:val="subscript"/>'
    line = "<w:p>" + "".join(
        [
            run.format("", "10"),
            run.format(raised, "6"),
            run.format("", " of H"),
            run.format(lowered, "2"),
            run.format("", "O"),
            run.format("<w:vanish/>", " secret"),
            "</w:p>",
        ]
    )
    assert word(tmp_path, line) == "10^6 of H_2O"


def test_content_controls_and_tables_within_tables(tmp_path):
    control = (
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    )
    inline = "<w:p><w:r><w:t>It is </w:t></w:r><w:sdt><w:sdtContent><w:r><w:t>blue.</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    cell = "<w:tc><w:tcPr/>{}</w:tc>"
    para = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    inner = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/></w:tblGrid><w:tr>{cell.format(para.format('inner'))}</w:tr></w:tbl>"
    table = (
        "<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:tr>"
        + cell.format(para.format("outer"))
        + cell.format(inner + "<w:p/>")
        + "</w:tr></w:tbl>"
    )
    assert word(tmp_path, control, inline, table) == "In a control.\nIt is blue.\n| outer | inner |"


def test_a_heading_by_its_outline_level(tmp_path):
    document = docx.Document()
    paragraph = document.add_paragraph("Trees")
    paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {_W} w:val="0"/>'))
    document.add_paragraph("A tree has leaves.")
    document.save(tmp_path / "odd.docx")
    (page,) = read(tmp_path / "odd.docx").pages
    assert page.heading == "Trees"


def test_a_huge_table_and_merged_cells(tmp_path):
    document = docx.Document()
    table = document.add_table(60, 4)
    for row, cells in enumerate(table.rows):
        for column, cell in enumerate(cells.cells):
            cell.text = f"{row}-{column}"
    table.cell(0, 0).merge(table.cell(0, 1))
    document.save(tmp_path / "odd.docx")
    rows = text(tmp_path / "odd.docx").splitlines()
    assert rows[0] == "| 0-0 0-1 | | 0-2 | 0-3 |"
    assert rows[-1] == "| 59-0 | 59-1 | 59-2 | 59-3 |"
    assert len(rows) == 60


# ---- PPTX ----


def test_slide_with_raised_letters_numbers_and_a_hidden_box(tmp_path):
    def draw(shapes):
        frame = shapes.add_textbox(0, 0, Inches(5), Inches(1)).text_frame
        for piece, baseline in (("10", 0), ("6", 30000), (" of H", 0), ("2", -25000), ("O", 0)):
            run = frame.paragraphs[0].add_run()
            run.text = piece
            run._r.get_or_add_rPr().set("baseline", str(baseline))
        steps = shapes.add_textbox(0, Inches(2), Inches(5), Inches(1)).text_frame
        steps.text = "read\nsplit"
        for paragraph in steps.paragraphs:
            mark = etree.fromstring(f'<a:buAutoNum {_A} type="arabicPeriod"/>')
            paragraph._p.get_or_add_pPr().append(mark)
        hidden = shapes.add_textbox(0, Inches(4), Inches(5), Inches(1))
        hidden.text_frame.text = "not shown"
        hidden._element.nvSpPr.cNvPr.set("hidden", "1")

    assert slide(tmp_path, draw) == "10^6 of H_2O\n1. read\n2. split"


def test_charts_of_points_and_with_gaps(tmp_path):
    def draw(shapes):
        points = XyChartData()
        series = points.add_series("loss")
        series.add_data_point(1, 0.5)
        series.add_data_point(2, 0.25)
        shapes.add_chart(XL_CHART_TYPE.XY_SCATTER, 0, 0, Inches(4), Inches(3), points)
        bars = CategoryChartData()
        bars.categories = ["a", "b"]
        bars.add_series("gain", (1, None))
        shapes.add_chart(XL_CHART_TYPE.PIE, 0, Inches(4), Inches(4), Inches(3), bars)
        shapes.add_textbox(0, Inches(7), Inches(4), Inches(1)).text_frame.text = "End."

    assert slide(tmp_path, draw).splitlines() == [
        *("| | loss |", "| 1 | 0.5 |", "| 2 | 0.25 |"),
        *("| | gain |", "| a | 1 |", "| b | |", "End."),
    ]


def test_groups_within_groups_and_merged_cells(tmp_path):
    def draw(shapes):
        outer = shapes.add_group_shape()
        inner = outer.shapes.add_group_shape()
        for place, label in ((2, "Train"), (0, "Collect")):
            box = inner.shapes.add_textbox(Inches(place), 0, Inches(1), Inches(1))
            box.text_frame.text = label
        frame = shapes.add_table(2, 2, 0, Inches(3), Inches(4), Inches(1))
        for cell, label in zip(frame.table.iter_cells(), "abcd", strict=True):
            cell.text = label
        frame.table.cell(0, 0).merge(frame.table.cell(0, 1))

    assert slide(tmp_path, draw).splitlines() == ["Collect", "Train", "| a b | |", "| c | d |"]


def test_a_picture_in_a_placeholder_is_read(tmp_path):
    from tests.test_readers_office import FixedRecogniser

    deck = pptx.Presentation()
    page = deck.slides.add_slide(deck.slide_layouts[8])
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(picture, "PNG")
    picture.seek(0)
    page.placeholders[1].insert_picture(picture)
    deck.slides.add_slide(deck.slide_layouts[6])  # an empty slide
    deck.save(tmp_path / "odd.pptx")
    first, _ = read(tmp_path / "odd.pptx", FixedRecogniser()).pages
    assert "upper words" in first.text


# ---- Jupyter ----


def test_outputs_of_notebooks(tmp_path):
    shown = new_output(
        "execute_result",
        {"text/html": "<b>Loss:</b> 0.5", "text/plain": "<IPython.core.display.HTML object>"},
    )
    figure = new_output(
        "display_data", {"image/png": "AAAA", "text/plain": "<Figure size 640x480 with 1 Axes>"}
    )
    formula = new_output("execute_result", {"text/latex": "$x^2$", "text/plain": " 2\nx"})
    bar = new_output("stream", name="stderr", text="  0%|    |\r 50%|##  |\r100%|####| done\n")
    assert notebook(
        tmp_path,
        new_code_cell("show()", outputs=[shown]),
        new_code_cell("plot()", outputs=[figure]),
        new_code_cell("solve()", outputs=[formula]),
        new_code_cell("train()", outputs=[bar]),
        new_raw_cell("raw words"),
        new_markdown_cell("Without outputs."),
        new_code_cell("x = 1"),
    ) == (
        "show()\nLoss: 0.5\nplot()\nsolve()\n$x^2$\ntrain()\n100%|####| done\n"
        "raw words\nWithout outputs.\nx = 1"
    )


# ---- EPUB ----


@pytest.mark.parametrize("spine", ["<spine/>", '<spine><itemref idref="x"/></spine>'])
def test_a_book_whose_list_of_chapters_is_empty(tmp_path, spine):
    with zipfile.ZipFile(tmp_path / "odd.epub", "w") as archive:
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="b.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "b.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest>'
            '<item id="a" href="a.xhtml" media-type="text/x-oeb1-document"/></manifest>'
            f"{spine}</package>",
        )
        archive.writestr(
            "a.xhtml",
            '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="x.js"/></head>'
            "<body><h1>Rivers</h1><p>A river flows.</p></body></html>",
        )
    assert text(tmp_path / "odd.epub") == "Rivers\nA river flows."
