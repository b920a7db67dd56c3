"""Notes: pinned quotations and the reader's own words, by course; searched, edited and exported."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ingest.courses import MAX_COURSE_NAME
from ui.file_exchange import offer_file
from ui.navigation import open_lecture
from ui.reading.notes import Note, as_anki, as_markdown
from ui.reading.pins import open_notes
from ui.session import Session
from ui.text import counted, escape, t, with_formulas

_LONGEST = 4000  # characters of a note's own words, and of its quotation


def page(session: Session) -> None:
    """One run of the page."""
    notes = open_notes(session)
    st.title(t("Notes"))
    with st.container(horizontal=True, vertical_alignment="center", key="notes_bar"):
        words = st.text_input(
            t("Search notes"),
            placeholder=t("Search notes"),
            label_visibility="collapsed",
            icon=":material/search:",
            key="search_notes",
        )
        _new_note(session)
    found = notes.search(session.reader, words)
    if not found:
        st.info(
            t("No matching notes.")
            if words
            else t(
                "There are no notes yet. Select words in a page beside an answer and pin them, or "
                "write a note of your own."
            )
        )
        return
    _export(found)
    course = None
    for note in found:
        if note.course != course:
            course = note.course
            st.subheader(escape(course) or t("Without a course"))
        _show(session, note)


def _courses(session: Session, course: str = "") -> list[str]:
    names = [one.name for one in session.library.courses()] if session.library else []
    return list(dict.fromkeys(["", *([course] if course else []), *names]))


def _new_note(session: Session) -> None:
    with (
        st.popover(t("New note"), icon=":material/add:"),
        st.form("new_note", border=False, clear_on_submit=True),
    ):
        text = st.text_area(
            t("Your words"),
            help=escape(t("A formula stands between dollar signs: $x^2$")),
            key="note_text",
        )
        course = st.selectbox(
            t("Course"), _courses(session), format_func=lambda name: name or t("Without a course")
        )
        if st.form_submit_button(t("Save"), type="primary") and text.strip():
            note = Note(text=text.strip()[:_LONGEST], course=course or "")
            open_notes(session).add(session.reader, note)
            st.rerun()


def _export(notes: Sequence[Note]) -> None:
    # Said now: a file is made outside of the run, where nothing knows the reader's language.
    no_course, deck, asked = (
        t("Without a course"),
        t("Katheder notes"),
        t("What does {place} say?", place="{place}"),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(counted(len(notes), "note", "notes"), width="content")
        offer_file(
            "note.keep",
            "Markdown",
            data=lambda: as_markdown(notes, no_course),
            file_name="katheder-notes.md",
            mime="text/markdown",
            icon=":material/download:",
        )
        offer_file(
            "note.keep",
            "Anki",
            data=lambda: as_anki(notes, deck, asked),
            file_name="katheder-notes.apkg",
            mime="application/apkg",
            icon=":material/download:",
            disabled=not any(note.quote for note in notes),
            help=t("Notes with a quotation; your words ask, the quotation answers"),
        )


def _show(session: Session, note: Note) -> None:
    """A note with its menu."""
    with st.container(border=True, key=f"note-{note.id}"):
        if note.text:
            st.markdown("  \n".join(map(with_formulas, note.text.splitlines())))
        if note.quote:
            lines = [escape(line) for line in note.quote.splitlines()]
            st.markdown("> " + "  \n> ".join(lines))
        with st.container(horizontal=True, vertical_alignment="center"):
            if note.document and st.button(
                escape(note.citation),
                icon=":material/menu_book:",
                type="tertiary",
                key=f"open-note-{note.id}",
                help=t("Show this page"),
            ):
                open_lecture(note.document, note.page)
            st.space("stretch")
            _menu(session, note)


def _menu(session: Session, note: Note) -> None:
    menu = st.popover(
        t("More about this note"),
        icon=":material/more_vert:",
        type="tertiary",
        key=f"menu-note-{note.id}",
        on_change="rerun",
    )
    if not menu.open:
        return
    notes = open_notes(session)
    with menu, st.form(f"note-form-{note.id}", border=False):
        text = st.text_area(t("Your words"), note.text)
        quote = st.text_area(t("Quotation"), note.quote) if note.quote else ""
        courses = _courses(session, note.course)
        course = st.selectbox(
            t("Course"),
            courses,
            courses.index(note.course),
            format_func=lambda name: name or t("Without a course"),
        )
        if st.form_submit_button(t("Save"), type="primary"):
            notes.change(
                session.reader,
                note.id,
                text=text.strip()[:_LONGEST],
                quote=quote.strip()[:_LONGEST],
                course=(course or "")[:MAX_COURSE_NAME],
            )
            st.rerun()
    with menu:
        st.button(
            t("Remove the note"),
            icon=":material/delete:",
            key=f"remove-note-{note.id}",
            on_click=notes.remove,
            args=(session.reader, note.id),
        )
