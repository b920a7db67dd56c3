"""Drawing answers and reports. All text of documents and models is escaped first."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.reports import number_ranges
from ingest.store import Library
from ingest.text.languages import language
from rag.ground import unsupported_sentences
from rag.types import Answer, Hit, Lead, Sentence, Source
from ui.file_reports import omission_line, outcome_line
from ui.lead_crops import show_lead_crops
from ui.presentation.labels import STAGES
from ui.refusals import german_refusal
from ui.session import error_text
from ui.structured_answers import inline_markdown, structured_markdown
from ui.text import citation_of, counted, escape, pages_of, t, with_formulas

if TYPE_CHECKING:
    from ingest.pipeline import FileReport

PROGRESS = {
    "encode": "Encoding the question",
    "retrieve": "Searching the lectures",
    "rerank": "Reranking the best passages",
    "course": "Reading the lectures in order",
    "notes": "Taking notes on the lecture",
    "generate": "Writing the answer",
    "evidence": "Selecting the evidence",
    "ground": "Checking each sentence against its source",
}
FILE_OUTCOMES = {
    "added": "added",
    "replaced": "updated",
    "unchanged": "the file has not changed since it was read",
    "duplicate": "already in the library",
    "moved": "moved",
    "recognised": "pictures read",
    "kept": "kept without its file",
    "gone": "its file is gone",
}

Open = Callable[[int, str], None]  # shows the page of a source: its number, the button's key


def show_question(question: str) -> DeltaGenerator:
    """A question as a chat message; gives the message, to add buttons to it."""
    message = st.chat_message("user", avatar=":material/person:")
    message.markdown(with_formulas(question))
    return message


def answer_message() -> DeltaGenerator:
    """A chat message for an answer."""
    return st.chat_message("assistant", avatar=":material/school:")


def show_answer(
    answer: Answer, key: str, open_source: Open, library: Library | None = None
) -> None:
    """The leads or sentences, each with a button that opens its page, and what lies beneath them.

    Under the leads are, folded, what their pages say around them, and then the further sources. With
    a library, a lead out of a formula, a table or a figure has that part of the page beneath it.
    """
    for note in answer.writer_sentences:
        st.info(escape(note), icon=":material/info:")
    if answer.scope_notice:
        st.caption(escape(answer.scope_notice))
    if answer.grade == "doubtful":
        st.warning(escape(answer.notice), icon=":material/help:")
    if answer.abstained:
        st.info(language(answer.language).abstention)
        if answer.picture_notice:
            st.caption(answer.picture_notice)
        if answer.sources:
            st.caption(language(answer.language).nearest_pages)
        for source in answer.sources:
            with _row():
                st.markdown(context_markdown(answer, source), width="stretch")
                _chip(source, f"{key}-nearest-{source.number}", open_source)
    if answer.introduction:
        st.markdown(escape(answer.introduction))
    if answer.leads:
        _show_leads(answer, key, open_source, library)
    if answer.is_structured:
        st.markdown(structured_markdown(answer.units))
        with st.container(horizontal=True, gap="small"):
            for source in answer.sources:
                _chip(source, f"{key}-written-{source.number}", open_source)
    is_shown = bool(answer.leads) or answer.is_structured
    for number, sentence in enumerate(() if is_shown else answer.sentences):
        with _row():
            source = answer.source_of(sentence)
            st.markdown(sentence_markdown(sentence, source), width="stretch")
            _chip(source, f"{key}-{number}", open_source)
    if unsupported := unsupported_sentences(answer):
        label = t("Written, but not supported by the lectures")
        with st.expander(label, icon=":material/format_strikethrough:"):
            for text in unsupported:
                st.markdown(f"~~{inline_markdown(text)}~~")
    notes = answer_notes(answer)
    if notes:
        st.caption(escape(notes))


def _show_leads(answer: Answer, key: str, open_source: Open, library: Library | None) -> None:
    """The leads, and folded beneath them their context and the further sources."""
    for number, lead in enumerate(answer.leads):
        source = answer.sources[lead.source - 1]
        if not (source.quote or lead.label or lead.items[1:]):
            _source_button(_entry(answer, lead, source), source, f"{key}-{number}", open_source)
            continue
        with _row(), st.container(key=f"lead-{key}-{number}", width="stretch"):
            st.markdown(lead_markdown(lead))
            if library is not None:
                show_lead_crops(answer, lead, library)
        _chip(source, f"{key}-{number}", open_source)
    contexts = [source for source in answer.sources if answer.is_context(source) and source.quote]
    if contexts:
        with st.expander(t("On the page"), icon=":material/unfold_more:"):
            for source in contexts:
                st.caption(escape(citation_of(source)))
                st.markdown(context_markdown(answer, source))
    further = [source for source in answer.sources if not answer.is_context(source)]
    if further:
        with st.expander(t("Further sources"), icon=":material/library_books:"):
            for source in further:
                with _row():
                    st.markdown(context_markdown(answer, source), width="stretch")
                    _chip(source, f"{key}-source-{source.number}", open_source)


def _entry(answer: Answer, lead: Lead, source: Source) -> str:
    """A lead that only names a page or a section, as an entry of a list of contents.

    A page is named by the lead itself; a section has its page behind it, where the answer is of
    several documents with the name of its own.
    """
    passage = source.hit.passage
    if not passage.text:
        return lead.items[0]
    is_alone = len({one.hit.passage.document for one in answer.sources}) == 1
    return f"{lead.items[0]} · {pages_of(source) if is_alone else citation_of(source)}"


def lead_markdown(lead: Lead) -> str:
    """A lead as the answer: a paragraph, or a list of its items under their label."""
    label = f"**{escape(lead.caption)}**" if lead.label else ""
    if len(lead.items) == 1:
        return f"{label} {escape(lead.items[0])}".strip()
    items = "\n".join(f"- {escape(item)}" for item in lead.items)
    return f"{label}\n\n{items}" if label else items


def context_markdown(answer: Answer, source: Source) -> str:
    """A quotation in the lines of its page, those of the leads in bold."""
    lines = [
        f"**{escape(line)}**" if in_lead else escape(line)
        for line, in_lead in answer.context_lines(source)
    ]
    return "> “" + "  \n> ".join(lines) + "”"


def sentence_markdown(sentence: Sentence, source: Source) -> str:
    """A written sentence as plain text, a quoted one as a quotation with the lines of its source."""
    if sentence.origin == "written":
        return escape(sentence.text.strip())
    return "> *“" + "  \n> ".join(map(escape, source.lines)) + "”*"


def answer_notes(answer: Answer) -> str:
    """Whether the answer is quoted or written, and the search query if it is not the question."""
    notes = []
    origins = {sentence.origin for sentence in answer.sentences}
    if "written" in origins:
        notes.append(
            t(
                "Written by the language model {model}. Each sentence was checked against its source.",
                model=answer.models.get("generator", "").split("@")[0],
            )
        )
    if "quoted" in origins:
        notes.append(
            t("The answer is in the words of the lectures.")
            if answer.leads
            else t("Text in quotation marks is quoted from the lectures.")
        )
    if answer.stopped:
        notes.append(t("Stopped before the end."))
    if answer.query != answer.question:
        notes.append(t("Searched for: {query}", query=answer.query))
    return " ".join(notes)


def show_details(answer: Answer) -> None:
    """Ranks and scores of the pages, and how long each stage took."""
    if answer.hits:
        st.caption(t("Rank and score per stage. Rank 1 is the best; a higher score is better."))
        st.table(scores_table(answer.hits, answer.sources), border="horizontal", hide_index=True)
    if any(sentence.origin == "written" for sentence in answer.sentences):
        support = ", ".join(f"[{s.source}] {s.support:.2f}" for s in answer.sentences)
        st.caption(
            escape(t("Support of each sentence by its source, from 0 to 1: {list}", list=support))
        )
    st.table(seconds_table(answer.seconds), border="horizontal", hide_index=True)
    models = "; ".join(name for name in answer.models.values() if name != "none")
    st.caption(escape(t("Models: {names}", names=models)))


def total_seconds(answer: Answer) -> float:
    """The duration of the answer; `first words` is a part of `generate`."""
    return sum(value for stage, value in answer.seconds.items() if stage != "first words")


def scores_table(hits: Sequence[Hit], sources: Sequence[Source]) -> dict[str, list[str]]:
    """Columns of the hits in their final order: page, source numbers, rank and score by stage."""
    numbers: dict[str, list[int]] = {}
    for source in sources:
        numbers.setdefault(source.hit.passage.id, []).append(source.number)
    source_marks = [" ".join(f"[{n}]" for n in numbers.get(hit.passage.id, [])) for hit in hits]
    table = {
        t("Page"): [escape(citation_of(hit.passage)) for hit in hits],
        t("Source"): [escape(mark) or "–" for mark in source_marks],
    }
    for stage, label in STAGES.items():
        entries = [hit.stages.get(stage) for hit in hits]
        if any(entries):
            table[t(label)] = [escape(f"{e.rank} ({e.score:.3g})") if e else "–" for e in entries]
    return table


def seconds_table(seconds: Mapping[str, float]) -> dict[str, list[str]]:
    """Columns of the stages' durations; the time to the first words is a part of the writing."""
    return {
        t("Stage"): [
            escape(t(PROGRESS.get(stage, "Time to the first words"))) for stage in seconds
        ],
        t("Seconds"): [f"{value:.3f}" for value in seconds.values()],
    }


