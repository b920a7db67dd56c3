"""PPTX, DOCX, EPUB and pictures, made with the same libraries' writers or by hand."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pptx
import pytest
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from PIL import Image, ImageDraw, ImageFont
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingest.chunk import ChunkSettings, chunk
from ingest.errors import UnreadableFile
from ingest.readers import read
from ingest.recognition import RecognisedLine
from ingest.types import Box, ParsedDocument


class FixedRecogniser:
    """A recogniser that reads the same two lines in every picture."""

    def read(self, picture: Image.Image, scale: float) -> list[RecognisedLine]:
        width, height = (side / scale for side in picture.size)
        lower = Box(0.1 * width, 0.6 * height, 0.9 * width, 0.7 * height)
        upper = Box(0.1 * width, 0.2 * height, 0.9 * width, 0.3 * height)
        return [
            RecognisedLine(text, box, 0.9, ((text, box.x0, box.x1),), box.y1, 10)
            for text, box in (("lower words", lower), ("upper words", upper))
        ]


def lines(parsed: ParsedDocument, number: int) -> list[str]:
    page = parsed.pages[number - 1]
    return [page.text[line.start : line.end] for line in page.lines]


def png(size: tuple[int, int] = (400, 300), colour: str = "white") -> io.BytesIO:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    content.seek(0)
    return content


# ---- PPTX ----


@pytest.fixture
def deck(tmp_path: Path) -> Path:
    presentation = pptx.Presentation()
    presentation.core_properties.title = "PowerPoint Presentation"
    title_slide = presentation.slides.add_slide(presentation.slide_layouts[0])
    title_slide.shapes.title.text = "Sorting algorithms"
    title_slide.placeholders[1].text = "Summer term"

    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    # Added from the last to the first, to tell the order in the file from that on the slide.
    for text, left, top in (("bottom", 1, 6), ("right", 5, 4.5), ("left", 1, 4.6)):
        box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(2), Inches(0.5))
        box.text_frame.text = text
    slide.shapes.title.text = "Merge sort"
    body = slide.placeholders[1]
    body.top, body.height, body.left, body.width = Inches(2), Inches(2), Inches(1), Inches(8)
    body.text_frame.text = "divide"
    nested = body.text_frame.add_paragraph()
    nested.text, nested.level = "in halves", 1
    slide.notes_slide.notes_text_frame.text = "Say that it is stable.\nShow the cards."

    table_slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    table_slide.shapes.title.text = "Costs"
    table = table_slide.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(5), Inches(1)).table
    for row, values in enumerate((("name", "cost"), ("merge", "n log n"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("runs", (3, 4.5))
    table_slide.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(4), Inches(5), Inches(2), data
    )

    picture_slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    picture_slide.shapes.title.text = "A photograph"
    picture_slide.shapes.add_picture(png(), Inches(1), Inches(3))
    group = picture_slide.shapes.add_group_shape()
    group.shapes.add_textbox(
        Inches(1), Inches(2), Inches(2), Inches(0.5)
    ).text_frame.text = "grouped"
    path = tmp_path / "deck.pptx"
    presentation.save(path)
    return path


def test_slides_are_read_in_the_order_of_their_shapes_places(deck):
    parsed = read(deck)
    assert parsed.document.title == "Sorting algorithms"
    assert [page.heading for page in parsed.pages] == [
        "Sorting algorithms", "Merge sort", "Costs", "A photograph",
    ]  # fmt: skip
    assert all(page.is_slide for page in parsed.pages)
    assert lines(parsed, 2) == [
        "Merge sort",
        "• divide",
        "  • in halves",
        "left",
        "right",
        "bottom",
        "Notes:",
        "Say that it is stable.",
        "Show the cards.",
    ]


def test_tables_and_charts_of_a_slide_are_tables(deck):
    assert lines(read(deck), 3) == [
        "Costs",
        "| name | cost |",
        "| merge | n log n |",
        "| | runs |",
        "| 2024 | 3 |",
        "| 2025 | 4.5 |",
    ]


def test_pictures_of_a_slide_are_marked_and_then_read(deck):
    parsed = read(deck)
    assert [page.origin for page in parsed.pages] == ["text", "text", "text", "picture"]
    assert lines(parsed, 4) == ["A photograph", "grouped"]
    again = read(deck, FixedRecogniser())
    assert [page.origin for page in again.pages] == ["text"] * 3 + ["ocr"]
    assert lines(again, 4) == ["A photograph", "grouped", "upper words", "lower words"]


def test_a_passage_of_a_deck_cites_its_slide(deck, encoder):
    passages = chunk(read(deck), encoder.count_tokens, ChunkSettings(64, 40))
    assert "deck.pptx, slide 2" in [passage.citation for passage in passages]


def test_formulas_are_read_in_linear_form_and_alternatives_once(tmp_path):
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(5), Inches(1))
    box.text_frame.text = "So"
    spaces = (
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
        'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )

    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    formula = (
        f"<m:sSup><m:e>{run('x')}</m:e><m:sup>{run('2')}</m:sup></m:sSup>{run('=')}"
        f"<m:f><m:num>{run('a+b')}</m:num><m:den>{run('n')}</m:den></m:f>{run('+')}"
        f"<m:rad><m:deg/><m:e>{run('y')}</m:e></m:rad>{run('+')}"
        f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{run("i=1")}</m:sub>'
        f"<m:sup>{run('n')}</m:sup><m:e>{run('i')}</m:e></m:nary>"
    )
    math = pptx.oxml.parse_xml(f"<a14:m {spaces}><m:oMath>{formula}</m:oMath></a14:m>")
    box.text_frame.paragraphs[0]._p.append(math)
    # As PowerPoint does, a shape with a formula is a choice with a picture for old programs.
    element = box._element
    choice = pptx.oxml.parse_xml(
        f'<mc:AlternateContent {spaces}><mc:Choice Requires="a14"/><mc:Fallback>'
        "<a:t>old programs</a:t></mc:Fallback></mc:AlternateContent>"
    )
    element.getparent().replace(element, choice)
    choice[0].append(element)
    presentation.save(tmp_path / "formula.pptx")
    assert lines(read(tmp_path / "formula.pptx"), 1) == ["So x^2=(a+b)/n+√(y)+∑_(i=1)^(n) i"]


def test_a_shape_that_cannot_be_read_costs_only_itself(tmp_path, deck):
    presentation = pptx.Presentation(deck)
    for blip in presentation.slides[3]._element.iter(
        "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
    ):
        blip.set(
            "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed", "gone"
        )
    presentation.save(tmp_path / "gone.pptx")
    assert lines(read(tmp_path / "gone.pptx"), 4) == ["A photograph", "grouped"]


# ---- DOCX ----


@pytest.fixture
def script(tmp_path: Path) -> Path:
    document = docx.Document()
    document.add_heading("Lecture notes", 0)
    document.add_paragraph("Before the first section.")
    document.add_heading("2 Trees", 1)
    document.add_paragraph("A tree has no cycles.")
    document.add_heading("2.1 Search trees", 2)
    document.add_paragraph("insert", style="List Bullet")
    document.add_paragraph("as a leaf", style="List Bullet 2")
    document.add_paragraph("find", style="List Number")
    document.add_paragraph("delete", style="List Number")
    table = document.add_table(2, 3)
    for row, values in enumerate((("tree", "height", "kind"), ("AVL", "log n", "binary"))):
        for column, value in enumerate(values):
            table.cell(row, column).text = value
    table.cell(1, 1).merge(table.cell(1, 2))
    document.add_paragraph("After the table.")
    document.add_picture(png())
    path = tmp_path / "script.docx"
    document.save(path)
    return path


FOOTNOTES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:footnote w:type="separator" w:id="0"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t>Named after their inventors.</w:t></w:r>
</w:p></w:footnote></w:footnotes>"""


