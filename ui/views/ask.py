"""Ask: a conversation with the lectures, and the cited page beside it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ingest.errors import KathederError
from ingest.store import Library
from rag.scope import EVERYTHING, Scope
from rag.types import Answer, Source
from ui import answers
from ui.conversations import Conversation, Exchange
from ui.language_model.panel import local_writers
from ui.language_model.picker import model_picker
from ui.navigation import source_of_address
from ui.page_view import size_of
from ui.reading.pins import pin_to
from ui.reading.source_view import show_source
from ui.scope_picker import scope_picker
from ui.scroll import scroll_window
from ui.session import Session, models_loading
from ui.suggestions import suggestions
from ui.text import escape, t
from ui.views.exchange import ask, show_exchange
from ui.views.sidebar import sidebar


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        from ui.ingestion import welcome

        welcome(session)
        return
    state = st.session_state
    # (exchange, number of its source) shown beside the chat
    state.setdefault("open_source", source_of_address())
    state.setdefault("editing", None)  # the exchange whose question is being edited
    conversation = _conversation(session)
    sidebar(session, conversation)
    exchanges = session.conversations.exchanges(conversation.id) if conversation else []
    pending = any(one.open and answers.find(one.id) for one in exchanges)
    source = _open_source(exchanges)
    with st.bottom:
        scope = scope_picker(
            session.library,
            f"scope-{conversation.id if conversation else 'new'}",
            last=exchanges[-1].scope if exchanges else EVERYTHING,
            opened=source[1].hit.passage.document if source else "",
        )
        model = model_picker(
            session,
            f"model-{conversation.id if conversation else 'new'}",
            last=exchanges[-1].model if exchanges else "",
        )
        question = st.chat_input(
            t("Ask the lectures"), key="question", max_chars=2000, disabled=pending
        )
        if session.base.app.log_questions:
            st.caption(t("Questions are logged here, with their day and pages but without names."))
    if question:
        ask(session, conversation, question, scope=scope, model=model)
    if source is None:
        chat, beside = st.container(key="chat"), None
    else:
        chat, beside = st.columns([11, 9], gap="medium")
    if beside is not None and source is not None:
        with beside, st.container(key="beside"):
            show_source(session.library, *source, pin=pin_to(session, session.library))
    with chat:
        start = st.empty()  # emptied at once by the first question, not when its answer is complete
        if conversation is None or not exchanges:
            with start.container():
                _new_conversation(session, session.library, scope, model)
        else:
            for exchange in exchanges:
                show_exchange(session, conversation, exchange, last=exchange is exchanges[-1])
    _scroll(source)


def _scroll(source: object) -> None:
    """Show the clicked source's place in the chat, or the beginning of an answer just made."""
    state = st.session_state
    if source is not None and "opened_by" in state:
        scroll_window(state.opened_by, f"source {state.opened_sources}", nearest=True)
    elif "new_answer" in state:
        scroll_window(f"question-{state.new_answer}", f"answer {state.new_answer}")


def _conversation(session: Session) -> Conversation | None:
    """The conversation that the address names; None for a new one."""
    conversation = st.query_params.get("c")
    return session.conversations.find(conversation) if conversation else None


def _open_source(exchanges: Sequence[Exchange]) -> tuple[Answer, Source] | None:
    """The source whose page is to be shown, cut to what is marked there, and its answer."""
    open_source = st.session_state.open_source
    for exchange in exchanges:
        if open_source and exchange.id == open_source[0] and exchange.answer:
            answer = exchange.answer
            sources = [one for one in answer.sources if one.number == open_source[1]]
            return (answer, answer.marked(sources[0])) if sources else None
    return None


def _new_conversation(session: Session, library: Library, scope: Scope, model: str) -> None:
    """What a new conversation shows: the size of the library, and suggested questions."""
    st.title("Katheder")
    st.markdown(
        t("Ask a question about your lectures. Each sentence of the answer cites its page.")
    )
    st.caption(escape(size_of(library)))
    with st.container(horizontal=True, key="suggestions"):
        for number, suggestion in enumerate(_suggestions(library, scope)):
            if st.button(escape(suggestion), key=f"suggestion-{number}"):
                ask(session, None, suggestion, scope=scope, model=model)
    local_writers(session)
    if models_loading(session):
        st.caption(
            t("The models are loading. You can already ask; the answer starts when they are ready.")
        )


def _suggestions(library: Library, scope: Scope) -> list[str]:
    try:
        return suggestions(library, scope.documents(library))
    except KathederError:  # a course without lectures
        return []