def show_unread_pictures(library: Library) -> None:
    """How many pages have pictures that were not read; nothing if there are none."""
    if number := sum(map(len, library.unread_pictures().values())):
        st.caption(t("Pages with pictures that were not read yet: {number}", number=number))


def show_report(report: FileReport, library: Library | None = None) -> None:
    """The outcome of one file: what was read, what changed, and what could not be read.

    With its library, the pages are named that have no text, however the file was read.
    """
    name = escape(re.split(r"[/\\]", report.path)[-1])
    if report.outcome == "failed":
        german = st.session_state.get("language") == "de"
        st.error(error_text(german_refusal(report.message) if german else report.message))
        return
    if line := outcome_line(report, t):
        st.markdown(f":material/info: {escape(line)}")
        return
    parts = [t(FILE_OUTCOMES[report.outcome]), counted(report.pages, "page", "pages")]
    if report.outcome == "replaced":
        parts.append(
            t("{same} of {all} passages as before", same=report.reused, all=report.passages)
        )
    st.markdown(f":material/check: {name}: {', '.join(parts)}")
    lines = [omission_line(report, t)]
    if library is not None and report.outcome != "recognised":
        lines += _unread_pages(report, library)
    for line in filter(None, lines):
        st.markdown(f":material/warning: {escape(line)}")


