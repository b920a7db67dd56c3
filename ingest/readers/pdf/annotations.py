"""What a PDF holds beside its pages' text: values of forms, comments, attached files."""

from __future__ import annotations

import ctypes
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from ingest.layout.frame import Frame
from ingest.text.repair import repair_word
from ingest.types import Box, Line, Page, Word

logger = logging.getLogger(__name__)

_MAX_ANNOTATIONS = 2000  # of a page
_MAX_LENGTH = 5000  # characters of one
_HIDDEN = 2 | 32  # flags: hidden, no view
_FREE_TEXT = pdfium_c.FPDF_ANNOT_FREETEXT
_COMMENTS = frozenset(
    {
        pdfium_c.FPDF_ANNOT_TEXT,
        pdfium_c.FPDF_ANNOT_HIGHLIGHT,
        pdfium_c.FPDF_ANNOT_UNDERLINE,
        pdfium_c.FPDF_ANNOT_SQUIGGLY,
        pdfium_c.FPDF_ANNOT_STRIKEOUT,
        pdfium_c.FPDF_ANNOT_SQUARE,
        pdfium_c.FPDF_ANNOT_CIRCLE,
        pdfium_c.FPDF_ANNOT_INK,
        pdfium_c.FPDF_ANNOT_CARET,
    }
)
_TYPED = frozenset({pdfium_c.FPDF_FORMFIELD_TEXTFIELD})
_SELECTED = frozenset({pdfium_c.FPDF_FORMFIELD_COMBOBOX, pdfium_c.FPDF_FORMFIELD_LISTBOX})
_TICKED = frozenset({pdfium_c.FPDF_FORMFIELD_CHECKBOX, pdfium_c.FPDF_FORMFIELD_RADIOBUTTON})
_PASSWORD = 1 << 13  # flag of a text field
_NAME = re.compile(r"[^\W\d_]{3,}(?:[ _-][^\W_]+)*")  # of words; "a1" or "Text3" says nothing
_NO_NAME = re.compile(
    r"(?:text|feld|field|textfeld|textfield|undefined|champ|untitled)\W*\d*", re.I
)


Part = TypeVar("Part", Line, Word)


@dataclass(frozen=True, slots=True)
class Note:
    """Text that is laid over a page: the lines, and where they are."""

    text: str
    box: Box


def init_forms(pdf: pdfium.PdfDocument) -> None:
    """Make the fields of a document's forms readable, before any of its pages is loaded."""
    try:
        pdf.init_forms()
    except pdfium.PdfiumError as error:
        logger.info("forms cannot be read (%s)", error)


def attached_files(pdf: pdfium.PdfDocument) -> list[str]:
    """The names of the files inside the document."""
    names = []
    for index in range(min(pdf.count_attachments(), _MAX_ANNOTATIONS)):
        try:
            name = " ".join(pdf.get_attachment(index).get_name().split())
            names.append("".join(c if c.isprintable() else "?" for c in name))
        except (pdfium.PdfiumError, UnicodeError):
            names.append("?")
    return names


def with_notes(page: Page, notes: Sequence[Note]) -> Page:
    """The page with notes as lines, each behind the last line above it; none that it shows already."""
    shown = " ".join(page.text.split())
    for note in notes:
        if " ".join(note.text.split()) not in shown:
            page = _insert(page, note)
    return page


