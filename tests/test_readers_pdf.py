from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import pypdf
import pypdfium2 as pdfium
import pytest
import raw_pdf
from conftest import SHARED
from PIL import Image

from ingest.errors import UnreadableFile
from ingest.readers import read
from ingest.readers.pdf import read_pdf
from ingest.types import Page

CANVAS = """
#set page(width: 400pt, height: 300pt, margin: 0pt)
#set text(20pt, top-edge: "baseline", bottom-edge: "baseline")
#let at(x, y, body) = place(top + left, dx: x, dy: y, body)
"""
FILLER = "\n#pagebreak()\n#at(20pt, 40pt)[five more words stand here]"


def word_of(page: Page, text: str):
    return next(word for word in page.words if page.text[word.start : word.end] == text)


def find(page: pdfium.PdfPage, text: str) -> tuple[float, float, float, float]:
    """Where pdfium's own search finds a text: left, bottom, right, top of its ink."""
    textpage = page.get_textpage()
    index, count = textpage.search(text, match_case=True).get_next()
    assert textpage.count_rects(index, count) == 1
    return textpage.get_rect(0)


# ---- text ----


def test_text_is_mended_in_reading_order(make_pdf):
    path = make_pdf(
        "broken.pdf",
        r"""
        #slide("Sch¨one ﬁnale Verh¨altnisse")[
          - Der Fehler f¨allt mit 𝑥² na¨ıv
          - Die zweite Zeile
        ]
        """,
    )
    (page,) = read_pdf(path).pages
    assert page.heading == "Schöne finale Verhältnisse"
    assert "fällt mit x² naïv" in page.text
    assert page.text.index("Schöne") < page.text.index("fällt") < page.text.index("zweite")
    assert "¨" not in page.text


def test_line_end_hyphens_join_words_and_spare_compounds(make_pdf):
    path = make_pdf(
        "narrow.pdf",
        """
        #set page(width: 5cm, height: 12cm, margin: 1cm, header: none, footer: none)
        #set text(hyphenate: true, lang: "en", size: 12pt)
        Understanding representation learning encourages extraordinarily complicated
        disambiguation. A well-known bi-encoder is an encoder.
        #block(width: 2.6cm)[The second bi-encoder]
        #text(hyphenate: false)[A bi-encoder stands here.]
        """,
    )
    textpage = pdfium.PdfDocument(path)[0].get_textpage()
    assert textpage.get_text_range().count("\ufffe") >= 4  # otherwise this tests nothing
    (page,) = read_pdf(path).pages
    for word in ("encourages", "extraordinarily", "complicated", "disambiguation"):
        assert word in page.text
    assert page.text.count("bi-encoder") == 3
    assert "biencoder" not in page.text
    # Both halves of a parted word are there, one directly behind the other, on two lines.
    start = page.text.index("extraordinarily")
    inside = [word for word in page.words if start <= word.start < start + len("extraordinarily")]
    assert [word.start for word in inside[1:]] == [word.end for word in inside[:-1]]
    assert len(inside) >= 2
    assert inside[0].box.y1 < inside[-1].box.y1


def test_a_hyphenated_heading_is_whole(make_pdf):
    path = make_pdf(
        "heading.pdf",
        """
        #set page(width: 6.2cm, height: 9cm, header: none, footer: none)
        #set text(hyphenate: true, lang: "en")
        #slide("On Characterisation")[Some words follow below the title here.]
        """,
    )
    (page,) = read_pdf(path).pages
    assert "\ufffe" in pdfium.PdfDocument(path)[0].get_textpage().get_text_range()
    assert page.heading == "On Characterisation"


def test_exponents_and_indices_stay_on_their_line(make_pdf):
    path = make_pdf(
        "formula.pdf", '#slide("Loss")[The loss $x_1^2 + y_2 = z$ is small for all of us]'
    )
    (page,) = read_pdf(path).pages
    line = next(line for line in page.text.splitlines() if line.startswith("The loss"))
    assert line.endswith("is small for all of us")
    assert line.startswith("The loss x_1^2 + y_2 = z")


