"""The pictures of a file's pages, for the formats that have some: PDF, PNG and JPEG."""

from __future__ import annotations

from pathlib import Path

from PIL.Image import Image

from ingest.readers import pdf
from ingest.readers.picture import picture_page

PICTURE_SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg"})


def page_image(path: Path, number: int, scale: float = 2.0) -> Image:
    """A page as a picture in RGB, as a viewer would show it.

    Args:
        path: A file of one of `PICTURE_SUFFIXES` that was read before.
        number: The page, from 1.
        scale: Pixels per point.

    Raises:
        UnreadableFile: the file or the page does not exist any more, or it does not open.
    """
    if path.suffix.lower() == ".pdf":
        return pdf.page_image(path, number, scale)
    return picture_page(path, scale)
