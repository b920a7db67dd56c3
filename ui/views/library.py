"""Library: add lectures, look at their pages and passages, remove them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from ingest.citations import unit_of
from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Document
from ui.ingestion import follow_ingestion, start_ingestion, upload, welcome
from ui.page_view import show_whole_page, size_of, thumbnail
from ui.render import show_unread_pictures
from ui.session import Session, lazy_tabs
from ui.text import UNIT, counted, escape, t
from ui.views.library_map import show_map, show_near_duplicates

_THUMBNAILS = 12  # on a page of them


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    library = session.library
    st.title(t("Library"))
    st.caption(escape(f"{size_of(library)} · {session.folder}"))
    upload(session)
    follow_ingestion()
    lazy_tabs(
        "library",
        {
            t("Lectures"): partial(show_documents, session, library),
            t("Map of all passages"): partial(show_map, session, library),
            t("Near-duplicates"): partial(show_near_duplicates, library),
        },
    )


def show_documents(session: Session, library: Library) -> None:
    """A table of all lectures, and one of them with its pages and passages."""
    documents = library.documents()
    st.dataframe(
        {
            t("File"): [d.name for d in documents],
            t("Title"): [d.title for d in documents],
            t("Pages"): [d.pages for d in documents],
            t("Passages"): [len(library.passages(d.id)) for d in documents],
            t("Language"): [d.language for d in documents],
            t("Collection"): [d.collection for d in documents],
        },
        hide_index=True,
        width="stretch",
    )
    show_unread_pictures(library)
    document = st.selectbox(
        t("Lecture"), documents, format_func=lambda d: d.name, key="lecture", index=0
    )
    if document is None:
        return
    _document_buttons(session, library, document)
    _pages(library, document)


def _document_buttons(session: Session, library: Library, document: Document) -> None:
    def remove() -> None:
        library.remove(document.id)
        uploads = (session.folder / "uploads").resolve()
        file = Path(document.path)
        if file.parent == uploads:
            file.unlink(missing_ok=True)

    with st.container(horizontal=True):
        if st.button(
            t("Reload the file"),
            icon=":material/refresh:",
            help=t("Replaces the pages if the file has changed"),
        ):
            st.session_state.reports = []
            start_ingestion(session, [Path(document.path)], collection=document.collection)
            st.rerun()
        with st.popover(t("Collection"), icon=":material/folder:"), st.form("collection"):
            name = st.text_input(t("Collection"), document.collection, max_chars=80)
            if st.form_submit_button(t("Save")):
                library.set_collection(document.id, name.strip())
                st.rerun()
        with st.popover(t("Remove"), icon=":material/delete:"):
            st.markdown(t("Remove this lecture from the library?"))
            st.button(t("Remove lecture"), type="primary", on_click=remove)


def _pages(library: Library, document: Document) -> None:
    """Thumbnails, and below them one page in full size beside its passages."""
    groups = (document.pages - 1) // _THUMBNAILS + 1
    group = 1
    if groups > 1:
        group = st.pagination(groups, key=f"group-{document.id}") or 1
    first = (group - 1) * _THUMBNAILS + 1
    state = st.session_state
    document_id, number = state.get("page_of_lecture", (document.id, first))
    if document_id != document.id:
        number = first

    try:
        _thumbnails(library, document, range(first, min(first + _THUMBNAILS, document.pages + 1)))
        picture, passages = st.columns([3, 2], gap="large")
        with picture:
            show_whole_page(library, document, number)
    except KathederError as error:
        st.error(escape(str(error)))
        return
    with passages:
        _passages_of_page(library, document, number)


def _thumbnails(library: Library, document: Document, numbers: range) -> None:

    def select(number: int) -> None:
        st.session_state.page_of_lecture = (document.id, number)

    with st.container(horizontal=True, gap="small", key="thumbnails"):
        for number in numbers:
            with st.container(width=150, gap="xxsmall"):
                alt = t("Page {number} of {file}", number=number, file=document.file)
                st.image(thumbnail(library, document, number), width=150, alt=alt)
                st.button(
                    t(UNIT[unit_of(document.file)], number=number),
                    key=f"page-{document.id}-{number}",
                    type="tertiary",
                    on_click=select,
                    args=(number,),
                )


def _passages_of_page(library: Library, document: Document, number: int) -> None:
    passages = [p for p in library.passages(document.id) if number in p.pages]
    st.markdown(f"**{escape(counted(len(passages), 'passage', 'passages'))}**")
    for passage in passages:
        with st.container(border=True):
            st.caption(escape(" › ".join(passage.headings)))
            st.text(passage.text)
    if not passages:
        st.caption(t("Not indexed (divider slide or no text)"))
