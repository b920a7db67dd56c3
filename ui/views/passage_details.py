"""Parts of the page Passages: one passage's ranks explained, and the evidence with its prompt."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ingest.store import Library
from ingest.types import Passage
from rag.pipeline import Pipeline
from rag.spans import judge_input, quotable_spans, span_text
from rag.trace import ORDER, Outcome, Trace
from rag.types import Grade, Hit, Source
from ui.file_exchange import show_table
from ui.presentation.labels import STAGES
from ui.text import citation_of, escape, t

_BEST = 3  # sentences shown of a passage that was searched for evidence
_ICONS: dict[Outcome, str] = {
    "cited": ":material/format_quote:",
    "considered": ":material/visibility:",
    "retrieved": ":material/check:",
    "not retrieved": ":material/content_cut:",
}
_VERDICTS: dict[Grade, str] = {
    "answered": "Would answer: confidence {confidence}, doubt below {doubt}.",
    "doubtful": "Would answer with doubt: confidence {confidence}, doubt below {doubt}.",
    "not_answered": "Would not answer: confidence {confidence}, no answer below {least}.",
}


def show_traces(
    library: Library, pipeline: Pipeline, question: str, traces: Sequence[Trace]
) -> None:
    """An expander for each passage."""
    for one in traces:
        show_trace(library, pipeline, question, one)


def show_trace(library: Library, pipeline: Pipeline, question: str, one: Trace) -> None:
    """A passage's ranks explained, its text with the keywords highlighted, its best sentences."""
    passage = one.hit.passage
    heading = (passage.headings or (passage.title,))[-1]
    label = f"{one.rank}. {citation_of(passage)}: {heading}"
    with st.expander(escape(label), icon=_ICONS[one.outcome]):
        for text, values in one.reasons:
            st.markdown(escape(t(text, **values)))
        st.caption(escape(_stage_scores(one.hit)))
        query = pipeline.query(question)
        st.markdown(highlighted_text(passage.text, library.highlight(query, passage.id)))
        st.caption(t("Highlighted: words that the keyword search matched."))
        if one.outcome in ("cited", "considered"):
            st.markdown(escape(t("Sentences that match the question best:")))
            for score, quote in best_sentences(pipeline, query, passage):
                st.markdown(f"{score:.2f}  *“{escape(quote)}”*")


def best_sentences(pipeline: Pipeline, query: str, passage: Passage) -> list[tuple[float, str]]:
    """The sentences of a passage that the judge scores highest, with their scores in [0, 1]."""
    spans = quotable_spans(passage)
    scores = pipeline.judge_for(query).score(query, [judge_input(passage, span) for span in spans])
    quotes = [span_text(passage, span) for span in spans]
    return sorted(zip(scores, quotes, strict=True), reverse=True)[:_BEST]


def _stage_scores(hit: Hit) -> str:
    return " · ".join(
        f"{t(STAGES[stage])}: {entry.rank} ({entry.score:.3g})"
        for stage in ORDER
        if (entry := hit.stages.get(stage))
    )


def highlighted_text(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    """A text as Markdown, line by line, with some character ranges (start, end) highlighted."""
    parts, position = [], 0
    for start, end in ranges:
        parts.append(_lines(text[position:start]))
        parts.append(f":orange-background[{escape(text[start:end])}]")
        position = end
    parts.append(_lines(text[position:]))
    return "".join(parts)


def _lines(text: str) -> str:
    return "  \n".join(escape(line) for line in text.split("\n"))


def show_prompt(pipeline: Pipeline, question: str, evidence: Sequence[Source]) -> None:
    """The evidence with its scores, whether it is sufficient, and the prompt for a model."""
    query = pipeline.query(question)
    hits = pipeline.candidates(query)[: pipeline.settings.retrieval.top_k]
    confidence = pipeline.confidence(query, hits, evidence)
    grade = pipeline.grade(query, hits, evidence, confidence)
    verdict = t(
        _VERDICTS[grade],
        confidence=f"{confidence:.2f}",
        least=f"{pipeline.thresholds.least:.2f}",
        doubt=f"{pipeline.thresholds.doubt:.2f}",
    )
    st.markdown(escape(verdict))
    show_table(
        {
            t("Number"): [source.number for source in evidence],
            t("Score"): [round(source.score, 3) for source in evidence],
            t("Page"): [citation_of(source) for source in evidence],
            t("Text"): [source.quote for source in evidence],
        },
    )
    st.markdown(f"**{escape(t('Prompt for the language model'))}**")
    for message in pipeline.writing_task(query, hits, tuple(evidence)).messages:
        st.caption(escape(message["role"]))
        st.code(message["content"], language=None, wrap_lines=True)