@pytest.mark.parametrize(
    ("body", "heading"),
    [
        (
            '#slide("Beam search")[Keeps the best hypotheses at every step of the decoder.]',
            "Beam search",
        ),
        ("All the words on this page have one size and none of them stands out.\n" * 6, ""),
        (
            "#v(4cm)#text(30pt)[BIG NUMBER]\n#v(-5cm)\nwords in the usual size come first "
            "\\ and go on \\ for a few lines \\ until the end",
            "",
        ),
    ],
)
def test_headings_stand_out_and_stand_high(make_pdf, body, heading):
    path = make_pdf(
        "heading.pdf", '#slide("Cover")[A first page with a few words]\n#pagebreak()' + body
    )
    assert read_pdf(path).pages[-1].heading == heading


def test_title_outline_and_identity(make_pdf):
    path = make_pdf(
        "the_lecture-notes.pdf",
        """
        #set heading(numbering: "1.")
        = Searching ahead
        Words about searching stand here.
        #pagebreak()
        == Going deeper
        Words about depth stand here.
        """,
    )
    lecture = read_pdf(path)
    assert lecture.document.title == "A small lecture"
    assert lecture.document.id == hashlib.sha256(path.read_bytes()).hexdigest()
    assert lecture.document.language == "en"
    assert lecture.document.pages == len(lecture.pages) == 2
    assert [(s.level, s.page) for s in lecture.outline] == [(0, 1), (1, 2)]
    assert [s.title.lstrip("1. ") for s in lecture.outline] == ["Searching ahead", "Going deeper"]


@pytest.mark.parametrize("title", ["", "Untitled", "talk.tex", "Microsoft PowerPoint - x"])
def test_a_poor_declared_title_gives_way_to_the_first_heading(make_pdf, title):
    path = make_pdf(
        "deck.pdf",
        f'#set document(title: "{title}")\n#slide("Real title")[with a few words below it]',
    )
    assert read_pdf(path).document.title == "Real title"


# ---- boxes ----


def test_every_word_is_where_its_offsets_say(make_pdf):
    path = make_pdf("words.pdf", '#slide("Cats and dogs")[Sleep, hunt; bark! #lorem(60)]')
    (page,) = read_pdf(path).pages
    assert [page.text[w.start : w.end] for w in page.words] == page.text.split()
    for line in page.lines:
        words = [w for w in page.words if line.start <= w.start < line.end]
        assert words[0].start == line.start
        assert words[-1].end == line.end
        for word in words:
            assert line.box == line.box.union(word.box)


@pytest.mark.parametrize(("x", "y"), [(100, 50), (37, 200), (250, 280)])
def test_boxes_are_where_typst_set_the_words(make_pdf, x, y):
    path = make_pdf("placed.pdf", f"#at({x}pt, {y}pt)[Hamming]" + FILLER, CANVAS)
    page = read_pdf(path).pages[0]
    box = word_of(page, "Hamming").box
    assert (page.width, page.height) == pytest.approx((400, 300))
    assert box.x0 == pytest.approx(x, abs=0.1)  # the pen starts there
    assert y - 1.1 * 20 < box.y0 < y - 0.6 * 20  # its capital reaches 0.66 em above the baseline
    assert y < box.y1 < y + 0.5 * 20


def test_boxes_hold_the_ink_that_pdfium_finds(make_pdf):
    path = make_pdf("found.pdf", '#slide("Search")[Alpha beta #h(3cm) gamma \\ #h(7cm) delta]')
    page, reference = read_pdf(path).pages[0], pdfium.PdfDocument(path)[0]
    height = reference.get_height()
    for text in ("Alpha", "beta", "gamma", "delta"):
        left, bottom, right, top = find(reference, text)
        box = word_of(page, text).box
        assert box.x0 == pytest.approx(left, abs=2)
        assert box.x1 == pytest.approx(right, abs=2)
        assert box.y0 <= height - top + 0.5
        assert height - bottom <= box.y1 + 0.5


