"""Printed digits: those of the twelve standard fonts that every reader of PDF has.

They are drawn by PDFium, so that they are the same on every machine.
"""

from __future__ import annotations

import ctypes
import threading
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from generative.drawing import as_digits, as_mnist

FONTS = tuple(
    family + style
    for family, styles in (
        ("Helvetica", ("", "-Bold", "-Oblique", "-BoldOblique")),
        ("Times", ("-Roman", "-Bold", "-Italic", "-BoldItalic")),
        ("Courier", ("", "-Bold", "-Oblique", "-BoldOblique")),
    )
    for style in styles
)
_PAGE = 120  # side of the page on which a digit is drawn, in points and pixels
_DRAWING = threading.Lock()  # PDFium is not made for several threads


def printed_digits(count: int, size: int = 28, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Digits of random fonts, prepared as handwritten ones are: images and their digits.

    Args:
        count: How many.
        size: 28, or 8 for images like the small digits.
        seed: Of the choice of fonts and digits.

    Returns:
        (count, 1, size, size) in [0, 1], and int64 (count,).
    """
    generator = np.random.default_rng(seed)
    fonts, digits = generator.integers(len(FONTS), size=count), generator.integers(10, size=count)
    images = [
        printed_digit(int(digit), FONTS[font]) for digit, font in zip(digits, fonts, strict=True)
    ]
    if size == 8:
        images = [as_digits(image) for image in images]
    return torch.cat(images), torch.from_numpy(digits)


@lru_cache(maxsize=10 * len(FONTS))
def printed_digit(digit: int, font: str) -> Tensor:
    """A digit of a font in MNIST's format, (1, 1, 28, 28) in [0, 1].

    Raises:
        ValueError: the font is no standard font of PDF.
    """
    import pypdfium2
    from pypdfium2 import raw

    if font not in FONTS:
        raise ValueError(f"there is no standard font {font!r}; expected one of {', '.join(FONTS)}")
    with _DRAWING:
        document = pypdfium2.PdfDocument.new()
        page = document.new_page(_PAGE, _PAGE)
        text = raw.FPDFPageObj_NewTextObj(document.raw, font.encode(), 100.0)
        letters = f"{digit}\0".encode("utf-16-le")
        raw.FPDFText_SetText(text, (ctypes.c_ushort * 2).from_buffer_copy(letters))
        raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, 20, 20)
        raw.FPDFPage_InsertObject(page.raw, text)
        raw.FPDFPage_GenerateContent(page.raw)
        pixels = page.render(scale=1, grayscale=True).to_numpy().reshape(_PAGE, _PAGE).copy()
        document.close()
    return as_mnist(1 - pixels.astype(np.float32) / 255)
