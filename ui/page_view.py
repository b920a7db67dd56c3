"""A page of a lecture as a picture, with a quote highlighted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from PIL import Image, ImageChops, ImageDraw

from ingest.citations import unit_of
from ingest.conversion import boxes_on_pdf, can_convert, converted_pdf
from ingest.errors import KathederError
from ingest.page_boxes import boxes_of, ranges_of
from ingest.readers.page_images import PICTURE_SUFFIXES, page_image
from ingest.store import Library
from ingest.types import Box, Document
from rag.types import Source
from ui.scroll import scroll_inside
from ui.text import QUOTE_IS_ON, UNIT_OF_ALL, counted, escape, t
from ui.text_view import drawn_page, page_html

_YELLOW = (255, 224, 102)  # multiplied with the page, so that black text stays black
_EDGE = (214, 158, 0)
_MARGIN = 1.5  # points around the words
_ZOOMS = ("fit", "150", "250")  # of the width of the box, in percent
_SCALE = 2.0  # pixels a point
_ENLARGED_WIDTH = 1460  # pixels; Streamlit makes wider pictures smaller
_THUMBNAIL = 0.35


def highlight_boxes(source: Source, library: Library) -> dict[int, tuple[Box, ...]]:
    """For each page, the boxes of the words that a source quotes."""
    passage = source.hit.passage
    return boxes_of(
        passage, source.start, source.end, lambda number: library.page(passage.document, number)
    )


def highlighted(page: Image.Image, boxes: Sequence[Box], scale: float) -> Image.Image:
    """A copy of a page with yellow highlights on the boxes.

    Args:
        page: The page's picture, `scale` pixels a point.
        boxes: In points from the top left corner.
        scale: Pixels a point.
    """
    pen = Image.new("RGB", page.size, "white")
    draw = ImageDraw.Draw(pen)
    for box in boxes:
        corners = (box.x0 - _MARGIN, box.y0 - _MARGIN, box.x1 + _MARGIN, box.y1 + _MARGIN)
        left, top, right, bottom = (edge * scale for edge in corners)
        draw.rounded_rectangle((left, top, right, bottom), radius=2 * scale, fill=_YELLOW)
        draw.line((left, bottom, right, bottom), fill=_EDGE, width=max(1, round(scale / 2)))
    return ImageChops.multiply(page, pen)


@st.cache_data(max_entries=64, show_spinner=False)
def picture(path: str, modified: float, number: int, scale: float) -> Image.Image:
    """A page's picture, drawn once for a file with that time of its last change."""
    return page_image(Path(path), number, scale)


def pictured_file(library: Library, document: Document) -> Path | None:
    """The file whose pages are pictures of the document's: itself, its PDF, or None."""
    path = Path(document.path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return path
    if unit_of(document.file) != "slide":  # the sheets of a DOCX are not its sections
        return None
    return _converted(library, document)


def _converted(library: Library, document: Document) -> Path | None:
    """The PDF that LibreOffice makes of a document, which takes seconds once."""
    if not can_convert(document, library.folder):
        return None
    with st.spinner(t("Drawing the slides …"), show_time=True):
        return converted_pdf(document, library.folder)


def page_picture(file: Path, number: int, scale: float) -> Image.Image:
    """A page's picture.

    Raises:
        UnreadableFile: the file or the page is gone.
    """
    return picture(str(file), file.stat().st_mtime if file.exists() else 0.0, number, scale)


def thumbnail(library: Library, document: Document, number: int) -> Image.Image:
    """A small picture of a page; of one without a picture of its own, its text.

    Raises:
        UnreadableFile: the file or the page is gone.
    """
    file = pictured_file(library, document)
    if file is not None:
        return page_picture(file, number, _THUMBNAIL)
    page = library.page(document.id, number)
    return Image.new("RGB", (150, 100), "white") if page is None else drawn_page(page, _THUMBNAIL)


def show_whole_page(library: Library, document: Document, number: int) -> None:
    """A page in full width, as a picture or as text.

    Raises:
        UnreadableFile: the file or the page is gone.
    """
    file = pictured_file(library, document)
    if file is not None:
        alt = t("Page {number} of {file}", number=number, file=document.file)
        st.image(page_picture(file, number, 2.0), width="stretch", alt=alt)
    elif page := library.page(document.id, number):
        st.html(page_html(page))


def show_page(library: Library, source: Source) -> None:
    """The page of a source with its quote highlighted, and buttons to turn pages and to zoom.

    The session holds the page number under `viewed_page`.
    """
    state = st.session_state
    passage = source.hit.passage
    document = next((d for d in library.documents() if d.id == passage.document), None)
    if document is None:
        st.info(escape(t("{file} is no longer in the library.", file=passage.file)))
        return
    ranges = ranges_of(
        passage, source.start, source.end, lambda number: library.page(passage.document, number)
    )
    viewed = state.setdefault("viewed_page", next(iter(ranges), passage.page))
    number = min(max(viewed, 1), document.pages)

    def turn(by: int) -> None:
        state.viewed_page = number + by

    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(f"**{escape(document.name)}**")
        if st.button(t("Close"), icon=":material/close:", type="tertiary", key="close_page"):
            state.open_source = None
            st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="turn_page"):
        st.button(
            t("Back"),
            icon=":material/chevron_left:",
            type="tertiary",
            help=t("Previous page"),
            disabled=number == 1,
            on_click=turn,
            args=(-1,),
        )
        unit = unit_of(document.file)
        st.markdown(escape(t(UNIT_OF_ALL[unit], number=number, pages=document.pages)))
        st.button(
            t("Next"),
            icon=":material/chevron_right:",
            type="tertiary",
            help=t("Next page"),
            disabled=number == document.pages,
            on_click=turn,
            args=(1,),
        )
        file = pictured_file(library, document)
        zoom = "fit" if file is None else _zoom()
    token = f"{state.get('opened_sources', 0)} {number} {zoom}"
    if file is not None:
        try:
            image, alt, place = _marked_picture(library, source, file, number, zoom)
        except KathederError as error:
            st.error(escape(str(error)))
            return
        with st.container(key=f"page_picture_{zoom}", height="stretch"):
            st.image(image, width="stretch", alt=alt)
        scroll_inside(f"page_picture_{zoom}", token, place)
    elif page := library.page(document.id, number):
        with st.container(key="page_text", height="stretch"):
            st.html(page_html(page, ranges.get(number, ())))
        scroll_inside("page_text", token, (0, 0))
    if number not in ranges:
        pages = ", ".join(str(n) for n in ranges) or str(passage.page)
        st.caption(escape(t(QUOTE_IS_ON[unit], pages=pages)))
    _offer_files(document, file, number)


