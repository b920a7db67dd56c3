"""Read a whole PDF file: its pages, its outline, its title and its language."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pypdfium2 as pdfium

from ingest.errors import UnreadableFile
from ingest.readers.pdf.boxes import word_boxes
from ingest.readers.pdf.characters import read_lines
from ingest.readers.pdf.composition import PageLines, compose_page, hyphenated_words
from ingest.readers.pdf.lines import break_line, merge_lines
from ingest.readers.pdf.opening import open_pdf, read_bytes
from ingest.readers.pdf.titles import document_title, read_outline
from ingest.text.detect import language_of
from ingest.types import Document, Page, ParsedDocument

#: With fewer words in the whole file, its pages are taken for pictures.
MIN_WORDS = 5


def read_pdf(path: Path) -> ParsedDocument:
    """Read a PDF file.

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
            pages = _read_pages(pdf)
            outline = tuple(read_outline(pdf))
            declared_title = str(pdf.get_metadata_dict().get("Title") or "").strip()
        except pdfium.PdfiumError as error:
            raise UnreadableFile(
                f"{path.name}: is damaged ({error}); export or download it again"
            ) from error
    if sum(len(page.words) for page in pages) < MIN_WORDS:
        raise UnreadableFile(
            f"{path.name}: its {len(pages)} page(s) are pictures without text; "
            "run a text recognition such as `ocrmypdf` on it first"
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


def _read_pages(pdf: pdfium.PdfDocument) -> tuple[Page, ...]:
    """All pages, composed only when the words with a hyphen of the whole file are known."""
    pages = [_read_page(pdf, index) for index in range(len(pdf))]
    compounds = hyphenated_words(pages)
    return tuple(
        compose_page(number, page, compounds) for number, page in enumerate(pages, start=1)
    )


def _read_page(pdf: pdfium.PdfDocument, index: int) -> PageLines:
    page = pdf[index]
    width, height = page.get_size()
    textpage = page.get_textpage()
    try:
        lines = [part for line in read_lines(textpage) for part in break_line(line)]
    finally:
        textpage.close()
    return PageLines(width, height, merge_lines(lines), word_boxes(page, width, height))
