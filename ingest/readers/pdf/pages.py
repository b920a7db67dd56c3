"""Read the pages of a PDF file one by one; a damaged one costs itself alone."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import numpy as np

from ingest.layout.frame import Frame
from ingest.layout.page import PageLayout, lay_out
from ingest.progress import report_progress, skipped_pages, undrawn_pages
from ingest.readers.pdf.opening import has_layers, load_page, open_pdf
from ingest.readers.pdf.titles import read_outline
from ingest.recognition import GLANCE_SCALE, drawing_scale, ink
from ingest.types import Box, Section

logger = logging.getLogger(__name__)

_UNKNOWN_SIZE = (612.0, 792.0)  # points; of a page that cannot be read


@dataclass(slots=True)
class PdfPages:
    """What pdfium reads of a file: for each page its layout and what is drawn outside its text.

    `damaged` are the pages, from 1, that could not be read; `blank` those that draw nothing.
    """

    layouts: list[PageLayout] = field(default_factory=list)
    drawings: list[np.ndarray] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    outline: tuple[Section, ...] = ()
    declared_title: str = ""

    @property
    def intact(self) -> int:
        """How many different pages were read; pages without text count each."""
        texts = [
            tuple(
                (word.text, word.boxes[0].x0, word.boxes[0].y0)
                for line in layout.lines
                for word in line.words
            )
            for number, layout in enumerate(self.layouts, start=1)
            if number not in self.damaged
        ]
        return len({text for text in texts if text}) + texts.count(())


def read_pages(name: str, data: bytes) -> PdfPages:
    """All pages as pdfium finds them; what it cannot read costs that page, or the outline."""
    read = PdfPages()
    layers = has_layers(data)
    with open_pdf(name, data) as pdf:
        count = len(pdf)
        for number in range(1, count + 1):
            report_progress(number - 1, count, number)
            try:
                if number in skipped_pages():
                    raise ValueError("it ended the reader before")
                page = load_page(pdf, number)
                try:
                    is_drawn = number not in undrawn_pages()
                    layout = lay_out(page, has_layers=layers, is_drawn=is_drawn)
                    drawing = np.zeros((0, 0), dtype=bool)
                    if is_drawn:
                        scale = drawing_scale(GLANCE_SCALE, *page.get_size())
                        picture = page.render(scale=scale).to_pil()
                        drawing = ink(picture, word_boxes(layout), scale)
                    if not layout.lines and not any(page.get_objects(max_depth=1)):
                        read.blank.append(number)
                finally:
                    page.close()
            except Exception as error:  # whatever is wrong with it, the others are sound
                logger.info("%s: page %d cannot be read (%r)", name, number, error)
                read.damaged.append(number)
                frame = Frame(*_UNKNOWN_SIZE, 1, 0, 0, -1, 0, _UNKNOWN_SIZE[1])
                layout, drawing = PageLayout(frame, []), np.zeros((0, 0), dtype=bool)
            read.layouts.append(layout)
            read.drawings.append(drawing)
        report_progress(count, count)
        try:
            read.outline = tuple(read_outline(pdf))
            read.declared_title = str(pdf.get_metadata_dict().get("Title") or "").strip()
        except Exception as error:
            logger.info("%s: outline or title cannot be read (%r)", name, error)
    return read


def reread_doubtful(name: str, data: bytes, read: PdfPages) -> tuple[PdfPages, bytes]:
    """Ask pypdf where pages are damaged, draw nothing or come twice; the better reading and its file."""
    if read.intact == len(read.layouts) and not read.blank:
        return read, data
    from ingest.readers.pdf import second_opinion  # loads pypdf, which most files do not need

    copy = second_opinion.flat_copy(data) if read.intact < len(read.layouts) else None
    if copy is not None and copy[1] != read.damaged:
        by_copy = read_pages(name, copy[0])
        by_copy.damaged = sorted({*by_copy.damaged, *copy[1]})
        by_copy.blank = [number for number in by_copy.blank if number not in by_copy.damaged]
        if by_copy.intact > read.intact or (copy[1] and by_copy.intact == read.intact):
            read, data = by_copy, copy[0]
    if read.blank:
        lost = second_opinion.pages_that_draw(data, read.blank)
        copied = second_opinion.with_usable_fonts(data) if lost else None
        if copied is not None:
            by_copy = read_pages(name, copied)
            if len(by_copy.blank) < len(read.blank):
                read, data = by_copy, copied
                lost = [number for number in lost if number in read.blank]
        read.damaged = sorted({*read.damaged, *lost})
    return read, data


def word_boxes(layout: PageLayout) -> list[Box]:
    """The boxes of all words of a page."""
    return [box for line in layout.lines for word in line.words for box in word.boxes]
