"""Read a whole PDF file: its pages, its outline, its title and its language."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import pypdfium2 as pdfium

from ingest.errors import UnreadableFile
from ingest.layout.page import PageLayout, lay_out
from ingest.layout.regions import drop_recurring
from ingest.picture_rules import ruled_lines
from ingest.progress import report_progress, skipped_pages, undrawn_pages
from ingest.readers.pdf.annotations import Note, attached_files, init_forms, notes_of, with_notes
from ingest.readers.pdf.composition import compose_page, hyphenated_words
from ingest.readers.pdf.labels import page_labels, with_labels
from ingest.readers.pdf.letters import restore_letters
from ingest.readers.pdf.links import Link, links_of, with_links, without_recurring
from ingest.readers.pdf.opening import (
    has_layers,
    load_page,
    open_pdf,
    read_bytes,
    without_prefix,
)
from ingest.readers.pdf.page_breaks import join_broken_words
from ingest.readers.pdf.pages import PdfPages, read_pages, reread_doubtful, word_boxes
from ingest.readers.pdf.titles import document_title, without_stamped_headings
from ingest.recognition import (
    GLANCE_SCALE,
    TextRecogniser,
    drawing_scale,
    ink,
    may_hold_words,
    pages_with_pictures,
    reading_scale,
)
from ingest.text.detect import language_of
from ingest.text.scripts import count_longer_words, count_words
from ingest.types import Box, Document, Line, Page, ParsedDocument

#: With fewer words in the whole file, its pages are taken for pictures.
MIN_WORDS = 5
logger = logging.getLogger(__name__)

#: Where text without places is put, in points.
_MARGIN, _LINE_HEIGHT = 36.0, 12.0


def read_pdf(path: Path, recogniser: TextRecogniser | None = None) -> ParsedDocument:
    """Read a PDF file; a page that is damaged is left empty and named.

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
    id = hashlib.sha256(data).hexdigest()
    data = without_prefix(data)
    if not data.startswith(b"%PDF-"):
        raise UnreadableFile(
            f"{path.name}: is not a PDF (it starts with {data[:8]!r}); export it as PDF"
        )
    read, data = reread_doubtful(path.name, data, read_pages(path.name, data))
    if len(read.damaged) == len(read.layouts):
        raise UnreadableFile(
            f"{path.name}: none of its {len(read.layouts)} page(s) can be read; "
            "export or download it again"
        )
    layouts = read.layouts
    pictures = _pages_with_words(path.name, data, layouts, _pages_with_drawings(read))
    unreadable = [n for n, layout in enumerate(layouts, start=1) if layout.is_unreadable]
    pictures = sorted({*pictures, *unreadable})
    if recogniser is not None and pictures:
        layouts = _read_pictures(path.name, data, layouts, pictures, recogniser)
        pictures = []
    for number in pictures:
        layouts[number - 1].origin = "picture"
    drop_recurring([layout.regions for layout in layouts], read.drawings, GLANCE_SCALE)
    restore_letters(layouts, data)
    compounds = hyphenated_words(layouts)
    pages = tuple(compose_page(n, layout, compounds) for n, layout in enumerate(layouts, start=1))
    pages = join_broken_words(without_stamped_headings(pages), compounds)
    pages, attached = _with_what_is_beside(path.name, data, pages)
    if not pictures and sum(count_words(page.text) for page in pages) < MIN_WORDS:
        pages = _pages_by_second_opinion(data, pages)
        if sum(count_words(page.text) for page in pages) < MIN_WORDS:
            raise UnreadableFile(
                f"{path.name}: its {len(pages)} page(s) hold no text, nor a picture with text"
                + (f"; attached are {', '.join(attached)}: extract them" if attached else "")
            )
    text = "\n".join(page.text for page in pages)
    document = Document(
        id=id,
        path=str(path.resolve()),
        file=path.name,
        title=document_title(read.declared_title, pages[0], path.stem),
        pages=len(pages),
        language=language_of(text),
    )
    hidden = sum(layout.hidden for layout in layouts)
    return ParsedDocument(document, pages, read.outline, tuple(read.damaged), attached, hidden)


