"""The reading order of glyphs, on pages whose operators are written by hand."""

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from conftest import SHARED
from raw_pdf import bar, text, write_pdf

from ingest.layout.page import lay_out
from ingest.layout.segments import Piece, Segment, drop_lone_brackets
from ingest.layout.symbols import symbol_of
from ingest.layout.tall_signs import whole_root
from ingest.readers.pdf import read_pdf
from ingest.types import Box


def lines_of(path: Path, number: int = 1) -> list[str]:
    with pdfium.PdfDocument(path) as pdf:
        layout = lay_out(pdf[number - 1])
        return [" ".join(word.text for word in line.words) for line in layout.lines]


@pytest.fixture
def page(tmp_path):
    def make(*operators: str, **options) -> list[str]:
        return lines_of(write_pdf(tmp_path / "page.pdf", "".join(operators), **options))

    return make


def test_a_glyph_that_is_drawn_later_is_read_where_it_is(page):
    """Browsers print the formulas of a paragraph after all of its words."""
    assert page(
        text(40, 250, "A heuristic"),
        text(125, 250, "is admissible if"),
        text(40, 234, "it never overestimates."),
        text(108, 250, "h", font="F2"),
    ) == ["A heuristic h is admissible if", "it never overestimates."]


def test_a_small_raised_or_lowered_glyph_is_an_exponent_or_an_index(page):
    assert page(
        text(40, 250, "trained for 10"),
        text(111.5, 255, "6", size=8),
        text(119.5, 250, "steps on x"),
        text(176, 247, "i", size=8),
    ) == ["trained for 10^6 steps on x_i"]


def test_an_index_comes_before_the_exponent_whichever_was_drawn_first(page):
    assert page(
        text(40, 250, "x"),
        text(46.5, 255, "2", size=8),
        text(46.5, 247, "1", size=8),
        text(54, 250, "is positive"),
    ) == ["x_1^2 is positive"]


def test_the_letters_of_an_ordinal_follow_its_figure(page):
    assert page(text(40, 250, "the 5"), text(66.6, 255, "th", size=8), text(78, 250, "step")) == [
        "the 5th step"
    ]


def test_a_footnote_mark_is_no_number(page):
    assert page(
        text(40, 250, "The accuracy rose to 95"),
        text(173, 255, "2", size=8),
        text(182, 250, "after pruning the network by half."),
        text(40, 235, "It fell again when more than half of the weights were gone."),
        text(40, 30, "2 Measured on held-out data.", size=8),
    ) == [
        "The accuracy rose to 95 after pruning the network by half.",
        "It fell again when more than half of the weights were gone.",
        "2 Measured on held-out data.",
    ]


def test_a_rule_with_text_above_and_below_is_a_fraction(page):
    assert page(
        text(40, 250, "The odds are"),
        text(118, 257, "a + b", size=10),
        bar(117, 143, 253.5),
        text(126, 244, "c", size=10),
        text(148, 250, "in all."),
    ) == ["The odds are (a + b)/c in all."]


def test_an_index_that_hangs_from_a_denominator_belongs_to_it(page):
    assert page(
        text(40, 250, "The weight is"),
        text(121, 257, "1", size=10),
        bar(116, 132, 253.5),
        text(118, 243, "n", size=10),
        text(123.7, 240.5, "k", size=7),
        text(138, 250, "here."),
    ) == ["The weight is 1/n_k here."]


def test_a_bar_over_one_letter_is_its_own(page):
    assert page(text(40, 250, "The mean is"), text(110, 250, "x"), bar(110, 116, 258)) == [
        "The mean is x̄"
    ]
    underlined = page(text(40, 250, "the word a"), bar(91, 98, 248), text(40, 236, "below is an a"))
    assert underlined == ["the word a", "below is an a"]


def test_a_figure_behind_an_index_is_not_part_of_it(page):
    assert page(
        text(40, 250, "Write x"), text(79, 247, "1", size=8), text(83.6, 250, "2 and not x"),
        text(143, 247, "12", size=8),
    ) == ["Write x_1 2 and not x_12"]  # fmt: skip


def test_the_rule_above_footnotes_is_no_fraction_bar(page):
    assert page(
        text(60, 210, "D(f) = C(f),"), bar(40, 160, 204), text(60, 194, "1 Measured once.", 8)
    ) == ["D(f) = C(f),", "1 Measured once."]


