"""Small PDF files with one fault each, made by others; skipped where the folder is not there."""

from __future__ import annotations

from functools import cache

import pytest
from conftest import SHARED

from ingest.errors import UnreadableFile
from ingest.readers.pdf import read_pdf
from ingest.types import ParsedDocument

FAULTS = SHARED / "faults"
pytestmark = pytest.mark.skipif(not FAULTS.is_dir(), reason="no shared faults here")


@cache
def parsed(name: str) -> ParsedDocument:
    return read_pdf(FAULTS / f"{name}.pdf")


#: What the text of a file must have, in this order, and what it must not have.
TEXTS: dict[str, tuple[list[str], list[str]]] = {
    "superscripts": (["10^8 metres", "10^6 steps", "10^(−3)", "to 95 after", "H_2O", "CO_2"], ["952"]),
    "formulas": (
        ["heads is 1/2 and of a six 1/6", "10^9 needs", "is σ^2/n, not σ/n^2", "√2", "mean is x̄, the vector v⃗", "(1 2; 3 4)",
         "x_1^2 and x_12 and x_1 2 apart"], [],
    ),
    "landscape-by-rotate-270": (["Decision trees\nA tree asks one question at each node."], []),
    "landscape-by-rotate-90": (["Decision trees\nA tree asks one question at each node."], []),
    "rotate-key": (["Rotation\nRotated pages are common among scanned tables.\n"], []),
    "z-order": (["Perceptron\nPremise", "Step", "Conclusion"], []),
    "code": (["class Net(nn.Module):\n    def __init__(self, d_model=512):\n        super()"], []),
    "typst-code": (["for epoch in range(10):\n    for x, y in loader:\n        loss"], []),
    "dropcap": (["The perceptron of 1958"], ["T he"]),
    "letterspaced": (["LECTURE SEVEN", "Learning rate decay"], ["L e a r"]),
    "one-sentence-slides": (["Entropy is the expected surprise", "never tune on the test set"], []),
    "two-line-slides": (["Teacher forcing feeds the true last word"], []),
    "page-openers": (["Definition 1: entropy is the expected surprise", "Proof that entropy"], []),
    "quiz-answers": (["Answer: 8", "Answer: 10", "Answer: 5", "Answer: 3", "Answer: 10"], []),
    "dotted": (["The derivative of the sigmoid at zero is ...", "A perceptron cannot"], []),
    "forms": (["hides the tokens that come later", "zebrafish activation", "Teacher note: dropout"], []),
    "chinese": (["激活函数使网络能够表示非线性的关系。", "第四讲:注意力"], []),
    "japanese": (["活性化関数は非線形な関係を表すために使われる。"], []),
    "hidden": (["A convolution slides", "shared by all places"], ["password"]),
    "watermark": (["Ensembles 1\nBagging trains", "Ensembles 2\nBoosting trains each tree"], ["DRAFT"]),
    "hebrew": (["הרצאה שלישית\nרשת נוירונים בנויה מיחידות פשוטות רבות"], []),
    "fakebold": (["Shannon entropy", "Bold letters drawn twice each"], ["BBold"]),
    "twocol-columns": (["Two columns\nOverfitting means", "error rises again.\nRegularisation adds"], []),
    "typst-two-columns": (["Ensembles\nBagging", "Boosting weights the errors"], []),
    "typst-slide-columns": (["Precision\n", "hurt by false alarms\nRecall\n"], []),
    "typst-ligatures": (["first difficult affine flow fits the official coefficients"], []),
    "hyphens-german": (["Wahrscheinlichkeitsverteilung", "Ein- und Ausgabe", "Zuckerbrot", "Nichtlinearität"], []),
    "rotated-text": (["A table set sideways", "Rotated pages are common", "The third line"], []),
    "table-rows": (["| Model | Params | Accuracy |\n| Alpha | 12 M | 71.5 % |\n| Beta | 30 M"], []),
    "sentence-over-pages": (["its matrix", "is positive semidefinite"], []),
    "blackbar": (["The best had 97 points."], ["failed"]),
    "markup": (["Use **bold** and _under_score_", "<b>bold</b> &amp; <script>"], []),
    "type3-map": (["the type three font spells words of boxes here again"], []),
    "year-2026/admin": (["exam counts 60 percent"], []),
    "year-2025/admin": (["exam counts 40 percent"], []),
    "contents-index": (["1 What is a kernel? 3", "Mercer gave the condition.", "margin, 4, 9"], []),
    "cross-page": (["assigns each point to its nearest centre."], []),
    "injection": (["The agent maximises the expected return."], []),
    "navigation": (["Why bother\nPoint one of slide 1", "Table of scores\nPoint one of slide 5"], []),
    "odd-even-headers": (["Sentence 0 of page 1 weighs", "Sentence 0 of page 6 weighs"], []),
    "question-slides": (["What is a support vector?\nA training point on the margin"], []),
}  # fmt: skip

