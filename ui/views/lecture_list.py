"""Parts of the page Library: the courses with their lectures, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import streamlit as st

from ingest.citations import unit_of
from ingest.courses import MAX_COURSE_NAME, order_key
from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Course, Document
from ui.ingestion import is_reading, reload, start_rebuild
from ui.render import show_unread_pictures
from ui.session import Session, error_text
from ui.text import UNITS_COUNTED, counted, escape, t
from ui.uploads import is_uploaded


def show_courses(session: Session, library: Library) -> None:
    """Every course with its lectures in order, then the lectures that are in none."""
    documents = {document.id: document for document in library.documents()}
    courses = library.courses()
    blank = library.pages_without_text()
    for position, course in enumerate(courses):
        lectures = [documents[id] for id in course.documents if id in documents]
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"course-{course.name}"
        ):
            st.subheader(escape(course.name), width="stretch")
            if session.identity.may("course.change"):
                _course_menu(library, courses, position)
        st.caption(_size(lectures))
        _rows(session, library, lectures, course.name, f"c{position}", blank)
    members = {id for course in courses for id in course.documents}
    others = sorted((d for d in documents.values() if d.id not in members), key=order_key)
    if others:
        if courses:
            st.subheader(t("Without a course"))
            st.caption(_size(others))
        _rows(session, library, others, "", "none", blank)
    with st.container(horizontal=True):
        if session.identity.may("course.change"):
            _new_course(library, list(documents.values()))
        if session.identity.may("library.rebuild"):
            _rebuild(session)
    show_unread_pictures(library)


def _size(lectures: Sequence[Document]) -> str:
    number = counted(len(lectures), "lecture", "lectures")
    return escape(f"{number}, {counted(sum(d.pages for d in lectures), 'page', 'pages')}")


def _rows(
    session: Session,
    library: Library,
    lectures: Sequence[Document],
    course: str,
    group: str,
    blank: Mapping[str, Sequence[int]],
) -> None:
    """A row for each lecture: its title, which opens it, its figures, and its menu."""

    def open_lecture(id: str) -> None:
        st.query_params["lecture"] = id[:16]
        st.query_params.pop("page", None)

    with st.container(gap="xxsmall", key=f"lectures-{group}"):
        for number, document in enumerate(lectures, start=1):
            title = lecture_title(library, document)
            with st.container(
                horizontal=True,
                vertical_alignment="center",
                key=f"lecture-{group}-{document.id[:16]}",
            ):
                with st.container(gap=None, width="stretch"):
                    st.button(
                        escape(f"{number}. {title}" if course else title),
                        key=f"open-{group}-{document.id}",
                        type="tertiary",
                        on_click=open_lecture,
                        args=(document.id,),
                    )
                    st.caption(escape(_figures(document, title, len(blank.get(document.id, ())))))
                lecture_menu(
                    session, library, document, course, key=f"menu-{group}-{document.id[:16]}"
                )


def _figures(document: Document, title: str, blank: int) -> str:
    """File, pages, language and pages without text of a lecture, in one line."""
    parts = [document.name] if document.name != title else []
    parts.append(counted(document.pages, *UNITS_COUNTED[unit_of(document.file)]))
    if document.language:
        parts.append(document.language.upper())
    if blank:
        parts.append(t("without text: {number}", number=blank))
    return " · ".join(parts)


@st.cache_data(show_spinner=False, max_entries=2000, hash_funcs={Library: Library.content_hash})
def lecture_title(library: Library, document: Document) -> str:
    """What a lecture calls itself: its title, the heading of its first page, or its file."""
    if document.title:
        return document.title
    headings = (heading for _, heading, _, _ in library.page_outlines(document.id)[:2])
    return next(filter(None, headings), document.name)


def lecture_menu(
    session: Session, library: Library, document: Document, course: str, *, key: str
) -> None:
    """What can be done with a lecture.

    Args:
        session: Whose library it is.
        library: Holds the lecture.
        document: The lecture.
        course: The course that it is listed under, "" for none.
        key: Of the menu; its parts are drawn when it is opened.
    """
    if not session.identity.may("lecture.remove"):
        return
    menu = st.popover(
        t("More about this lecture"),
        icon=":material/more_vert:",
        type="tertiary",
        key=key,
        on_change="rerun",
    )
    if not menu.open:
        return

    def reload_and_close() -> None:
        st.session_state[key] = False  # so that the report is in view
        reload(session, document)

    with menu:
        if course:
            _place_buttons(library, document, course, key)
        _course_choice(library, document, course, key)
        st.button(
            t("Reload the file"),
            icon=":material/refresh:",
            key=f"{key}-reload",
            on_click=reload_and_close,
            help=t("Replaces the pages if the file has changed"),
            disabled=is_reading(),
        )
        st.button(
            t("Remove from the library"),
            icon=":material/delete:",
            key=f"{key}-remove",
            on_click=remove_lecture,
            args=(session, library, document),
            help=t("With its pages and passages; the file itself stays where it is"),
        )


def _place_buttons(library: Library, document: Document, course: str, key: str) -> None:
    ids = list(library.course(course).documents)
    place = ids.index(document.id)

    def move(by: int) -> None:
        ids.insert(place + by, ids.pop(place))
        library.set_course(course, ids)

    def take_out() -> None:
        library.remove_from_course(course, document.id)

    _move_buttons(move, place, len(ids), key)
    st.button(t("Take out of this course"), key=f"{key}-out", on_click=take_out)


def _move_buttons(move: Callable[[int], None], place: int, count: int, key: str) -> None:
    """Up and down, for the one at a place from 0; `move` takes by how many places."""
    with st.container(horizontal=True, gap="xsmall"):
        for label, icon, name, by, last in (
            (t("Up"), "arrow_upward", "up", -1, 0),
            (t("Down"), "arrow_downward", "down", 1, count - 1),
        ):
            st.button(
                label,
                icon=f":material/{icon}:",
                key=f"{key}-{name}",
                on_click=move,
                args=(by,),
                disabled=place == last,
            )


def _course_choice(library: Library, document: Document, course: str, key: str) -> None:
    """Put a lecture into another course, or into a second one."""
    others = [c.name for c in library.courses() if document.id not in c.documents]
    name = st.selectbox(
        t("Another course"),
        others,
        index=None,
        placeholder=t("Choose one, or type a new name"),
        accept_new_options=True,
        key=f"{key}-course",
    )

    def put(*, move: bool) -> None:
        if name and name.strip():
            library.add_to_course(name.strip()[:MAX_COURSE_NAME], document.id)
            if move and course:
                library.remove_from_course(course, document.id)

    with st.container(horizontal=True, gap="xsmall"):
        if course:
            st.button(
                t("Move there"),
                key=f"{key}-move",
                on_click=put,
                kwargs={"move": True},
                disabled=not name,
            )
        st.button(
            t("Add there too") if course else t("Add there"),
            key=f"{key}-add",
            on_click=put,
            kwargs={"move": False},
            disabled=not name,
        )


def remove_lecture(session: Session, library: Library, document: Document) -> None:
    """Remove a lecture from the library; an uploaded file is deleted, any other stays."""
    session.identity.require("lecture.remove")
    library.remove(document.id)
    st.query_params.pop("lecture", None)
    file = Path(document.path)
    if is_uploaded(file, session.folder):
        file.unlink(missing_ok=True)


# ---- courses ----


def _course_menu(library: Library, courses: Sequence[Course], position: int) -> None:
    course = courses[position]
    key = f"menu-course-{course.name}"  # which stays open where the course goes
    menu = st.popover(
        t("More about this course"),
        icon=":material/more_vert:",
        type="tertiary",
        key=key,
        on_change="rerun",
    )
    if not menu.open:
        return

    def move(by: int) -> None:
        names = [one.name for one in courses]
        names.insert(position + by, names.pop(position))
        library.set_courses(names)

    with menu:
        with st.form(f"{key}-rename", border=False):
            name = st.text_input(t("Name"), course.name, max_chars=MAX_COURSE_NAME)
            if st.form_submit_button(t("Rename"), icon=":material/edit:") and name.strip():
                try:
                    library.rename_course(course.name, name.strip())
                    st.rerun()
                except KathederError as error:
                    st.error(error_text(error))
        _move_buttons(move, position, len(courses), key)
        st.button(
            t("Remove the course"),
            icon=":material/delete:",
            key=f"{key}-remove",
            on_click=library.remove_course,
            args=(course.name,),
            help=t("Its lectures stay in the library"),
        )


def _new_course(library: Library, documents: Sequence[Document]) -> None:
    with (
        st.popover(t("New course"), icon=":material/create_new_folder:"),
        st.form("new_course", border=False, clear_on_submit=True),
    ):
        name = st.text_input(t("Name"), max_chars=MAX_COURSE_NAME, key="new_course_name")
        lectures = st.multiselect(
            t("Lectures"),
            documents,
            format_func=lambda document: document.name,
            placeholder=t("Choose lectures"),
            key="new_course_lectures",
        )
        if st.form_submit_button(t("Create"), type="primary") and name.strip():
            library.add_course(name.strip())
            for document in lectures:
                library.add_to_course(name.strip(), document.id)
            st.rerun()


def _rebuild(session: Session) -> None:
    """Read all files again, in the background."""
    with st.popover(t("Rebuild the library"), icon=":material/build:"):
        st.markdown(
            t(
                "Reads all files again with the current settings. The library can be used "
                "meanwhile, and stays as it is if you stop or a file cannot be read."
            )
        )
        if st.button(t("Start to rebuild"), type="primary", disabled=is_reading()):
            start_rebuild(session)
            st.rerun()