def test_a_hat_over_a_tall_letter_belongs_to_it(page):
    hat = "BT /F1 12 Tf 52 203.2 Td (\\210) Tj ET\n"  # WinAnsi's circumflex
    assert page(text(40, 200, "a B is known"), hat) == ["a B̂ is known"]


def test_signs_drawn_as_outlines_join_the_text_around_them(page):
    signs = "".join(f"{106 + 8 * k} 200 6 8 re f\n" for k in range(6))
    words = text(40, 200, "The loss is"), text(160, 200, "where all is known.")
    assert page(*words, signs, text(40, 184, "Next line.")) == [
        "The loss is where all is known.",
        "Next line.",
    ]


def test_letters_of_a_typewriter_font_are_spread_in_listings(tmp_path):
    spread = "BT /F1 10 Tf 1 Tc 40 200 Td (gini) Tj 28.3 0 Td (\\(p\\)) Tj ET"
    path = write_pdf(tmp_path / "page.pdf", spread)
    path.write_bytes(path.read_bytes().replace(b"/Helvetica ", b"/Courier   "))
    assert lines_of(path) == ["gini(p)"]


def test_boxes_around_words_are_no_fractions(page):
    cells = []
    for row, words in enumerate([("Model", "Score"), ("Alpha", "71.5"), ("Beta", "74.0")]):
        for column, word in enumerate(words):
            x, y = 40 + 60 * column, 250 - 18 * row
            cells += [text(x + 4, y, word), bar(x, x + 58, y - 4.5), bar(x, x + 58, y + 11)]
            cells += [f"{x + end} {y - 4.5} 0.6 16 re f\n" for end in (0, 57.4)]
    assert page(*cells) == ["Model Score", "Alpha 71.5", "Beta 74.0"]


def test_a_ruled_table_holds_no_fractions(page):
    rows = [("Model", "Score"), ("Alpha", "71"), ("Beta", "74")]
    operators = []
    for number, (name, score) in enumerate(rows):
        y = 250 - 20 * number
        operators += [text(40, y, name), text(200, y, score), bar(40, 260, y - 6)]
    assert page(*operators) == ["Model Score", "Alpha 71", "Beta 74"]


def test_what_is_drawn_twice_is_read_once(page):
    """Artificial bold, and the overlapping strips in which browsers print."""
    assert page(
        text(40, 250, "Language interpretation"),
        text(40.4, 250, "Language interpretation"),
        text(40, 230, "aabb llll"),
    ) == ["Language interpretation", "aabb llll"]


def test_columns_are_read_one_after_the_other(page):
    left = ["Overfitting means that a model", "fits the noise of its data and", "does not learn."]
    right = ["Regularisation adds a penalty", "on large weights to the loss", "function here."]
    operators = [text(40, 280, "Two columns of text below one heading for both", size=14)]
    for number, (a, b) in enumerate(zip(left, right, strict=True)):
        y = 250 - 16 * number
        operators += [text(40, y, a, size=10), text(220, y, b, size=10)]
    assert page(*operators) == ["Two columns of text below one heading for both", *left, *right]


def test_a_table_is_read_row_by_row_whichever_way_it_was_drawn(page):
    cells = [("Name", "Params", "Score"), ("Alpha", "12 M", "71.5"), ("Beta", "30 M", "74.0")]
    by_columns = [
        text(40 + 100 * column, 250 - 16 * row, cells[row][column])
        for column in range(3)
        for row in range(3)
    ]
    assert page(*by_columns) == [" ".join(row) for row in cells]


def test_labels_beside_wrapped_text_stay_beside_it(page):
    assert page(
        text(40, 250, "Recall"),
        text(140, 250, "share of the right pages that"),
        text(140, 236, "were found at all"),
        text(40, 214, "Precision"),
        text(140, 214, "share of the found pages that"),
        text(140, 200, "are right in the end"),
        text(40, 178, "F1"),
        text(140, 178, "their harmonic mean, which is"),
        text(140, 164, "low if one is low"),
    ) == [
        "Recall share of the right pages that were found at all",
        "Precision share of the found pages that are right in the end",
        "F1 their harmonic mean, which is low if one is low",
    ]


