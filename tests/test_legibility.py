"""What is read from a picture is text, or stays a picture of which the words that exist are kept."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingest.legibility import legible_lines
from ingest.readers.pdf import read_pdf
from ingest.recognition import RecognisedLine, TextRecogniser
from ingest.types import Box

WORDS = frozenset(
    [
        "the",
        "loss",
        "falls",
        "with",
        "each",
        "step",
        "degree",
        "price",
        "quantity",
        "supply",
        "demand",
        "tax",
        "without",
        "minimize",
        "bounded",
        "training",
        "error",
        "consumer",
        "surplus",
        "change",
    ]
)


def line(text: str, x: float, y: float, score: float = 0.99) -> RecognisedLine:
    """A line of letters ten points high and six wide, whose box begins at a point."""
    words, left = [], x
    for word in text.split():
        words.append((word, left, left + 6.0 * len(word)))
        left += 6.0 * (len(word) + 1)
    return RecognisedLine(text, Box(x, y, left - 6, y + 10), score, tuple(words), y + 8, 10.0)


def legible(*lines: RecognisedLine) -> list[str]:
    return sorted(kept.text for kept in legible_lines(lines, lambda: WORDS))


def test_ticks_of_an_axis_are_no_text_and_its_word_is_kept():
    ticks = [line(str(20 * k), 40, 100 + 22 * k) for k in range(6)]
    legend = [line("g(x)", 80, 100), line("degree d", 80, 122)]
    assert legible(*ticks, *legend) == ["degree"]


def test_labels_that_are_words_keep_their_numbers_and_letters():
    labels = (
        line("price", 40, 100),
        line("3.30", 40, 120),
        line("supply S", 70, 140),
        line("demand", 70, 160),
        line("A + B + C", 120, 150),
        line("\u6c34", 80, 178),  # an ideograph among Latin letters
    )
    assert legible(*labels) == ["3.30", "A + B + C", "demand", "price", "supply S"]


def test_lines_of_text_and_sure_formulas_stay_whatever_is_near():
    prose = line("The loss falls with each step x_i of 3", 40, 100)
    formula = line("E(w) = wx + 12 b", 40, 120, score=0.97)
    unsure = line("E(w) = vvx + l2 b", 40, 200, score=0.75)
    assert legible(prose, formula, unsure) == sorted([prose.text, formula.text])


def test_drawn_structures_are_no_text():
    structure = [
        line("ORTH R^TH", 40, 100),
        line("SYN|CAT [IND [IND", 40, 116),
        line("RESTR {grammar} INST", 40, 132),
        line("m^atik \u8bed\u6cd5)", 160, 110),
    ]
    assert legible(*structure) == []


def test_a_structure_in_brackets_is_no_text_though_its_lines_make_a_table():
    structure = [
        line("[word", 40, 100),
        line("SEM [IND", 40, 116, score=0.95),
        line("STEP {price", 40, 132),
        line("supply", 40, 148),
    ]
    table = Box(30, 90, 300, 170)
    kept = legible_lines(structure, lambda: WORDS, [table])
    assert sorted(each.text for each in kept) == ["STEP", "supply"]  # words alone
    rows = [line("AUC 0.93", 40, 100), line("QXR 0.71", 40, 116)]
    assert len(legible_lines(rows, lambda: WORDS, [table])) == 2


def test_three_capitals_are_a_word_only_where_the_page_has_it():
    labels = [line("TAX", 40, 100), line("CPU", 40, 116), line("wqx", 40, 132)]
    known = frozenset({*WORDS, "cpu"})
    assert legible_lines(labels, lambda: known) == []
    kept = legible_lines(labels, lambda: known, (), frozenset({"tax", "cpu"}))
    assert sorted(each.text for each in kept) == ["CPU", "TAX"]


def test_words_are_known_by_their_beginning_or_end():
    assert legible(line("minimization, unbounded", 40, 100)) == ["minimization, unbounded"]
    assert legible(line("sso poenbs xqzzt", 40, 100)) == []


def test_scripts_without_blanks_are_not_judged():
    assert legible(line("\u6df1\u5ea6\u5b66\u4e60", 40, 100)) == ["\u6df1\u5ea6\u5b66\u4e60"]


@pytest.mark.slow
def test_of_a_scanned_slide_the_sentences_are_read_and_the_axis_is_not(tmp_path):
    picture = Image.new("RGB", (900, 560), "white")
    draw = ImageDraw.Draw(picture)
    font, small = ImageFont.load_default(28), ImageFont.load_default(15)
    draw.text((40, 30), "A polynomial of degree ten follows each point.", "black", font)
    draw.text((40, 480), "The error on new data rises again.", "black", font)
    draw.line((120, 120, 120, 420, 800, 420), "black", 2)
    for k in range(6):
        draw.text((75, 110 + 55 * k), str(100 - 20 * k), "black", small)
        draw.text((150 + 120 * k, 428), f"{2.5 * k - 5:.1f}", "black", small)
    draw.text((640, 130), "g(x)", "black", small)
    picture.save(tmp_path / "scan.pdf")
    (page,) = read_pdf(tmp_path / "scan.pdf", TextRecogniser()).pages
    assert page.text.splitlines() == [
        "A polynomial of degree ten follows each point.",
        "The error on new data rises again.",
    ]
    assert [region.kind for region in page.regions] == ["picture"]


def test_a_scan_of_text_keeps_its_formulas_and_its_number():
    """Three lines of text are 60 of 67 characters; of half as many lines the rest is a drawing's."""
    text = [line("the loss falls with the error", 40, 100 + 12 * k) for k in range(3)]
    rest = [line("g(x)", 40, 300), line("17", 300, 700), line("w~%", 40, 500, score=0.8)]
    whole = [*text, *rest]
    assert legible(*whole) == ["17", "g(x)", *(each.text for each in text)]
    beside = legible_lines(whole, lambda: WORDS, page_words=frozenset({"loss"}))
    assert [each.text for each in beside] == [
        each.text for each in text
    ]  # the page has a text of its own
    ticks = [line("x y", 40 + 40 * k, 400) for k in range(15)]
    assert legible(*text, *rest, *ticks) == [each.text for each in text]
