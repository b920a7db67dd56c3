"""Parts of the page Ask: the sidebar with the conversations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import streamlit as st

from ui.conversations import Conversation
from ui.export import as_html, as_markdown, as_pdf
from ui.session import Session
from ui.text import escape, t

_LISTED = 40  # conversations in the sidebar


def sidebar(session: Session, conversation: Conversation | None) -> None:
    """A new conversation, the earlier ones, and the actions on the open one."""
    with st.sidebar:
        st.button(
            t("New conversation"),
            icon=":material/add_comment:",
            width="stretch",
            key="new_conversation",
            on_click=_open,
            args=(None,),
        )
        search = st.text_input(
            t("Search conversations"),
            placeholder=t("Search conversations"),
            label_visibility="collapsed",
            icon=":material/search:",
            key="search",
        )
        conversations = session.conversations.search(session.reader, search)
        today, day = date.today(), None
        for one in conversations[:_LISTED]:
            if (changed := date.fromtimestamp(one.changed)) != day:
                day = changed
                st.caption(day_name(day, today))
            st.button(
                escape(one.title),
                key=f"go-{one.id}",
                type="secondary" if conversation and one.id == conversation.id else "tertiary",
                width="stretch",
                on_click=_open,
                args=(one.id,),
            )
        if search and not conversations:
            st.caption(t("No matching conversations."))
        if conversation:
            st.divider()
            _actions(session, conversation)


def day_name(day: date, today: date) -> str:
    """A day as the heading of its conversations: today, yesterday, or the date."""
    if day == today:
        return t("Today")
    if day == today - timedelta(days=1):
        return t("Yesterday")
    return day.isoformat()


def _open(conversation: str | None) -> None:
    """Open a conversation by its id, None a new one."""
    st.session_state.open_source = st.session_state.editing = None
    if conversation is None:
        st.query_params.pop("c", None)
    else:
        st.query_params["c"] = conversation


def _actions(session: Session, conversation: Conversation) -> None:
    with st.popover(t("Rename"), icon=":material/edit:", width="stretch"), st.form("rename"):
        title = st.text_input(t("Name"), conversation.title, max_chars=100)
        if st.form_submit_button(t("Save")):
            session.conversations.rename(conversation.id, title)
            st.rerun()
    with st.popover(t("Export"), icon=":material/download:", width="stretch"):
        exchanges = session.conversations.exchanges(conversation.id)
        formats: tuple[tuple[str, str, str, Callable[..., str | bytes]], ...] = (
            ("Markdown", "md", "text/markdown", as_markdown),
            ("HTML", "html", "text/html", as_html),
            ("PDF", "pdf", "application/pdf", as_pdf),
        )
        for label, suffix, mime, build in formats:
            st.download_button(
                label,
                data=partial(build, conversation.title, exchanges),
                file_name=f"katheder-{conversation.id}.{suffix}",
                mime=mime,
                key=f"export-{suffix}",
                on_click="ignore",
            )

    def delete() -> None:
        session.conversations.delete(conversation.id)
        _open(None)

    with st.popover(t("Delete"), icon=":material/delete:", width="stretch"):
        st.markdown(t("Delete this conversation with all its answers?"))
        st.button(t("Delete conversation"), type="primary", on_click=delete, key="delete")