def test_lists_side_by_side_end_at_the_line_that_leads_to_the_next_ones(page):
    angle = ["The angle is 90 degrees:", "It is 180 degrees:"]
    left = [
        ["• it is perpendicular to b", "• it is orthogonal to b"],
        ["• it is opposite to b"] * 2,
    ]
    right = [["• both are perpendicular", "• both are orthogonal"], ["• both are opposite"] * 2]
    drawn, y = [], 270
    for lead, *lists in zip(angle, left, right, strict=True):
        drawn.append(text(40, y, lead))
        for a, b in zip(*lists, strict=True):
            y -= 16
            drawn += [text(52, y, a.replace("•", "\x95")), text(220, y, b.replace("•", "\x95"))]
        y -= 16
    assert page(*drawn) == [angle[0], *left[0], *right[0], angle[1], *left[1], *right[1]]


def test_a_header_in_a_corner_comes_before_the_text_below_it(page):
    body = ["The inventor holds", "forty patents, most of", "which are in use", "by the industry."]
    assert page(
        text(260, 280, "Chair of the seminar"),
        text(260, 266, "Winter of this year"),
        *(text(40, 220 - 14 * number, line) for number, line in enumerate(body)),
        text(350, 20, "4"),
    ) == ["Chair of the seminar", "Winter of this year", *body, "4"]


def test_a_question_below_a_chart_is_not_among_its_labels(page):
    assert page(
        text(40, 290, "Exercise 32: (4 points)"),
        text(40, 276, "These variables make the following chart of the whole sample"),
        text(200, 250, "Sample"),
        text(120, 236, "men", size=8),
        text(260, 236, "women", size=8),
        text(200, 120, "Gender"),
        text(40, 96, "Describe the result of it."),
        text(200, 20, "12"),
    ) == [
        "Exercise 32: (4 points)",
        "These variables make the following chart of the whole sample",
        "Sample",
        "men women",
        "Gender",
        "Describe the result of it.",
        "12",
    ]


def test_a_running_head_is_read_before_the_columns_below_it(page):
    left = ["Trees ask questions", "one after the other", "until a leaf is reached."]
    right = ["Forests ask many trees", "and take the mean", "of what they answer."]
    assert page(
        text(40, 284, "Lecture 4", size=7),
        text(330, 284, "Part two", size=7),
        *(text(40, 240 - 16 * number, line) for number, line in enumerate(left)),
        *(text(210, 240 - 16 * number, line) for number, line in enumerate(right)),
    ) == ["Lecture 4 Part two", *left, *right]


def test_the_upright_text_comes_before_many_small_labels_up_a_chart(page):
    labels = "".join(
        f"q 0 1 -1 0 {100 + 9 * number} 60 cm\n{text(0, 0, 'a label', size=5)} Q\n"
        for number in range(12)
    )
    lines = page(labels, text(40, 250, "How words are drawn", size=20))
    assert lines[0] == "How words are drawn"
    assert lines.count("a label") == 12


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_reads_as_it_does_upright(tmp_path, turn):
    upright = text(40, 250, "Decision trees") + text(40, 230, "A tree asks one question.")
    path = write_pdf(tmp_path / "turned.pdf", upright, extra=f"/Rotate {turn}")
    assert lines_of(path) == ["Decision trees", "A tree asks one question."]


@pytest.mark.parametrize(
    "matrix", ["0 1 -1 0 300 0", "0 -1 1 0 0 400", "-1 0 0 -1 300 400", "1 0 0 1 0 0"]
)
def test_text_that_runs_down_or_up_the_page_is_read_in_its_own_direction(tmp_path, matrix):
    words = text(40, 250, "Decision trees") + text(40, 230, "A tree asks one question.")
    path = write_pdf(tmp_path / "turned.pdf", f"q {matrix} cm\n{words} Q\n", width=300, height=400)
    assert lines_of(path) == ["Decision trees", "A tree asks one question."]


def test_a_large_first_letter_begins_its_paragraph(page):
    assert page(
        text(40, 226, "T", size=40),
        text(66, 246, "he perceptron of 1958 was a machine"),
        text(66, 230, "that turned its own weights."),
        text(40, 210, "Its critics showed what it could not do."),
    )[:2] == ["The perceptron of 1958 was a machine", "that turned its own weights."]


def test_letters_that_are_spaced_out_make_words(page):
    spaced = "BT /F1 12 Tf 6 Tc 40 250 Td (Learning rate) Tj 0 Tc ET\n"
    assert page(spaced, text(40, 220, "An ordinary line of words.")) == [
        "Learning rate",
        "An ordinary line of words.",
    ]


def test_what_is_off_the_page_or_too_small_is_not_read(page):
    assert page(
        text(40, 250, "Visible."), text(-200, 250, "Left of it."), text(40, 230, "Tiny.", size=1)
    ) == ["Visible."]


