"""Ligatures that a file's tables do not tell are read by their names, widths and words."""

import io
import re

import pypdf
import pytest
import typst
from pypdf.generic import DecodedStreamObject, NameObject
from raw_pdf import Deck, text

from benchmarks.extraction import read_bytes

ENGLISH = (
    "It is often difficult to find the first efficient classifier. The offline filter sends staff "
    "traffic after the attention. Different offers fit the office; the flow of fluffy leaflets "
    "reflects specific affairs, afterwards we define a coefficient and shift the left profile."
)
GERMAN = (
    "Die Fläche: Öffentliche Auftritte finden oft in der Luft statt. Der Begriff trifft häufig auf "
    "offene Stoffe; die Kraft des Flusses beeinflusst die Pflicht zur Vorschrift. Schaffen wir eine "
    "Definition der Wissenschaft."
)
_LIGATURE = re.compile(r"<([0-9A-F]{4})> <((?:[0-9A-F]{4}){2,})>\n")


def _left_out(table: str) -> str:
    """A table without its ligatures, with its entries counted again."""
    rest, count = _LIGATURE.subn("", table)
    return re.sub(r"(\d+) beginbfchar", lambda m: f"{int(m[1]) - count} beginbfchar", rest)


TABLES = {
    "left out": _left_out,
    "mapped to nothing": lambda table: _LIGATURE.sub(r"<\1> <>\n", table),
    "mapped to zero": lambda table: _LIGATURE.sub(r"<\1> <0000>\n", table),
    "mapped to the replacement character": lambda table: _LIGATURE.sub(r"<\1> <FFFD>\n", table),
    "mapped to private use": lambda table: _LIGATURE.sub(r"<\1> <E0A7>\n", table),
    "mapped to a foreign letter": lambda table: _LIGATURE.sub(r"<\1> <019F>\n", table),
    "mapped to its first letter": lambda table: _LIGATURE.sub(
        lambda m: f"<{m[1]}> <{m[2][:4]}>\n", table
    ),
}


def _page(font: str, words: str, change) -> str:
    """The text of a typst page whose tables to Unicode are changed."""
    source = f'#set page(width: 520pt)\n#set text(font: "{font}", size: 14pt)\n{words}'
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(typst.compile(source.encode())))
    for font_reference in writer.pages[0]["/Resources"]["/Font"].values():
        table = font_reference.get_object()["/ToUnicode"].get_object().get_data().decode("latin-1")
        assert _LIGATURE.search(table)
        stream = DecodedStreamObject()
        stream.set_data(change(table).encode("latin-1"))
        font_reference.get_object()[NameObject("/ToUnicode")] = writer._add_object(stream)
    buffer = io.BytesIO()
    writer.write(buffer)
    return " ".join(read_bytes(buffer.getvalue())[0].split())


@pytest.mark.parametrize("change", TABLES.values(), ids=TABLES)
def test_a_ligature_is_known_by_its_width_and_the_words(change):
    assert _page("Libertinus Serif", ENGLISH, change) == ENGLISH


@pytest.mark.parametrize("font", ["Libertinus Serif", "New Computer Modern"])
def test_german_ligatures_are_known_by_german_words(font):
    assert _page(font, GERMAN, TABLES["left out"]) == GERMAN


def test_ligatures_of_one_width_are_told_apart_word_by_word():
    """In Computer Modern fi and fl are equally wide, and the file says nothing of either."""
    read = _page("New Computer Modern", ENGLISH, TABLES["mapped to zero"])
    assert read == ENGLISH


def test_the_name_of_a_glyph_says_its_letters(tmp_path):
    deck = Deck(
        font="<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding << /Differences"
        " [1 /f_t 200 /f_t /t_t.liga /f_f_i /uni00660069] >> >>"
    )
    words = "o\x01en o\xc8en be\xc9er e\xcacient \xcbrst"
    deck.objects[11] = deck.stream(text(50, 300, words, 20).encode("latin-1"))
    read = read_bytes(deck.write(tmp_path / "names.pdf").read_bytes())
    assert read[0].split() == ["often", "often", "better", "efficient", "first"]


def test_what_makes_no_word_stays_as_it_is(tmp_path):
    """A sign without a meaning in the midst of letters is not taken for a ligature."""
    deck = Deck(
        font="<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /FirstChar 97 /LastChar 200"
        f" /Widths [{' '.join(['556'] * 104)}] /Encoding << /Differences [200 /g7] >> >>"
    )
    words = "the qx\xc8zk of the zk\xc8qx was read again by the others"
    deck.objects[11] = deck.stream(text(50, 300, words, 20).encode("latin-1"))
    read = read_bytes(deck.write(tmp_path / "sign.pdf").read_bytes())
    assert read[0].split()[:5] == ["the", "qxÈzk", "of", "the", "zkÈqx"]
