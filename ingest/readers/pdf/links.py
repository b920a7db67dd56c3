"""Where the links of a PDF's pages lead: lines of their own below the page's text."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.layout.frame import Frame
from ingest.text.repair import repair_word
from ingest.types import Box, Line, Page, Word

_MAX_ANNOTATIONS = 2000  # of a page that are looked at
_MAX_LINKS = 20  # of a page that are read
_MAX_LENGTH = 500  # characters of a target; a longer one holds data
_MAX_LABEL = 80  # characters of what is written on a link
_SIZE = 9.0  # points; of the lines that are added
# A target on at least so many pages, and on this share of them, leads through the document.
_RUNNING_PAGES, _RUNNING_SHARE = 3, 0.25
_WEB = re.compile(r"(?:https?|ftp)://\S+|(?:www\.|doi\.org/)\S+|[\w-]+(?:\.[\w-]+)+/\S*", re.I)
_SCHEME = re.compile(r"^\w+://(?:www\.)?")


@dataclass(frozen=True, slots=True)
class Link:
    """A target on the web, and the boxes on the page that lead there."""

    target: str
    boxes: tuple[Box, ...]


def without_recurring(links: Mapping[int, Sequence[Link]], pages: int) -> dict[int, list[Link]]:
    """The links by their page, without those that recur on many of so many pages."""
    counts = Counter(link.target for own in links.values() for link in own)
    least = max(_RUNNING_PAGES, _RUNNING_SHARE * pages)
    return {
        number: [link for link in own if counts[link.target] < least]
        for number, own in links.items()
    }


def with_links(page: Page, links: Sequence[Link]) -> Page:
    """The page with a line for each link below its text: what is written on it, and its target.

    A target that the page shows is not repeated.
    """
    text = _bare(re.sub(r"\s", "", page.text))
    for link in links:
        if _bare(link.target) not in text:
            label = " ".join(_words_on(page, link))[:_MAX_LABEL].strip(" .,;:")
            page = _append(
                page,
                f"Link: {label}, {link.target}" if label else f"Link: {link.target}",
                link.boxes[0],
            )
    return page


def links_of(pdf: pdfium.PdfDocument, page: pdfium.PdfPage) -> list[Link]:
    """A page's links to the web."""
    count = pdfium_c.FPDFPage_GetAnnotCount(page.raw)
    boxes: dict[str, list[Box]] = {}
    frame = Frame.of(page) if count > 0 else None
    for index in range(min(count, _MAX_ANNOTATIONS)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            if pdfium_c.FPDFAnnot_GetSubtype(annotation) != pdfium_c.FPDF_ANNOT_LINK:
                continue
            target = _target(pdf, annotation)
            rectangle = pdfium_c.FS_RECTF()
            if target and frame and pdfium_c.FPDFAnnot_GetRect(annotation, rectangle):
                sides = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
                boxes.setdefault(target, []).append(frame.box(*sides))
        finally:
            pdfium_c.FPDFPage_CloseAnnot(annotation)
    return [Link(target, tuple(own)) for target, own in list(boxes.items())[:_MAX_LINKS]]


def _target(pdf: pdfium.PdfDocument, annotation: object) -> str:
    """An annotation's address on the web, or ""."""
    action = pdfium_c.FPDFLink_GetAction(pdfium_c.FPDFAnnot_GetLink(annotation))
    if not action or pdfium_c.FPDFAction_GetType(action) != pdfium_c.PDFACTION_URI:
        return ""
    size = pdfium_c.FPDFAction_GetURIPath(pdf.raw, action, None, 0)
    if not 1 < size <= _MAX_LENGTH:
        return ""
    buffer = ctypes.create_string_buffer(size)
    pdfium_c.FPDFAction_GetURIPath(pdf.raw, action, buffer, size)
    target = repair_word(buffer.value.decode("utf-8", errors="replace").strip())
    return target if _WEB.fullmatch(target) else ""


def _bare(target: str) -> str:
    """An address as it may be written: without scheme and last slash, in small letters."""
    return _SCHEME.sub("", target).rstrip("/").casefold()


def _words_on(page: Page, link: Link) -> Iterator[str]:
    """The words whose middle a link covers."""
    for word in page.words:
        x, y = (word.box.x0 + word.box.x1) / 2, (word.box.y0 + word.box.y1) / 2
        if any(box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1 for box in link.boxes):
            yield page.text[word.start : word.end]


def _append(page: Page, text: str, box: Box) -> Page:
    """The page with a line more behind its text, whose place is a box."""
    start = len(page.text) + (not page.text.endswith("\n") and bool(page.text))
    content = f"{page.text}{'' if start == len(page.text) else chr(10)}{text}\n"
    words = tuple(
        Word(start + match.start(), start + match.end(), box) for match in re.finditer(r"\S+", text)
    )
    line = Line(start, start + len(text), min(_SIZE, max(box.height, 1.0)), False, box)
    return replace(page, text=content, lines=(*page.lines, line), words=(*page.words, *words))
