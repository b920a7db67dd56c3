"""Pages as lecturers make them: decks, handouts with lines for notes, sheets of exercises and formulas."""

from __future__ import annotations

import functools
from collections.abc import Callable

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
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


def _page(name: str, source: str, expected: str, head: str = SLIDE) -> PageLayout:
    return PageLayout(name, "lecture", expected, functools.partial(typeset, head + source))


_TYPESET = (
    _page("root in a fraction", "$ x = frac(-b plus.minus sqrt(b^2 - 4 a c), 2 a) $", "x = (−b ± √(b^2 − 4ac))/2a"),
    _page("fraction in a root", "The error is $sqrt(frac(a, b))$ or $sqrt(frac(1, n) sum_(i=1)^n x_i)$ here.",
          "The error is √(a/b) or √(1/n ∑_(i=1)^n x_i) here."),
    _page("cube root", "The side is $root(3, n)$ and $root(4, a + b)$ here.", "The side is ∛n and ∜(a + b) here."),
    _page("matrix of four rows", 'The matrix $mat(1, 2; 3, 4; 5, 6; 7, 8)$ is tall and $mat(delim: "[", 1, 2; 3, 4; 5, 6; 7, 8; 9, 0)$ is taller.',
          "The matrix (1 2; 3 4; 5 6; 7 8) is tall and [1 2; 3 4; 5 6; 7 8; 9 0] is taller."),
    _page("cases", '$ f(x) = cases(1 "if" x > 0, 0 "if" x = 0, -1 "else") $', "f(x) = {1 if x > 0; 0 if x = 0; −1 else}"),
    _page("nested feature structure",
          '$ mat(delim: "[", "PHON", "walks"; "SYNSEM", mat(delim: "[", "HEAD", "verb"; "SUBJ", mat(delim: "[", "CASE", "nom"; "NUM", "sg"))) $',
          "[PHON walks; SYNSEM [HEAD verb; SUBJ [CASE nom; NUM sg]]]"),
    _page("small capitals of two sizes",
          "#let sc(a, b) = [#a#text(0.78em, b)]\n= #sc[H][EAD]-#sc[D][RIVEN] #sc[G][RAMMAR]\n" + _ONE,
          f"HEAD-DRIVEN GRAMMAR {_ONE}"),
    _page("cheat sheet in three columns",
          '#set page(paper: "a4", flipped: true, margin: 1cm)\n#set text(size: 8pt)\n#columns(3, gutter: 0.5cm)[== Losses\n'
          f"{_ONE} {_TWO}\n- {_THREE}\n- {_FOUR}\n#colbreak()\n== Layers\n{_FIVE} {_SIX}\n$ y = W x + b $\n#colbreak()\n== Trees\n{SENTENCES[6]}\n\n{SENTENCES[7]}]",
          f"Losses {_ONE} {_TWO} • {_THREE} • {_FOUR} Layers {_FIVE} {_SIX} y = Wx + b Trees {SENTENCES[6]} {SENTENCES[7]}", SHEET),
    _page("exercises with parts and points",
          "#let points(n) = [#h(1fr) (#n points)]\n= Sheet 3\n*Exercise 1* #points(4)\n#enum(numbering: \"(a)\")[Name two losses.][Compare them with each other.]\n"
          "*Exercise 2* #points(6)\n#enum(numbering: \"(a)\")[Write down the gradient.][Sketch its path.]",
          "Sheet 3 Exercise 1 (4 points) (a) Name two losses. (b) Compare them with each other. "
          "Exercise 2 (6 points) (a) Write down the gradient. (b) Sketch its path.", SHEET),
    _page("captions under figures side by side",
          "= Results\n#grid(columns: (1fr, 1fr), gutter: 1cm, figure(rect(width: 8cm, height: 4cm), caption: [The loss falls during training.]),"
          " figure(rect(width: 8cm, height: 4cm), caption: [The accuracy rises more slowly.]))",
          "Results Figure 1: The loss falls during training. Figure 2: The accuracy rises more slowly."),
    _page("table turned on its side",
          f"{_ONE}\n#rotate(-90deg, reflow: true, table(columns: 3, [Model], [Size], [Score], [Alpha], [12 M], [71.5], [Beta], [30 M], [74.0]))\n{_TWO}",
          f"{_ONE} {_TWO} Model Size Score Alpha 12 M 71.5 Beta 30 M 74.0", SHEET),
    _page("quotation with its author",
          f'#align(center + horizon)[#text(60pt)["]\\ #text(24pt, style: "italic")[{_ONE}]\\ #text(14pt)[— Ada Lovelace]]',
          f"“ {_ONE} — Ada Lovelace"),
    _page("listing with numbers of lines",
          "= Loop\n#grid(columns: (auto, 1fr), gutter: 0.6cm)[#text(gray)[`1`\\ `2`\\ `3`]][```\nfor x in data:\n    y = f(x)\n    print(y)\n```]",
          "Loop for x in data: y = f(x) print(y)"),
    _page("text beside a ruled table",
          f"#grid(columns: (1fr, 9cm), gutter: 0.3cm)[{_ONE} {_TWO}\n\n{_THREE} {_FOUR}][#table(columns: 2, [Flag], [Meaning], [SYN], [opens the connection], [FIN], [closes it])]",
          f"{_ONE} {_TWO} {_THREE} {_FOUR} Flag Meaning SYN opens the connection FIN closes it"),
)  # fmt: skip


