"""Study: cards, a quiz, an exam, a glossary and a timeline, made of the lectures' own sentences."""

from __future__ import annotations

from functools import partial

import streamlit as st

from ingest.errors import KathederError
from rag.types import Source
from ui.ingestion import welcome
from ui.reading.source_view import show_source
from ui.session import Session, error_text, lazy_tabs
from ui.study.cards import show_cards
from ui.study.common import choose_lectures, definitions_in_scope
from ui.study.exam import show_exam
from ui.study.glossary import show_glossary, show_timeline
from ui.study.quiz import show_quiz
from ui.text import t

_STYLE = """<style>
.st-key-study_card { padding: 1.5rem; }
.st-key-study_card h3, .st-key-study_card h4 { font-weight: 500; line-height: 1.4; padding-top: 0; }
.stButton kbd { color: inherit; background: transparent; border-color: currentColor; opacity: 1; }
@media (hover: none), (max-width: 640px) { .stButton kbd { display: none; } } /* no keyboard */
.st-key-study_show kbd { font-size: 0; } /* Streamlit names keys in English */
.st-key-study_show kbd::after { content: "KEY"; font-size: .75rem; }
</style>"""


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    st.html(_STYLE.replace("KEY", t("Space bar")))
    source = _open_source()
    if source is None:
        _show_parts(session)
        return
    main, beside = st.columns([11, 9], gap="medium")
    with beside, st.container(key="beside"):
        show_source(session.library, None, source)
    with main:
        _show_parts(session)


def _open_source() -> Source | None:
    """The sentence whose page is open beside the part."""
    state = st.session_state
    opened = state.setdefault("open_source", None)
    if not opened or opened[0] != "study":
        return None
    source: Source | None = state.get("study_source")
    return source


def _show_parts(session: Session) -> None:
    library = session.library
    assert library is not None
    st.title(t("Study"))
    lectures = choose_lectures(library)
    definitions = definitions_in_scope(library, lectures)
    if not definitions:
        st.info(
            t(
                "No sentence of these lectures defines a term, so there are no cards. "
                "The timeline still lists their headings."
            )
        )
    parts = {
        t("Cards"): partial(show_cards, session, definitions),
        t("Quiz"): partial(show_quiz, session, definitions),
        t("Exam"): partial(show_exam, session, definitions),
        t("Glossary"): partial(show_glossary, definitions),
        t("Timeline"): partial(show_timeline, library, lectures, definitions),
    }
    if not definitions:
        parts = {t("Timeline"): parts[t("Timeline")]}
    try:
        lazy_tabs("study", parts)
    except KathederError as error:
        st.error(error_text(error))
