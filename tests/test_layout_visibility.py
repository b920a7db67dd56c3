"""What no reader sees is not read, and what means nothing is marked."""

import zlib

import pypdfium2 as pdfium
import pytest
from raw_pdf import Deck, content, text, write_pdf

from ingest.layout.page import lay_out
from ingest.readers import read
from ingest.readers.pdf.opening import has_layers
from ingest.reports import FileReport

SEEN = text(40, 250, "A convolution slides a kernel.")


@pytest.fixture
def layout(tmp_path):
    def make(*operators: str, **options):
        path = write_pdf(tmp_path / "page.pdf", "".join(operators), **options)
        with pdfium.PdfDocument(path) as pdf:
            return lay_out(pdf[0])

    return make


def lines(page) -> list[str]:
    return [" ".join(word.text for word in line.words) for line in page.lines]


@pytest.mark.parametrize(
    "operators",
    [
        "BT 3 Tr ET\n" + text(40, 200, "Invisible") + "BT 0 Tr ET\n",
        "1 1 1 rg\n" + text(40, 200, "White text") + "0 g\n",
        text(40, 200, "Covered") + "1 0 0 rg 30 190 200 30 re f 0 g\n",
        text(40, 200, "Redacted") + "0 g 30 190 200 30 re f\n",
        text(40, 200, "Tiny", size=1),
        text(900, 200, "Off the page"),
    ],
)
def test_hidden_text_is_left_out_and_counted(layout, operators):
    page = layout(SEEN, operators)
    assert lines(page) == ["A convolution slides a kernel."]
    assert page.hidden >= 4


@pytest.mark.parametrize(
    "operators",
    [
        "0.2 g 30 190 200 30 re f 1 g\n" + text(40, 200, "White on grey") + "0 g\n",
        "1 1 0 rg 30 190 200 30 re f 0 g\n" + text(40, 200, "Highlighted"),
        text(40, 200, "Framed") + "30 190 200 30 re S\n",
        "0 0 1 RG 1 g BT 2 Tr ET\n" + text(40, 200, "Outlined") + "BT 0 Tr ET 0 g\n",
    ],
)
def test_what_a_reader_sees_is_read(layout, operators):
    page = layout(SEEN, operators)
    assert len(page.lines) == 2
    assert page.hidden == 0


def test_sequence_of_bases_is_no_cipher(layout):
    bases = "ACGTTGCAAGCTTACGGATC" * 3
    page = layout("".join(text(20, 280 - 14 * row, bases, 8) for row in range(5)))
    assert (page.is_unreadable, len(page.lines)) == (False, 5)


def test_enciphered_text_counts_as_a_picture(layout):
    plain = (
        "The gradient of the loss with respect to the weights tells how much each of them must "
        "change and in which direction it should be moved so that the error becomes smaller "
        "after the next step of the descent"
    )
    shifted = "".join(chr((ord(c) - 94) % 26 + 97) if c.islower() else c for c in plain)
    for words, unreadable in ((plain, False), (shifted, True)):
        rows = [words[start : start + 45] for start in range(0, len(words), 45)]
        page = layout(*(text(40, 250 - 16 * k, row) for k, row in enumerate(rows)))
        assert page.is_unreadable is unreadable
        assert bool(page.lines) is not unreadable


def test_letters_that_a_font_does_not_map_are_no_text(layout):
    page = layout(SEEN, "BT /F2 12 Tf 40 200 Td <0102030405060708090b0c0e0f1011> Tj ET\n")
    assert page.is_unreadable
    assert lines(page) == ["A convolution slides a kernel."]


def _with_layer(path, state: str):
    """A deck whose first page draws a form of a layer, and the same words in its own content."""
    deck = Deck()
    deck.objects[1] = (
        "<< /Type /Catalog /Pages 2 0 R /OCProperties << /OCGs [30 0 R]"
        f" /D << /{state} [30 0 R] >> >> >>"
    ).encode()
    deck.objects[30] = b"<< /Type /OCG /Name (Solutions) >>"
    inside = text(50, 100, "Answer seven is the solution of the exercise.").encode()
    deck.objects[31] = (
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 720 405] /OC 30 0 R"
        b" /Resources << /Font << /F1 3 0 R >> >> /Length %d >>\nstream\n%b\nendstream"
        % (len(inside), inside)
    )
    deck.objects[10] = (
        b"<< /Type /Page /Parent 2 0 R /Contents 11 0 R"
        b" /Resources << /Font << /F1 3 0 R >> /XObject << /X 31 0 R >> >> >>"
    )
    deck.objects[11] = deck.stream(content("Bagging").encode() + b"/X Do\n")
    return deck.write(path)


@pytest.mark.parametrize(("state", "is_read"), [("OFF", False), ("ON", True)])
def test_a_form_on_a_layer_that_is_switched_off_is_not_read(tmp_path, state, is_read):
    parsed = read(_with_layer(tmp_path / "layer.pdf", state))
    assert ("seven" in parsed.pages[0].text) is is_read
    assert "explained" in parsed.pages[0].text
    assert (parsed.hidden > 0) is not is_read
    omissions = FileReport("layer.pdf", "added", hidden=parsed.hidden).omissions
    assert [part.kind for part in omissions] == ([] if is_read else ["hidden text"])


def test_layers_are_found_in_streams_of_objects():
    catalogue = zlib.compress(b"1 0 << /Type /Catalog /OCProperties << >> >>")
    packed = b"%PDF-1.7\n5 0 obj << /Type /ObjStm /Filter /FlateDecode >>\nstream\r\n" + catalogue
    assert has_layers(packed)
    assert not has_layers(packed.replace(catalogue, zlib.compress(b"1 0 << /Type /Catalog >>")))
