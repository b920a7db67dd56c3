"""Pages of courses: side notes, theorems, sheets with dotted lines, merged cells, bars of progress, lists of literature."""

from __future__ import annotations

import functools
from collections.abc import Callable

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
_SEVEN, _EIGHT, _NINE, _TEN, _ELEVEN, _TWELVE = SENTENCES[6:]
_LEFT, _RIGHT = " ".join(SENTENCES[:6]), " ".join(SENTENCES[6:])


def _page(name: str, source: str, expected: str, head: str = SHEET) -> PageLayout:
    return PageLayout(name, "course", expected, functools.partial(typeset, head + source))


_TYPESET = (
    _page("notes in the margin",
          "#let note(body) = place(right, dx: 5.2cm, block(width: 4.4cm, text(size: 8pt, body)))\n#set page(margin: (left: 2cm, right: 7.5cm))\n"
          f"= Optimisation\n#note[{_FIVE}]\n{_ONE} {_TWO} {_THREE}\n\n#note[{_SIX}]\n{_FOUR} {_SEVEN} {_EIGHT}",
          f"Optimisation {_ONE} {_TWO} {_THREE} {_FOUR} {_SEVEN} {_EIGHT} {_FIVE} {_SIX}"),
    _page("nested lists in two columns",
          "= Overview\n#columns(2, gutter: 1cm)[\n- Models\n  - trees\n    - pruned\n    - grown in full\n  - networks\n- Losses\n  - squared error\n#colbreak()\n- Data\n  - images\n  - text\n    - tokens\n- Metrics\n  - accuracy]",
          "Overview • Models ‣ trees – pruned – grown in full ‣ networks • Losses ‣ squared error • Data ‣ images ‣ text – tokens • Metrics ‣ accuracy"),
    _page("table with merged heads",
          "= Results\n#table(columns: 5, align: center, table.cell(rowspan: 2)[Model], table.cell(colspan: 2)[Training], table.cell(colspan: 2)[Test],"
          " [loss], [error], [loss], [error], [Alpha], [0.31], [4.2], [0.40], [5.1], [Beta], [0.28], [3.9], [0.44], [5.6])",
          "Results Model Training Test loss error loss error Alpha 0.31 4.2 0.40 5.1 Beta 0.28 3.9 0.44 5.6"),
    _page("table over two columns",
          f"#columns(2, gutter: 0.8cm)[{_LEFT} {_LEFT}\n\n#place(bottom, scope: \"parent\", float: true, figure(table(columns: 4, [Model], [Size], [Score], [Year], [Alpha], [12 M], [71.5], [2019], [Beta], [30 M], [74.0], [2021]), caption: [Both models.]))\n{_RIGHT} {_RIGHT}]",
          f"{_LEFT} {_LEFT} {_RIGHT} {_RIGHT} Model Size Score Year Alpha 12 M 71.5 2019 Beta 30 M 74.0 2021 Table 1: Both models."),
    _page("sheet with dotted lines",
          "= Sheet 4\n+ Name two losses. #box(width: 1fr, repeat[.])\n+ Define recall. #box(width: 1fr, repeat[.])\n\n#box(width: 1fr, repeat[.])\n\n#box(width: 1fr, repeat[.])\n\nName: #box(width: 6cm, repeat[.]) Points: #box(width: 2cm, repeat[.]) of 10",
          "Sheet 4 1. Name two losses. ... 2. Define recall. ... ... ... Name: ... Points: ... of 10"),
    _page("code beside its explanation",
          "= Loop\n#grid(columns: (8cm, 1fr), gutter: 0.8cm, fill: (luma(240), none))[```python\ndef mean(values):\n    total = 0\n    for v in values:\n        total += v\n    return total / len(values)\n```]"
          f"[{_ONE}\n- {_TWO}\n- {_THREE}]", f"Loop def mean(values): total = 0 for v in values: total += v return total / len(values) {_ONE} • {_TWO} • {_THREE}", SLIDE),
    _page("footnotes of two columns",
          f"#columns(2, gutter: 0.8cm)[{_LEFT}#footnote[Measured in 2024.] {_RIGHT}\n#colbreak()\n{_RIGHT}#footnote[Not in all cases.] {_LEFT}]",
          f"{_LEFT} {_RIGHT} {_RIGHT} {_LEFT} 1Measured in 2024. 2Not in all cases."),
    _page("theorem and proof in boxes",
          "#let thm(kind, n, body) = block(width: 100%, stroke: 0.6pt, inset: 8pt, radius: 3pt)[*#kind #n.* _#body _]\n"
          f"#thm[Theorem][2.1][{_ONE} {_TWO}]\n_Proof._ {_THREE} {_FOUR} #h(1fr) $square$\n\n#thm[Corollary][2.2][{_FIVE}]",
          f"Theorem 2.1. {_ONE} {_TWO} Proof. {_THREE} {_FOUR} □ Corollary 2.2. {_FIVE}"),
    _page("figure between two columns",
          f"#columns(2, gutter: 0.8cm)[{_LEFT} {_RIGHT}\n#figure(rect(width: 100%, height: 3cm), caption: [The loss of both models over twenty epochs of training.])\n{_LEFT}\n#colbreak()\n{_RIGHT}\n#figure(rect(width: 100%, height: 4cm), caption: [The error on new data.])\n{_LEFT}]",
          f"{_LEFT} {_RIGHT} Figure 1: The loss of both models over twenty epochs of training. {_LEFT} {_RIGHT} Figure 2: The error on new data. {_LEFT}"),
    _page("list of literature",
          "= References\n#grid(columns: (1.2cm, 1fr), row-gutter: 0.5cm, [[1]], [A. Turing. _Computing machinery and intelligence._ Mind 59, 433–460, 1950.],"
          f" [[2]], [C. Shannon. _A mathematical theory of communication._ Bell System Technical Journal 27, 379–423 and 623–656, 1948. {_ONE}], [[12]], [G. Hopper. _The education of a computer._ 1952.])",
          f"References [1] A. Turing. Computing machinery and intelligence. Mind 59, 433–460, 1950. [2] C. Shannon. A mathematical theory of communication. Bell System Technical Journal 27, 379–423 and 623–656, 1948. {_ONE} [12] G. Hopper. The education of a computer. 1952."),
    _page("index in three columns",
          "= Index\n#columns(3, gutter: 0.8cm)[accuracy, 12, 40 \\ attention, 77 \\ #h(1em) causal, 79 \\ batch, 15\n#colbreak()\nbias, 22 \\ #h(1em) of a model, 23 \\ dropout, 31, 33\n#colbreak()\nentropy, 5 \\ kernel, 60 \\ loss, 3]",
          "Index accuracy, 12, 40 attention, 77 causal, 79 batch, 15 bias, 22 of a model, 23 dropout, 31, 33 entropy, 5 kernel, 60 loss, 3"),
    _page("questions in boxes, two a row",
          "= Check\n#grid(columns: (1fr, 1fr), gutter: 0.6cm, "
          + ", ".join(f"rect(width: 100%, inset: 8pt)[*{k}.* {s}]" for k, s in zip("ABCD", SENTENCES, strict=False)) + ")",
          "Check " + " ".join(f"{k}. {s}" for k, s in zip("ABCD", SENTENCES, strict=False)), SLIDE),
    _page("lines with numbers at every fifth",
          "#set par.line(numbering: n => if calc.rem(n, 5) == 0 [#n])\n#block(width: 9cm)[" + _LEFT + " " + _RIGHT + "]", f"{_LEFT} {_RIGHT}"),
)  # fmt: skip


