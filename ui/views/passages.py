"""Passages: how each stage of the search ranks each passage for one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from ingest.errors import KathederError
from ingest.store import Library
from rag.pipeline import Pipeline
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings
from rag.trace import ORDER, Trace, trace
from rag.types import Source
from ui.ingestion import welcome
from ui.presentation.labels import STAGES
from ui.presentation.passage_charts import LABELLED, rank_chart, score_chart
from ui.scope_picker import scope_picker
from ui.session import Session, change_settings, error_text, lazy_tabs
from ui.text import citation_of, escape, pages_first, t
from ui.views.passage_details import show_prompt, show_traces

_LISTED = 30  # candidates in the chart and the list
SLIDERS = {  # section and field of the settings: label, smallest and largest value, step
    ("retrieval", "top_k"): ("Passages retrieved (top k)", 1, 50, 1),
    ("retrieval", "candidates"): ("Candidates per search", 5, 200, 5),
    ("retrieval", "dense_weight"): ("Weight of semantic search", 0.0, 3.0, 0.1),
    ("retrieval", "lexical_weight"): ("Weight of keyword search", 0.1, 3.0, 0.1),
    ("rerank", "candidates"): ("Candidates to rerank", 1, 50, 1),
    ("rerank", "first_stage_weight"): ("Weight of the first-stage score", 0.0, 5.0, 0.25),
    ("answer", "passages"): ("Passages searched for evidence", 1, 20, 1),
    ("answer", "passage_weight"): ("Weight of the passage score", 0.0, 3.0, 0.1),
}

Changes = Mapping[str, dict[str, Any]]  # settings to change, by section and field


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    st.title(t("Passages"))
    st.caption(t("How each search stage ranks each passage for one question."))
    st.session_state.setdefault("inspected", st.session_state.get("last_question", ""))
    scope = scope_picker(session.library, "scope-passages")
    question = st.text_input(t("Question"), key="inspected", max_chars=2000)
    first, second = search_settings(session)
    if not question.strip():
        st.info(t("Enter a question above. This page only searches; it writes no answer."))
        return
    try:
        inspect(session, session.library, question, first, second, scope)
    except KathederError as error:
        st.error(error_text(error))


def search_settings(session: Session) -> tuple[Changes, Changes | None]:
    """The sidebar: the changed search settings, and the ones to compare them with, if any."""
    with st.sidebar:
        st.subheader(t("Search settings"))
        first = sliders(session.settings, "a")
        if st.toggle(t("Compare with other settings"), key="compared"):
            st.caption(t("Settings of the right column:"))
            return first, sliders(session.settings, "b")
        if st.button(t("Use these settings for my questions"), key="save_search"):
            change_settings(session, **{name: dict(values) for name, values in first.items()})
            st.toast(t("Saved. The next answer uses these settings."))
    return first, None


def sliders(settings: Settings, key: str) -> Changes:
    """Sliders for what needs no new reading of the lectures; the values set."""
    changes: dict[str, dict[str, Any]] = {}
    for (section, field), (label, low, high, step) in SLIDERS.items():
        value = getattr(getattr(settings, section), field)
        changes.setdefault(section, {})[field] = st.slider(
            t(label),
            min(low, value),
            max(high, value),
            value,
            step,
            key=f"{key}-{section}-{field}",
            disabled=section == "rerank" and settings.models.reranker == "none",
        )
    return changes


def inspect(
    session: Session,
    library: Library,
    question: str,
    first: Changes,
    second: Changes | None,
    scope: Scope = EVERYTHING,
) -> None:
    """Every candidate of one question in a scope, under one or two settings."""
    pipeline = session.pipeline().within(scope)
    pipelines = [
        pipeline.with_settings(session.settings.with_changes(**changes))
        for changes in (first, second)
        if changes is not None
    ]
    results = [trace_question(one, question) for one in pipelines]
    if len(results) == 2:
        difference(results[0][0], results[1][0])
    for side, (column, (traces, evidence), one) in enumerate(
        zip(st.columns(len(results), gap="large"), results, pipelines, strict=True)
    ):
        with column:
            lazy_tabs(
                f"passages-{side}",
                {
                    t("Ranks"): partial(show_ranks, traces[:_LISTED]),
                    t("Passage details"): partial(
                        show_traces, library, one, question, traces[:_LISTED]
                    ),
                    t("Scores"): partial(show_scores, traces),
                    t("Evidence and prompt"): partial(show_prompt, one, question, evidence),
                },
            )


def trace_question(pipeline: Pipeline, question: str) -> tuple[list[Trace], tuple[Source, ...]]:
    """The candidates with their ranks explained, and the evidence selected from them."""
    query = pipeline.query(question)
    hits = pipeline.candidates(query)
    settings = pipeline.settings
    evidence = pipeline.evidence(query, hits[: settings.retrieval.top_k])
    return trace(hits, evidence, settings), evidence


def show_ranks(traces: Sequence[Trace]) -> None:
    """The chart of ranks by stage."""
    st.altair_chart(
        rank_chart(traces, citation_of, pages_first, dark=_is_dark(), text=t),
        width="stretch",
        alt=t("Rank of each passage by stage"),
    )
    st.caption(
        t(
            "Each line is a passage. A line that starts at a later stage was not found by the "
            "earlier search. Point at a line to see its page."
        )
    )
    lines = [
        f"**{one.rank}**  {escape(citation_of(one.hit.passage))} · {escape(t(one.outcome))}"
        for one in traces
        if one.rank <= LABELLED
    ]
    st.markdown("  \n".join(lines))


def show_scores(traces: Sequence[Trace]) -> None:
    """For each stage, how its scores are distributed over the candidates."""
    for stage in ORDER:
        chart = score_chart(traces, stage, citation_of, dark=_is_dark(), text=t)
        if chart is not None:
            st.altair_chart(chart, width="stretch", alt=t(STAGES[stage]))


def _is_dark() -> bool:
    return st.context.theme.type == "dark"


def difference(first: Sequence[Trace], second: Sequence[Trace]) -> None:
    """The passages that only one of two settings retrieves."""
    left, right = (
        {one.hit.passage.id: one.hit.passage for one in traces if one.outcome != "not retrieved"}
        for traces in (first, second)
    )
    for label, own, other in (
        (t("Retrieved only with the left settings:"), left, right),
        (t("Retrieved only with the right settings:"), right, left),
    ):
        citations = [citation_of(passage) for id, passage in own.items() if id not in other]
        if citations:
            st.markdown(escape(f"{label} {'; '.join(citations)}"))
    if left.keys() == right.keys():
        st.markdown(escape(t("Both settings retrieve the same passages.")))