@pytest.mark.parametrize("in_table", [False, True])
def test_footnotes_and_comments_are_read_behind_their_paragraph_or_table(tmp_path, in_table):
    document = docx.Document()
    if in_table:
        table = document.add_table(rows=1, cols=2)
        table.cell(0, 1).text = "11"
        paragraph = table.cell(0, 0).paragraphs[0]
        paragraph.add_run("An AVL tree is balanced.")
    else:
        paragraph = document.add_paragraph("An AVL tree is balanced.")
    document.add_comment(paragraph.runs, text="Ask this in the exam.", author="A. Teacher")
    document.add_paragraph("It is searched in logarithmic time.")
    package = document.part.package
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    part = Part(PackURI("/word/footnotes.xml"), kind, FOOTNOTES.encode(), package)
    document.part.relate_to(
        part, "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    )
    reference = OxmlElement("w:footnoteReference")
    reference.set(qn("w:id"), "2")
    paragraph.add_run()._r.append(reference)
    document.save(tmp_path / "notes.docx")
    assert lines(read(tmp_path / "notes.docx"), 1) == [
        "| An AVL tree is balanced. | 11 |" if in_table else "An AVL tree is balanced.",
        "Footnote: Named after their inventors.",
        "Comment: Ask this in the exam.",
        "It is searched in logarithmic time.",
    ]


def test_a_document_has_a_page_for_each_heading(script):
    parsed = read(script)
    assert [page.heading for page in parsed.pages] == [
        "Lecture notes",
        "2 Trees",
        "2.1 Search trees",
    ]
    assert lines(parsed, 1) == ["Lecture notes", "Before the first section."]
    assert lines(parsed, 3) == [
        "2.1 Search trees",
        "• insert",
        "  • as a leaf",
        "1. find",
        "2. delete",
        "| tree | height | kind |",
        "| AVL | log n binary | |",
        "After the table.",
    ]
    assert [(s.title, s.level, s.page) for s in parsed.outline] == [
        ("Lecture notes", 0, 1),
        ("2 Trees", 0, 2),
        ("2.1 Search trees", 1, 3),
    ]
    assert [page.origin for page in parsed.pages] == ["text", "text", "picture"]
    assert lines(read(script, FixedRecogniser()), 3)[-2:] == ["upper words", "lower words"]


def test_a_passage_of_a_document_cites_its_section(script, encoder):
    passages = chunk(read(script), encoder.count_tokens, ChunkSettings(64, 40))
    assert passages[-1].citation == "script.docx, section 2.1 Search trees"
    assert passages[-1].headings[-2:] == ("2 Trees", "2.1 Search trees")


def test_text_boxes_and_changes_of_a_document(tmp_path):
    document = docx.Document()
    paragraph = document.add_paragraph("The rule is ")
    word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    for part in (
        f"<w:ins {word}><w:r><w:t>simple.</w:t></w:r></w:ins>",
        f"<w:del {word}><w:r><w:delText>gone</w:delText></w:r></w:del>",
        f"<w:r {word}><w:pict><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></w:r>",
    ):
        paragraph._p.append(docx.oxml.parse_xml(part))
    document.save(tmp_path / "changed.docx")
    assert lines(read(tmp_path / "changed.docx"), 1) == ["The rule is simple.", "In a box."]


# ---- EPUB ----

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OPS/book.opf"/></rootfiles></container>'
)
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A small book</dc:title></metadata>
<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="b" href="text/second%20one.xhtml" media-type="application/xhtml+xml"/>
<item id="a" href="text/first.xhtml" media-type="application/xhtml+xml"/>
<item id="gone" href="text/gone.xhtml" media-type="application/xhtml+xml"/>
</manifest>
<spine><itemref idref="nav"/><itemref idref="a"/><itemref idref="gone"/><itemref idref="b"/></spine>
</package>"""


def book(path: Path, **members: str) -> Path:
    contents = {
        "META-INF/container.xml": CONTAINER,
        "OPS/book.opf": PACKAGE,
        "OPS/nav.xhtml": "<html><body><h1>Contents</h1></body></html>",
        "OPS/text/first.xhtml": "<html><body><h1>1 Rivers</h1><p>A river flows down.</p>"
        "<h2>1.1 Deltas</h2><p>A delta spreads out.</p></body></html>",
        "OPS/text/second one.xhtml": "<html><body><h1>2 Lakes</h1><p>A lake lies still.</p>"
        '<script>document.title = "never"</script></body></html>',
        **{name.replace("__", "/").replace("_xml", ".xml"): text for name, text in members.items()},
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    return path


def test_a_book_is_read_chapter_by_chapter(tmp_path, encoder):
    parsed = read(book(tmp_path / "book.epub"))
    assert parsed.document.title == "A small book"
    assert [lines(parsed, number) for number in (1, 2, 3)] == [
        ["1 Rivers", "A river flows down."],
        ["1.1 Deltas", "A delta spreads out."],
        ["2 Lakes", "A lake lies still."],
    ]
    assert parsed.document.pages == 3


def test_a_damaged_chapter_costs_only_itself(tmp_path):
    whole = book(tmp_path / "whole.epub").read_bytes()
    start = whole.index(b"OPS/text/first.xhtml") + len("OPS/text/first.xhtml")
    (tmp_path / "book.epub").write_bytes(whole[:start] + b"\xff" * 20 + whole[start + 20 :])
    parsed = read(tmp_path / "book.epub")
    assert [page.heading for page in parsed.pages] == ["2 Lakes"]


def test_a_protected_book_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match=r"^book\.epub: is protected"):
        read(book(tmp_path / "book.epub", **{"META-INF__rights_xml": "<rights/>"}))


# ---- pictures ----


def drawn(path: Path, text: str, **options: object) -> Path:
    picture = Image.new("RGB", (1200, 800), "white")
    draw = ImageDraw.Draw(picture)
    draw.text((100, 200), text, fill="black", font=ImageFont.load_default(60))
    picture.save(path, **options)
    return path


@pytest.mark.parametrize("name", ["board.png", "board.jpg", "board.JPEG"])
def test_a_picture_is_one_page_with_the_lines_read(tmp_path, name):
    path = drawn(tmp_path / name, "upper")
    parsed = read(path)
    assert (parsed.document.pages, parsed.pages[0].origin) == (1, "picture")
    page = read(path, FixedRecogniser()).pages[0]
    assert page.text.split("\n")[:2] == ["upper words", "lower words"]
    assert page.origin == "ocr"
    assert (page.width, page.height) == pytest.approx((842, 842 * 800 / 1200), abs=1)
    first = page.words[0].box
    assert first.x0 == pytest.approx(84.2, abs=2)
    assert first.y0 == pytest.approx(0.2 * page.height, abs=2)


def test_a_picture_is_turned_as_its_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn
    page = read(drawn(tmp_path / "turned.jpg", "x", exif=exif)).pages[0]
    assert page.width < page.height


@pytest.mark.slow
def test_words_in_a_picture_are_recognised(tmp_path):
    recognition = pytest.importorskip("ingest.recognition")
    parsed = read(
        drawn(tmp_path / "board.png", "Entropy measures surprise"), recognition.TextRecogniser()
    )
    assert "Entropy measures surprise" in parsed.pages[0].text


# ---- broken and hostile files ----


def archive_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("suffix", [".pptx", ".docx", ".epub"])
def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path, suffix):
    bomb = archive_of(tmp_path / f"bomb{suffix}", {"a": b"\0" * (40 * 1024 * 1024)})
    with pytest.raises(UnreadableFile, match=r"^bomb\.\w+: 0\.0 MB unpack to 40 MB"):
        read(bomb)


@pytest.mark.parametrize("suffix", [".pptx", ".docx", ".epub"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "it starts with"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old binary format"),
        (b"PK\x03\x04 and then nothing", "cut off or damaged"),
    ],
)
def test_what_is_no_archive_is_one_line(tmp_path, suffix, content, reason):
    path = tmp_path / f"file{suffix}"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason) as caught:
        read(path)
    assert str(caught.value).startswith(f"file{suffix}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".pptx", ".docx", ".epub"])
def test_an_archive_of_something_else_is_one_line(tmp_path, suffix):
    path = archive_of(tmp_path / f"file{suffix}", {"hello.txt": b"hello"})
    with pytest.raises(UnreadableFile, match=r"^file\.\w+: is no readable"):
        read(path)


@pytest.mark.parametrize("name", ["deck", "script"])
def test_a_damaged_part_of_an_archive_is_one_line(tmp_path, request, name):
    source = request.getfixturevalue(name)
    with zipfile.ZipFile(source) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    main = next(m for m in members if m in ("ppt/presentation.xml", "word/document.xml"))
    members[main] = members[main][: len(members[main]) // 2]
    broken = archive_of(tmp_path / f"broken{source.suffix}", members)
    with pytest.raises(UnreadableFile, match=r"^broken\.\w+: is no readable") as caught:
        read(broken)
    assert "\n" not in str(caught.value)


def test_entities_of_a_document_are_not_expanded(tmp_path, script):
    with zipfile.ZipFile(script) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    xml = members["word/document.xml"].decode()
    declaration, rest = xml.split("?>", 1)
    bomb = '<!DOCTYPE d [<!ENTITY a "ha ha "><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    rest = rest.replace("Before the first section.", "Before &a; &f;")
    members["word/document.xml"] = f"{declaration}?>{bomb}{rest}".encode()
    parsed = read(archive_of(tmp_path / "bomb.docx", members))
    assert "ha ha" not in parsed.pages[0].text
    assert "root:" not in parsed.pages[0].text


@pytest.mark.parametrize("name", ["cut.png", "cut.jpg", "text.png"])
def test_a_broken_picture_is_one_line(tmp_path, name):
    path = tmp_path / name
    if name == "text.png":
        path.write_text("no picture")
    else:
        drawn(path, "x")
        path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(UnreadableFile, match="is no readable PNG or JPEG"):
        read(path)
