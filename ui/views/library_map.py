"""Parts of the page Library: the map of all passages, and near-duplicate passages."""

from __future__ import annotations

import streamlit as st

from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Passage
from rag import library_map
from rag.document_versions import SharedPages, shared_pages
from rag.library_map import LibraryMap
from ui.presentation.charts import legible
from ui.presentation.map_chart import COLOURS, map_chart
from ui.session import Session, error_text
from ui.text import citation_of, escape, t
from ui.views.lecture_list import remove_lecture

_THRESHOLD = 0.95  # cosine from which two passages count as near-duplicates


def show_map(session: Session, library: Library) -> None:
    """All passages in two dimensions, with a question and the passages that it retrieves."""
    question = st.text_input(t("Show a question on the map"), key="map_question", max_chars=500)
    names = [document.name for document in library.documents()]
    few = len(names) <= len(COLOURS)
    coloured = st.multiselect(
        t("Lectures in colour"),
        names,
        default=names if few else names[:3],
        max_selections=len(COLOURS),
        placeholder=t("Choose lectures"),
        key="map_coloured",
    )
    with st.spinner(t("Comparing all passages …"), show_time=True):
        projection = _library_map(library)
    point, retrieved = None, set()
    if question.strip():
        try:
            pipeline = session.pipeline()
            retrieved = {hit.passage.id for hit in pipeline.search(question)}
            point = projection.project(pipeline.encoder.encode_questions([question])[0])
        except KathederError as error:
            st.error(error_text(error))
    chart = map_chart(
        projection,
        citation_of,
        question=question,
        question_point=point,
        retrieved=retrieved,
        coloured=coloured,
        text=t,
    )
    st.altair_chart(legible(chart), width="stretch", key="map", alt=t("Map of all passages"))
    st.caption(
        t(
            "Each point is a passage. The axes are the first two principal components of the passage "
            "vectors. Points that are close together often, but not always, have a similar meaning."
        )
    )


def show_near_duplicates(session: Session, library: Library) -> None:
    """Lectures that share their pages, as an old and a new version do, and passages nearly the same."""
    with st.spinner(t("Comparing all passages …"), show_time=True):
        documents, pairs = _shared_pages(library), _near_duplicates(library)
    for number, shared in enumerate(documents):
        with st.container(horizontal=True, vertical_alignment="center", key=f"shared-{number}"):
            st.markdown(
                t(
                    "{file}: {share} % of its pages are also in {other}.",
                    file=escape(shared.document.name),
                    share=round(100 * shared.share),
                    other=escape(shared.other.name),
                ),
                width="stretch",
            )
            if not session.identity.may("lecture.remove"):
                continue
            for role, document in (("one", shared.document), ("other", shared.other)):
                with st.popover(
                    t("Remove {file}", file=escape(document.name)), icon=":material/delete:"
                ):
                    st.markdown(t("Remove this lecture from the library?"))
                    st.button(
                        t("Remove from the library"),
                        type="primary",
                        key=f"shared-{number}-{role}",
                        on_click=remove_lecture,
                        args=(session, library, document),
                    )
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
