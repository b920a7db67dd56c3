"""What the parts of the page Study share: the lectures, their definitions, and the page beside them."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ingest.store import Library
from ingest.types import Document
from rag.evidence import Judge
from rag.study.cards import definitions_of, lectures_in_order, source_of
from rag.study.definitions import Definition
from rag.study.reviews import FILE, Reviews
from ui.scope_picker import scope_picker
from ui.session import Session
from ui.text import citation_of, escape, t


@st.cache_resource(show_spinner=False)
def open_reviews(folder: str) -> Reviews:
    """The reviews stored in the library's folder."""
    return Reviews(Path(folder) / FILE)


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def definitions(library: Library, documents: tuple[str, ...], courses: str) -> list[Definition]:
    """The definitions of some lectures; `courses` stands for what a citation depends on."""
    return definitions_of(library, documents)


def choose_lectures(library: Library) -> list[Document]:
    """The lectures of the scope that the reader chose, in order; all where they chose none.

    Raises:
        BadScope: the scope names no lecture.
    """
    scope = scope_picker(library, "scope-study", label="Material: {scope}")
    return lectures_in_order(library, scope.documents(library))


def definitions_in_scope(library: Library, lectures: list[Document]) -> list[Definition]:
    """The definitions of the chosen lectures."""
    ids = tuple(document.id for document in lectures)
    with st.spinner(t("Looking for definitions …"), show_time=True):
        return definitions(library, ids, repr(library.courses()))


def judge_of(session: Session) -> Judge:
    """The judge of the reader's models; waits until they are loaded."""
    with st.spinner(t("Loading models …"), show_time=True):
        return session.pipeline().judge


def page_button(definition: Definition, key: str) -> None:
    """A button that names the page of a definition and opens it beside the part."""
    citation = citation_of(source_of(definition))

    def show() -> None:
        open_page(definition, key)

    st.button(
        escape(citation),
        key=f"show-{key}",
        icon=":material/menu_book:",
        type="tertiary",
        help=t("Show the page with the sentence highlighted"),
        on_click=show,
    )


def open_page(definition: Definition, key: str) -> None:
    """Open the page of a definition beside the part."""
    state = st.session_state
    state.open_source = ("study", key)
    state.study_source = source_of(definition)
    state.opened_sources = state.get("opened_sources", 0) + 1


def sentence(definition: Definition) -> str:
    """The definition in Markdown, with its term in bold."""
    text = definition.text
    before, term, behind = (
        text[: definition.term_start],
        text[definition.term_start : definition.term_end],
        text[definition.term_end :],
    )
    if definition.kind == "abbreviation":
        return f"**{escape(term)}**: {escape(definition.meaning)}"
    return f"{escape(before)}**{escape(term)}**{escape(behind)}"