def _with_what_is_beside(
    name: str, data: bytes, pages: tuple[Page, ...]
) -> tuple[tuple[Page, ...], tuple[str, ...]]:
    """The pages with labels, filled-in fields, comments and links; the names of attached files."""
    try:
        with open_pdf(name, data) as pdf:
            init_forms(pdf)
            notes: dict[int, list[Note]] = {}
            links: dict[int, list[Link]] = {}
            for number in range(1, len(pages) + 1):
                if number in skipped_pages() | undrawn_pages():
                    continue
                with suppress(pdfium.PdfiumError), closing(pdf[number - 1]) as page:
                    notes[number] = list(notes_of(pdf, page))
                    links[number] = links_of(pdf, page)
            links = without_recurring(links, len(pages))
            labels, attached = page_labels(pdf), tuple(attached_files(pdf))
    except Exception as error:  # the text is read all the same
        logger.info("%s: labels or annotations cannot be read (%r)", name, error)
        return pages, ()
    noted = (with_notes(page, notes.get(page.number, ())) for page in pages)
    linked = (with_links(page, links.get(page.number, ())) for page in noted)
    return with_labels(tuple(linked), labels), attached


def _pages_by_second_opinion(data: bytes, pages: tuple[Page, ...]) -> tuple[Page, ...]:
    """The pages with the text that pypdf finds, in lines without words' places, if it finds any."""
    from ingest.readers.pdf import second_opinion

    texts = second_opinion.texts(data)
    words = sum(map(count_longer_words, texts))
    if len(texts) != len(pages) or words < MIN_WORDS:
        return pages
    return tuple(
        _text_page(page, text) if text.strip() else page
        for page, text in zip(pages, texts, strict=True)
    )


def _text_page(page: Page, text: str) -> Page:
    """A page with another text, whose lines are taken to stand one below the other."""
    lines: list[Line] = []
    content = ""
    for line in filter(None, (" ".join(line.split()) for line in text.splitlines())):
        top = _MARGIN + len(lines) * _LINE_HEIGHT
        box = Box(_MARGIN, top, max(page.width - _MARGIN, _MARGIN), top + _LINE_HEIGHT)
        lines.append(Line(len(content), len(content) + len(line), _LINE_HEIGHT, False, box))
        content += f"{line}\n"
    return Page(page.number, content, page.width, page.height, lines=tuple(lines))


def _pages_with_drawings(read: PdfPages) -> list[int]:
    """The pages, from 1, with much drawn outside their text, or with nothing else but what is drawn."""
    textless = (
        number
        for number, (layout, drawing) in enumerate(
            zip(read.layouts, read.drawings, strict=True), start=1
        )
        if not layout.lines and drawing.any()
    )
    return sorted({*pages_with_pictures(read.drawings), *textless})


def _pages_with_words(
    name: str, data: bytes, layouts: Sequence[PageLayout], numbers: Sequence[int]
) -> list[int]:
    """Those of some pages, counted from 1, whose drawings may hold words."""
    if not numbers:
        return []
    candidates = []
    with open_pdf(name, data) as pdf:
        for number in numbers:
            page, layout = pdf[number - 1], layouts[number - 1]
            scale = drawing_scale(1, *page.get_size())
            drawing = ink(page.render(scale=scale).to_pil(), word_boxes(layout), scale)
            if may_hold_words(drawing, has_text=bool(layout.lines)):
                candidates.append(number)
    return candidates


def _read_pictures(
    name: str,
    data: bytes,
    layouts: Sequence[PageLayout],
    pictures: Sequence[int],
    recogniser: TextRecogniser,
) -> list[PageLayout]:
    """The layouts with what is written in the pictures of some pages, counted from 1."""
    read = list(layouts)
    layers = has_layers(data)
    for done, number in enumerate(pictures):
        report_progress(done, len(pictures), number)
        if number in skipped_pages():
            continue
        frame = layouts[number - 1].frame
        scale = reading_scale(frame.width, frame.height)
        with open_pdf(name, data) as pdf:
            picture = load_page(pdf, number).render(scale=scale).to_pil()
        lines = recogniser.read(picture, scale)
        ruled = ruled_lines(picture, scale)
        with open_pdf(name, data) as pdf:
            read[number - 1] = lay_out(load_page(pdf, number), lines, ruled, has_layers=layers)
    report_progress(len(pictures), len(pictures))
    return read
