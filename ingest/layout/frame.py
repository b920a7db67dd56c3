"""The page as it is shown, and the map from the points of a PDF file to it."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2 as pdfium

from ingest.types import Box


@dataclass(frozen=True, slots=True)
class Frame:
    """The page as it is shown: its size, and the map from PDF user space to it.

    A point (x, y) of user space is shown at (a x + c y + e, b x + d y + f).
    """

    width: float
    height: float
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    @classmethod
    def of(cls, page: pdfium.PdfPage) -> Frame:
        """The frame of a page, from its boxes, inherited ones too, and its rotation."""
        width, height = page.get_size()
        left, bottom, right, top = page.get_bbox()
        turn = page.get_rotation() % 360
        if turn == 0:
            return cls(width, height, 1, 0, 0, -1, -left, top)
        if turn == 90:
            return cls(width, height, 0, 1, 1, 0, -bottom, -left)
        if turn == 180:
            return cls(width, height, -1, 0, 0, 1, right, -bottom)
        return cls(width, height, 0, -1, -1, 0, top, right)

    def shown(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of user space is shown."""
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Where a rectangle of user space is shown."""
        if self.a == 1 and self.d == -1:  # not turned, as nearly all pages
            return Box(left + self.e, self.f - top, right + self.e, self.f - bottom)
        xa, ya = self.shown(left, bottom)
        xb, yb = self.shown(right, top)
        return Box(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))

    def upright(self, x: float, y: float, direction: int) -> tuple[float, float]:
        """A shown point in the frame of text with a direction (quarter turns, clockwise)."""
        if direction == 0:
            return x, y
        if direction == 1:
            return y, self.width - x
        if direction == 2:
            return self.width - x, self.height - y
        return self.height - y, x
