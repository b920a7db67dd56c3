"""The pictures of a file's pages, for the formats that have some: PDF, PNG and JPEG."""

from __future__ import annotations

from pathlib import Path

from PIL.Image import Image

from ingest.readers import pdf
from ingest.readers.picture import LONG_SIDE, picture_page

PICTURE_SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg"})


#: More pixels than a screen shows of a page; 48 MB.
MAX_PIXELS = 16_000_000


def page_image(path: Path, number: int, scale: float = 2.0, max_pixels: int = MAX_PIXELS) -> Image:
    """A page as a picture in RGB, as a viewer would show it.

    A foreign file is drawn in a process of its own by `ingest.drawing`, within limits.

    Args:
        path: A file of one of `PICTURE_SUFFIXES` that was read before.
        number: The page, from 1.
        scale: Pixels per point; fewer where the picture would have more than `max_pixels`.
        max_pixels: The most pixels of a picture.

    Raises:
        UnreadableFile: the file or the page does not exist any more, or it does not open.
    """
    if path.suffix.lower() == ".pdf":
        return pdf.page_image(path, number, scale, max_pixels)
    return picture_page(path, min(scale, max_pixels**0.5 / LONG_SIDE))