def _halves(sentence: str) -> list[str]:
    words = sentence.split()
    return [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]


def _drawn(
    name: str,
    expected: str,
    draw: Callable[[Canvas], None],
    size: tuple[float, float] = (720.0, 405.0),
) -> PageLayout:
    return PageLayout(name, "lecture", expected, functools.partial(draw_canvas, draw, size))


def _beamer(c: Canvas) -> None:
    for place, section in enumerate(("Basics", "Networks", "Outlook")):
        show_text(c, 40 + 240 * place, 390, section, 8)
        for dot in range(5):
            c.circle(43 + 240 * place + 8 * dot, 382, 2.2, fill=dot == 2)
    show_text(c, 30, 340, "Gradient descent", 22, bold=True)
    show_lines(c, 60, 290, [f"• {sentence}" for sentence in SENTENCES[:4]], 13)
    c.setFillGray(0.9)
    c.rect(0, 0, 720, 16, stroke=0, fill=1)
    c.setFillGray(0)
    show_text(c, 60, 5, "A. Lecturer", 8)
    show_text(c, 320, 5, "Machine learning", 8)
    show_text(c, 670, 5, "12 / 40", 8)


def _odd_order(c: Canvas) -> None:
    show_text(c, 500, 20, "Source: own survey", 9)
    show_lines(c, 380, 290, _halves(_FOUR), 12)
    show_text(c, 380, 320, "After the lecture", 16, bold=True)
    show_lines(c, 40, 290, _halves(_THREE), 12)
    show_text(c, 40, 320, "Before the lecture", 16, bold=True)
    show_text(c, 40, 365, "What students say", 26)


def _big_numbers(c: Canvas) -> None:
    show_text(c, 40, 350, "The course in numbers", 26)
    for place, (number, label) in enumerate(
        (("73 %", "pass the exam"), ("12", "weeks of lectures"), ("240", "students a year"))
    ):
        show_text(c, 60 + 220 * place, 200, number, 54, bold=True)
        show_text(c, 60 + 220 * place, 165, label, 14)


def _paragraph_below(c: Canvas) -> None:
    show_lines(c, 40, 330, [SENTENCES[0], SENTENCES[1], SENTENCES[2]], 10)
    show_lines(c, 380, 330, list(SENTENCES[3:9]), 10)
    show_lines(
        c, 40, 220, ["A remark of two lines begins here,", f"{SENTENCES[9]} {SENTENCES[10]}"], 12
    )


def _notes_lines(c: Canvas) -> None:
    for row in range(3):
        y = 560 - 250 * row
        c.rect(50, y, 260, 195)
        show_text(c, 64, y + 160, f"Topic {chr(65 + row)}", 16, bold=True)
        show_lines(c, 68, y + 125, _halves(SENTENCES[row]), 10)
        for line in range(7):
            c.line(340, y + 180 - 26 * line, 545, y + 180 - 26 * line)


def _notes_page(c: Canvas) -> None:
    c.rect(90, 470, 415, 311)
    show_text(c, 120, 730, "Gradient descent", 22, bold=True)
    show_lines(c, 130, 690, [f"• {sentence}" for sentence in SENTENCES[:3]], 11)
    show_lines(c, 70, 420, [SENTENCES[3], SENTENCES[4], SENTENCES[5]], 12)
    show_text(c, 540, 30, "7", 10)


def _japanese(c: Canvas) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiKakuGo-W5"))
    c.setFont("HeiseiKakuGo-W5", 26)
    c.drawString(50, 340, "機械学習の基礎")
    c.setFont("HeiseiKakuGo-W5", 16)
    for row, line in enumerate(
        (
            "・勾配降下法は損失を小さくする。",
            "・ReLUは活性化関数である。",
            "・過学習は検証データで見つける。",
        )
    ):
        c.drawString(70, 280 - 30 * row, line)


_TOPICS = " ".join(f"Topic {chr(65 + k)} {SENTENCES[k]}" for k in range(3))
_CANVAS = (
    _drawn("deck with sections, dots and a footer", "Basics Networks Outlook Gradient descent "
           + " ".join(f"• {s}" for s in SENTENCES[:4]) + " A. Lecturer Machine learning 12 / 40", _beamer),
    _drawn("text boxes drawn in odd order", f"What students say Before the lecture {_THREE} After the lecture {_FOUR} Source: own survey", _odd_order),
    _drawn("large numbers over their labels", "The course in numbers 73 % pass the exam 12 weeks of lectures 240 students a year", _big_numbers),
    _drawn("paragraph below columns whose first line is short",
           " ".join([*SENTENCES[:9], "A remark of two lines begins here,", SENTENCES[9], SENTENCES[10]]), _paragraph_below),
    _drawn("three slides with lines for notes", _TOPICS, _notes_lines, (595.0, 842.0)),
    _drawn("slide above its notes", "Gradient descent " + " ".join(f"• {s}" for s in SENTENCES[:3])
           + f" {SENTENCES[3]} {SENTENCES[4]} {SENTENCES[5]} 7", _notes_page, (595.0, 842.0)),
    _drawn("Japanese slide with Latin words", "機械学習の基礎 ・勾配降下法は損失を小さくする。 ・ReLUは活性化関数である。 ・過学習は検証データで見つける。", _japanese),
)  # fmt: skip

LECTURE_PAGES = (*_TYPESET, *_CANVAS)
