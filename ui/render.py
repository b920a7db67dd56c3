"""How answers look. Whatever comes from documents or models passes `escape` on its way here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.pipeline import FileReport
from ingest.types import Document
from rag.types import Answer, Hit, Sentence, Source, Stage

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")  # every character that Markdown lets one escape
# Streamlit replaces these after the escapes are gone: `->` between blanks, `:streamlit:`.
_REPLACED = re.compile(r"(?<!\S)([<>~-])(?=(?:->|-|>|=)(?!\S))|(:)(?=streamlit:|material_)")
_JOINER = "\u2060"  # no width, no line break

STAGES: Mapping[Stage, str] = {
    "dense": "Meaning (cosine)",
    "lexical": "Words (BM25)",
    "fused": "Fused (RRF)",
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


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, or with the error that came instead."""

    question: str
    answer: Answer | None = None
    error: str = ""


def escape(text: str) -> str:
    """Text that Markdown shows as it stands: no markup, formula, HTML, colour or emoji.

    Only a bare web address becomes a link, to just what it shows.
    Runs of white space become one space, so that no line starts a list or a code block; those
    at the ends stay, so that pieces of a stream can be escaped one by one.
    """
    text = _REPLACED.sub(lambda match: f"{match[0]}{_JOINER}", re.sub(r"\s+", " ", text))
    return _PUNCTUATION.sub(r"\\\1", text)


def sentences_markdown(sentences: Sequence[Sentence]) -> str:
    """Written sentences as running text, quoted ones each as a quotation; all with their [n]."""
    blocks: list[str] = []
    running = False
    for sentence in sentences:
        text = f"{escape(sentence.text.strip())} {_mark(sentence.source)}"
        if sentence.origin == "quoted":
            quoted = escape(sentence.text.strip())
            blocks.append(f"*“{quoted}”* {_mark(sentence.source)}")
        elif running:
            blocks[-1] += f" {text}"
        else:
            blocks.append(text)
        running = sentence.origin == "written"
    return "\n\n".join(blocks)


def scores_table(hits: Sequence[Hit], sources: Sequence[Source]) -> dict[str, list[str]]:
    """Columns of the hits in their final order: place, source number, each stage's rank and score."""
    numbers: dict[str, list[int]] = {}
    for source in sources:
        numbers.setdefault(source.hit.passage.id, []).append(source.number)
    table = {
        "Page": [escape(hit.passage.place) for hit in hits],
        "Source": [" ".join(map(_mark, numbers.get(hit.passage.id, []))) or "–" for hit in hits],
    }
    for stage, label in STAGES.items():
        ranked = [hit.stages.get(stage) for hit in hits]
        if any(ranked):
            table[label] = [escape(f"{r.rank} ({r.score:.3g})") if r else "–" for r in ranked]
    return table


def seconds_table(seconds: Mapping[str, float]) -> dict[str, list[str]]:
    """Columns of the stages' timings; `first words` is a part of `generate`."""
    return {
        "Stage": [escape(stage.capitalize()) for stage in seconds],
        "Seconds": [f"{value:.3f}" for value in seconds.values()],
    }


def show_exchange(exchange: Exchange) -> None:
    """A question and what came of it, as two messages of the chat."""
    show_question(exchange.question)
    with answer_message():
        if exchange.answer is None:
            st.error(escape(exchange.error))
        else:
            show_answer(exchange.answer)


def show_question(question: str) -> None:
    """A question as a message of the chat."""
    with st.chat_message("user", avatar=":material/person:"):
        st.markdown(escape(question))


def answer_message() -> DeltaGenerator:
    """A message of the chat to put an answer into."""
    return st.chat_message("assistant", avatar=":material/school:")


def show_answer(answer: Answer) -> None:
    """The answer, its sources, and under folds why these pages and how long it took."""
    if answer.abstained:
        st.info(answer.text)
    else:
        st.markdown(sentences_markdown(answer.sentences))
    st.caption(escape(_about(answer)))
    for source in answer.sources:
        _show_source(source)
    if answer.hits:
        with st.expander("Why these pages: ranks and scores", type="compact"):
            st.caption("Rank and score by stage. A smaller rank and a larger score are better.")
            st.table(
                scores_table(answer.hits, answer.sources), border="horizontal", hide_index=True
            )
            support = [escape(f"[{s.source}] {s.support:.2f}") for s in answer.sentences]
            if support:
                st.caption(
                    f"Closeness of each sentence to its quote, at most 1: {', '.join(support)}"
                )
    total = sum(value for stage, value in answer.seconds.items() if stage != "first words")
    with st.expander(f"Timings: {total:.1f} s", type="compact"):
        st.table(seconds_table(answer.seconds), border="horizontal", hide_index=True)
        models = "; ".join(f"{role} {name}" for role, name in answer.models.items())
        st.caption(escape(f"Models: {models}"))


def show_documents(documents: Sequence[Document]) -> None:
    """How much there is, and under a fold every document with its pages."""
    pages = sum(document.pages for document in documents)
    with st.expander(f"{_counted(len(documents), 'document')}, {_counted(pages, 'page')}"):
        for document in documents:
            st.markdown(f"**{escape(document.file)}**, {_counted(document.pages, 'page')}")
            if document.title != document.file:
                st.caption(escape(document.title))


def show_report(report: FileReport) -> None:
    """What became of one file, in a line."""
    name = escape(re.split(r"[/\\]", report.path)[-1])
    if report.outcome == "failed":
        st.error(escape(report.message))
    elif report.message:
        st.markdown(f":material/info: {escape(report.message)}")
    else:
        st.markdown(f":material/check: {name}: {report.outcome}, {_counted(report.pages, 'page')}")


def _show_source(source: Source) -> None:
    passage = source.hit.passage
    trail = " › ".join(dict.fromkeys(passage.headings or (passage.title,)))
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{_mark(source.number)} {escape(source.place)}**")
        st.markdown(f"“{escape(source.quote.strip())}”")
        st.caption(escape(trail))


def _about(answer: Answer) -> str:
    """Whose words the answer is made of, and what was searched for if not the question."""
    notes = []
    origins = {sentence.origin for sentence in answer.sentences}
    if "written" in origins:
        notes.append(
            "Written by the language model; each sentence is held against the quote below it."
        )
    if "quoted" in origins:
        notes.append("In quotation marks: the lectures' own words.")
    if answer.stopped:
        notes.append("Stopped before the end.")
    if answer.query != answer.question:
        notes.append(f"Searched for: {answer.query}")
    if answer.abstained:
        notes.append("Nearest pages:" if answer.sources else "No page is near.")
    return " ".join(notes)


def _mark(number: int) -> str:
    """A source's number as it stands in the text: [1]."""
    return f":primary[\\[{number}\\]]"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
