"""Pages whose words reportlab places one by one, in an order of our choice."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import pairwise

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from benchmarks.page_layouts.base import (
    SENTENCES,
    PageLayout,
    draw_canvas,
    show_lines,
    show_text,
)

_SIZE = (720.0, 405.0)
_Draw = Callable[[Canvas], None]
_PAGES: list[PageLayout] = []


def _page(
    name: str, expected: str, size: tuple[float, float] = _SIZE, turn: int = 0
) -> Callable[[_Draw], _Draw]:
    """Register a page whose words a function draws."""

    def register(draw: _Draw) -> _Draw:
        make = functools.partial(draw_canvas, draw, size, turn)
        _PAGES.append(PageLayout(name, "canvas", expected, make))
        return draw

    return register


def _words(first: int, count: int = 1) -> str:
    return " ".join(SENTENCES[first : first + count])


@_page(
    "table without a frame, lines of each cell",
    "Layers Name of the layer What it gives Example Transport and session layer A connection between two programs, "
    "which may be slow TCP and UDP Network layer An address A route through the net, and all of its parts The next heading",
)
def _(c: Canvas) -> None:
    columns = (60, 200, 420, 660)
    rows = (340, 315, 270, 225)
    for x in columns[1:-1]:
        for top, bottom in pairwise(rows):
            c.rect(x - 0.25, bottom, 0.5, top - bottom, stroke=0, fill=1)
    for y in rows[1:-1]:
        for left, right in pairwise(columns):
            c.rect(left, y, right - left - 0.5, 0.5, stroke=0, fill=1)
    show_text(c, 60, 360, "Layers", 18, bold=True)
    show_lines(c, 64, 322, ["Name of the layer"], 12)
    show_lines(c, 204, 322, ["What it gives"], 12)
    show_lines(c, 424, 322, ["Example"], 12)
    show_lines(c, 64, 300, ["Transport and", "session layer"], 12)
    show_lines(c, 204, 300, ["A connection between two", "programs, which may be slow"], 12)
    show_lines(c, 424, 300, ["TCP and UDP"], 12)
    show_lines(c, 64, 255, ["Network layer"], 12)
    show_lines(c, 204, 255, ["An address"], 12)
    show_lines(c, 424, 255, ["A route through the net,", "and all of its parts"], 12)
    show_text(c, 60, 190, "The next heading")


@_page(
    "lists side by side with their marks apart",
    "States - down state - attempt state - initial state - two ways - exchange of data - loading state - full state - closed",
)
def _(c: Canvas) -> None:
    show_text(c, 60, 360, "States", 18, bold=True)
    items = ("down state", "attempt state", "initial state", "two ways")
    others = ("exchange of data", "loading state", "full state", "closed")
    for x, column in ((80, items), (400, others)):
        for number, item in enumerate(column):
            show_text(c, x, 320 - 19 * number, "-")
            show_text(c, x + 22, 320 - 19 * number, item)


@_page("title drawn last", f"Optimisers {_words(0, 3)}")
def _(c: Canvas) -> None:
    show_lines(c, 60, 300, list(SENTENCES[:3]))
    show_text(c, 50, 350, "Optimisers", 28)


@_page("lines drawn from the foot up", f"Optimisers {_words(0, 4)}")
def _(c: Canvas) -> None:
    for number in (3, 2, 1, 0):
        show_text(c, 60, 300 - 20 * number, SENTENCES[number])
    show_text(c, 50, 350, "Optimisers", 28)


@_page(
    "formula drawn after its line", "A heuristic h is admissible if h(s) stays below the true cost."
)
def _(c: Canvas) -> None:
    show_text(c, 60, 300, "A heuristic")
    show_text(c, 148, 300, "is admissible if")
    show_text(c, 279, 300, "stays below the true cost.")
    show_text(c, 137, 300, "h")
    show_text(c, 251, 300, "h(s)")


@_page("exponent drawn last", "It has 10^6 weights and x_i is one.")
def _(c: Canvas) -> None:
    show_text(c, 60, 300, "It has 10")
    show_text(c, 126, 300, "weights and x")
    show_text(c, 219, 300, "is one.")
    show_text(c, 117.5, 305, "6", 9)
    show_text(c, 213.5, 297, "i", 9)


@_page("bold by drawing twice", f"Optimisers {_words(0, 2)}")
def _(c: Canvas) -> None:
    for shift in (0, 0.4):
        show_text(c, 50 + shift, 350, "Optimisers", 28)
    show_lines(c, 60, 300, list(SENTENCES[:2]))


@_page("everything drawn twice", _words(0, 3))
def _(c: Canvas) -> None:
    for _ in (0, 1):
        show_lines(c, 60, 300, list(SENTENCES[:3]))


@_page("letter-spaced heading", f"LEARNING RATE {_words(0)}")
def _(c: Canvas) -> None:
    text = c.beginText(60, 340)
    text.setFont("Helvetica", 20)
    text.setCharSpace(8)
    text.textOut("LEARNING RATE")
    text.setCharSpace(0)
    c.drawText(text)
    show_text(c, 60, 300, SENTENCES[0])


@_page("words placed one by one", _words(0, 2))
def _(c: Canvas) -> None:
    for row, sentence in enumerate(SENTENCES[:2]):
        x = 60.0
        for word in sentence.split():
            show_text(c, x, 300 - 20 * row, word)
            x += c.stringWidth(word, "Helvetica", 14) + 4


@_page("letters placed one by one", _words(0, 2))
def _(c: Canvas) -> None:
    for row, sentence in enumerate(SENTENCES[:2]):
        x = 60.0
        for letter in sentence:
            if letter != " ":
                show_text(c, x, 300 - 20 * row, letter)
            x += c.stringWidth(letter, "Helvetica", 14)


@_page("table drawn by columns", "Name Params Score Alpha 12 71.5 Beta 30 74.0 Gamma 90 77.2")
def _(c: Canvas) -> None:
    columns = ["Name Alpha Beta Gamma", "Params 12 30 90", "Score 71.5 74.0 77.2"]
    for place, column in enumerate(columns):
        for row, cell in enumerate(column.split()):
            show_text(c, 60 + 150 * place, 300 - 24 * row, cell)


@_page("table with ruled rows", "Name Params Score Alpha 12 71.5 Beta 30 74.0")
def _(c: Canvas) -> None:
    for row, cells in enumerate(["Name Params Score", "Alpha 12 71.5", "Beta 30 74.0"]):
        for place, cell in enumerate(cells.split()):
            show_text(c, 60 + 150 * place, 300 - 24 * row, cell)
        c.line(50, 292 - 24 * row, 500, 292 - 24 * row)


@_page("columns drawn line by line", " ".join([*SENTENCES[:4], *SENTENCES[4:8]]))
def _(c: Canvas) -> None:
    for row in range(4):
        show_text(c, 40, 300 - 18 * row, SENTENCES[row], 10)
        show_text(c, 380, 300 - 18 * row, SENTENCES[4 + row], 10)


@_page("right column drawn first", " ".join(SENTENCES[:8]))
def _(c: Canvas) -> None:
    show_lines(c, 380, 300, list(SENTENCES[4:8]), 10)
    show_lines(c, 40, 300, list(SENTENCES[:4]), 10)


@_page(
    "lists under a bar of sections",
    f"Trees Linear models {_words(6)} Generative models all needs densities of the inputs can sample new ones "
    "Discriminative models some needs no densities of inputs can only classify them",
)
def _(c: Canvas) -> None:
    for place, column in enumerate(
        [
            "Generative|models all|needs densities of the inputs|can sample new ones",
            "Discriminative|models some|needs no densities of inputs|can only classify them",
        ]
    ):
        for row, line in enumerate(column.split("|")):
            show_text(c, 60 + 210 * place, 240 - 20 * row, line)
    show_text(c, 246, 380, "Trees", 10)
    show_text(c, 290, 380, "Linear models", 10)
    show_text(c, 40, 340, SENTENCES[6], 24)


def _sections(c: Canvas, x: float, heights: list[float], first: int) -> None:
    for number, y in enumerate(heights):
        show_text(c, x, y, f"{first + number} Section", 13, bold=True)
        show_lines(
            c, x, y - 22, list(SENTENCES[2 * (first + number) - 2 : 2 * (first + number)]), 9
        )


@_page(
    "sections in two columns that begin at one height by chance",
    " ".join(f"{k} Section {_words(2 * k - 2, 2)}" for k in range(1, 7)),
    (595.0, 420.0),
)
def _(c: Canvas) -> None:
    _sections(c, 40, [370, 280, 190], 1)
    _sections(c, 320, [360, 262, 190], 4)


@_page("three columns drawn line by line", " ".join(SENTENCES[:9]))
def _(c: Canvas) -> None:
    for row in range(3):
        for place in range(3):
            show_text(c, 30 + 230 * place, 300 - 14 * row, SENTENCES[3 * place + row], 7)


def _rotated(c: Canvas) -> None:
    show_text(c, 50, 350, "Decision trees", 24)
    show_lines(c, 60, 300, list(SENTENCES[:4]))


for _turn in (90, 180, 270):
    # reportlab counts the page's sides as they are shown
    _sides = _SIZE if _turn == 180 else (_SIZE[1], _SIZE[0])
    _page(f"page turned by {_turn}", f"Decision trees {_words(0, 4)}", _sides, _turn)(_rotated)


@_page("text up a portrait page", f"Decision trees {_words(0, 4)}", (405.0, 720.0))
def _(c: Canvas) -> None:
    c.translate(405, 0)
    c.rotate(90)
    _rotated(c)


@_page("text down a portrait page", f"Decision trees {_words(0, 4)}", (405.0, 720.0))
def _(c: Canvas) -> None:
    c.translate(0, 720)
    c.rotate(-90)
    _rotated(c)


@_page("axis label beside text", f"{_words(0, 4)} accuracy in percent")
def _(c: Canvas) -> None:
    c.saveState()
    c.translate(40, 150)
    c.rotate(90)
    show_text(c, 0, 0, "accuracy in percent", 10)
    c.restoreState()
    show_lines(c, 100, 300, list(SENTENCES[:4]))


@_page(
    "drop cap", f"The perceptron of 1958 was a machine with motors. {_words(1, 2)}", (500.0, 300.0)
)
def _(c: Canvas) -> None:
    show_text(c, 40, 208, "T", 46)
    show_text(c, 70, 228, "he perceptron of 1958 was a machine", 13)
    show_text(c, 70, 210, "with motors.", 13)
    show_lines(c, 40, 188, list(SENTENCES[1:3]), 13)


@_page("white on white", _words(0, 2))
def _(c: Canvas) -> None:
    show_lines(c, 60, 300, list(SENTENCES[:2]))
    c.setFillGray(1)
    show_text(c, 60, 200, "nobody may see this password")
    c.setFillGray(0)


@_page("invisible text", _words(0, 2))
def _(c: Canvas) -> None:
    show_lines(c, 60, 300, list(SENTENCES[:2]))
    text = c.beginText(60, 200)
    text.setFont("Helvetica", 14)
    text.setTextRenderMode(3)
    text.textOut("nobody may see this password")
    c.drawText(text)


@_page("covered text", _words(0, 2))
def _(c: Canvas) -> None:
    show_lines(c, 60, 300, list(SENTENCES[:2]))
    show_text(c, 60, 200, "nobody may see this password")
    c.rect(50, 190, 400, 30, stroke=0, fill=1)


@_page("white on a dark slide", f"Optimisers {_words(0, 2)}")
def _(c: Canvas) -> None:
    c.setFillGray(0.15)
    c.rect(0, 0, 720, 405, stroke=0, fill=1)
    c.setFillGray(1)
    show_text(c, 50, 350, "Optimisers", 28)
    show_lines(c, 60, 300, list(SENTENCES[:2]))


@_page("large oblique watermark", _words(0, 6))
def _(c: Canvas) -> None:
    c.saveState()
    c.setFillGray(0.8)
    c.translate(150, 80)
    c.rotate(30)
    show_text(c, 0, 0, "CONFIDENTIAL", 70)
    c.restoreState()
    show_lines(c, 60, 340, list(SENTENCES[:6]))


@_page("text off the page", _words(0, 2))
def _(c: Canvas) -> None:
    show_lines(c, 60, 300, list(SENTENCES[:2]))
    show_text(c, 800, 200, "beyond the edge")


@_page("Chinese", "神经网络由许多简单的单元组成。 激活函数引入非线性。")
def _(c: Canvas) -> None:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    c.setFont("STSong-Light", 18)
    c.drawString(60, 300, "神经网络由许多简单的单元组成。")
    c.drawString(60, 270, "激活函数引入非线性。")


def _slide(c: Canvas, x: float, y: float, number: int, scale: float) -> None:
    show_text(c, x + 20 * scale, y - 40 * scale, f"Topic {chr(64 + number)}", 24 * scale, True)
    show_lines(c, x + 24 * scale, y - 80 * scale, [SENTENCES[number - 1]], 14 * scale)
    show_text(c, x + 24 * scale, y - 110 * scale, f"Remark {number} for the exam.", 14 * scale)


def _handout(c: Canvas, rows: int, columns: int, width: float, height: float, frames: bool) -> None:
    scale = min(width / columns / 470, height / rows / 290)
    for k in range(rows * columns):
        x, y = width / columns * (k % columns), height - height / rows * (k // columns)
        x, y = x + 8, y - 8
        if frames:
            c.rect(x, y - 264 * scale, 460 * scale, 264 * scale)
        _slide(c, x, y, k + 1, scale)


for _rows, _columns, _size, _frames in (
    (2, 1, (595.0, 842.0), True), (2, 2, (842.0, 595.0), False), (2, 2, (842.0, 595.0), True),
    (3, 2, (595.0, 842.0), False), (3, 2, (595.0, 842.0), True), (3, 3, (842.0, 595.0), False),
):  # fmt: skip
    _text = " ".join(
        f"Topic {chr(65 + k)} {SENTENCES[k]} Remark {k + 1} for the exam."
        for k in range(_rows * _columns)
    )
    _name = f"handout of {_rows * _columns}" + (" in frames" if _frames else "")
    _page(_name, _text, _size)(
        functools.partial(
            _handout, rows=_rows, columns=_columns, width=_size[0], height=_size[1], frames=_frames
        )
    )

CANVAS_PAGES = tuple(_PAGES)
