"""Parts of the page Ask: the sidebar with the conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial

import streamlit as st

from ui.conversations import Conversation
from ui.file_exchange import offer_file
from ui.navigation import close_source
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
        conversations = session.conversations.search(search)
        for heading, group in by_day_and_course(conversations[:_LISTED], date.today()).items():
            st.caption(escape(heading))
            for one in group:
                is_open = conversation is not None and one.id == conversation.id
                _row(session, one, is_open=is_open)
        if search and not conversations:
            st.caption(t("No matching conversations."))


def _row(session: Session, one: Conversation, *, is_open: bool) -> None:
    """A conversation: a button that opens it, and the menu of what can be done with it."""
    with st.container(horizontal=True, gap="xxsmall", key=f"conversation-{one.id}"):
        st.button(
            escape(one.title),
            key=f"go-{one.id}",
            type="secondary" if is_open else "tertiary",
            width="stretch",
            on_click=_open,
            args=(one.id,),
        )
        menu = st.popover(
            t("More about this conversation"),
            icon=":material/more_vert:",
            type="tertiary",
            key=f"menu-{one.id}",
            on_change="rerun",
        )
    if menu.open:
        with menu:
            _actions(session, one)


def by_day_and_course(
    conversations: Sequence[Conversation], today: date
) -> dict[str, list[Conversation]]:
    """The conversations under headings as `Today`, or `Today · AI` for those about a course.

    Args:
        conversations: The last changed first.
        today: The reader's day.
    """
    days: dict[date, dict[str, list[Conversation]]] = {}
    for one in conversations:
        courses = days.setdefault(date.fromtimestamp(one.changed), {})
        courses.setdefault(one.course, []).append(one)
    return {
        " · ".join(filter(None, [day_name(day, today), course])): group
        for day, courses in days.items()
        for course, group in courses.items()
    }


def day_name(day: date, today: date) -> str:
    """A day as the heading of its conversations: today, yesterday, or the date."""
    if day == today:
        return t("Today")
    if day == today - timedelta(days=1):
        return t("Yesterday")
    return day.isoformat()


def _open(conversation: str | None) -> None:
    """Open a conversation by its id, None a new one."""
    close_source()
    st.session_state.editing = None
    if conversation is None:
        st.query_params.pop("c", None)
    else:
        st.query_params["c"] = conversation


def _actions(session: Session, conversation: Conversation) -> None:
    from ui.export import as_html, as_markdown, as_pdf

    with st.form(f"rename-{conversation.id}", border=False):
        title = st.text_input(t("Name"), conversation.title, max_chars=100)
        if st.form_submit_button(t("Rename"), icon=":material/edit:"):
            session.conversations.rename(conversation.id, title)
            st.rerun()
    st.caption(t("Export"))
    exchanges = session.conversations.exchanges(conversation.id)
    formats: tuple[tuple[str, str, str, Callable[..., str | bytes]], ...] = (
        ("Markdown", "md", "text/markdown", as_markdown),
        ("HTML", "html", "text/html", as_html),
        ("PDF", "pdf", "application/pdf", as_pdf),
    )
    with st.container(horizontal=True, gap="xsmall"):
        for label, suffix, mime, build in formats:
            offer_file(
                "question.ask",
                label,
                data=partial(build, conversation.title, exchanges),
                file_name=f"katheder-{conversation.id}.{suffix}",
                mime=mime,
                key=f"export-{suffix}-{conversation.id}",
            )

    def delete() -> None:
        session.conversations.delete(conversation.id)
        if st.query_params.get("c") == conversation.id:
            _open(None)

    st.button(
        t("Delete conversation"),
        icon=":material/delete:",
        on_click=delete,
        key=f"delete-{conversation.id}",
        help=t("With all its answers; this cannot be undone"),
    )