def _drawn(
    name: str,
    expected: str,
    draw: Callable[[Canvas], None],
    size: tuple[float, float] = (720.0, 405.0),
    turn: int = 0,
) -> PageLayout:
    make = functools.partial(draw_canvas, draw, size, turn)
    return PageLayout(name, "course", expected, make)


def _headline(c: Canvas) -> None:
    """Two rows of sections and subsections above, dots of the pages between them, as beamer draws them."""
    for place, (section, parts) in enumerate(
        (("Basics", ("Data", "Losses")), ("Networks", ("Layers", "Training")), ("Outlook", ()))
    ):
        show_text(c, 30 + 240 * place, 393, section, 7)
        for row, part in enumerate(parts):
            show_text(c, 30 + 240 * place + 60 * row, 383, part, 6)
            for dot in range(3 + row):
                c.circle(32 + 240 * place + 60 * row + 6 * dot, 378, 1.8, fill=dot == 1)
    c.line(0, 373, 720, 373)
    show_text(c, 30, 340, "Weight decay", 22, bold=True)
    show_lines(c, 30, 300, [_ONE, _TWO], 14)
    show_lines(c, 60, 240, [f"• {_THREE}", f"• {_FOUR}"], 14)


def _progress(c: Canvas) -> None:
    c.setFillGray(0.8)
    c.rect(0, 398, 720, 7, stroke=0, fill=1)
    c.setFillColorRGB(0.1, 0.3, 0.6)
    c.rect(0, 398, 260, 7, stroke=0, fill=1)
    c.setFillGray(0)
    show_text(c, 40, 350, "Attention", 24, bold=True)
    show_lines(c, 40, 300, [f"1. {_FIVE}", f"2. {_SIX}"], 14)
    for dot in range(24):
        c.circle(240 + 10 * dot, 20, 3, fill=dot == 8)
    show_text(c, 690, 16, "9", 9)


