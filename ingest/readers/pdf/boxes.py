"""Where words are on the page as shown, which may be rotated or cropped."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.readers.pdf.lines import RawWord
from ingest.types import Box

_TOLERANCE = 0.1  # points
_SCALE = 100  # device units per point; pdfium's transform gives whole device units


def word_boxes(page: pdfium.PdfPage, width: float, height: float) -> Callable[[RawWord], Box]:
    """A function that gives a word's box, in points from the top left of the page as shown.

    Rotated and cropped pages use pdfium's own transform; for all others, which are nearly all,
    turning the vertical axis is enough.

    Args:
        page: The page.
        width: Its width as shown, in points.
        height: Its height as shown, in points.
    """
    left, bottom, right, top = page.get_cropbox()
    is_upright = (
        page.get_rotation() == 0
        and abs(right - left - width) < _TOLERANCE
        and abs(top - bottom - height) < _TOLERANCE
    )

    def upright_box(word: RawWord) -> Box:
        return Box(
            round(word.left - left, 2),
            round(top - word.top, 2),
            round(word.right - left, 2),
            round(top - word.bottom, 2),
        )

    def to_device(x: float, y: float) -> tuple[float, float]:
        across, down = ctypes.c_int(), ctypes.c_int()
        pdfium_c.FPDF_PageToDevice(
            page.raw, 0, 0, round(width * _SCALE), round(height * _SCALE), 0, x, y, across, down
        )
        return across.value / _SCALE, down.value / _SCALE

    def transformed_box(word: RawWord) -> Box:
        (xa, ya), (xb, yb) = to_device(word.left, word.bottom), to_device(word.right, word.top)
        return Box(min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb))

    return upright_box if is_upright else transformed_box
