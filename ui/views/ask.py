"""Ask: a conversation with the lectures, and the cited page beside it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import streamlit as st

from ingest.store import Library
from rag.types import Source
from ui import answers
from ui.conversations import Conversation, Exchange
from ui.ingestion import welcome
from ui.page_view import show_page, size_of
from ui.scroll import scroll_window
from ui.session import Session, models_loading
from ui.text import escape, t
from ui.views.exchange import ask, show_exchange
from ui.views.sidebar import sidebar

_SUGGESTIONS = 4


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    state = st.session_state
    state.setdefault("open_source", None)  # (exchange, number of its source) shown beside the chat
    state.setdefault("editing", None)  # the exchange whose question is being edited
    conversation = _conversation(session)
    sidebar(session, conversation)
    exchanges = session.conversations.exchanges(conversation.id) if conversation else []
    pending = any(one.open and answers.find(one.id) for one in exchanges)
    question = st.chat_input(
        t("Ask the lectures"), key="question", max_chars=2000, disabled=pending
    )
    if question:
        ask(session, conversation, question)
    source = _open_source(exchanges)
    if source is None:
        chat, beside = st.container(key="chat"), None
    else:
        chat, beside = st.columns([11, 9], gap="medium")
    if beside is not None and source is not None:
        with beside, st.container(key="beside"):
            show_page(session.library, source)
    with chat:
        if conversation is None or not exchanges:
            _new_conversation(session, session.library)
        else:
            for exchange in exchanges:
                show_exchange(session, conversation, exchange, last=exchange is exchanges[-1])
    _scroll(source)


def _scroll(source: Source | None) -> None:
    """Show the clicked source's place in the chat, or the beginning of an answer just made."""
    state = st.session_state
    if source is not None and "opened_by" in state:
        scroll_window(state.opened_by, f"source {state.opened_sources}", nearest=True)
    elif "new_answer" in state:
        scroll_window(f"question-{state.new_answer}", f"answer {state.new_answer}")


def _conversation(session: Session) -> Conversation | None:
    """The conversation that the address names; None for a new one."""
    conversation = st.query_params.get("c")
    return session.conversations.find(session.reader, conversation) if conversation else None


def _open_source(exchanges: Sequence[Exchange]) -> Source | None:
    """The source whose page is to be shown, cut to what is highlighted there; None for none."""
    open_source = st.session_state.open_source
    for exchange in exchanges:
        if open_source and exchange.id == open_source[0] and exchange.answer:
            answer = exchange.answer
            numbered = (answer.marked(s) for s in answer.sources if s.number == open_source[1])
            return next(numbered, None)
    return None


def _new_conversation(session: Session, library: Library) -> None:
    """What a new conversation shows: the size of the library, and suggested questions."""
    st.title("Katheder")
    st.markdown(
        t("Ask a question about your lectures. Each sentence of the answer cites its page.")
    )
    st.caption(escape(size_of(library)))
    with st.container(horizontal=True, key="suggestions"):
        for number, suggestion in enumerate(suggestions(library)):
            if st.button(escape(suggestion), key=f"suggestion-{number}"):
                ask(session, None, suggestion)
    if models_loading(session):
        st.caption(
            t("The models are loading. You can already ask; the answer starts when they are ready.")
        )


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def suggestions(library: Library) -> list[str]:
    """Questions about headings of the library, the same for the same library."""
    rng = random.Random(library.content_hash())
    documents = library.documents()
    rng.shuffle(documents)
    questions: list[str] = []
    for document in documents * _SUGGESTIONS:
        passages = [p for p in library.passages(document.id) if _is_topic(p.headings)]
        if passages:
            topic = rng.choice(passages).headings[-1]
            german = document.language == "de"
            question = (
                f"Was ist mit „{topic}“ gemeint?" if german else f"What is meant by “{topic}”?"
            )
            if question not in questions:
                questions.append(question)
        if len(questions) == _SUGGESTIONS:
            break
    return questions


def _is_topic(headings: Sequence[str]) -> bool:
    """Whether the last heading names a topic that a question can be about."""
    words = headings[-1].split() if headings else []
    return 1 < len(words) <= 6 and headings[-1][-1] not in "?!:" and words[0][0].isupper()
