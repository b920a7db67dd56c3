"""Draw a page as a picture."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
from PIL.Image import Image

from ingest.errors import UnreadableFile
from ingest.readers.pdf.opening import load_page, open_pdf, read_bytes


def page_image(path: Path, number: int, scale: float = 2.0) -> Image:
    """A page as a picture in RGB, as a viewer would show it.

    Args:
        path: A PDF file that was read before.
        number: The page, from 1.
        scale: Pixels per point.

    Raises:
        UnreadableFile: the file or the page does not exist any more, or it does not open.
    """
    data = read_bytes(path, "put it back or remove the document")
    with open_pdf(path.name, data) as pdf:
        if not 1 <= number <= len(pdf):
            raise UnreadableFile(f"{path.name}: has no page {number}; its last is {len(pdf)}")
        try:
            return load_page(pdf, number).render(scale=scale).to_pil().convert("RGB")
        except pdfium.PdfiumError as error:
            raise UnreadableFile(f"{path.name}: page {number} cannot be drawn ({error})") from error