@pytest.mark.parametrize("cropped", [False, True], ids=["whole", "cropped"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_hold_the_ink_of_the_page_as_shown(make_pdf, tmp_path, turn, cropped):
    """The second opinion is a picture: where pdfium paints the only word of the page."""
    writer = pypdf.PdfWriter(make_pdf("upright.pdf", "#at(120pt, 90pt)[Hamming]" + FILLER, CANVAS))
    if cropped:
        writer.pages[0].cropbox = pypdf.generic.RectangleObject((60, 110, 330, 290))
    writer.pages[0].rotate(turn)
    path = tmp_path / "turned.pdf"
    writer.write(path)

    page = read_pdf(path).pages[0]
    box = word_of(page, "Hamming").box
    scale = 4
    picture = pdfium.PdfDocument(path)[0].render(scale=scale, grayscale=True).to_numpy().squeeze()
    assert picture.shape == pytest.approx((page.height * scale, page.width * scale), abs=scale)
    rows, columns = np.nonzero(picture < 128)
    ink = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / scale
    assert box.x0 - 0.5 <= ink[0]
    assert box.y0 - 0.5 <= ink[1]
    assert ink[2] <= box.x1 + 0.5
    assert ink[3] <= box.y1 + 0.5
    along, across = (
        (box.x1 - box.x0, box.height) if turn % 180 == 0 else (box.height, box.x1 - box.x0)
    )
    assert along == pytest.approx(max(ink[2] - ink[0], ink[3] - ink[1]), abs=4)
    assert across < 1.5 * 20


# ---- faults: one line each ----


def fault(path: Path) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(path.name)
    return message


@pytest.mark.parametrize("password", ["secret", "Übung"])
def test_encrypted(make_pdf, tmp_path, password):
    writer = pypdf.PdfWriter(make_pdf("open.pdf", '#slide("Cats")[A cat sleeps here all day]'))
    writer.encrypt(password, algorithm="AES-256")
    writer.write(tmp_path / "locked.pdf")
    assert "encrypted" in fault(tmp_path / "locked.pdf")


def test_a_file_encrypted_without_a_user_password_is_read(make_pdf, tmp_path):
    writer = pypdf.PdfWriter(make_pdf("open.pdf", '#slide("Cats")[A cat sleeps here all day]'))
    writer.encrypt(user_password="", owner_password="owner", algorithm="AES-128")
    writer.write(tmp_path / "printable.pdf")
    assert read_pdf(tmp_path / "printable.pdf").pages[0].heading == "Cats"


def test_empty_foreign_and_missing_files(tmp_path):
    (tmp_path / "empty.pdf").write_bytes(b"")
    assert "0 bytes" in fault(tmp_path / "empty.pdf")
    (tmp_path / "web.pdf").write_bytes(b"<html>please log in</html>")
    assert "not a PDF" in fault(tmp_path / "web.pdf")
    assert "cannot be read" in fault(tmp_path / "nowhere.pdf")
    (tmp_path / "notes.xyz").write_bytes(b"PK")
    assert "'.xyz'" in fault(tmp_path / "notes.xyz")
    (tmp_path / "folder.pdf").mkdir()
    assert "cannot be read" in fault(tmp_path / "folder.pdf")


def test_pictures_only(tmp_path):
    picture = Image.new("RGB", (200, 100), "white")
    picture.save(tmp_path / "scan.pdf", save_all=True, append_images=[picture])
    assert "2 page(s) hold no text" in fault(tmp_path / "scan.pdf")


def test_a_file_without_pages_is_not_taken_for_an_encrypted_one(make_pdf, tmp_path):
    """pdfium keeps the error of the file before, so the order matters."""
    writer = pypdf.PdfWriter(make_pdf("open.pdf", '#slide("Cats")[A cat sleeps here all day]'))
    writer.encrypt("secret", algorithm="AES-128")
    writer.write(tmp_path / "locked.pdf")
    pypdf.PdfWriter().write(tmp_path / "none.pdf")
    assert "encrypted" in fault(tmp_path / "locked.pdf")
    assert "damaged" in fault(tmp_path / "none.pdf")


def test_truncated_anywhere_or_garbled_is_read_or_refused_in_one_line(make_pdf, tmp_path):
    data = make_pdf("whole.pdf", '#slide("Cats")[A cat sleeps here all day long]').read_bytes()
    random = np.random.default_rng(0)
    refusals = []
    for trial in range(60):
        broken = bytearray(data[: int(random.integers(20, len(data)))] if trial % 2 else data)
        if not trial % 2:
            for place in random.integers(0, len(data), 40):
                broken[place] = int(random.integers(256))
        path = tmp_path / "broken.pdf"
        path.write_bytes(bytes(broken))
        try:
            read(path)
        except UnreadableFile as error:
            refusals.append(str(error))
    assert len(refusals) > 10
    assert not any("\n" in refusal for refusal in refusals)


def test_a_pdf_behind_some_leading_bytes_is_read(make_pdf, tmp_path):
    data = make_pdf("whole.pdf", '#slide("Cats")[A cat sleeps here all day]').read_bytes()
    stream = io.BytesIO(b"\n\n" + data)
    (tmp_path / "late.pdf").write_bytes(stream.getvalue())
    assert read(tmp_path / "late.pdf").pages[0].heading == "Cats"


# ---- real lectures ----


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "pdfs").is_dir(), reason="no shared lectures here")
def test_real_lectures_read_cleanly():
    files = sorted((SHARED / "pdfs").glob("*.pdf"))
    assert files
    for file in files:
        lecture = read(file)
        counted = len(pypdf.PdfReader(file).pages)
        assert len(lecture.pages) == lecture.document.pages == counted
        text = "".join(page.text for page in lecture.pages)
        for unwanted in ("\ufffe", "\ufffd", "\x00", "\x02", "\u00ad", "ﬁ"):
            assert unwanted not in text, f"{file.name} holds {unwanted!r}"
        assert not any(0xE000 <= ord(letter) <= 0xF8FF for letter in text)
        for page in lecture.pages:
            for word in page.words:
                assert word.end > word.start
                assert not any(map(str.isspace, page.text[word.start : word.end]))


