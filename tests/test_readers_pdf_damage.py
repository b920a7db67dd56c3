"""PDF files that fight back; each fault is built here, and costs what it damages and no more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_pdf import FONT, TOPICS, Deck, content

from ingest.errors import UnreadableFile
from ingest.readers.page_images import page_image
from ingest.readers.pdf import read_pdf

pytestmark = pytest.mark.hostile("damaged PDF files")


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "deck.pdf"


def refusal_of(path: Path) -> str:
    """Why a file is refused; "" where it is read."""
    try:
        read_pdf(path)
    except UnreadableFile as error:
        return str(error)
    return ""


def headings(path: Path) -> list[str]:
    return [page.text.split("\n")[0] for page in read_pdf(path).pages]


def test_sound_deck_reads_whole_and_names_nothing(file):
    Deck().write(file)
    assert headings(file) == TOPICS
    assert read_pdf(file).unread_pages == ()


def test_inherited_media_box_gives_the_places_of_words(file):
    page = read_pdf(Deck().write(file)).pages[0]
    assert (page.width, page.height) == (720, 405)
    # The heading's baseline is 300 points above the foot: 105 below the top.
    assert page.words[0].box.y0 < 105 < page.words[0].box.y1 + 1


@pytest.mark.parametrize("box", ["[0 405 720 500]", "[720 0 900 405]", "[0 0 0 0]"])
def test_crop_box_that_leaves_nothing_of_the_page_does_not_count(file, box):
    Deck(page=f"/CropBox {box}").write(file)
    assert headings(file) == TOPICS
    assert page_image(file, 1, scale=1).size == (720, 405)


@pytest.mark.parametrize("name", ["u110000", "uD800", "u10FFFF", "uFFFFFFFF"])
def test_glyph_names_that_unicode_lacks_are_left_out(file, name):
    # Every "e" has the glyph name of a character that does not exist.
    font = FONT.replace(
        "/WinAnsiEncoding",
        f"<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [101 /{name}] >>",
    )
    pages = read_pdf(Deck(font=font).write(file)).pages
    assert pages[0].text.startswith("Bagging\nBagging is")
    assert all(ord(letter) <= 0x10FFFF for letter in pages[0].text)
    pages[0].text.encode("utf-8")  # no half of a surrogate pair is left


@pytest.mark.parametrize("target", ["00110000", "7FFFFFFF", "FFFFFFFF", "D800"])
def test_character_maps_to_what_unicode_lacks_are_left_out(file, target):
    deck = Deck(font=FONT.replace("/Encoding", "/ToUnicode 4 0 R /Encoding"))
    deck.objects[4] = Deck.stream(
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <FF>"
        f" endcodespacerange 1 beginbfchar <65> <{target}> endbfchar endcmap end".encode()
    )
    pages = read_pdf(deck.write(file)).pages
    assert [page.text.split("\n")[0][:4] for page in pages][:2] == ["Bagg", "Boos"]
    pages[0].text.encode("utf-8")


def test_missing_page_costs_that_page_and_the_others_keep_their_numbers(file):
    deck = Deck()
    del deck.objects[14]
    parsed = read_pdf(deck.write(file))
    assert parsed.unread_pages == (3,)
    assert [page.number for page in parsed.pages] == [1, 2, 3, 4, 5, 6]
    assert headings(file) == ["Bagging", "Boosting", "", "Pruning", "Entropy", "Forests"]


def test_page_of_another_type_costs_that_page(file):
    deck = Deck()
    deck.objects[14] = b"<< /Type /Qage /Parent 2 0 R >>"
    assert read_pdf(deck.write(file)).unread_pages in ((3,), ())
    assert [h for h in headings(file) if h] == [t for t in TOPICS if t != "Stacking"]


@pytest.mark.parametrize("kids", ["2 0 R", "14 0 R", "14 0 R 99 0 R"])
def test_page_tree_that_leads_back_to_itself_loses_no_other_page(file, kids):
    deck = Deck()
    deck.objects[14] = f"<< /Type /Pages /Parent 2 0 R /Count 1 /Kids [{kids}] >>".encode()
    parsed = read_pdf(deck.write(file))
    read = [page.text.split("\n")[0] for page in parsed.pages]
    assert [h for h in read if h] == [t for t in TOPICS if t != "Stacking"]
    assert parsed.unread_pages[0] == 3


@pytest.mark.parametrize("contents", ["cut", "name", "missing filter", "unfinished"])
def test_page_whose_contents_cannot_be_decoded_is_named(file, contents):
    deck = Deck()
    deck.objects[15] = {
        "cut": b"<< /Filter /FlateDecode /Length 20 >>\nstream\n" + b"\x78\x9c" + b"\xff" * 18
        + b"\nendstream",
        "name": b"/Nothing",
        "unfinished": Deck.stream(b"BT /F1 12 Tf 10 10 Td (broken \xff"),
        "missing filter": b"<< /Filter /NoSuchFilter /Length 8 >>\nstream\n(abc) Tj\nendstream",
    }[contents]  # fmt: skip
    parsed = read_pdf(deck.write(file))
    assert parsed.unread_pages == (3,)
    assert sum(bool(page.text) for page in parsed.pages) == 5


def test_empty_page_is_no_damage(file):
    deck = Deck()
    deck.objects[15] = Deck.stream(b"q Q\n")
    deck.objects[18] = b"<< /Type /Page /Parent 2 0 R >>"
    assert read_pdf(deck.write(file)).unread_pages == ()


def test_file_without_its_table_of_objects_is_read(file):
    assert headings(Deck().write(file, table=False)) == TOPICS


@pytest.mark.parametrize("prefix", [10, 5000])
def test_bytes_before_the_header_do_not_matter(file, prefix):
    Deck().write(file)
    file.write_bytes(b"x" * prefix + b"\n" + file.read_bytes())
    assert headings(file) == TOPICS


def test_outline_that_leads_back_to_itself_ends(file):
    deck = Deck()
    deck.objects[1] = b"<< /Type /Catalog /Pages 2 0 R /Outlines 5 0 R >>"
    deck.objects[5] = b"<< /Type /Outlines /First 6 0 R /Last 6 0 R /Count 1 >>"
    deck.objects[6] = (
        b"<< /Title (Round) /Parent 5 0 R /Next 6 0 R /First 6 0 R /Dest [10 0 R /Fit] >>"
    )
    parsed = read_pdf(deck.write(file))
    assert len(parsed.pages) == 6
    assert len(parsed.outline) <= 2


def test_same_page_twice_is_no_damage(file):
    deck = Deck()
    deck.objects[15] = deck.objects[13]  # slide 3 repeats slide 2
    parsed = read_pdf(deck.write(file))
    assert parsed.unread_pages == ()
    assert [page.text.split("\n")[0] for page in parsed.pages][1:3] == ["Boosting", "Boosting"]


def test_file_that_only_says_that_it_is_encrypted_is_read(file):
    data = Deck().write(file).read_bytes()
    encryption = b"/Root 1 0 R /Encrypt << /Filter /Standard /V 0 /R 0 >> /ID [<00> <00>]"
    file.write_bytes(data.replace(b"/Root 1 0 R", encryption))
    assert headings(file) == TOPICS


@pytest.mark.parametrize("descendants", ["", "/DescendantFonts []", "/DescendantFonts [null]"])
def test_composite_font_without_glyphs_is_read_as_a_latin_one(file, descendants):
    font = f"<< /Type /Font /Subtype /Type0 /BaseFont /Foo /Encoding /Identity-H {descendants} >>"
    parsed = read_pdf(Deck(font=font).write(file))
    assert [page.text.split("\n")[0] for page in parsed.pages] == TOPICS
    assert parsed.unread_pages == ()


@pytest.mark.slow
def test_page_of_seventy_metres_is_drawn_small(file):
    deck = Deck()
    deck.objects[2] = deck.objects[2].replace(b"[0 0 720 405]", b"[0 0 200000 200000]")
    for index, topic in enumerate(TOPICS):
        operators = f"BT /F1 5000 Tf 10000 150000 Td ({topic}) Tj ET".encode()
        deck.objects[11 + 2 * index] = deck.stream(operators)
    assert headings(deck.write(file)) == TOPICS


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.99])
def test_cut_file_is_refused_in_one_sentence_or_read(file, keep):
    data = Deck().write(file).read_bytes()
    file.write_bytes(data[: int(len(data) * keep)])
    if refusal := refusal_of(file):
        assert refusal.startswith("deck.pdf: ")
        assert "\n" not in refusal


def test_no_file_is_refused_from_which_pdftotext_takes_text(file):
    data = Deck().write(file).read_bytes()
    refused = []
    for place in range(9, len(data), 97):  # overwrite a few bytes here and there
        file.write_bytes(data[:place] + b"\x00\xff%" + data[place + 3 :])
        if refusal_of(file):
            refused.append(place)
    for place in refused:
        file.write_bytes(data[:place] + b"\x00\xff%" + data[place + 3 :])
        try:
            by_pdftotext = subprocess.run(["pdftotext", file, "-"], capture_output=True).stdout
        except FileNotFoundError:
            pytest.skip("pdftotext is not installed")
        assert len(by_pdftotext) <= 200


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> bytes:
    return Deck().write(tmp_path_factory.mktemp("sound") / "deck.pdf").read_bytes()


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    flips=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=40),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 0.3)),
)
@pytest.mark.slow
def test_a_damaged_file_is_read_or_refused_in_one_sentence(file, sound, flips, cut):
    """Whatever bytes are changed or missing, nothing but a refusal is raised."""
    data = bytearray(sound)
    for place, byte in flips:
        data[8 + int(place * (len(data) - 9))] = byte
    start = 8 + int(cut[0] * (len(data) - 9))
    file.write_bytes(data[:start] + data[start + int(cut[1] * len(data)) :])
    if refusal := refusal_of(file):
        assert refusal.startswith("deck.pdf: ")
        assert "\n" not in refusal
        return
    parsed = read_pdf(file)
    assert len(parsed.pages) == parsed.document.pages
    assert all(page.width > 0 and page.height > 0 for page in parsed.pages)
    assert all(parsed.pages[number - 1].text == "" for number in parsed.unread_pages)


HOSTILE = {
    "no size": "BT /F1 0 Tf 50 50 Td (zero sized words) Tj ET",
    "a negative size": "BT /F1 -12 Tf 50 50 Td (negative words) Tj ET",
    "a huge size": "BT /F1 1e30 Tf 50 50 Td (huge words) Tj ET",
    "a matrix of no numbers": "q nan nan nan nan nan nan cm BT /F1 12 Tf (words) Tj ET Q",
    "an infinite matrix": "q 1e38 1e38 1e38 1e38 1e38 1e38 cm 1e38 0 0 1e38 0 0 cm BT /F1 12 Tf (a) Tj ET",
    "an empty matrix": "q 0 0 0 0 0 0 cm BT /F1 12 Tf 50 50 Td (words) Tj ET Q",
    "a text matrix out of range": "BT /F1 12 Tf 1e39 1e39 1e39 1e39 1e39 1e39 Tm (words) Tj ET",
    "huge spacing": "BT /F1 12 Tf 1e20 Tc 1e20 Tw 1e9 Tz 50 50 Td (spaced words) Tj ET",
    "huge gaps": "BT /F1 12 Tf 50 50 Td [(a) -1e30 (b) 1e38 (c)] TJ ET",
}


@pytest.mark.parametrize("operators", HOSTILE.values(), ids=HOSTILE)
def test_text_of_impossible_sizes_costs_itself_alone(file, operators):
    deck = Deck()
    deck.objects[13] = deck.stream(f"{operators}\n".encode() + content("Boosting").encode())
    parsed = read_pdf(deck.write(file))
    assert [page.text.split("\n")[0] for page in parsed.pages][2:] == TOPICS[2:]
    assert parsed.pages[0].text.startswith(TOPICS[0])


@pytest.mark.parametrize(
    "rotation", ["45", "nan", "(ninety)", "-90", "999999999999", "10 0 R", "null"]
)
def test_an_impossible_rotation_does_not_count(file, rotation):
    deck = Deck()
    deck.objects[12] = (
        f"<< /Type /Page /Parent 2 0 R /Rotate {rotation} /Contents 13 0 R >>".encode()
    )
    page = read_pdf(deck.write(file)).pages[1]
    assert " ".join(page.text.split()) == "Boosting Boosting is explained on this page in full."