def test_a_large_oblique_watermark_is_not_read(page):
    assert page(
        text(40, 250, "Bagging trains each tree on a sample."),
        "BT /F1 60 Tf 0.7 0.7 -0.7 0.7 60 40 Tm (DRAFT) Tj ET\n",
    ) == ["Bagging trains each tree on a sample."]


@pytest.mark.parametrize(
    ("font", "code", "symbol"),
    [
        ("ABCDEF+CMSY10", "k", "∥"),
        ("CMSY8", "p", "√"),
        ("CMSY10", "A", "A"),
        ("CMEX10", "P", "∑"),
        ("LMMathExtension10-Regular", "X", "∑"),
        ("LMMathSymbols10-Regular", "k", "∥"),
        ("ABCDEF+KaTeX_Main-Regular", "\ue020", "\u0338"),
        ("ABCDEF+MSAM10", "I", "▶"),
        ("Symbol", "a", "α"),
        ("ABCDEF+Wingdings-Regular", "\uf0fc", "✓"),
        ("Helvetica", "k", "k"),
    ],
)
def test_symbol_fonts_have_tables_of_their_own(font, code, symbol):
    assert symbol_of(font, code, unmapped=True) == symbol


def test_a_mapped_character_of_a_symbol_font_is_left_alone():
    assert symbol_of("CMSY10", "f", unmapped=False) == "f"


def test_a_word_broken_at_the_end_of_a_line_is_joined(tmp_path):
    path = write_pdf(
        tmp_path / "hyphen.pdf",
        text(40, 250, "The gradient is com-")
        + text(40, 234, "puted by back-")
        + text(40, 218, "propagation of in- and outputs, a state-of-the-art")
        + text(40, 202, "method."),
    )
    (page,) = read_pdf(path).pages
    assert page.text.split() == [
        "The",
        "gradient",
        "is",
        "computed",
        "by",
        "backpropagation",
        "of",
        "in-",
        "and",
        "outputs,",
        "a",
        "state-of-the-art",
        "method.",
    ]


def test_each_word_keeps_its_box(tmp_path):
    path = write_pdf(tmp_path / "box.pdf", text(40, 250, "Entropy is large where nothing is sure"))
    (page,) = read_pdf(path).pages
    first = page.words[0]
    assert page.text[first.start : first.end] == "Entropy"
    assert first.box.x0 == pytest.approx(40, abs=0.5)
    assert first.box.y0 < 300 - 250 < first.box.y1


def test_a_tall_bracket_that_closes_nothing_is_dropped():
    pieces = [
        Piece(letter, 10.0 * x, 10.0 * x + 9, 0, 10, False, False, [], x, is_tall=x in tall)
        for tall in [{2, 5}]
        for x, letter in enumerate("S()x()")
    ]
    whole = Segment(pieces, 0, 10)
    drop_lone_brackets(whole)
    assert "".join(piece.text for piece in whole.pieces) == "S()x()"
    lone = Segment([pieces[0], pieces[2], pieces[3]], 0, 10)
    drop_lone_brackets(lone)
    assert "".join(piece.text for piece in lone.pieces) == "Sx"


def test_the_stem_of_a_root_is_part_of_its_sign():
    """A hook of 6 by 18 points, a stem of two parts above its end, and a bracket beside it."""
    hook, stem = Box(100, 60, 106, 78), [Box(105.6, 54, 106, 60), Box(105.6, 48, 109, 54)]
    assert whole_root(hook, [*stem, Box(140, 48, 143, 60)]) == Box(100, 48, 109, 78)


LATEX_NOTES = SHARED / "lectures" / "pdfs" / "artificial-intelligence-notes.pdf"


@pytest.mark.skipif(not LATEX_NOTES.exists(), reason="the lecture is not part of the repository")
def test_sums_and_brackets_without_unicode_are_read(tmp_path):
    """The file names no Unicode for Computer Modern's extension font, whose bracket has the code 0."""
    page = pdfium.PdfDocument.new()
    page.import_pages(pdfium.PdfDocument(LATEX_NOTES), [78])
    page.save(tmp_path / "page.pdf")
    words = " ".join(lines_of(tmp_path / "page.pdf")).split()
    text = "".join(words)
    assert text.count("∑_(i=1)^m") == text.count("∑") == 10
    assert text.count("√(") == text.count("√") == 2
    assert text.count("(") == text.count(")")
    assert "i=1" not in words
