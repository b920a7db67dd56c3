"""A page of a lecture as a picture, with a quote highlighted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from PIL import Image, ImageChops, ImageDraw

from ingest.errors import KathederError
from ingest.page_boxes import boxes_of
from ingest.readers.pdf import page_image
from ingest.store import Library
from ingest.types import Box
from rag.types import Source
from ui.text import counted, escape, t

_YELLOW = (255, 224, 102)  # multiplied with the page, so that black text stays black
_EDGE = (214, 158, 0)
_MARGIN = 1.5  # points around the words
_ZOOMS = {"fit": 2.0, "150": 2.0, "250": 3.0}  # pixels a point
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


def page_picture(path: str, number: int, scale: float) -> Image.Image:
    """A page's picture.

    Raises:
        UnreadableFile: the file or the page is gone.
    """
    file = Path(path)
    return picture(path, file.stat().st_mtime if file.exists() else 0.0, number, scale)


def thumbnail(path: str, number: int) -> Image.Image:
    """A small picture of a page."""
    return page_picture(path, number, _THUMBNAIL)


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
    boxes_by_page = highlight_boxes(source, library)
    viewed = state.setdefault("viewed_page", next(iter(boxes_by_page), passage.page))
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
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            t("Back"),
            icon=":material/chevron_left:",
            help=t("Previous page"),
            disabled=number == 1,
            on_click=turn,
            args=(-1,),
        )
        st.markdown(escape(t("page {number} of {pages}", number=number, pages=document.pages)))
        st.button(
            t("Next"),
            icon=":material/chevron_right:",
            icon_position="right",
            help=t("Next page"),
            disabled=number == document.pages,
            on_click=turn,
            args=(1,),
        )
        zoom = st.segmented_control(
            t("Zoom"),
            list(_ZOOMS),
            default="fit",
            key="zoom",
            format_func=lambda name: t("fit") if name == "fit" else f"{name} %",
            label_visibility="collapsed",
        )
    zoom = zoom or "fit"
    scale = _ZOOMS[zoom]
    try:
        page = page_picture(document.path, number, scale)
    except KathederError as error:
        st.error(escape(str(error)))
        return
    boxes = boxes_by_page.get(number, ())
    image = highlighted(page, boxes, scale) if boxes else page
    alt = t("Page {number} of {file}", number=number, file=document.file)
    if boxes:
        alt += t(", highlighted: {quote}", quote=source.quote)
    if zoom == "fit":
        st.image(image, width="stretch", alt=alt)
    else:
        with st.container(height=560, key="zoomed"):
            width = round(page.width / scale * int(zoom) / 100)
            st.image(image, width=width, alt=alt)
    if not boxes and number not in boxes_by_page:
        pages = ", ".join(str(n) for n in boxes_by_page) or str(passage.page)
        st.caption(escape(t("The quote is on page {pages}.", pages=pages)))
    if st.toggle(t("Show the PDF"), key="open_pdf"):
        st.pdf(document.path, height=560)


def size_of(library: Library) -> str:
    """The number of documents and pages in one line."""
    documents = library.documents()
    pages = sum(document.pages for document in documents)
    return f"{counted(len(documents), 'document', 'documents')}, {counted(pages, 'page', 'pages')}"
