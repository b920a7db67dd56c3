"""Passages: why these pages. One question, each stage's ranks, and each passage's way through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Passage
from rag.evidence import judge_input, quotable_spans, span_text
from rag.pipeline import Pipeline
from rag.settings import Settings
from rag.trace import ORDER, Trace, trace
from rag.types import Hit, Source
from ui.render import STAGES
from ui.session import Session, change_settings, lazy_tabs
from ui.text import escape, pages_of, place_of, t
from ui.views.library import welcome

_SHOWN = 30  # candidates in the chart and the list
SLIDERS = {  # section and field of the settings: label, least, most, step
    ("retrieval", "top_k"): ("Passages found (top k)", 1, 50, 1),
    ("retrieval", "candidates"): ("Candidates of each search", 5, 200, 5),
    ("retrieval", "dense_weight"): ("Weight of meaning", 0.0, 3.0, 0.1),
    ("retrieval", "lexical_weight"): ("Weight of words", 0.1, 3.0, 0.1),
    ("rerank", "candidates"): ("Candidates reranked", 1, 50, 1),
    ("rerank", "first_stage_weight"): ("Weight of the first stage", 0.0, 5.0, 0.25),
    ("answer", "passages"): ("Passages read for evidence", 1, 20, 1),
    ("answer", "passage_weight"): ("Weight of the passage", 0.0, 3.0, 0.1),
}
_LABELLED = 8  # lines with their page beside them
_NEAREST = 3  # sentences shown of a passage that was read
FIELDS = {  # of the charts, as a tooltip calls them
    "place": "Page",
    "heading": "Heading",
    "stage": "Stage",
    "rank": "Rank",
    "score": "Score",
    "fate": "What became of it",
}
FATES = {"cited": "cited", "read": "read", "found": "found", "cut": "cut"}
COLOURS = {  # by theme, in the order of the fates; what was cut recedes
    "light": ("#b06000", "#1a5f7a", "#5a7686", "#84919a"),
    "dark": ("#e6a23c", "#6fb7cf", "#9fb4c0", "#65747d"),
}
_ICONS = {
    "cited": ":material/format_quote:",
    "read": ":material/visibility:",
    "found": ":material/check:",
    "cut": ":material/content_cut:",
}


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    st.title(t("Passages"))
    st.caption(t("Why these pages: what each stage thought of each passage."))
    st.session_state.setdefault("inspected", st.session_state.get("last_question", ""))
    question = st.text_input(t("Question"), key="inspected", max_chars=2000)
    first, second = search_settings(session)
    if not question.strip():
        st.info(t("Ask a question above; nothing is generated here."))
        return
    try:
        inspect(session, session.library, question, first, second)
    except KathederError as error:
        st.error(escape(str(error)))


def search_settings(
    session: Session,
) -> tuple[Mapping[str, dict[str, Any]], Mapping[str, dict[str, Any]] | None]:
    """The sidebar: what the search is to be changed to, and what that is compared with if anything."""
    with st.sidebar:
        st.subheader(t("Settings of the search"))
        first = sliders(session.settings, "a")
        compared = st.toggle(t("Compare with other settings"), key="compared")
        if compared:
            st.caption(t("The settings on the right side:"))
            return first, sliders(session.settings, "b")
        if st.button(t("Keep these settings for my questions"), key="keep_search"):
            change_settings(session, **{name: dict(values) for name, values in first.items()})
            st.toast(t("Kept; the next answer uses them."))
    return first, None


def sliders(settings: Settings, key: str) -> dict[str, dict[str, Any]]:
    """What can be changed without reading or generating anything again; the changes chosen."""
    chosen: dict[str, dict[str, Any]] = {}
    for (section, field), (label, low, high, step) in SLIDERS.items():
        now = getattr(getattr(settings, section), field)
        chosen.setdefault(section, {})[field] = st.slider(
            t(label),
            min(low, now),
            max(high, now),
            now,
            step,
            key=f"{key}-{section}-{field}",
            disabled=section == "rerank" and settings.models.reranker == "none",
        )
    return chosen


def inspect(
    session: Session,
    library: Library,
    question: str,
    first: Mapping[str, dict[str, Any]],
    second: Mapping[str, dict[str, Any]] | None,
) -> None:
    """Everything about one question under one or two settings."""
    pipeline = session.pipeline()
    pipelines = [
        pipeline.with_settings(session.settings.with_changes(**chosen))
        for chosen in (first, second)
        if chosen is not None
    ]
    found = [follow(one, question) for one in pipelines]
    if len(found) == 2:
        difference(found[0], found[1])
    for place, (column, (traces, evidence), one) in enumerate(
        zip(st.columns(len(found), gap="large"), found, pipelines, strict=True)
    ):
        with column:
            lazy_tabs(
                f"passages-{place}",
                {
                    t("Ranks"): partial(bump_chart, traces),
                    t("Each passage"): partial(show_traces, library, one, question, traces),
                    t("Scores"): partial(distributions, traces),
                    t("Evidence and prompt"): partial(show_prompt, one, question, evidence),
                },
            )


def follow(pipeline: Pipeline, question: str) -> tuple[list[Trace], tuple[Source, ...]]:
    """The candidates' ways, and the evidence taken from the first of them."""
    query = pipeline.query(question)
    hits = pipeline.candidates(query)
    settings = pipeline.settings
    evidence = pipeline.evidence(query, hits[: settings.retrieval.top_k])
    return trace(hits, evidence, settings), evidence