TITLES = {"title-path": "Perceptron", "title-template": "Perceptron", "title-control": "Perceptron", "overlay": "A network in steps",
          "outline-slide-numbers": "Perceptron", "two-page-section": "Notes on clustering"}  # fmt: skip

#: Pages, those that cannot be read, and those that wait for their pictures.
PAGES: dict[str, tuple[int, tuple[int, ...], tuple[int, ...]]] = {
    "box-height-0": (4, (), ()),
    "font-glyph-u110000": (2, (), ()),
    "font-cmap-4-bytes": (2, (), ()),
    "page-missing": (6, (3,), ()),
    "page-flipped-byte": (6, (3,), ()),
    "page-loop": (6, (3,), ()),
    "page-stream-cut": (6, (3,), ()),
    "broken-page": (12, (3, 4), ()),
    "partly-scanned": (10, (), tuple(range(2, 10))),
    "half-tounicode": (2, (), (1, 2)),
    "no-tounicode": (1, (), (1,)),
    "type3-nomap": (1, (), (1,)),
    "enc-owner-aes128": (12, (), ()),
    "enc-owner-aes256": (12, (), ()),
    "enc-owner-noextract": (12, (), ()),
    "enc-owner-rc4": (12, (), ()),
    "junk-after": (12, (), ()),
    "junk-before": (12, (), ()),
    "junk-before-2k": (12, (), ()),
    "crlf-mangled": (12, (), ()),
    "odd-boxes": (12, (), ()),
    "outline-loop": (12, (), ()),
    "xref-wrong": (12, (), ()),
    "slides-1up": (12, (), ()),
}

REFUSALS = {
    "bad-cut-95": "is cut off or damaged",
    "bad-cut-half": "is cut off or damaged",
    "bad-html": "is not a PDF",
    "bad-zero": r"is empty \(0 bytes\)",
    "enc-user-aes256": "is encrypted",
    "xref-none": "is cut off or damaged",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_text_of_a_file_is_what_a_reader_sees(name):
    text = "".join(page.text for page in parsed(name).pages)
    place = 0
    for part in TEXTS[name][0]:
        assert part in text[place:]
        place = text.index(part, place) + len(part)
    for part in TEXTS[name][1]:
        assert part not in text


@pytest.mark.parametrize("name", TITLES)
def test_the_title_is_the_first_slides(name):
    assert parsed(name).document.title == TITLES[name]


@pytest.mark.parametrize("name", PAGES)
def test_damage_costs_what_it_damages(name):
    document = parsed(name)
    waiting = tuple(page.number for page in document.pages if page.origin == "picture")
    assert (len(document.pages), document.unread_pages, waiting) == PAGES[name]


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_read_is_refused_in_one_line(name):
    with pytest.raises(UnreadableFile, match=REFUSALS[name]) as refusal:
        read_pdf(FAULTS / f"{name}.pdf")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "slides"), [("handout-2up", 2), ("handout-4up", 4), ("handout-6up", 6)]
)
def test_each_slide_of_a_handout_is_a_unit(name, slides):
    assert {len(page.slides) for page in parsed(name).pages} == {slides}


def test_a_portfolio_names_the_lectures_inside():
    assert parsed("portfolio").attached == ("lecture1.pdf",)


def test_hidden_text_is_counted():
    assert parsed("hidden").hidden > 100


def test_a_title_gives_no_orders_to_a_terminal():
    title = parsed("title-terminal").document.title
    assert "\x1b" not in title
    assert "\n" not in title
