"""How answers and reports look. Whatever comes from documents or models passes `escape` first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.pipeline import FileReport
from rag.types import Answer, Hit, Sentence, Source, Stage
from ui.text import counted, escape, place_of, t

STAGES: Mapping[Stage, str] = {
    "dense": "Meaning (cosine)",
    "lexical": "Words (BM25)",
    "fused": "Fused (mean)",
    "reranked": "Reranked",
}
DOING = {
    "encode": "Understanding the question",
    "retrieve": "Searching the lectures",
    "rerank": "Reading the best pages closely",
    "generate": "Writing",
    "evidence": "Choosing the sentences that matter",
    "ground": "Holding each sentence against its source",
}
OUTCOMES = {
    "added": "added",
    "replaced": "read anew",
    "unchanged": "there already",
    "duplicate": "there already",
}

Open = Callable[[int], None]  # shows the page of the source of that number


def show_question(question: str) -> DeltaGenerator:
    """A question as a message of the chat, to put buttons into."""
    message = st.chat_message("user", avatar=":material/person:")
    message.markdown(escape(question))
    return message


def answer_message() -> DeltaGenerator:
    """A message of the chat to put an answer into."""
    return st.chat_message("assistant", avatar=":material/school:")


def show_answer(answer: Answer, key: str, open_source: Open) -> None:
    """The answer's sentences, each with a chip that opens its page, and what to know about them."""
    if answer.abstained:
        st.info(t("The lectures do not seem to answer this."))
        if answer.sources:
            st.caption(t("Nearest pages:"))
        for source in answer.sources:
            with _row():
                st.markdown(f"“{escape(source.quote)}”", width="stretch")
                _chip(source, f"{key}-nearest-{source.number}", open_source)
    sources = {source.number: source for source in answer.sources}
    for place, sentence in enumerate(answer.sentences):
        with _row():
            source = sources[sentence.source]
            st.markdown(sentence_markdown(sentence, source), width="stretch")
            _chip(source, f"{key}-{place}", open_source)
    about = about_answer(answer)
    if about:
        st.caption(escape(about))


def sentence_markdown(sentence: Sentence, source: Source) -> str:
    """A written sentence as running text, a quoted one as a quotation in its source's lines."""
    if sentence.origin == "written":
        return escape(sentence.text.strip())
    return "> *“" + "  \n> ".join(map(escape, source.lines)) + "”*"


def about_answer(answer: Answer) -> str:
    """Whose words the answer is made of, and what was searched for if not the question."""
    notes = []
    origins = {sentence.origin for sentence in answer.sentences}
    if "written" in origins:
        notes.append(t("Written by the language model; each sentence was held against its source."))
    if "quoted" in origins:
        notes.append(t("In quotation marks: the lectures' own words."))
    if answer.stopped:
        notes.append(t("Stopped before the end."))
    if answer.query != answer.question:
        notes.append(t("Searched for: {query}", query=answer.query))
    return " ".join(notes)


def show_details(answer: Answer) -> None:
    """Ranks and scores of the pages, and how long each stage took."""
    if answer.hits:
        st.caption(t("Rank and score by stage. A smaller rank and a larger score are better."))
        st.table(scores_table(answer.hits, answer.sources), border="horizontal", hide_index=True)
    if answer.sentences:
        support = ", ".join(f"[{s.source}] {s.support:.2f}" for s in answer.sentences)
        st.caption(
            escape(t("Closeness of each sentence to its source, at most 1: {list}", list=support))
        )
    st.table(seconds_table(answer.seconds), border="horizontal", hide_index=True)
    models = "; ".join(answer.models.values())
    st.caption(escape(t("Models: {names}", names=models)))


def total_seconds(answer: Answer) -> float:
    """How long the answer took; `first words` is a part of `generate`."""
    return sum(value for stage, value in answer.seconds.items() if stage != "first words")


def scores_table(hits: Sequence[Hit], sources: Sequence[Source]) -> dict[str, list[str]]:
    """Columns of the hits in their final order: place, source number, each stage's rank and score."""
    numbers: dict[str, list[int]] = {}
    for source in sources:
        numbers.setdefault(source.hit.passage.id, []).append(source.number)
    marks = [" ".join(f"[{n}]" for n in numbers.get(hit.passage.id, [])) for hit in hits]
    table = {
        t("Page"): [escape(place_of(hit.passage)) for hit in hits],
        t("Source"): [escape(mark) or "–" for mark in marks],
    }
    for stage, label in STAGES.items():
        ranked = [hit.stages.get(stage) for hit in hits]
        if any(ranked):
            table[t(label)] = [escape(f"{r.rank} ({r.score:.3g})") if r else "–" for r in ranked]
    return table


def seconds_table(seconds: Mapping[str, float]) -> dict[str, list[str]]:
    """Columns of the stages' timings; the first words are a part of the writing."""
    return {
        t("Stage"): [escape(t(DOING.get(stage, "First words"))) for stage in seconds],
        t("Seconds"): [f"{value:.3f}" for value in seconds.values()],
    }


def show_report(report: FileReport) -> None:
    """What became of one file, in a line."""
    name = escape(re.split(r"[/\\]", report.path)[-1])
    if report.outcome == "failed":
        st.error(escape(report.message))
    elif report.message:
        st.markdown(f":material/info: {escape(report.message)}")
    else:
        pages = counted(report.pages, "page", "pages")
        st.markdown(f":material/check: {name}: {t(OUTCOMES[report.outcome])}, {pages}")


def _row() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap="small")


def _chip(source: Source, key: str, open_source: Open) -> None:
    st.button(
        escape(f"[{source.number}] {place_of(source.hit.passage)}"),
        key=f"chip-{key}",
        type="tertiary",
        icon=":material/menu_book:",
        help=t("Show this page with the words marked"),
        on_click=open_source,
        args=(source.number,),
    )