# ---- the chart of ranks ----


def bump_chart(traces: Sequence[Trace]) -> None:
    """A line a passage through the stages' ranks, the best at the top."""
    shown = traces[:_SHOWN]
    stages = [stage for stage in ORDER if any(stage in one.hit.stages for one in shown)]
    points = [
        {
            "passage": one.hit.passage.id,
            "place": place_of(one.hit.passage),
            "heading": (one.hit.passage.headings or ("",))[-1],
            "stage": t(STAGES[stage]),
            "rank": one.hit.stages[stage].rank,
            "score": round(one.hit.stages[stage].score, 4),
            "fate": t(FATES[one.outcome]),
            "label": f"{pages_of(one.hit.passage)}, {one.hit.passage.file}",
            "labelled": one.rank <= _LABELLED,
            "width": 1 if one.outcome == "cut" else 3,
        }
        for one in shown
        for stage in stages
        if stage in one.hit.stages
    ]
    last = t(STAGES[stages[-1]]) if stages else ""
    columns = [*(t(STAGES[stage]) for stage in stages), " "]  # the last one holds the labels
    pointed = {"condition": {"param": "pointed", "value": 1}, "value": 0.15}
    lines: dict[str, Any] = {
        "x": {
            "field": "stage",
            "type": "nominal",
            "scale": {"type": "point", "domain": columns, "padding": 0.25},
            "title": None,
            "axis": {"labelAngle": 0, "orient": "top", "ticks": False, "domain": False},
        },
        "y": {
            "field": "rank",
            "type": "quantitative",
            "scale": {"type": "sqrt", "reverse": True, "zero": False, "nice": False},
            "title": t("Rank (best at the top)"),
            "axis": {"values": [1, 2, 3, 5, 8, 12, 20, 30, 50], "format": "d", "grid": False},
        },
        "color": _colour(),
        "detail": {"field": "passage"},
        "opacity": pointed,
        "tooltip": [{"field": field, "title": t(title)} for field, title in FIELDS.items()],
    }
    width = {"field": "width", "type": "quantitative", "scale": None, "legend": None}
    named = [point for point in points if point["stage"] == last and point["labelled"]]
    label: dict[str, Any] = {"type": "text", "align": "left", "dx": 12, "fontSize": 12}
    specification: dict[str, Any] = {
        "height": 480,
        "layer": [
            {
                "data": {"values": points},
                "params": [
                    {
                        "name": "pointed",
                        "select": {
                            "type": "point",
                            "fields": ["passage"],
                            "on": "pointerover",
                            "clear": "pointerout",
                        },
                    }
                ],
                "mark": {"type": "line", "interpolate": "monotone"},
                "encoding": lines | {"size": width},
            },
            {
                "data": {"values": points},
                "mark": {"type": "point", "filled": True, "size": 80},
                "encoding": lines,
            },
            {
                "data": {"values": named},
                "mark": label | {"limit": {"expr": "width / 4"}},
                "encoding": lines | {"text": {"field": "label"}},
            },
        ],
    }
    st.vega_lite_chart(
        specification,
        width="stretch",
        alt=t("How the ranks of the passages moved from stage to stage"),
    )
    st.caption(
        t(
            "A line is a passage; where it begins late, the earlier search did not find it. Point at "
            "a line to see which page it is."
        )
    )


# ---- one passage ----


def show_traces(
    library: Library, pipeline: Pipeline, question: str, traces: Sequence[Trace]
) -> None:
    """The first passages' ways."""
    for one in traces[:_SHOWN]:
        show_trace(library, pipeline, question, one)


def show_trace(library: Library, pipeline: Pipeline, question: str, one: Trace) -> None:
    """A passage's way in words, its text with the matching words marked, and what is most alike."""
    passage = one.hit.passage
    heading = (passage.headings or (passage.title,))[-1]
    label = f"{one.rank}. {passage.citation}: {heading}"
    with st.expander(escape(label), icon=_ICONS[one.outcome]):
        for text, values in one.reasons:
            st.markdown(escape(t(text, **values)))
        st.caption(escape(_scores(one.hit)))
        query = pipeline.query(question)
        st.markdown(marked_text(passage.text, library.highlight(query, passage.id)))
        st.caption(t("Marked: words that the search by words found."))
        if one.outcome in ("cited", "read"):
            st.markdown(escape(t("Nearest to the question:")))
            for score, quote in nearest(pipeline, query, passage):
                st.markdown(f"{score:.2f}  *“{escape(quote)}”*")