def notes_of(pdf: pdfium.PdfDocument, page: pdfium.PdfPage) -> Iterator[Note]:
    """A page's filled-in fields and comments; a fault costs its annotation alone."""
    count = pdfium_c.FPDFPage_GetAnnotCount(page.raw)
    frame = Frame.of(page) if count > 0 else None
    for index in range(min(count, _MAX_ANNOTATIONS)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if not annotation:
            continue
        try:
            text = _text_of(pdf, annotation)
            rectangle = pdfium_c.FS_RECTF()
            if text and frame and pdfium_c.FPDFAnnot_GetRect(annotation, rectangle):
                sides = rectangle.left, rectangle.bottom, rectangle.right, rectangle.top
                yield Note(text, frame.box(*sides))
        except (ValueError, OverflowError, UnicodeError) as error:
            logger.info("an annotation cannot be read (%r)", error)
        finally:
            pdfium_c.FPDFPage_CloseAnnot(annotation)


def _text_of(pdf: pdfium.PdfDocument, annotation: object) -> str:
    if pdfium_c.FPDFAnnot_GetFlags(annotation) & _HIDDEN:
        return ""
    kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
    if kind == pdfium_c.FPDF_ANNOT_WIDGET:
        return _field(pdf, annotation)
    contents = ""
    if kind == _FREE_TEXT or kind in _COMMENTS:
        contents = _string(
            lambda buffer, size: pdfium_c.FPDFAnnot_GetStringValue(
                annotation, b"Contents", buffer, size
            )
        )
    return contents if kind == _FREE_TEXT or not contents else f"Comment: {contents}"


def _field(pdf: pdfium.PdfDocument, annotation: object) -> str:
    """A filled-in field as `name: value`, without a name that says nothing."""
    if pdf.formenv is None:
        return ""
    form = pdf.formenv.raw
    kind = pdfium_c.FPDFAnnot_GetFormFieldType(form, annotation)
    name = _string(
        lambda buffer, size: pdfium_c.FPDFAnnot_GetFormFieldAlternateName(
            form, annotation, buffer, size
        )
    ) or _string(
        lambda buffer, size: pdfium_c.FPDFAnnot_GetFormFieldName(form, annotation, buffer, size)
    )
    name = name.rsplit(".", 1)[-1].replace("_", " ").strip(" :")
    useful = bool(_NAME.match(name)) and not _NO_NAME.fullmatch(name)
    if kind in _TICKED:
        ticked = pdfium_c.FPDFAnnot_IsChecked(form, annotation)
        return f"[x] {name}" if ticked and useful else ""
    flags = pdfium_c.FPDFAnnot_GetFormFieldFlags(form, annotation)
    if kind not in _TYPED | _SELECTED or (kind in _TYPED and flags & _PASSWORD):
        return ""
    value = _string(
        lambda buffer, size: pdfium_c.FPDFAnnot_GetFormFieldValue(form, annotation, buffer, size)
    )
    return f"{name}: {value}" if value and useful else value


def _string(read: Callable[[object, int], int]) -> str:
    """What a function of pdfium writes into a buffer of so many bytes, as UTF-16."""
    size = read(None, 0)
    if not 2 < size <= 4 * _MAX_LENGTH:
        return ""
    buffer = ctypes.create_string_buffer(size)
    read(ctypes.cast(buffer, ctypes.POINTER(pdfium_c.FPDF_WCHAR)), size)
    text = buffer.raw[: size - 2].decode("utf-16-le", errors="replace")
    lines = (" ".join(map(repair_word, line.split())) for line in re.split(r"[\r\n]+", text))
    return "\n".join(filter(None, lines))


def _insert(page: Page, note: Note) -> Page:
    """The page with the note's lines put behind the last line above it."""
    middle = (note.box.y0 + note.box.y1) / 2
    above = [
        index
        for index, line in enumerate(page.lines)
        if (line.box.y0 + line.box.y1) / 2 <= middle
        and page.text[line.end : line.end + 1] == "\n"  # no word is broken behind it
    ]
    place = above[-1] + 1 if above else 0
    offset = page.lines[place - 1].end + 1 if place else 0
    texts = note.text.splitlines()
    height = note.box.height / len(texts)
    lines: list[Line] = []
    words: list[Word] = []
    start = offset
    size = min(height, 12.0)
    for row, text in enumerate(texts):
        top = note.box.y0 + row * height
        box = Box(note.box.x0, top, note.box.x1, top + height)
        lines.append(Line(start, start + len(text), round(size, 1), False, box))
        words += [
            Word(start + match.start(), start + match.end(), box)
            for match in re.finditer(r"\S+", text)
        ]
        start += len(text) + 1
    shift = start - offset
    return replace(
        page,
        text=page.text[:offset] + note.text + "\n" + page.text[offset:],
        lines=(*page.lines[:place], *lines, *(_moved(line, shift) for line in page.lines[place:])),
        words=(
            *(word for word in page.words if word.start < offset),
            *words,
            *(_moved(word, shift) for word in page.words if word.start >= offset),
        ),
        slides=tuple(
            replace(
                slide,
                start=slide.start + shift * (slide.start >= offset),
                end=slide.end + shift * (slide.end > offset),
            )
            for slide in page.slides
        ),
    )


def _moved(part: Part, by: int) -> Part:
    return replace(part, start=part.start + by, end=part.end + by)
