"""A page whose text is known."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import typst
from reportlab.pdfgen.canvas import Canvas

#: Sentences of about ten words that differ in each word's neighbours, so that no order is ambiguous.
SENTENCES = (
    "Gradient descent follows the slope of the loss downhill.",
    "Momentum remembers earlier steps and smooths the noisy path.",
    "Dropout silences random units while the network is training.",
    "Pooling keeps the strongest answer of each small window.",
    "Attention weighs every token by how much it matters.",
    "Clustering groups similar points without looking at any label.",
    "Boosting corrects mistakes that earlier trees left behind.",
    "Kernels compare objects as if they lived elsewhere.",
    "Entropy measures surprise, averaged over all possible outcomes.",
    "Validation data decide when further training would hurt.",
    "Embeddings place words with related meanings close together.",
    "Sampling draws outcomes in proportion to their probability.",
)


#: How typst begins a slide, and a sheet of paper.
SLIDE = "#set page(width: 25.4cm, height: 14.3cm, margin: 1.5cm)\n#set text(size: 16pt)\n"
SHEET = '#set page(paper: "a4", margin: 2cm)\n#set text(size: 10.5pt)\n'


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page: what it tests, the program that makes it, its text as read aloud, and how to make it.

    `make` gives the bytes of a PDF; browser pages are printed together, so theirs is HTML.
    """

    name: str
    kind: str
    expected: str
    make: Callable[[], bytes]


def typeset(source: str) -> bytes:
    """The PDF that typst makes of a source."""
    pdf = typst.compile(source.encode(), format="pdf")
    assert isinstance(pdf, bytes)
    return pdf


def draw_canvas(draw: Callable[[Canvas], None], size: tuple[float, float], turn: int = 0) -> bytes:
    """A PDF with one page that reportlab draws; its size in points, turned clockwise by degrees."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, invariant=1)
    canvas.setPageRotation(turn)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def show_text(
    canvas: Canvas, x: float, y: float, words: str, size: float = 14, bold: bool = False
) -> None:
    """Draw words from a point on, in Helvetica of so many points."""
    canvas.setFont("Helvetica-Bold" if bold else "Helvetica", size)
    canvas.drawString(x, y, words)


def show_lines(canvas: Canvas, x: float, y: float, lines: Sequence[str], size: float = 14) -> None:
    """Draw lines below each other."""
    for number, line in enumerate(lines):
        show_text(canvas, x, y - 1.35 * size * number, line, size)
