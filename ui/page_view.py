"""Pages of a lecture as pictures, and the size of a library in words."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ingest.citations import unit_of
from ingest.errors import UndrawablePage
from ingest.lru import LruCache
from ingest.store import Library
from ingest.types import Document
from ui.text import counted, t

if TYPE_CHECKING:
    from PIL.Image import Image

_THUMBNAIL = 0.35
_PICTURES_BYTES = 64 << 20
# The last pictures of pages: by file, the time of its last change, page and scale.
_pictures: LruCache[tuple[str, float, int, float], Image] = LruCache(
    _PICTURES_BYTES, lambda _, picture: 3 * picture.width * picture.height
)


def pictured_file(library: Library, document: Document) -> Path | None:
    """The file whose pages are pictures of the document's: itself, its PDF, or None."""
    from ingest.readers.page_images import PICTURE_SUFFIXES

    path = Path(document.path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return path
    if unit_of(document.file) != "slide":  # the sheets of a DOCX are not its sections
        return None
    return _converted(library, document)


def _converted(library: Library, document: Document) -> Path | None:
    """The PDF that LibreOffice makes of a document, which takes seconds once."""
    from ingest.conversion import can_convert, converted_pdf

    if not can_convert(document, library.folder):
        return None
    with st.spinner(t("Drawing the slides …"), show_time=True):
        return converted_pdf(document, library.folder)


def page_picture(file: Path, number: int, scale: float) -> Image:
    """A page's picture, drawn once while it is among the last 64 MB of them.

    Raises:
        UnreadableFile: the file or the page is gone.
    """
    from ingest.drawing import draw_page

    key = (str(file), file.stat().st_mtime if file.exists() else 0.0, number, scale)
    picture = _pictures.get(key)
    if picture is None:
        picture = draw_page(file, number, scale)
        _pictures.put(key, picture)
    return picture


def thumbnail(library: Library, document: Document, number: int) -> Image:
    """A small picture of a page; of one without a picture of its own, or that fails, its text.

    Raises:
        UnreadableFile: the file or the page is gone.
    """
    file = pictured_file(library, document)
    if file is not None:
        with contextlib.suppress(UndrawablePage):
            return page_picture(file, number, _THUMBNAIL)
    from PIL.Image import new

    from ui.text_view import drawn_page

    page = library.page(document.id, number)
    return new("RGB", (150, 100), "white") if page is None else drawn_page(page, _THUMBNAIL)


def size_of(library: Library) -> str:
    """The number of documents and pages in one line."""
    documents = library.documents()
    pages = sum(document.pages for document in documents)
    return f"{counted(len(documents), 'document', 'documents')}, {counted(pages, 'page', 'pages')}"
