"""Slides as decks have them: steps with arrows, lines of time, boxes with title bars, lists that face each other, maps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

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


def _page(name: str, source: str, expected: str, head: str = SLIDE) -> PageLayout:
    return PageLayout(name, "deck", expected, functools.partial(typeset, head + source))


_TYPESET = (
    _page("formula between two columns",
          f"= Loss\n#columns(2, gutter: 1cm)[{_ONE} {_TWO}\n#colbreak()\n{_THREE} {_FOUR}]\n$ L(w) = 1/n sum_(i=1)^n (y_i - w x_i)^2 $\n#columns(2, gutter: 1cm)[{_FIVE} {_SIX}\n#colbreak()\n{_SEVEN} {_EIGHT}]",
          f"Loss {_ONE} {_TWO} {_THREE} {_FOUR} L(w) = 1/n ∑_(i=1)^n (y_i − wx_i)^2 {_FIVE} {_SIX} {_SEVEN} {_EIGHT}"),
    _page("table whose cells hold lists",
          "= Two kinds\n#table(columns: (4cm, 1fr, 1fr), inset: 8pt, [], [*Trees*], [*Networks*], [Strengths], [- read by people\n- fast to train], [- learn features\n- scale with data\n- share layers], [Limits], [- jump at borders], [- need many examples\n- hard to read])",
          "Two kinds Trees Networks Strengths • read by people • fast to train • learn features • scale with data • share layers Limits • jump at borders • need many examples • hard to read"),
    _page("code beside its output",
          "= Mean\n#grid(columns: (1fr, 1fr), gutter: 1cm)[*Code*\n```python\nvalues = [2, 4, 9]\ntotal = sum(values)\nfor v in values:\n    print(v / total)\nprint(total)\n```][*Output*\n```\n0.1333\n0.2667\n0.6\n15\n```]",
          "Mean Code values = [2, 4, 9] total = sum(values) for v in values: print(v / total) print(total) Output 0.1333 0.2667 0.6 15"),
    _page("addresses below a slide",
          f"= Sources\n- {_ONE}#footnote[#text(blue)[https://example.org/notes/gradient-descent/part-2?id=17]]\n- {_TWO}#footnote[Hopper, G.: The education of a computer, https://doi.example.org/10.1145/609784.609818]",
          f"Sources • {_ONE} • {_TWO} 1https://example.org/notes/gradient-descent/part-2?id=17 2Hopper, G.: The education of a computer, https://doi.example.org/10.1145/609784.609818"),
    _page("definition and example in coloured boxes",
          "#let card(title, tint, body) = block(width: 100%, stroke: 0.8pt + tint, radius: 4pt, clip: true)[#block(width: 100%, fill: tint, inset: 7pt, below: 0pt, text(white)[*#title*])#block(inset: 8pt, body)]\n"
          f"= Entropy\n#grid(columns: (1fr, 1fr), gutter: 0.8cm, card([Definition 3.1 (entropy)], blue)[{_NINE} {_TWO}], card([Example 3.2], green)[{_THREE} {_FOUR} {_FIVE}])\n#v(0.3cm)\n#card([Theorem 3.3], red)[{_SIX}]",
          f"Entropy Definition 3.1 (entropy) {_NINE} {_TWO} Example 3.2 {_THREE} {_FOUR} {_FIVE} Theorem 3.3 {_SIX}"),
    _page("parts of an exercise side by side",
          "= Exercise 4\nFind the derivative of each function.\n#grid(columns: (1fr, 1fr), row-gutter: 0.5cm, [(a) $f(x) = x^2 + 1$], [(b) $g(x) = sin x$], [(c) $h(x) = e^(2x)$], [(d) $k(x) = ln x$])\nThen answer:\n#set enum(numbering: \"(a)\")\n+ Which of them is convex?\n+ Which of them is odd?",
          "Exercise 4 Find the derivative of each function. (a) f(x) = x^2 + 1 (b) g(x) = sin x (c) h(x) = e^2x (d) k(x) = ln x Then answer: (a) Which of them is convex? (b) Which of them is odd?", SHEET),
    _page("ions and isotopes",
          "Carbon is $attach(upright(C), tl: 14, bl: 6)$. In water, $upright(\"Fe\")^(3+) + 3 upright(\"OH\")^- -> upright(\"Fe(OH)\")_3$, and $upright(\"SO\")_4^(2-)$ stays.",
          "Carbon is ^14_6C. In water, Fe^(3+) + 3OH^− → Fe(OH)_3, and SO_4^(2−) stays."),
    _page("justified columns with wide gaps",
          "#set par(justify: true)\n#set text(hyphenate: false)\n#columns(3, gutter: 0.7cm)[" + f"{_LEFT} Characteristically, regularisation counterbalances overparameterisation. {_RIGHT}" + "]",
          f"{_LEFT} Characteristically, regularisation counterbalances overparameterisation. {_RIGHT}", SHEET + "#set text(size: 14pt)\n"),
    _page("agenda with numbers of pages",
          "= Agenda\n#grid(columns: (1fr, auto), row-gutter: 0.5cm, [1 Introduction], [3], [#h(1cm) 1.1 Why learning works], [5], [2 Linear models], [12], [3 Outlook], [40])",
          "Agenda 1 Introduction 3 1.1 Why learning works 5 2 Linear models 12 3 Outlook 40"),
    _page("four pictures with captions of two lines",
          "= Four losses\n#grid(columns: (1fr, 1fr), gutter: 0.6cm, " + ", ".join(f"[#rect(width: 100%, height: 2.6cm)\n#text(13pt)[{SENTENCES[k]} {SENTENCES[k + 4]}]]" for k in range(4)) + ")",
          "Four losses " + " ".join(f"{SENTENCES[k]} {SENTENCES[k + 4]}" for k in range(4))),
    _page("algorithm with numbered lines",
          "#rect(width: 15cm, inset: 8pt)[*Algorithm 1:* Gradient descent \\ *Input:* data $X$, rate $eta$ \\ *Output:* weights $w$\n#set enum(numbering: \"1:\")\n+ $w <- 0$\n+ *for* $t = 1, dots, T$ *do*\n  #block(inset: (left: 0.6cm))[$g <- nabla L(w)$]\n+ *end for*\n+ *return* $w$]",
          "Algorithm 1: Gradient descent Input: data X, rate η Output: weights w 1: w ← 0 2: for t = 1, …, T do g ← ∇L(w) 3: end for 4: return w"),
    _page("names over their institutes",
          "#align(center)[= Learning from few examples]\n#v(1cm)\n#grid(columns: (1fr, 1fr, 1fr), align: center, ..((\"Ada Lovelace\", \"Institute of Engines\", \"University of London\", \"ada@example.org\"), (\"Alan Turing\", \"Department of Logic\", \"King's College\", \"alan@example.org\"), (\"Grace Hopper\", \"Computing Centre\", \"Yale University\", \"grace@example.org\")).map(p => p.join(linebreak())))\n#v(1cm)\n#align(center)[Summer school, June 2024]",
          "Learning from few examples Ada Lovelace Institute of Engines University of London ada@example.org Alan Turing Department of Logic King's College alan@example.org Grace Hopper Computing Centre Yale University grace@example.org Summer school, June 2024"),
)  # fmt: skip


def _drawn(
    name: str,
    expected: str,
    draw: Callable[[Canvas], None],
    size: tuple[float, float] = (720.0, 405.0),
) -> PageLayout:
    return PageLayout(name, "deck", expected, functools.partial(draw_canvas, draw, size))


def _arrow(c: Canvas, x0: float, y0: float, x1: float, y1: float) -> None:
    """A straight arrow along an axis."""
    c.line(x0, y0, x1, y1)
    tip = c.beginPath()
    tip.moveTo(x1, y1)
    for side in (-4, 4):
        tip.lineTo(*((x1 - 8, y1 + side) if y0 == y1 else (x1 + side, y1 + 8)))
    tip.close()
    c.drawPath(tip, stroke=0, fill=1)


def _centred(c: Canvas, x: float, y: float, lines: Sequence[str], size: float) -> None:
    for row, line in enumerate(lines):
        c.setFont("Helvetica", size)
        c.drawCentredString(x, y - 1.25 * size * row, line)


def _facing_lists(c: Canvas) -> None:
    show_text(c, 40, 350, "Which model to choose", 24, bold=True)
    for x, head, items in (
        (40, "For trees", ("fast to train", "few settings", "read by people", "no scaling")),
        (380, "Against trees", ("jumps at borders", "one wrong split stays,")),
    ):
        show_text(c, x, 300, head, 16, bold=True)
        show_lines(c, x + 10, 270, [f"• {item}" for item in items], 14)
    show_text(c, 402, 232.2, "whatever comes later", 14)
    show_text(c, 390, 213.3, "• large when deep", 14)


def _list_beside_diagram(c: Canvas) -> None:
    show_text(c, 40, 350, "Layers of a network", 24, bold=True)
    show_lines(c, 50, 290, ["• Gradient descent follows the slope of", "   the loss downhill."], 14)
    show_lines(c, 50, 240, ["• Momentum remembers earlier steps.", "• Dropout silences random units.", "• Pooling keeps the strongest answer."], 14)  # fmt: skip
    for row, label in enumerate(("Output layer", "Hidden layer", "Hidden layer", "Input layer")):
        y = 300 - 75 * row
        c.rect(500, y - 12, 150, 34)
        _centred(c, 575, y, [label], 14)
        if row:
            _arrow(c, 575, y + 63, 575, y + 22)


def _text_boxes_as_table(c: Canvas) -> None:
    show_text(c, 40, 360, "Comparison", 24, bold=True)
    cells = (
        ("Criterion", "Trees", "Networks"),
        ("Training", "seconds to minutes on one core", "hours on many cores"),
        ("Reading", "rules that people follow", "weights that nobody reads"),
        ("Data", "hundreds of rows", "millions of rows"),
    )
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            x, y = 40 + 216 * column, 280 - 72 * row
            c.setFillColorRGB(*((0.2, 0.3, 0.5) if row == 0 else (0.9, 0.92, 0.96)))
            c.rect(x, y, 210, 64, stroke=0, fill=1)
            c.setFillGray(1 if row == 0 else 0)
            words = text.split()
            lines = [" ".join(words[:3]), " ".join(words[3:])] if len(words) > 3 else [text]
            show_lines(c, x + 10, y + 40, lines, 14)


def _steps_with_arrows(c: Canvas) -> None:
    show_text(c, 40, 350, "Three steps", 24, bold=True)
    texts = (
        ("Collect", ["Ask many users", "for examples of", "what they need."]),
        ("Train", ["Fit the weights", "on nine tenths", "of the data."]),
        ("Test", ["Count the errors", "on the last tenth", "once."]),
    )
    for place, (head, lines) in enumerate(texts):
        x = 40 + 235 * place
        c.roundRect(x, 120, 170, 170, 8)
        c.circle(x + 85, 262, 16)
        _centred(c, x + 85, 257, [str(place + 1)], 16)
        c.setFont("Helvetica-Bold", 16)
        c.drawCentredString(x + 85, 222, head)
        _centred(c, x + 85, 195, lines, 13)
        if place:
            _arrow(c, x - 65, 205, x, 205)


def _line_of_time(c: Canvas) -> None:
    show_text(c, 40, 350, "A short history", 24, bold=True)
    _arrow(c, 40, 200, 690, 200)
    events = (
        ("1957", ["Rosenblatt builds", "the perceptron"]),
        ("1969", ["A book shows", "its limits"]),
        ("1986", ["Layers learn by", "sending errors", "back"]),
        ("2012", ["A deep network", "wins a contest"]),
    )
    for place, (year, lines) in enumerate(events):
        x = 110 + 160 * place
        c.circle(x, 200, 5, fill=1)
        c.setFont("Helvetica-Bold", 16)
        c.drawCentredString(x, 215, year)
        _centred(c, x, 175, lines, 13)


def _mind_map(c: Canvas) -> None:
    show_text(c, 40, 370, "Overview", 22, bold=True)
    nodes = (
        (150, 280, ["Supervised", "learning"]),
        (570, 280, ["Unsupervised", "learning"]),
        (360, 190, ["Machine", "learning"]),
        (150, 100, ["Learning from", "rewards"]),
        (570, 100, ["Learning from", "few examples"]),
    )
    for x, y, _ in nodes:
        c.line(360, 185, x, y - 5)
    for x, y, lines in nodes:
        c.setFillGray(1)
        c.ellipse(x - 85, y - 35, x + 85, y + 25, fill=1)
        c.setFillGray(0)
        _centred(c, x, y, lines, 14)


def _logo_beside_text(c: Canvas) -> None:
    show_text(c, 40, 350, "Boosting", 24, bold=True)
    show_lines(c, 40, 290, [f"• {_SEVEN}", f"• {_EIGHT}", f"• {_NINE}", "• It ends when nothing is gained."], 14)  # fmt: skip
    show_lines(c, 560, 50, ["University of", "Somewhere"], 11)
    show_text(c, 40, 42, "Trees and forests", 9)
    show_text(c, 330, 42, "12 / 45", 9)


def _umlauts(c: Canvas) -> None:
    """Umlauts as old fonts draw them: a dieresis, and a letter under it."""
    y = 320.0
    for line in (
        "Pru\u0308fung u\u0308ber drei U\u0308bungen",
        "Schu\u0308ler ho\u0308ren tra\u0308ge zu",
    ):
        x = 60.0
        for k, letter in enumerate(line):
            width = c.stringWidth(letter, "Helvetica", 16)
            if line[k + 1 : k + 2] == "\u0308":
                lift = 3.4 if letter.isupper() else 0
                mark = c.stringWidth("¨", "Helvetica", 16)
                show_text(c, x + (width - mark) / 2, y + lift, "¨", 16)
            if letter != "\u0308":
                show_text(c, x, y, letter, 16)
                x += width
        y -= 30


def _two_slides_with_numbers(c: Canvas) -> None:
    for row, (head, lines) in enumerate(
        (("Momentum", SENTENCES[1:3]), ("Pooling", SENTENCES[3:5]))
    ):
        y = 480 - 380 * row
        c.rect(90, y - 60, 415, 300)
        show_text(c, 110, y + 195, head, 20, bold=True)
        show_lines(c, 110, y + 150, [f"• {line}" for line in lines], 12)
        show_text(c, 110, y - 50, "A. Author", 7)
        show_text(c, 285, y - 50, f"{row + 7} / 45", 7)
        show_text(c, 460, y - 50, "June 2024", 7)


def _labelled_arrows(c: Canvas) -> None:
    show_text(c, 40, 350, "From text to answer", 24, bold=True)
    for place, label in enumerate(("Question", "Passages", "Answer")):
        x = 40 + 250 * place
        c.rect(x, 190, 120, 40)
        _centred(c, x + 60, 205, [label], 14)
        if place:
            _arrow(c, x - 130, 210, x, 210)
            _centred(c, x - 65, 216, [("search", "reading")[place - 1]], 10)
    show_text(c, 40, 120, _TEN, 14)


_CANVAS = (
    _drawn("lists that face each other",
           "Which model to choose For trees • fast to train • few settings • read by people • no scaling Against trees • jumps at borders • one wrong split stays, whatever comes later • large when deep", _facing_lists),
    _drawn("list beside a diagram",
           f"Layers of a network • {_ONE} • Momentum remembers earlier steps. • Dropout silences random units. • Pooling keeps the strongest answer. Output layer Hidden layer Hidden layer Input layer", _list_beside_diagram),
    _drawn("text boxes as a table",
           "Comparison Criterion Trees Networks Training seconds to minutes on one core hours on many cores Reading rules that people follow weights that nobody reads Data hundreds of rows millions of rows", _text_boxes_as_table),
    _drawn("steps with arrows between them",
           "Three steps 1 Collect Ask many users for examples of what they need. 2 Train Fit the weights on nine tenths of the data. 3 Test Count the errors on the last tenth once.", _steps_with_arrows),
    _drawn("line of time",
           "A short history 1957 Rosenblatt builds the perceptron 1969 A book shows its limits 1986 Layers learn by sending errors back 2012 A deep network wins a contest", _line_of_time),
    _drawn("mind map",
           "Overview Supervised learning Unsupervised learning Machine learning Learning from rewards Learning from few examples", _mind_map),
    _drawn("logo beside the foot",
           f"Boosting • {_SEVEN} • {_EIGHT} • {_NINE} • It ends when nothing is gained. Trees and forests 12 / 45 University of Somewhere", _logo_beside_text),
    _drawn("umlauts of two glyphs", "Prüfung über drei Übungen Schüler hören träge zu", _umlauts),
    _drawn("two slides on a sheet with their feet",
           f"Momentum • {_TWO} • {_THREE} A. Author June 2024 Pooling • {_FOUR} • {_FIVE} A. Author June 2024", _two_slides_with_numbers, (595.0, 842.0)),
    _drawn("labels on arrows", f"From text to answer Question search Passages reading Answer {_TEN}", _labelled_arrows),
)  # fmt: skip

DECK_PAGES = (*_TYPESET, *_CANVAS)