def _zoom() -> str:
    zoom = st.segmented_control(
        t("Zoom"),
        _ZOOMS,
        default="fit",
        key="zoom",
        format_func=lambda name: t("fit") if name == "fit" else f"{name} %",
        label_visibility="collapsed",
    )
    return zoom or "fit"


def _marked_picture(
    library: Library, source: Source, file: Path, number: int, zoom: str
) -> tuple[Image.Image, str, tuple[float, float]]:
    """The picture of a page with the quote highlighted, its alternative text, and where the quote is.

    The place is the middle of the first highlighted words, right and down as shares of the page; the
    page's beginning where nothing is highlighted.

    Raises:
        UnreadableFile: the file or the page is gone.
    """
    scale = _SCALE
    page = page_picture(file, number, scale)
    if zoom != "fit" and page.width < _ENLARGED_WIDTH:
        scale *= _ENLARGED_WIDTH / page.width
        page = page_picture(file, number, scale)
    passage = source.hit.passage
    if file.suffix.lower() == ".pdf" and unit_of(passage.file) == "slide":
        on_slide = number in passage.pages
        boxes = boxes_on_pdf(file, number, source.quote) if on_slide else ()
    else:
        boxes = highlight_boxes(source, library).get(number, ())
    alt = t("Page {number} of {file}", number=number, file=passage.file)
    if not boxes:
        return page, alt, (0.0, 0.0)
    alt += t(", highlighted: {quote}", quote=source.quote)
    first = boxes[0]
    place = (
        (first.x0 + first.x1) / 2 * scale / page.width,
        (first.y0 + first.y1) / 2 * scale / page.height,
    )
    return highlighted(page, boxes, scale), alt, place


def _offer_files(document: Document, pictured: Path | None, number: int) -> None:
    """Links that open the PDF at the page in a tab of its own, and that save the original."""
    original = Path(document.path)
    pdf = pictured if pictured is not None and pictured.suffix.lower() == ".pdf" else None
    with st.container(horizontal=True, gap="medium", key="files"):
        if pdf is not None and pdf.exists():
            st.link_button(
                t("Open the PDF"),
                f"{_served(pdf)}#page={number}",
                icon=":material/open_in_new:",
                type="tertiary",
                help=t("Opens at this page, in a tab of its own"),
            )
        if original.exists():
            st.download_button(
                t("Download"),
                data=original.read_bytes,
                file_name=document.file,
                icon=":material/download:",
                type="tertiary",
                key="download_original",
                on_click="ignore",
                help=t("The file as it was added"),
            )


def _served(pdf: Path) -> str:
    """The address at which the app's own server has a PDF while the page is open."""
    media = st.runtime.get_instance().media_file_mgr
    address = media.add(str(pdf), "application/pdf", "page-view")
    return f"{st.get_option('server.baseUrlPath').rstrip('/')}{address}"


def size_of(library: Library) -> str:
    """The number of documents and pages in one line."""
    documents = library.documents()
    pages = sum(document.pages for document in documents)
    return f"{counted(len(documents), 'document', 'documents')}, {counted(pages, 'page', 'pages')}"