def nearest(pipeline: Pipeline, query: str, passage: Passage) -> list[tuple[float, str]]:
    """The sentences of a passage that the judge finds nearest to a question, with their scores."""
    pieces = quotable_spans(passage)
    scores = pipeline.judge.score(query, [judge_input(passage, piece) for piece in pieces])
    quotes = [span_text(passage, piece) for piece in pieces]
    return sorted(zip(scores, quotes, strict=True), reverse=True)[:_NEAREST]


def _scores(hit: Hit) -> str:
    return " · ".join(
        f"{t(STAGES[stage])}: {ranked.rank} ({ranked.score:.3g})"
        for stage in ORDER
        if (ranked := hit.stages.get(stage))
    )


def marked_text(text: str, words: Sequence[tuple[int, int]]) -> str:
    """A text as Markdown, line by line, with some stretches marked."""
    parts, end = [], 0
    for start, stop in words:
        parts.append(_lines(text[end:start]))
        parts.append(f":orange-background[{escape(text[start:stop])}]")
        end = stop
    parts.append(_lines(text[end:]))
    return "".join(parts)


def _lines(text: str) -> str:
    return "  \n".join(escape(line) for line in text.split("\n"))


# ---- scores, evidence and prompt ----


def distributions(traces: Sequence[Trace]) -> None:
    """How each stage's scores are spread over the candidates."""
    for stage in ORDER:
        values = [
            {
                "score": one.hit.stages[stage].score,
                "fate": t(FATES[one.outcome]),
                "place": place_of(one.hit.passage),
            }
            for one in traces
            if stage in one.hit.stages
        ]
        if not values:
            continue
        x = {"field": "score", "type": "quantitative", "title": t(STAGES[stage])}
        specification = {
            "height": 70,
            "data": {"values": values},
            "mark": {"type": "tick", "thickness": 2, "size": 36},
            "encoding": {
                "x": x | {"scale": {"zero": False}},
                "color": _colour(),
                "tooltip": [
                    {"field": field, "title": t(FIELDS[field])}
                    for field in ("place", "score", "fate")
                ],
            },
        }
        st.vega_lite_chart(specification, width="stretch", alt=t(STAGES[stage]))


def _colour() -> dict[str, Any]:
    """What became of a passage, by colour."""
    return {
        "field": "fate",
        "type": "nominal",
        "title": None,
        "scale": {
            "domain": [t(name) for name in FATES.values()],
            "range": COLOURS["dark" if st.context.theme.type == "dark" else "light"],
        },
        "legend": {"orient": "bottom"},
    }


def show_prompt(pipeline: Pipeline, question: str, evidence: Sequence[Source]) -> None:
    """The evidence with its scores, whether it is enough, and the prompt that a model would get."""
    query = pipeline.query(question)
    hits = pipeline.candidates(query)[: pipeline.settings.retrieval.top_k]
    sure, least = pipeline.confidence(query, hits, evidence), pipeline.least_confidence
    verdict = (
        t(
            "It would be answered: confidence {sure}, wanted {least}.",
            sure=f"{sure:.2f}",
            least=f"{least:.2f}",
        )
        if pipeline.answerable(hits, evidence, sure)
        else t(
            "It would be abstained from: confidence {sure}, wanted {least}.",
            sure=f"{sure:.2f}",
            least=f"{least:.2f}",
        )
    )
    st.markdown(escape(verdict))
    st.dataframe(
        {
            t("Number"): [source.number for source in evidence],
            t("Score"): [round(source.score, 3) for source in evidence],
            t("Page"): [place_of(source.hit.passage) for source in evidence],
            t("Words"): [source.quote for source in evidence],
        },
        hide_index=True,
        width="stretch",
    )
    st.markdown(f"**{escape(t('The prompt, as the language model would get it'))}**")
    for message in pipeline.prompt(query, evidence):
        st.caption(escape(message["role"]))
        st.code(message["content"], language=None, wrap_lines=True)


def difference(
    first: tuple[list[Trace], tuple[Source, ...]], second: tuple[list[Trace], tuple[Source, ...]]
) -> None:
    """What two settings find differently, in words."""
    found = [
        {one.hit.passage.id: one for one in traces if one.outcome != "cut"}
        for traces, _ in (first, second)
    ]
    for label, mine, other in (
        (t("Only the left settings find:"), found[0], found[1]),
        (t("Only the right settings find:"), found[1], found[0]),
    ):
        places = [place_of(one.hit.passage) for id, one in mine.items() if id not in other]
        if places:
            st.markdown(escape(f"{label} {'; '.join(places)}"))
    if found[0].keys() == found[1].keys():
        st.markdown(escape(t("Both settings find the same pages.")))
