"""The guide to a lecture, in an expander above its pages."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Document
from rag.course.guide import Entry, Guide, guide_to, stored_guide
from rag.scope import Scope
from rag.study.glossary import term_at_start
from ui.course.guide_job import is_making_guides
from ui.session import Session, error_text
from ui.text import escape, t


def show_guide(session: Session, library: Library, document: Document) -> None:
    """The stored guide to a lecture, or a button that makes one."""
    config = library.config()
    guide = stored_guide(library, document.id, config.encoder) if config else None
    with st.expander(t("Guide to this lecture"), icon=":material/signpost:"):
        if guide is not None:
            _show(guide, document)
            return
        st.caption(
            t("Outline, key terms, and questions that the lecture answers, each with its page.")
        )
        if is_making_guides():
            st.caption(t("Guides are being made in the background, this one too in its turn."))
        if not session.identity.may("guide.make"):
            return
        if not st.button(t("Make the guide"), key=f"guide-{document.id}"):
            return
        try:
            with st.spinner(t("Reading the lecture and trying questions; up to a minute.")):
                _make(session, library, document)
        except KathederError as error:
            st.error(error_text(error))
            return
        st.rerun()


def _make(session: Session, library: Library, document: Document) -> None:
    session.identity.require("guide.make")
    pipeline = session.pipeline()
    pipeline = pipeline.with_settings(pipeline.settings.searching_only)
    inside = pipeline.within(Scope(lectures=(document.id,)))
    guide_to(library, document.id, pipeline.encoder, inside.ask)


def _show(guide: Guide, document: Document) -> None:
    parts = [
        (t("In short"), guide.summary),
        (t("Outline"), guide.outline),
        (t("Key terms"), guide.terms),
        (t("Questions"), guide.questions),
    ]
    parts = [(title, entries) for title, entries in parts if entries]
    if parts:
        for tab, (title, entries) in zip(
            st.tabs([title for title, _ in parts]), parts, strict=True
        ):
            with tab:
                _show_entries(entries, document, title)
    if guide.without_text:
        pages = ", ".join(map(str, guide.without_text))
        st.caption(escape(t("Pages without text: {pages}", pages=pages)))
    if guide.pictures:
        pages = ", ".join(map(str, guide.pictures))
        st.caption(escape(t("Pages with pictures that were not read: {pages}", pages=pages)))


def _show_entries(entries: Sequence[Entry], document: Document, title: str) -> None:
    """Each entry with a button that opens its page."""

    def open_page(page: int) -> None:
        st.query_params["page"] = str(page)

    for row, entry in enumerate(entries):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(_line(entry), width="stretch")
            st.button(
                t("p. {page}", page=entry.page),
                key=f"guide-{document.id}-{title}-{row}",
                type="tertiary",
                on_click=open_page,
                args=(entry.page,),
            )


def _line(entry: Entry) -> str:
    """An entry in Markdown: its name in bold, before its text or where the text begins with it."""
    text, name = entry.text, f"**{escape(entry.name)}**" if entry.name else ""
    if (place := term_at_start(text, entry.name)) is None:
        return f"{name} {escape(text)}".strip()
    before, term, behind = text[: place.start], text[place], text[place.stop :]
    return f"{escape(before)}**{escape(term)}**{escape(behind)}"
