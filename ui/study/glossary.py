"""The parts Glossary and Timeline of the page Study."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ingest.citations import unit_of
from ingest.store import Library
from ingest.types import Document
from rag.study.cards import source_of
from rag.study.definitions import Definition
from rag.study.glossary import LectureTopics, Topic, glossary, timeline
from rag.types import Hit, Source
from ui.study.common import page_button, sentence
from ui.text import UNIT, counted, escape, t

_ENTRIES = 20  # on a page of the glossary


def show_glossary(definitions: Sequence[Definition]) -> None:
    """The defined terms in alphabetical order, each with its sentence and page."""
    search = st.text_input(
        t("Search a term"),
        key="glossary_search",
        placeholder=t("Search a term"),
        label_visibility="collapsed",
        icon=":material/search:",
    )
    wanted = search.strip().casefold()
    entries = [
        one
        for one in glossary(definitions)
        if wanted in one.term.casefold() or wanted in one.text.casefold()
    ]
    st.caption(counted(len(entries), "term", "terms"))
    pages = (len(entries) - 1) // _ENTRIES + 1
    page = st.pagination(pages, key="glossary_page") or 1 if pages > 1 else 1
    for number, entry in enumerate(entries[(page - 1) * _ENTRIES : page * _ENTRIES]):
        with st.container(gap="xxsmall"):
            st.markdown(sentence(entry))
            page_button(entry, f"glossary-{number}")


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def _timeline(
    library: Library, documents: tuple[str, ...], definitions: Sequence[Definition]
) -> list[LectureTopics]:
    return timeline(library, documents, definitions)


def show_timeline(
    library: Library, lectures: Sequence[Document], definitions: Sequence[Definition]
) -> None:
    """For each lecture the terms that it introduces; a term opens its page."""
    st.caption(t("Each term is in the first lecture that has it. Bold ones are defined there."))
    ids = tuple(document.id for document in lectures)
    for lecture in _timeline(library, ids, list(definitions)):
        document, topics = lecture.document, lecture.topics
        st.markdown(f"**{escape(document.title or document.name)}** · {escape(document.name)}")
        if not topics:
            st.caption(t("No terms were found here."))
            continue

        def label(row: int, topics: tuple[Topic, ...] = topics, file: str = document.file) -> str:
            topic = topics[row]
            term = escape(topic.term)
            page = t(UNIT[unit_of(file)], number=topic.page)
            return f"**{term}** · {page}" if topic.definition else f"{term} · {page}"

        def show(document: Document = document, topics: tuple[Topic, ...] = topics) -> None:
            row = st.session_state[f"timeline-{document.id}"]
            if row is not None:
                _open(library, document, topics[row])

        st.pills(
            t("Terms of {file}", file=document.name),
            range(len(topics)),
            format_func=label,
            key=f"timeline-{document.id}",
            label_visibility="collapsed",
            on_change=show,
        )


def _open(library: Library, document: Document, topic: Topic) -> None:
    """Open the page of a term beside the timeline, at its definition if there is one."""
    state = st.session_state
    if topic.definition is not None:
        source = source_of(topic.definition)
    else:
        passages = library.passages(document.id)
        passage = next((one for one in passages if topic.page in one.pages), None)
        if passage is None:
            return
        source = Source(1, passage.text, Hit(passage, {}), end=len(passage.text))
    state.open_source = ("study", topic.term)
    state.study_source = source
    state.opened_sources = state.get("opened_sources", 0) + 1
