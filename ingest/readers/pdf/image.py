"""Draw a page as a picture."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
from PIL.Image import Image

from ingest.errors import UndrawablePage, UnreadableFile
from ingest.readers.pdf.opening import load_page, open_pdf, read_bytes


def page_image(path: Path, number: int, scale: float, max_pixels: int) -> Image:
    """A page as a picture in RGB, as a viewer would show it.

    Args:
        path: A PDF file that was read before.
        number: The page, from 1.
        scale: Pixels per point; fewer where the picture would have more than `max_pixels`.
        max_pixels: The most pixels of a picture.

    Raises:
        UnreadableFile: the file or the page does not exist any more, or it does not open.
    """
    data = read_bytes(path, "put it back or remove the document")
    with open_pdf(path.name, data) as pdf:
        if not 1 <= number <= len(pdf):
            raise UnreadableFile(f"{path.name}: has no page {number}; its last is {len(pdf)}")
        try:
            page = load_page(pdf, number)
            width, height = page.get_size()
            scale = min(scale, (max_pixels / (max(width, 1) * max(height, 1))) ** 0.5)
            if max(width, height) * scale > max_pixels:  # a page that is a line
                raise UndrawablePage(f"{path.name}: page {number} is {width:g} x {height:g} points")
            return page.render(scale=scale).to_pil().convert("RGB")
        except pdfium.PdfiumError as error:
            raise UndrawablePage(f"{path.name}: page {number} cannot be drawn ({error})") from error
