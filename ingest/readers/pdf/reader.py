"""Read a whole PDF file: its pages, its outline, its title and its language."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium

from ingest.errors import UnreadableFile
from ingest.layout.page import PageLayout, lay_out
from ingest.readers.pdf.composition import compose_page, hyphenated_words
from ingest.readers.pdf.opening import open_pdf, read_bytes
from ingest.readers.pdf.titles import document_title, read_outline, without_stamped_headings
from ingest.recognition import (
    GLANCE_SCALE,
    TextRecogniser,
    ink,
    pages_with_pictures,
    reading_scale,
)
from ingest.text.detect import language_of
from ingest.types import Box, Document, ParsedDocument

#: With fewer words in the whole file, its pages are taken for pictures.
MIN_WORDS = 5


def read_pdf(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a PDF file.

    Args:
        path: The file.
        recogniser: Reads what is written in pictures; without one, such pages are only marked.

    Raises:
        UnreadableFile: the file is missing, empty, encrypted, no PDF or cut off, or its pages
            have no text (scans and pictures).
    """
    data = read_bytes(path, "check the path")
    if not data:
        raise UnreadableFile(f"{path.name}: is empty (0 bytes); export or download it again")
    if b"%PDF-" not in data[:1024]:
        raise UnreadableFile(
            f"{path.name}: is not a PDF (it starts with {data[:8]!r}); export it as PDF"
        )
    with open_pdf(path.name, data) as pdf:
        try:
            layouts = [lay_out(page) for page in pdf]
            drawings = [
                ink(page.render(scale=GLANCE_SCALE).to_pil(), _word_boxes(layout))
                for page, layout in zip(pdf, layouts, strict=True)
            ]
            outline = tuple(read_outline(pdf))
            declared_title = str(pdf.get_metadata_dict().get("Title") or "").strip()
        except pdfium.PdfiumError as error:
            raise UnreadableFile(
                f"{path.name}: is damaged ({error}); export or download it again"
            ) from error
    pictures = pages_with_pictures(drawings)
    if recogniser is not None and pictures:
        layouts = _read_pictures(path.name, data, layouts, pictures, recogniser)
        pictures = []
    for number in pictures:
        layouts[number - 1].origin = "picture"
    compounds = hyphenated_words(layouts)
    pages = tuple(compose_page(n, layout, compounds) for n, layout in enumerate(layouts, start=1))
    pages = without_stamped_headings(pages)
    if not pictures and sum(len(page.words) for page in pages) < MIN_WORDS:
        raise UnreadableFile(
            f"{path.name}: its {len(pages)} page(s) hold no text, nor a picture with text"
        )
    text = "\n".join(page.text for page in pages)
    document = Document(
        id=hashlib.sha256(data).hexdigest(),
        path=str(path.resolve()),
        file=path.name,
        title=document_title(declared_title, pages[0].heading, path.stem),
        pages=len(pages),
        language=language_of(text),
    )
    return ParsedDocument(document, pages, outline)


def _word_boxes(layout: PageLayout) -> list[Box]:
    return [box for line in layout.lines for word in line.words for box in word.boxes]


def _read_pictures(
    name: str,
    data: bytes,
    layouts: Sequence[PageLayout],
    pictures: Sequence[int],
    recogniser: TextRecogniser,
) -> list[PageLayout]:
    """The layouts with what is written in the pictures of some pages, counted from 1."""
    read = list(layouts)
    for number in pictures:
        frame = layouts[number - 1].frame
        scale = reading_scale(frame.width, frame.height)
        with open_pdf(name, data) as pdf:
            picture = pdf[number - 1].render(scale=scale).to_pil()
        lines = recogniser.read(picture, scale)
        with open_pdf(name, data) as pdf:
            read[number - 1] = lay_out(pdf[number - 1], lines)
    return read
