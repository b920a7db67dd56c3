"""The page of a source beside the answer: the viewer at the quote, with all marks of the answer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ingest.citations import unit_of
from ingest.errors import KathederError
from ingest.page_boxes import boxes_of, ranges_of
from ingest.store import Library
from ingest.types import Box, Document, Page, Passage
from rag.types import Answer, Source
from ui.file_exchange import offer_file
from ui.navigation import close_source
from ui.page_view import pictured_file
from ui.reading.viewer import Pin, Place, show_viewer
from ui.text import escape, t


def places_of(source: Source, library: Library, pictured: Path | None) -> list[Place]:
    """Where the words of a source stand, one place for each page that shows some of them.

    Args:
        source: Its quote, or the part of it to be marked.
        library: Holds its document.
        pictured: The file whose pages are shown, None where they are text.
    """
    return passage_places(source.hit.passage, source.start, source.end, library, pictured)


def passage_places(
    passage: Passage, start: int, end: int, library: Library, pictured: Path | None
) -> list[Place]:
    """The same for the characters `start` to `end` of a passage's text."""

    def page(number: int) -> Page | None:
        return library.page(passage.document, number)

    ranges = ranges_of(passage, start, end, page)
    if pictured is None:
        return [Place(number, ranges=parts) for number, parts in ranges.items()]
    boxes = boxes_of(passage, start, end, page)
    if pictured.suffix.lower() == ".pdf" and unit_of(passage.file) == "slide":
        boxes = _boxes_on_slides(passage, passage.text[start:end], pictured)
    numbers = dict.fromkeys([*ranges, *boxes]) or {passage.page: None}
    return [Place(number, boxes.get(number, ()), ranges.get(number, ())) for number in numbers]


def _boxes_on_slides(passage: Passage, words: str, pdf: Path) -> dict[int, tuple[Box, ...]]:
    """The boxes on the PDF that LibreOffice made of slides; {} where it cannot be read."""
    from ingest.conversion import boxes_on_pdf

    try:
        return {number: boxes_on_pdf(pdf, number, words) for number in passage.pages}
    except KathederError:
        return {}


def show_source(
    library: Library, answer: Answer | None, source: Source, pin: Pin | None = None
) -> None:
    """The document of a source, opened where it is quoted; the answer's other quotes are marked too.

    Args:
        library: Holds the document, unless it was removed.
        answer: To which the source belongs, if it does to one.
        source: Cut to what is to be marked.
        pin: Saves selected words as a note.
    """
    state = st.session_state
    passage = source.hit.passage
    document = next((d for d in library.documents() if d.id == passage.document), None)
    if document is None:
        st.info(escape(t("{file} is no longer in the library.", file=passage.file)))
        return
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.markdown(f"**{escape(document.name)}**")
        if st.button(t("Close"), icon=":material/close:", type="tertiary", key="close_page"):
            close_source()
            st.rerun()
    pictured = pictured_file(library, document)
    places = places_of(source, library, pictured)
    others = [
        place
        for other in (answer.sources if answer else ())
        if answer and other.number != source.number and other.hit.passage.document == document.id
        for place in places_of(answer.marked(other), library, pictured)
    ]
    show_viewer(
        library,
        document,
        key="viewer_beside",
        page=passage.page,
        token=str(state.get("opened_sources", 0)),
        places=places,
        others=others,
        quote=source.quote,
        pin=pin,
    )
    first = places[0].page if places else passage.page
    offer_files(document, pictured, first)


def offer_files(document: Document, pictured: Path | None, number: int) -> None:
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
            offer_file(
                "library.read",
                t("Download"),
                data=original.read_bytes,
                file_name=document.file,
                icon=":material/download:",
                type="tertiary",
                key="download_original",
                help=t("The file as it was added"),
            )


def _served(pdf: Path) -> str:
    """The address at which the app's own server has a PDF while the page is open."""
    media = st.runtime.get_instance().media_file_mgr
    address = media.add(str(pdf), "application/pdf", "page-view")
    return f"{st.get_option('server.baseUrlPath').rstrip('/')}{address}"
