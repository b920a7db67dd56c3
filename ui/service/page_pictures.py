"""A page of a document as a PNG, with the words of a passage marked."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw

from ingest.citations import unit_of
from ingest.conversion import boxes_on_pdf, can_convert, converted_pdf
from ingest.errors import BadPage, KathederError
from ingest.page_boxes import boxes_of
from ingest.readers.page_images import PICTURE_SUFFIXES, page_image
from ingest.store import Library
from ingest.types import Box, Document, Page, Passage
from ui.text_view import drawn_page

_MAX_PIXELS = 4_000_000
_MARK = (255, 221, 87, 110)


def page_png(
    library: Library,
    document: Document,
    number: int,
    passage: Passage | None = None,
    marked: tuple[int, int] | None = None,
    scale: float = 1.5,
) -> bytes:
    """Draw a page.

    Args:
        library: Holds the document.
        document: One of its documents.
        number: The page, from 1.
        passage: Whose words are marked; None marks nothing.
        marked: Start and end of the passage's characters to mark; None marks all of it.
        scale: Pixels per point; less for a page that would have more than four million pixels.

    Raises:
        BadPage: the document has no such page.
        UnreadableFile: its file is gone, or cannot be drawn.
    """
    page = library.page(document.id, number)
    if page is None:
        raise BadPage(f"{document.name} has no page {number}; its pages are 1 to {document.pages}.")
    area = max(page.width * page.height, 1.0)
    scale = min(scale, (_MAX_PIXELS / area) ** 0.5)
    file = _pictured_file(library, document)
    picture = drawn_page(page, scale) if file is None else page_image(file, number, scale)
    if passage is not None:
        start, end = marked or (0, len(passage.text))
        picture = picture.convert("RGB")
        if file is not None and unit_of(passage.file) == "slide" and file.suffix.lower() == ".pdf":
            _mark(picture, _boxes_on_slide(passage, start, end, number, file), (scale, scale))
        else:
            factors = (picture.width / page.width, picture.height / page.height)
            _mark(picture, _boxes(library, passage, start, end, number), factors)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _pictured_file(library: Library, document: Document) -> Path | None:
    """The file whose pages are pictures of the document's: itself, its PDF, or None."""
    path = Path(document.path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return path
    if unit_of(document.file) != "slide" or not can_convert(document, library.folder):
        return None
    return converted_pdf(document, library.folder)


def _boxes(
    library: Library, passage: Passage, start: int, end: int, number: int
) -> tuple[Box, ...]:
    """Where on a page the characters of a passage stand."""

    def page(of: int) -> Page | None:
        return library.page(passage.document, of)

    return boxes_of(passage, start, end, page).get(number, ())


def _boxes_on_slide(
    passage: Passage, start: int, end: int, number: int, pdf: Path
) -> tuple[Box, ...]:
    """The same on the PDF that LibreOffice made of slides; () where it cannot be read."""
    try:
        return boxes_on_pdf(pdf, number, passage.text[start:end])
    except KathederError:
        return ()


def _mark(
    picture: Image.Image, boxes: tuple[Box, ...], pixels_per_point: tuple[float, float]
) -> None:
    """Lay a transparent colour over boxes."""
    across, down = pixels_per_point
    pen = ImageDraw.Draw(picture, "RGBA")
    for box in boxes:
        pen.rectangle((box.x0 * across, box.y0 * down, box.x1 * across, box.y1 * down), fill=_MARK)
