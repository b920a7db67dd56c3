"""Pinning: words of a page, or an answer, become a note of the course."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ingest.citations import LABELS, unit_of
from ingest.store import Library
from ingest.types import Document
from rag.types import Answer
from ui.reading.notes import FILE, Note, Notes
from ui.reading.viewer import Pin
from ui.session import Session
from ui.text import citation_of, place_of, t


@st.cache_resource(show_spinner=False)
def _notes(folder: str) -> Notes:
    from pathlib import Path

    return Notes(Path(folder) / FILE)


def open_notes(session: Session) -> Notes:
    """The notes in the library's folder.

    Raises:
        UnreadableNotes: the file cannot be opened.
    """
    return _notes(str(session.folder))


def pin_to(session: Session, library: Library) -> Pin:
    """What the viewer does with selected words: it saves them as a note."""
    return partial(_pin, session, library)


def _pin(session: Session, library: Library, document: Document, page: int, words: str) -> None:
    citation = citation_of_page(library, document, page)
    course = next((c.name for c in library.courses() if document.id in c.documents), "")
    note = Note(quote=words, citation=citation, document=document.id, page=page, course=course)
    open_notes(session).add(session.reader, note)
    st.toast(t("Pinned to the notes."), icon=":material/push_pin:")


def pin_answer(session: Session, answer: Answer) -> None:
    """Save an answer as a note: the question asks, the lead or the first quotation answers.

    Of an answer about the course, as a summary, every lead is saved with its page.
    """
    leads = answer.leads
    number = leads[0].source if leads else answer.sources[0].number
    source = answer.marked(answer.sources[number - 1])
    lines = [line for lead in leads if lead.source == number for line in lead.lines]
    if answer.route and len(leads) > 1:
        lines = [
            f"{' '.join(lead.lines)} ({citation_of(answer.sources[lead.source - 1])})"
            for lead in leads
        ]
    passage = source.hit.passage
    note = Note(
        text=answer.question,
        quote="\n".join(lines or source.lines),
        citation=citation_of(source),
        document=passage.document,
        page=source.pages[0],
        course=passage.course,
    )
    open_notes(session).add(session.reader, note)


def citation_of_page(library: Library, document: Document, page: int) -> str:
    """Course, lecture and page in the reader's words."""
    passages = library.passages(document.id)
    place = place_of(passages[0]) if passages else document.name
    of_one = LABELS[unit_of(document.file)][0] + " {page}"
    return f"{place}, {t(of_one, page=page)}"
