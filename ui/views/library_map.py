"""Parts of the page Library: the map of all passages, and near-duplicate passages."""

from __future__ import annotations

import streamlit as st

from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Passage
from rag import library_map
from rag.document_versions import SharedPages, shared_pages
from rag.library_map import LibraryMap
from ui.presentation.map_chart import map_chart
from ui.session import Session
from ui.text import citation_of, escape, t

_THRESHOLD = 0.95  # cosine from which two passages count as near-duplicates


def show_map(session: Session, library: Library) -> None:
    """All passages in two dimensions, with a question and the passages that it retrieves."""
    question = st.text_input(t("Show a question on the map"), key="map_question", max_chars=500)
    projection = _library_map(library)
    point, retrieved = None, set()
    if question.strip():
        try:
            pipeline = session.pipeline()
            retrieved = {hit.passage.id for hit in pipeline.search(question)}
            point = projection.project(pipeline.encoder.encode_questions([question])[0])
        except KathederError as error:
            st.error(escape(str(error)))
    chart = map_chart(
        projection,
        citation_of,
        question=question,
        question_point=point,
        retrieved=retrieved,
        text=t,
    )
    st.altair_chart(chart, width="stretch", key="map", alt=t("Map of all passages"))
    st.caption(
        t(
            "Each point is a passage. The axes are the first two principal components of the passage "
            "vectors. Points that are close together often, but not always, have a similar meaning."
        )
    )


def show_near_duplicates(library: Library) -> None:
    """Passages that are nearly the same, as in an old and a new version of a lecture."""
    for shared in _shared_pages(library):
        st.markdown(
            t(
                "{file}: {share} % of its pages are also in {other}.",
                file=escape(shared.document.name),
                share=round(100 * shared.share),
                other=escape(shared.other.name),
            )
        )
    pairs = _near_duplicates(library)
    st.caption(
        t(
            "Pairs of passages with a cosine similarity of at least {threshold}: {number}",
            threshold=_THRESHOLD,
            number=len(pairs),
        )
    )
    for cosine, first, second in pairs:
        with st.expander(escape(f"{cosine:.3f}: {citation_of(first)}; {citation_of(second)}")):
            for column, passage in zip(st.columns(2), (first, second), strict=True):
                column.caption(escape(citation_of(passage)))
                column.text(passage.text)


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def _library_map(library: Library) -> LibraryMap:
    return library_map.library_map(library)


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def _near_duplicates(library: Library) -> list[tuple[float, Passage, Passage]]:
    return library_map.near_duplicates(library, _THRESHOLD)


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def _shared_pages(library: Library) -> list[SharedPages]:
    return shared_pages(library)