def test_a_stamp_on_every_page_is_neither_its_heading_nor_the_title(tmp_path):
    topics = ["Bagging", "Boosting", "Stacking", "Voting", "Pruning"]
    pages = [
        raw_pdf.text(40, 270, "CONFIDENTIAL", 30)
        + raw_pdf.text(40, 230, topic, 20)
        + raw_pdf.text(40, 180, f"{topic} combines the trees in a way of its own.", 12)
        + raw_pdf.text(40, 160, "More words stand here so that the page has a usual size.", 12)
        for topic in topics
    ]
    lecture = read(raw_pdf.write_pdf(tmp_path / "stamped.pdf", *pages))
    assert [page.heading for page in lecture.pages] == topics
    assert lecture.document.title == "Bagging"


FIRST_SLIDE = raw_pdf.text(40, 250, "Kernel machines", 28) + raw_pdf.text(40, 200, "Jane Doe", 14)
SLIDE = raw_pdf.text(40, 250, "Margins", 28) + raw_pdf.text(40, 200, "A wide margin is good.", 14)


@pytest.mark.parametrize(
    ("declared", "title"),
    [
        ("file:///C|/Users/me/slides.htm", "Kernel machines"),
        ("C:\\Users\\me\\lecture7.ppt", "Kernel machines"),
        ("PowerPoint Presentation", "Kernel machines"),
        ("PowerPoint-Präsentation", "Kernel machines"),
        ("Slide 1", "Kernel machines"),
        ("Folie 1", "Kernel machines"),
        ("kernel_machines_final", "Kernel machines"),
        ("L05 Kernel Machines: 2024-03-24 @ 21:08:16", "Kernel machines"),
        ("Organic chemistry", "Kernel machines"),  # of another lecture: not a word on the page
        ("Kernel machines, part 2", "Kernel machines, part 2"),
        ("Kernel\x07\r\nmachines", "Kernel machines"),
    ],
)
def test_a_useless_declared_title_gives_way_to_the_first_slides(tmp_path, declared, title):
    path = raw_pdf.write_pdf(tmp_path / "talk.pdf", FIRST_SLIDE, SLIDE)
    writer = pypdf.PdfWriter(clone_from=path)
    writer.add_metadata({"/Title": declared})
    writer.write(path)
    assert read(path).document.title == title


def test_a_title_has_no_footnote_mark(tmp_path):
    mark = raw_pdf.text(245, 262, "1", 14)
    path = raw_pdf.write_pdf(tmp_path / "talk.pdf", FIRST_SLIDE + mark, SLIDE)
    assert read(path).pages[0].heading == "Kernel machines^1"
    assert read(path).document.title == "Kernel machines"


def test_numbered_slides_of_an_outline_are_no_headings(tmp_path):
    path = raw_pdf.write_pdf(tmp_path / "talk.pdf", FIRST_SLIDE, SLIDE, SLIDE)
    writer = pypdf.PdfWriter(clone_from=path)
    for page, entry in enumerate(["Slide 1", "Folie 2", "Slide 3: Margins"]):
        writer.add_outline_item(entry, page)
    writer.write(path)
    assert [(s.title, s.page) for s in read(path).outline] == [("Margins", 3)]