def _speaker(c: Canvas) -> None:
    """Three slides on the left of a sheet, each with its notes on the right."""
    for row in range(3):
        y = 560 - 250 * row
        c.rect(40, y, 240, 180)
        show_text(c, 52, y + 150, f"Part {'ABC'[row]}", 14, bold=True)
        show_lines(c, 52, y + 120, _halves(SENTENCES[row]), 9)
        show_lines(c, 310, y + 165, _quarters(SENTENCES[row + 3], SENTENCES[row + 6]), 9)
    show_text(c, 290, 20, "4", 9)


def _halves(sentence: str) -> list[str]:
    words = sentence.split()
    return [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]


def _quarters(one: str, two: str) -> list[str]:
    return [*_halves(one), *_halves(two)]


def _turned_table(c: Canvas) -> None:
    show_text(c, 60, 520, "Table 3: All models of the course", 14, bold=True)
    rows = (("Model", "Size", "Score"), ("Alpha", "12 M", "71.5"), ("Beta", "30 M", "74.0"))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            show_text(c, 70 + 200 * column, 470 - 30 * row, cell, 12)
        c.line(60, 462 - 30 * row, 660, 462 - 30 * row)


def _initials(c: Canvas) -> None:
    """Capitals apart from their words, as the italics of mathematical fonts set them."""
    for row, (initial, rest) in enumerate(
        (("T", "hese models"), ("W", "hich words"), ("A", "model"))
    ):
        y, end = 300 - 40 * row, 40 + c.stringWidth(initial, "Helvetica", 14)
        show_text(c, 40, y, initial)
        show_text(c, end + 0.28 * 14, y, rest)


def _one_row(c: Canvas) -> None:
    for place, word in enumerate(("north", "east", "south", "west", "centre")):
        show_text(c, 40 + 130 * place, 200, word)


def _timetable(c: Canvas) -> None:
    show_text(c, 40, 360, "Weeks", 22, bold=True)
    rows = (
        ("1", "Introduction, and how the course is marked"),
        ("2", "Linear models and their losses, with an exercise in the second hour"),
        ("10", "Review"),
    )
    for row, (week, topic) in enumerate(rows):
        show_text(c, 60, 310 - 40 * row, week, 14)
        show_text(c, 120, 310 - 40 * row, topic, 14)


_CANVAS = (
    _drawn("headline with two rows of sections",
           f"Basics Networks Outlook Data Losses Layers Training Weight decay {_ONE} {_TWO} • {_THREE} • {_FOUR}", _headline),
    _drawn("bar of progress and dots", f"Attention 1. {_FIVE} 2. {_SIX} 9", _progress),
    _drawn("three slides beside their notes",
           " ".join(f"Part {'ABC'[k]} {SENTENCES[k]} {SENTENCES[k + 3]} {SENTENCES[k + 6]}" for k in range(3)) + " 4", _speaker, (595.0, 842.0)),
    _drawn("table on a page turned left",
           "Table 3: All models of the course Model Size Score Alpha 12 M 71.5 Beta 30 M 74.0", _turned_table, (842.0, 595.0), 270),
    _drawn("capitals set apart from their words", "These models Which words A model", _initials),
    _drawn("one row of words", "north east south west centre", _one_row),
    _drawn("weeks beside their topics",
           "Weeks 1 Introduction, and how the course is marked 2 Linear models and their losses, with an exercise in the second hour 10 Review", _timetable),
)  # fmt: skip

COURSE_PAGES = (*_TYPESET, *_CANVAS)
