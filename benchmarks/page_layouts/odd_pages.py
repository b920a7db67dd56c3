"""Pages of odd kinds: posters, quizzes, tracked changes, bubbles, songs, trees, formulas within formulas, scripts with marks."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Sequence

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.page_layouts.base import (
    SENTENCES,
    SHEET,
    SLIDE,
    PageLayout,
    draw_canvas,
    show_lines,
    show_text,
    typeset,
)

_ONE, _TWO, _THREE, _FOUR, _FIVE, _SIX = SENTENCES[:6]
_LEFT, _RIGHT = " ".join(SENTENCES[:6]), " ".join(SENTENCES[6:])
_BOXES = (
    ("Question", " ".join(SENTENCES[:2]), "Data", " ".join(SENTENCES[2:5])),
    ("Method", " ".join(SENTENCES[5:9]), "Results", SENTENCES[9]),
    ("Outlook", SENTENCES[10], "Thanks", " ".join([*SENTENCES[11:], *SENTENCES[:2]])),
)
_POSTER = "#set page(width: 84cm, height: 59cm, margin: 2cm)\n#set text(size: 26pt)\n"


def _page(name: str, source: str, expected: str, head: str = SLIDE) -> PageLayout:
    return PageLayout(name, "odd", expected, functools.partial(typeset, head + source))


_TYPESET = (
    _page("cases with fractions", '$ P(k) = cases(frac(n!, k! (n - k)!) p^k &"if" k <= n, 0 &"else") $',
          "P(k) = {(n!)/(k!(n−k)!)p^k if k ≤ n; 0 else}"),
    _page("fraction of quotients with long indices",
          '$ 1 - frac(p_"cases" \\/ (1 - p_"cases"), p_"controls" \\/ (1 - p_"controls")) $',
          "1 − (p_cases/(1 − p_cases))/(p_controls/(1 − p_controls))"),
    _page("integrals with limits", "We have $ integral_0^1 x^2 dif x = frac(1, 3) $ and $ integral_(-oo)^oo e^(-x^2) dif x = sqrt(pi) $",
          "We have ∫_0^1 x^2 dx = 1/3 and ∫_(−∞)^∞ e^(−x^2) dx = √π"),
    _page("sums and products with limits", "$ L = product_(i=1)^n sum_(j=1)^m a_(i j) $", "L = ∏_(i=1)^n ∑_(j=1)^m a_ij"),
    _page("continued fraction", "$ x = 1 + frac(1, 2 + frac(1, 3 + frac(1, 4))) $", "x = 1 + 1/(2 + 1/(3+1/4))"),
    _page("determinant", '$ mat(delim: "|", a, b; c, d) = a d - b c $', "|a b; c d| = ad − bc"),
    _page("chemistry", "Burning: 2 H#sub[2] + O#sub[2] → 2 H#sub[2]O, and CaCO#sub[3] → CaO + CO#sub[2] at 900 °C.",
          "Burning: 2 H_2 + O_2 → 2 H_2O, and CaCO_3 → CaO + CO_2 at 900 °C."),
    _page("derivation with reasons", '$ a &= b + c quad &&"by the first rule" \\ &= d + c quad &&"since" b = d \\ &= e &&"by the second" $',
          "a = b + c by the first rule = d + c since b = d = e by the second"),
    _page("table without rules whose cells wrap",
          f"= Methods\n#table(columns: (4cm, 9cm, 8cm), stroke: none, row-gutter: 0.4cm, column-gutter: 0.6cm, [Method], [Idea], [Limit], [Descent], [{_ONE} {_TWO}], [{_THREE}], [Kernels], [{_FOUR}], [{_FIVE} {_SIX}])",
          f"Methods Method Idea Limit Descent {_ONE} {_TWO} {_THREE} Kernels {_FOUR} {_FIVE} {_SIX}"),
    _page("table within a table",
          "= Plan\n#table(columns: (6cm, 12cm), inset: 10pt, [Week], [Topics], [One], [#table(columns: 2, [Monday], [trees], [Friday], [graphs])], [Two], [#table(columns: 2, [Monday], [flows], [Friday], [cuts])])",
          "Plan Week Topics One Monday trees Friday graphs Two Monday flows Friday cuts"),
    _page("table with section rows",
          "= Costs\n#table(columns: 3, align: (left, right, right), [Item], [2023], [2024], table.cell(colspan: 3)[*Staff*], [Wages], [1 200.50], [1 310.00], [Travel], [80.25], [9.75], table.cell(colspan: 3)[*Rooms*], [Rent], [640.00], [640.00])",
          "Costs Item 2023 2024 Staff Wages 1 200.50 1 310.00 Travel 80.25 9.75 Rooms Rent 640.00 640.00"),
    _page("lists with many marks",
          "= Tasks\n#set list(marker: ([→], [✓], [★]))\n- collect data\n  - ask the users\n    - by letter\n  - count them\n- train\n#set enum(numbering: \"a)\")\n+ at night\n+ at noon",
          "Tasks → collect data ✓ ask the users ★ by letter ✓ count them → train a) at night b) at noon"),
    _page("poster",
          "#align(center)[#text(60pt)[*Learning from few examples*] \\ A. Author, B. Author \\ University of Somewhere]\n#v(1cm)\n#columns(3, gutter: 2cm)["
          + "\n#colbreak()\n".join(f"#rect(width: 100%, inset: 14pt)[*{a}* \\ {one}]\n#rect(width: 100%, inset: 14pt)[*{b}* \\ {two}]" for a, one, b, two in _BOXES) + "]",
          "Learning from few examples A. Author, B. Author University of Somewhere " + " ".join(" ".join(box) for box in _BOXES), _POSTER),
    _page("quiz with boxes to tick",
          "= Quiz\n#let q(n, text, ..o) = block[*#n.* #text \\ #grid(columns: (1fr, 1fr), row-gutter: 8pt, ..o.pos().map(x => [☐ #x]))]\n"
          "#q(1)[Which loss is convex?][squared error][zero-one loss][the hinge][none of them]\n#q(2)[What does pooling keep?][the mean][the maximum]",
          "Quiz 1. Which loss is convex? ☐ squared error ☐ the hinge ☐ zero-one loss ☐ none of them 2. What does pooling keep? ☐ the mean ☐ the maximum", SHEET),
    _page("captions beside their figures",
          "".join(f"#grid(columns: (7cm, 1fr), gutter: 0.6cm, align: horizon, rect(width: 7cm, height: 4cm), [*Figure {k + 1}.* {SENTENCES[2 * k]} {SENTENCES[2 * k + 1]}])\n#v(0.5cm)\n" for k in range(3)),
          " ".join(f"Figure {k + 1}. {SENTENCES[2 * k]} {SENTENCES[2 * k + 1]}" for k in range(3)), SHEET),
    _page("tree of folders", "= Project\n```\nproject\n├── src\n│   ├── main.py\n│   └── model.py\n└── tests\n    └── test_model.py\n```\nIt has two folders.",
          "Project project ├── src │ ├── main.py │ └── model.py └── tests └── test_model.py It has two folders."),
    _page("Vietnamese", "= Học máy\nHọc máy là một lĩnh vực của trí tuệ nhân tạo. Mạng nơ-ron học từ dữ liệu; độ chính xác đạt 95 % ở những lớp cuối.",
          "Học máy Học máy là một lĩnh vực của trí tuệ nhân tạo. Mạng nơ-ron học từ dữ liệu; độ chính xác đạt 95 % ở những lớp cuối."),
    _page("Greek with breathings", "Ἐν ἀρχῇ ἦν ὁ λόγος, καὶ ὁ λόγος ἦν πρὸς τὸν θεόν. Η μηχανική μάθηση μαθαίνει από δεδομένα.",
          "Ἐν ἀρχῇ ἦν ὁ λόγος, καὶ ὁ λόγος ἦν πρὸς τὸν θεόν. Η μηχανική μάθηση μαθαίνει από δεδομένα."),
    _page("small capitals of a font", f"#smallcaps[Claude Shannon] wrote it in #smallcaps[Bell Labs]. {_ONE}",
          f"Claude Shannon wrote it in Bell Labs. {_ONE}"),
    _page("gaps to fill in", "= Blanks\nGradient #box(width: 3cm, line(length: 100%)) follows the slope. A #box(width: 3cm, line(length: 100%)) unit is silent in training.",
          "Blanks Gradient follows the slope. A unit is silent in training."),
    _page("number of each equation at the left",
          "#grid(columns: (1.5cm, 1fr), row-gutter: 1cm, [(3.1)], $y = W x + b$, [(3.2)], $z = max(0, y)$)",
          "(3.1) y = Wx + b (3.2) z = max(0, y)"),
    _page("logic and proof rules", "$ frac(A quad A -> B, B) $ and $ forall x exists y (x < y and not (y = 0)) $",
          "(A A → B)/B and ∀x∃y(x < y ∧ ¬(y = 0))"),
    _page("nested exponents", "The bound $e^(-x^2/2)$ and $2^(2^n)$ and $x_(n_k)$ and $a'_i$ hold.",
          "The bound e^(−x^2/2) and 2^(2^n) and x_(n_k) and a_i′ hold."),
    _page("norms, floors and hats", "We have $norm(x)_2 >= 0$, $floor(x/2) = 1$, $hat(y) = overline(z) + tilde(w)$ and $abs(a)$ here.",
          "We have ‖x‖_2 ≥ 0, ⌊x/2⌋ = 1, ŷ = z̄ + w̃ and |a| here."),
)  # fmt: skip


def _drawn(
    name: str,
    expected: str,
    draw: Callable[[Canvas], None],
    size: tuple[float, float] = (720.0, 405.0),
) -> PageLayout:
    return PageLayout(name, "odd", expected, functools.partial(draw_canvas, draw, size))


def _thirds(sentence: str) -> list[str]:
    words = sentence.split()
    return [" ".join(words[k : k + 3]) for k in range(0, len(words), 3)]


def _figure_over_two_of_three(c: Canvas) -> None:
    show_text(c, 40, 790, "A report in three columns", 20, bold=True)
    c.rect(40, 600, 335, 160)
    show_text(c, 40, 585, "Figure 1: Both losses fall, but the second one falls later.", 9)
    for column, (first, count, top) in enumerate(((0, 3, 560), (3, 3, 560), (6, 6, 755))):
        lines = [part for k in range(first, first + count) for part in _thirds(SENTENCES[k])]
        show_lines(c, 40 + 175 * column, top, lines, 10)


def _notes_of_columns(c: Canvas) -> None:
    """Two columns, each with its own footnotes under a short rule."""
    for column in range(2):
        x, first = 50 + 255 * column, 6 * column
        lines = [part for k in range(6) for part in _thirds(SENTENCES[first + k])]
        show_lines(c, x, 780, lines, 12)
        c.line(x, 150, x + 80, 150)
        c.setFont("Helvetica", 6)
        c.drawString(x, 139, str(column + 1))
        show_text(c, x + 5, 135, f"See chapter {column + 7} of the notes.", 8)


def _bubbles(c: Canvas) -> None:
    for row in range(4):
        x, y = (50 if row % 2 == 0 else 350), 320 - 90 * row
        c.roundRect(x, y - 30, 320, 70, 18)
        show_lines(c, x + 20, y + 15, _halves(SENTENCES[row]), 13)


def _halves(sentence: str) -> list[str]:
    words = sentence.split()
    return [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]


def _broken_over_columns(c: Canvas) -> None:
    left = [
        "Die Vorlesung behandelt zuerst",
        "die Grundlagen der Statistik und",
        "danach die bedingte Wahrscheinlich-",
    ]
    right = [
        "keit mit vielen Beispielen aus dem",
        "Alltag und zum Schluss die Erwar-",
        "tungswerte von Zufallsvariablen.",
    ]
    show_lines(c, 50, 300, left, 13)
    show_lines(c, 380, 300, right, 13)


def _drop_cap_in_columns(c: Canvas) -> None:
    show_text(c, 50, 275, "T", 42)
    show_lines(c, 80, 292, ["he network learns", "from its own errors"], 12)
    show_lines(c, 50, 259.6, ["and forgets none of the", "examples it has seen."], 12)
    show_lines(
        c,
        300,
        292,
        [
            "Later it is tested on",
            "new data, which decide",
            "whether it is useful to",
            "those who pay for it.",
        ],
        12,
    )


def _numbered_lines(c: Canvas) -> None:
    """A draft in two columns with the number of each line on both sides."""
    for column in range(2):
        lines = [part for k in range(6) for part in _thirds(SENTENCES[6 * column + k])]
        for row, text in enumerate(lines):
            y = 780 - 16 * row
            show_text(c, 60 + 255 * column, y, text, 11)
            number = row + 1 + column * len(lines)
            show_text(c, 36 if column == 0 else 545, y, f"{number:03d}", 7)


def _tracked(c: Canvas) -> None:
    show_text(c, 60, 300, "The model is")
    c.setFillColorRGB(0.8, 0, 0)
    show_text(c, 143, 300, "trained")
    c.line(143, 304, 190, 304)
    c.setFillColorRGB(0, 0, 0.8)
    show_text(c, 196, 300, "tuned")
    c.line(196, 297, 232, 297)
    c.setFillGray(0)
    show_text(c, 238, 300, "on new data.")
    show_text(c, 60, 270, "It is then tested once.")
    c.line(50, 265, 50, 315)
    c.roundRect(500, 270, 190, 50, 5)
    show_text(c, 508, 300, "Reviewer: say how often", 9)
    show_text(c, 508, 285, "this was repeated.", 9)


def _border(c: Canvas) -> None:
    words = "INTERNAL USE ONLY   " * 4
    show_text(c, 60, 392, words, 8)
    show_text(c, 60, 6, words, 8)
    for x, turn in ((10, 90), (712, -90)):
        c.saveState()
        c.translate(x, 20 if turn > 0 else 385)
        c.rotate(turn)
        show_text(c, 0, 0, words[:57], 8)
        c.restoreState()
    show_text(c, 60, 330, "Access control", 24, bold=True)
    show_lines(c, 60, 280, [_ONE, _TWO, _THREE], 14)


def _song(c: Canvas) -> None:
    show_text(c, 260, 370, "Evening song", 20, bold=True)
    verses = (
        ("The", "moon", "has", "now", "come", "ris-", "en"),
        ("the", "gold-", "en", "stars", "are", "glow-", "ing"),
    )
    for row, syllables in enumerate(verses):
        y = 300 - 130 * row
        for line in range(5):
            c.line(60, y + 8 * line, 660, y + 8 * line)
        for place, syllable in enumerate(syllables):
            x = 80 + 80 * place
            c.ellipse(x, y + 6 * (place % 5), x + 9, y + 6 * (place % 5) + 7, fill=1)
            c.line(x + 9, y + 4 + 6 * (place % 5), x + 9, y + 30 + 6 * (place % 5))
            show_text(c, x - 4, y - 22, syllable, 12)


def _syntax_tree(c: Canvas) -> None:
    nodes = (("S", 300, 330, None), ("NP", 180, 270, 0), ("VP", 420, 270, 0), ("Det", 120, 210, 1), ("N", 240, 210, 1), ("V", 420, 210, 2),
             ("the", 120, 150, 3), ("dog", 240, 150, 4), ("barks", 420, 150, 5))  # fmt: skip
    show_text(c, 40, 375, "A small tree", 18, bold=True)
    for label, x, y, parent in nodes:
        c.setFont("Helvetica", 14)
        c.drawCentredString(x, y, label)
        if parent is not None:
            _, px, py, _ = nodes[parent]
            c.line(px, py - 4, x, y + 14)


def _upright_table(c: Canvas) -> None:
    """A table turned on its side within an upright page, its caption turned too."""
    show_text(c, 60, 780, "Results of the course", 16, bold=True)
    c.saveState()
    c.translate(300, 200)
    c.rotate(90)
    for row, cells in enumerate(
        (("Model", "Size", "Score"), ("Alpha", "12 M", "71.5"), ("Beta", "30 M", "74.0"))
    ):
        for column, cell in enumerate(cells):
            show_text(c, 130 * column, -28 * row, cell, 12)
        c.line(-5, -8 - 28 * row, 400, -8 - 28 * row)
    show_text(c, 0, 30, "Table 1: All models of the year", 11)
    c.restoreState()


@functools.cache
def _font_of_boxes(name: str, signs: str, marks: str) -> str:
    """Register a font that draws boxes for some signs; its marks have no width, as those of many scripts.

    Returns:
        Its name.
    """
    builder = FontBuilder(1000, isTTF=True)
    codes = {ord(sign): f"u{ord(sign):04X}" for sign in signs + marks}
    pen, small = TTGlyphPen(None), TTGlyphPen(None)
    for target, (x0, y0, x1, y1) in ((pen, (60, 0, 440, 500)), (small, (-350, 560, -120, 700))):
        target.moveTo((x0, y0))
        for x, y in ((x0, y1), (x1, y1), (x1, y0)):
            target.lineTo((x, y))
        target.closePath()
    shape, mark = pen.glyph(), small.glyph()
    builder.setupGlyphOrder([".notdef", *codes.values()])
    builder.setupCharacterMap(codes)
    builder.setupGlyf(
        {".notdef": shape, **{n: mark if chr(k) in marks else shape for k, n in codes.items()}}
    )
    builder.setupHorizontalMetrics(
        {
            ".notdef": (500, 60),
            **{n: (0, -350) if chr(k) in marks else (500, 60) for k, n in codes.items()},
        }
    )
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular", "psName": name})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    builder.setupPost()
    file = io.BytesIO()
    builder.save(file)
    pdfmetrics.registerFont(TTFont(name, io.BytesIO(file.getvalue())))
    return name


def _script(lines: Sequence[str], name: str, marks: str) -> Callable[[Canvas], None]:
    def draw(c: Canvas) -> None:
        signs = "".join(sorted(set("".join(lines)) - set(marks)))
        font = _font_of_boxes(name, signs, marks)
        for row, line in enumerate(lines):
            c.setFont(font, 18)
            c.drawString(60, 320 - 40 * row, line)

    return draw


_THAI = ("การเรียนรู้ของเครื่องเป็นสาขาหนึ่ง", "ที่ใช้ข้อมูล 95 % เพื่อฝึกแบบจำลอง")
_HINDI = ("मशीन लर्निंग डेटा से सीखती है।", "परीक्षण नए आंकड़ों पर होता है।")
_CANVAS = (
    _drawn("figure over two of three columns",
           f"A report in three columns Figure 1: Both losses fall, but the second one falls later. {_LEFT} {_RIGHT}", _figure_over_two_of_three, (595.0, 842.0)),
    _drawn("columns with footnotes of their own",
           f"{_LEFT} {_RIGHT} 1See chapter 7 of the notes. 2See chapter 8 of the notes.", _notes_of_columns, (595.0, 842.0)),
    _drawn("speech bubbles", " ".join(SENTENCES[:4]), _bubbles),
    _drawn("words broken over columns",
           "Die Vorlesung behandelt zuerst die Grundlagen der Statistik und danach die bedingte Wahrscheinlichkeit mit vielen Beispielen aus dem"
           " Alltag und zum Schluss die Erwartungswerte von Zufallsvariablen.", _broken_over_columns),
    _drawn("drop cap in two columns",
           "The network learns from its own errors and forgets none of the examples it has seen."
           " Later it is tested on new data, which decide whether it is useful to those who pay for it.", _drop_cap_in_columns),
    _drawn("draft with numbered lines in two columns", f"{_LEFT} {_RIGHT}", _numbered_lines, (595.0, 842.0)),
    _drawn("tracked changes", "The model is trained tuned on new data. It is then tested once. Reviewer: say how often this was repeated.", _tracked),
    _drawn("border of repeated words",
           f"{'INTERNAL USE ONLY ' * 4}Access control {_ONE} {_TWO} {_THREE} {'INTERNAL USE ONLY ' * 4}{'INTERNAL USE ONLY ' * 6}", _border),
    _drawn("song under its notes", "Evening song The moon has now come ris- en the gold- en stars are glow- ing", _song),
    _drawn("tree of a sentence", "A small tree S NP VP Det N V the dog barks", _syntax_tree),
    _drawn("turned table on an upright page",
           "Results of the course Table 1: All models of the year Model Size Score Alpha 12 M 71.5 Beta 30 M 74.0", _upright_table, (595.0, 842.0)),
    _drawn("Thai", " ".join(_THAI), _script(_THAI, "ThaiBoxes", "ัิีึืุู็่้๊๋์")),
    _drawn("Hindi", " ".join(_HINDI), _script(_HINDI, "HindiBoxes", "ंँ़ुूृेै्")),
)  # fmt: skip

ODD_PAGES = (*_TYPESET, *_CANVAS)
