"""Which pages hold text in pictures, and reading it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from raw_pdf import text, write_pdf

from ingest.picture_rules import fraction_bars, ruled_lines
from ingest.picture_words import baseline_of, words_in_line
from ingest.readers.pdf import read_pdf
from ingest.recognition import (
    TextRecogniser,
    ink,
    may_hold_words,
    pages_with_pictures,
    repaired,
)
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
def test_one_line_is_enough_on_a_page_without_text():
    shapes = np.zeros((100, 200), dtype=bool)
    for number in range(8):
        shapes[40:48, 20 + 9 * number : 25 + 9 * number] = True
    assert may_hold_words(shapes, has_text=False)
    assert not may_hold_words(shapes)
    assert not may_hold_words(shapes[:, :60], has_text=False)


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


def line_of(*words: str, gap: int = 12, size: int = 28) -> np.ndarray:
    """Words drawn so many pixels apart, as the recogniser gets a line of them."""
    return drawn_line([(word, size, 0) for word in words], gap)[0]


def drawn_line(
    words: Sequence[tuple[str, int, int]], gap: float | Sequence[float]
) -> tuple[np.ndarray, list[float]]:
    """Words of so many pixels, each so many above the line, and the centres of their letters."""
    gaps = [gap] * len(words) if isinstance(gap, int | float) else list(gap)
    fonts = [ImageFont.load_default(size) for _, size, _ in words]
    width = sum(font.getlength(word) for font, (word, _, _) in zip(fonts, words, strict=True))
    picture = Image.new("L", (int(width + sum(gaps)) + 8, 44), 255)
    x, centres = 0.0, []
    for font, (word, _, raised), after in zip(fonts, words, gaps, strict=True):
        ImageDraw.Draw(picture).text((x, 30 - raised), word, 0, font, anchor="ls")
        edges = [x + font.getlength(word[:count]) for count in range(len(word) + 1)]
        centres += [(a + b) / 2 for a, b in pairwise(edges)]
        x += font.getlength(word) + after
    return np.asarray(picture), centres


def texts(parts: list[list[tuple[str, float, float]]]) -> list[list[str]]:
    return [[word for word, _, _ in part] for part in parts]


def read(text: str, *words: str, gap: float | Sequence[float] = 12) -> list[list[str]]:
    """The words of a line in which the recogniser reads a text."""
    line, centres = drawn_line([(word, 28, 0) for word in words], gap)
    return texts(words_in_line(line, text, centres).parts)


def test_blanks_that_the_recogniser_missed_are_read_from_the_gaps():
    words = ("compute", "and", "attend", "over", "the", "store")
    assert read("compute and attendover the store", *words) == [list(words)]
    words = ("byte", "fallback,", "abolish", "the", "token")
    assert read("byte fallback,abolish the token", *words) == [list(words)]
    assert read("terms and queries", "terms", "and", "queries") == [["terms", "and", "queries"]]
    assert read("9/42", "9", "/", "42", gap=9) == [["9", "/", "42"]]
    assert read("a fill b", "a", "fil", "l", "b") == [
        ["a", "fill", "b"]
    ]  # a loose letter of a word


def test_gaps_between_figures_and_within_words_are_no_blanks():
    assert read("a sum of 1010 and 0,94", "a", "sum", "of", "1010", "and", "0,94") == [
        ["a", "sum", "of", "1010", "and", "0,94"]
    ]
    assert read("f(x) and bm25(q)", "f(x)", "and", "bm25(q)") == [["f(x)", "and", "bm25(q)"]]


def test_scripts_without_blanks_get_none():
    assert read("深度，学习", "ab", ",", "cd", gap=30) == [["深度，学习"]]


def test_signs_of_a_formula_are_words_where_they_are_apart():
    gaps = (20, 20, 8, 8, 20)  # the blanks of a table beside those around a plus
    assert read("s a n+d", "s", "a", "n", "+", "d", gap=gaps) == [["s", "a", "n", "+", "d"]]
    assert read("sum a+b", "sum", "a+b") == [["sum", "a+b"]]


def test_dots_that_lead_to_a_page_are_left_out():
    dots = ("Chunking", *"......", "7")
    assert read("Chunking...... 7", *dots, gap=8) == [["Chunking"], ["7"]]
    assert read("Summary.", "Summary", ".", gap=9) == [["Summary"]]
    assert read("and so on ...", "and", "so", "on", "...") == [["and", "so", "on", "..."]]


def test_words_are_where_their_ink_is_and_wide_gaps_part_a_line():
    line, centres = drawn_line([("iiii", 28, 0), ("WWWW", 28, 0)], 15)
    ((narrow, wide),) = words_in_line(line, "iiii WWWW", centres).parts
    assert narrow[2] - narrow[1] < 0.5 * (wide[2] - wide[1])
    columns = np.flatnonzero((line < 128).any(axis=0))
    assert (narrow[1], wide[2]) == pytest.approx((columns[0], columns[-1] + 1), abs=1)
    assert read("0.337 0.318", "0.337", "0.318", gap=80) == [["0.337"], ["0.318"]]


def test_words_share_a_line_where_their_letters_have_no_places():
    (words,) = words_in_line(line_of("iiii", "WWWW"), "iiii WWWW").parts
    assert [word for word, _, _ in words] == ["iiii", "WWWW"]


def test_a_list_s_mark_that_was_not_read_is_one():
    line, centres = drawn_line([("•", 28, 0), ("copes", 28, 0), ("better", 28, 0)], 12)
    assert texts(words_in_line(line, "copes better", centres[1:]).parts) == [
        ["•", "copes", "better"]
    ]


def test_indices_and_exponents_are_told_by_size_and_feet():
    line, centres = drawn_line(
        [("x", 28, 0), ("i", 16, -6), ("+", 28, 0), ("y", 28, 0)], (1, 9, 9, 0)
    )
    assert texts(words_in_line(line, "xi + y", centres).parts) == [
        ["xi", "+", "y"]
    ]  # an i has no height
    line, centres = drawn_line([("k", 28, 0), ("2", 17, -6)], 1)
    assert texts(words_in_line(line, "k2", centres).parts) == [["k_2"]]
    line, centres = drawn_line([("10", 28, 0), ("6", 17, 12)], 1)
    assert texts(words_in_line(line, "106", centres).parts) == [["10^6"]]
    assert read("k2 and 106", "k2", "and", "106") == [["k2", "and", "106"]]
    assert read("gap, Egg, Aga", "gap,", "Egg,", "Aga") == [["gap,", "Egg,", "Aga"]]


def ruled_page() -> Image.Image:
    """A table of two by two cells, a fraction and a title, two pixels a point."""
    picture = Image.new("RGB", (800, 500), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(28)
    pen.text((40, 20), "TITLE of the LETTERS", "black", ImageFont.load_default(60))
    for y in (120, 180, 240):
        pen.line((40, y, 440, y), (190, 190, 190), 1)
    for x in (40, 240, 440):
        pen.line((x, 120, x, 240), (190, 190, 190), 1)
    for x, y, word in (
        (60, 130, "token"),
        (260, 130, "logit"),
        (60, 190, "tea"),
        (260, 190, "3.0"),
    ):
        pen.text((x, y), word, "black", font)
    pen.text((40, 330), "precision =", "black", font)
    pen.text((215, 305), "shared words", "black", font)
    pen.line((210, 350, 410, 350), "black", 2)
    pen.text((215, 355), "words in all", "black", font)
    return picture


def test_ruled_lines_are_told_from_strokes_of_letters():
    rules, uprights = ruled_lines(ruled_page(), 2)
    long = [(r.x0, r.x1, r.y) for r in rules if r.x1 - r.x0 > 30]  # a sign = has two short ones
    assert long == [
        (pytest.approx(x0, abs=1), pytest.approx(x1, abs=1), pytest.approx(y, abs=1))
        for x0, x1, y in ((20, 220, 60), (20, 220, 90), (20, 220, 120), (105, 205, 175))
    ]
    assert [upright.x for upright in uprights] == pytest.approx([20, 120, 220], abs=1)
    assert [bar.y for bar in fraction_bars(rules) if bar.x1 - bar.x0 > 30] == [
        pytest.approx(175, abs=1)
    ]
    assert ruled_lines(Image.new("RGB", (40, 40), "black"), 2) == ([], [])


@pytest.mark.slow
def test_tables_and_fractions_of_a_scan_are_read_as_such(tmp_path):
    ruled_page().save(tmp_path / "scan.pdf", resolution=144)
    (page,) = read_pdf(tmp_path / "scan.pdf", TextRecogniser()).pages
    lines = page.text.splitlines()
    assert lines[1:3] == ["| token | logit |", "| tea | 3.0 |"]
    assert lines[3] == "precision = (shared words)/(words in all)"


def test_the_baseline_is_where_letters_stand_whatever_hangs_below():
    assert baseline_of(line_of("queries", "gap")) == pytest.approx(
        baseline_of(line_of("moon", "seas")), abs=1
    )


def test_ai_is_told_from_the_name():
    assert repaired("Generative Al, lecture 3") == "Generative AI, lecture 3"
    assert repaired("Al Gore, et al., Al-Khwarizmi") == "Al Gore, et al., Al-Khwarizmi"