def _unread_pages(report: FileReport, library: Library) -> list[str]:
    """Which pages of a file have no text; of one that was not read again also its unread pictures."""
    path = os.path.realpath(report.path)
    id = next((d.id for d in library.documents() if d.path == path), "")
    blank = library.pages_without_text().get(id, ())
    pictures = library.unread_pictures().get(id, ()) if report.outcome == "unchanged" else ()
    lines = []
    if blank:
        lines.append(t("Pages without text: {pages}", pages=number_ranges(blank)))
    if pictures:
        text = "Pages with pictures that were not read: {pages}"
        lines.append(t(text, pages=number_ranges(pictures)))
    return lines


def _row() -> DeltaGenerator:
    return st.container(horizontal=True, vertical_alignment="center", gap="small")


def _chip(source: Source, key: str, open_source: Open) -> None:
    origin = f" ({t('read from an image')})" if source.is_recognised else ""
    origin += f" ({t('corrected by hand')})" if source.is_corrected else ""
    also = [t("also {place}", place=place) for place in source.also]
    label = "; ".join([f"[{source.number}] {citation_of(source)}{origin}", *also])
    _source_button(label, source, key, open_source)


def _source_button(label: str, source: Source, key: str, open_source: Open) -> None:
    st.button(
        escape(label),
        key=f"chip-{key}",
        type="tertiary",
        icon=":material/menu_book:",
        help=t("Show this page with the quote highlighted"),
        on_click=open_source,
        args=(source.number, f"chip-{key}"),
    )
