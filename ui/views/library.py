"""Library: courses and their lectures; one lecture in the viewer."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ingest.citations import unit_of
from ingest.store import Library
from ingest.types import Document
from ui.course.guide import show_guide
from ui.course.guide_job import start_guides
from ui.ingestion import follow_ingestion, is_reading, reloaded, show_reload, upload, welcome
from ui.page_view import pictured_file, size_of
from ui.reading.pins import pin_to
from ui.reading.source_view import offer_files, passage_places
from ui.reading.viewer import show_viewer
from ui.session import Session, lazy_tabs
from ui.text import UNIT, counted, escape, t
from ui.views.lecture_list import lecture_menu, lecture_title, show_courses
from ui.views.library_map import show_map, show_near_duplicates
from ui.views.page_correction import show_correction


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    library = session.library
    if not is_reading():
        start_guides(session)
    document = named_lecture(library, st.query_params.get("lecture", ""))
    if document is None and "lecture" in st.query_params:
        document = reloaded(library)
        if document is not None:
            st.query_params["lecture"] = document.id[:16]
    if document is not None:
        show_lecture(session, library, document)
        return
    st.title(t("Library"))
    place = f" · {session.folder}" if session.identity.may("folder.show") else ""
    st.caption(escape(f"{size_of(library)}{place}"))
    upload(session)
    follow_ingestion(session)
    lazy_tabs(
        "library",
        {
            t("Lectures"): partial(show_courses, session, library),
            t("Map of all passages"): partial(show_map, session, library),
            t("Near-duplicates"): partial(show_near_duplicates, session, library),
        },
    )


def named_lecture(library: Library, name: str) -> Document | None:
    """The lecture whose id begins with what the address names; None for none."""
    if len(name) < 8:
        return None
    return next((d for d in library.documents() if d.id.startswith(name)), None)


def show_lecture(session: Session, library: Library, document: Document) -> None:
    """A lecture in the viewer, what can be done with it, and its passages."""

    def back() -> None:
        for name in ("lecture", "page", "passage"):
            st.query_params.pop(name, None)

    with st.container(horizontal=True, vertical_alignment="center", key="lecture_head"):
        st.button(t("All lectures"), icon=":material/arrow_back:", type="tertiary", on_click=back)
        st.markdown(f"**{escape(lecture_title(library, document))}**", width="stretch")
        lecture_menu(session, library, document, "", key="menu-lecture")
    show_reload(library, document)
    follow_ingestion(session)
    show_guide(session, library, document)
    number = _page_of_address(document)
    pictured = pictured_file(library, document)
    name = st.query_params.get("passage", "")
    passage = next((p for p in library.passages(document.id) if name and p.id == name), None)
    places = passage_places(passage, 0, len(passage.text), library, pictured) if passage else []
    show_viewer(
        library,
        document,
        key="viewer_library",
        page=number,
        token=f"{document.id} {number} {name}",
        places=places,
        quote=" ".join(passage.text.split()) if passage else "",
        pin=pin_to(session, library),
    )
    offer_files(document, pictured, number)
    with st.expander(t("Passages of a page"), icon=":material/segment:", key="passages_of_page"):
        unit = t(UNIT[unit_of(document.file)], number="").strip().capitalize()
        chosen = st.number_input(unit, 1, document.pages, number, key=f"page-{document.id}")
        _passages_of_page(session, library, document, int(chosen))


def _name_passage(passage: str) -> None:
    st.query_params["passage"] = passage


def _page_of_address(document: Document) -> int:
    text = st.query_params.get("page", "1")
    return min(max(int(text), 1), document.pages) if text.isdecimal() else 1


def _passages_of_page(session: Session, library: Library, document: Document, number: int) -> None:
    passages = [p for p in library.passages(document.id) if number in p.pages]
    st.markdown(f"**{escape(counted(len(passages), 'passage', 'passages'))}**")
    for passage in passages:
        with st.container(border=True):
            st.caption(escape(" › ".join(passage.headings)))
            st.text(passage.text)
            st.button(
                t("Show on the page"),
                icon=":material/ink_highlighter:",
                type="tertiary",
                key=f"passage-{passage.id}",
                on_click=_name_passage,
                args=(passage.id,),
                help=t("Marks it, and the address names it"),
            )
    if not passages:
        st.caption(t("Not indexed (divider slide or no text)"))
    show_correction(session, library, document, number)
