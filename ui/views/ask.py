"""Ask: a conversation with the lectures, and the cited page beside it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.store import Library
from rag.sampling import PRESETS, Sampling
from rag.types import Answer, Source, StageDone, Token
from ui import answers
from ui.conversations import Conversation, Exchange
from ui.copy_button import copy_button
from ui.export import as_html, as_markdown, as_pdf
from ui.page_view import show_page, size_of
from ui.render import (
    DOING,
    answer_message,
    show_answer,
    show_details,
    show_question,
    total_seconds,
)
from ui.session import Session, models_loading
from ui.text import escape, place_of, t
from ui.views.library import welcome

Go = Callable[[str | None], None]  # opens a conversation, None a new one

_SUGGESTIONS = 4
_LISTED = 40  # conversations in the sidebar


def page(session: Session) -> None:
    """One run of the page."""
    if session.library is None:
        welcome(session)
        return
    state = st.session_state
    state.setdefault("opened", None)  # (exchange, number of its source) shown beside the chat
    state.setdefault("editing", None)  # the exchange whose question is being changed
    chosen = _conversation(session)
    sidebar(session, chosen)
    exchanges = session.conversations.exchanges(chosen.id) if chosen else []
    waiting = any(said.open and answers.find(said.id) for said in exchanges)
    asked = st.chat_input(t("Ask the lectures"), key="question", max_chars=2000, disabled=waiting)
    if asked:
        _ask(session, chosen, asked)
    source = _opened(exchanges)
    if source is None:
        chat, beside = st.container(key="chat"), None
    else:
        chat, beside = st.columns([11, 9], gap="medium")
    if beside is not None and source is not None:
        with beside, st.container(key="beside"):
            show_page(session.library, source)
    with chat:
        if not exchanges:
            _beginning(session, session.library)
        for said in exchanges:
            _show(session, chosen, said, last=said is exchanges[-1])


def _conversation(session: Session) -> Conversation | None:
    """The conversation that the address names; None for a new one."""
    named = st.query_params.get("c")
    return session.conversations.find(session.reader, named) if named else None


def _ask(
    session: Session,
    chosen: Conversation | None,
    question: str,
    written: bool | None = None,
    sampling: Sampling | None = None,
) -> None:
    """Begin to answer and draw the page anew."""
    st.session_state.opened = None
    st.session_state.last_question = question  # what the page Passages begins with
    conversation = answers.ask(
        session, chosen.id if chosen else None, question, written=written, sampling=sampling
    )
    st.query_params["c"] = conversation
    st.rerun()


def _opened(exchanges: Sequence[Exchange]) -> Source | None:
    """The source whose page is to be shown, None for none."""
    opened = st.session_state.opened
    for said in exchanges:
        if opened and said.id == opened[0] and said.answer:
            return next((s for s in said.answer.sources if s.number == opened[1]), None)
    return None


# ---- the beginning ----


def _beginning(session: Session, library: Library) -> None:
    """What a new conversation shows: how much there is, and questions to begin with."""
    st.title("Katheder")
    st.markdown(t("Ask your lectures; every sentence of an answer names its page."))
    st.caption(escape(size_of(library)))
    with st.container(horizontal=True, key="suggestions"):
        for place, suggestion in enumerate(suggestions(library)):
            if st.button(escape(suggestion), key=f"suggestion-{place}"):
                _ask(session, None, suggestion)
    if models_loading(session):
        st.caption(t("The models are being loaded; a question asked now waits for them."))


@st.cache_data(show_spinner=False, hash_funcs={Library: lambda library: library.content_hash()})
def suggestions(library: Library) -> list[str]:
    """Questions about headings of the library, the same for the same library."""
    rng = random.Random(library.content_hash())
    documents = library.documents()
    rng.shuffle(documents)
    found = []
    for document in documents * _SUGGESTIONS:
        passages = [p for p in library.passages(document.id) if _is_topic(p.headings)]
        if passages:
            topic = rng.choice(passages).headings[-1]
            german = document.language == "de"
            question = (
                f"Was ist mit „{topic}“ gemeint?" if german else f"What is meant by “{topic}”?"
            )
            if question not in found:
                found.append(question)
        if len(found) == _SUGGESTIONS:
            break
    return found


def _is_topic(headings: Sequence[str]) -> bool:
    """Whether the last heading names something that one can ask about."""
    words = headings[-1].split() if headings else []
    return 1 < len(words) <= 6 and headings[-1][-1] not in "?!:" and words[0][0].isupper()


# ---- what was said ----


def _show(session: Session, chosen: Conversation | None, said: Exchange, *, last: bool) -> None:
    assert chosen is not None
    if st.session_state.editing == said.id:
        _edit(session, chosen, said)
    else:
        with show_question(said.question):
            _question_buttons(session, chosen, said)
    with answer_message():
        work = answers.find(said.id) if said.open else None
        if work is not None:
            _follow(work)
            st.rerun()
        if said.answer is not None:
            show_answer(said.answer, f"{said.id}", lambda number: _open(said.id, number))
            _answer_buttons(session, chosen, said, said.answer, last=last)
        else:
            st.error(escape(said.error or t("The answer was cut off; ask again.")))
            _again(session, chosen, said)


def _open(exchange: int, number: int) -> None:
    state = st.session_state
    state.opened = (exchange, number)
    state.pop("shown", None)


def _question_buttons(session: Session, chosen: Conversation, said: Exchange) -> None:
    def edit() -> None:
        st.session_state.editing = said.id

    st.button(
        t("Change"),
        icon=":material/edit:",
        type="tertiary",
        key=f"edit-{said.id}",
        on_click=edit,
        help=t("Ask this otherwise; what came after it is taken back."),
    )


def _edit(session: Session, chosen: Conversation, said: Exchange) -> None:
    with st.form(f"change-{said.id}"):
        question = st.text_area(t("Your question"), said.question, max_chars=2000)
        with st.container(horizontal=True):
            sent = st.form_submit_button(t("Ask"), type="primary")
            left = st.form_submit_button(t("Leave it"))
    if sent or left:
        st.session_state.editing = None
        if sent and question.strip():
            session.conversations.cut(chosen.id, said.id)
            _ask(session, chosen, question)
        st.rerun()


def _answer_buttons(
    session: Session, chosen: Conversation, said: Exchange, answer: Answer, *, last: bool
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        copy_button(answer.render(), key=f"copy-{said.id}")
        if last:
            _again(session, chosen, said)
        _feedback(session, said, answer)
        with st.popover(t("{seconds} s", seconds=f"{total_seconds(answer):.1f}")):
            show_details(answer)


def _again(session: Session, chosen: Conversation, said: Exchange) -> None:
    """Ask the same once more: quoted, or written under a preset."""
    ways = ["quoted", *PRESETS]
    names = {"quoted": t("Quoted from the lectures")} | {
        name: t("Written: {preset}", preset=t(name)) for name in PRESETS
    }
    way = st.menu_button(
        t("Again"),
        ways,
        key=f"again-{said.id}",
        icon=":material/refresh:",
        format_func=names.__getitem__,
    )
    if way:
        session.conversations.cut(chosen.id, said.id)
        sampling = PRESETS.get(way)
        if sampling is not None and sampling.strategy == "sample":
            sampling = sampling.model_copy(update={"seed": random.randrange(2**31)})
        _ask(session, chosen, said.question, written=way != "quoted", sampling=sampling)


def _feedback(session: Session, said: Exchange, answer: Answer) -> None:
    default = None if said.verdict is None else int(said.verdict)
    thumb = st.feedback("thumbs", key=f"thumb-{said.id}", default=default)
    verdict = None if thumb is None else bool(thumb)
    if verdict != said.verdict:
        session.conversations.rate(said.id, verdict, said.comment)
    if verdict is None:
        return
    with st.popover(t("Comment"), icon=":material/comment:"), st.form(f"comment-{said.id}"):
        comment = st.text_area(t("What was good or wrong?"), said.comment)
        gold = None
        if not verdict and session.library is not None:
            documents = {d.file: d.pages for d in session.library.documents()}
            file = st.selectbox(
                t("Which lecture answers it?"),
                list(documents),
                index=None,
                placeholder=t("I do not know"),
            )
            number = st.number_input(t("On which page?"), 1, max(documents.values()), 1)
            gold = (file, min(int(number), documents[file])) if file else None
        if st.form_submit_button(t("Keep")):
            session.conversations.rate(said.id, verdict, comment, gold)
            st.toast(t("Thank you; it is kept in this library."))


def _follow(work: answers.Asked) -> None:
    """Show what happens until the answer is there."""
    place = st.empty()
    st.button(
        t("Stop"),
        icon=":material/stop_circle:",
        on_click=work.job.stop.set,
        help=t("Keeps what is written."),
        key="stop",
    )
    _stand_in_line(work, place)
    status = place.status(_doing(work))

    def words() -> Iterator[str]:
        for event in work.job.follow():
            if isinstance(event, Token):
                yield escape(event.text)
            elif isinstance(event, StageDone):
                found = ""
                if event.hits:
                    places = dict.fromkeys(place_of(hit.passage) for hit in event.hits[:3])
                    found = ": " + "; ".join(places)
                status.write(escape(f"{t(DOING[event.stage])}, {event.seconds:.2f} s{found}"))
            status.update(label=_doing(work))

    st.write_stream(words)


def _stand_in_line(work: answers.Asked, place: DeltaGenerator) -> None:
    """Say how many come before, until it is this question's turn.

    Only what is new is sent, and nothing turns or blinks: a browser that draws for every
    waiting reader takes from those whose turn it is.
    """
    said = None
    for _ in work.job.follow():
        ahead = work.ahead
        if not ahead:
            return
        if ahead != said:
            place.caption(t("{number} before you …", number=ahead))
            said = ahead
        _ = st.session_state.opened  # where Streamlit attends to a click


def _doing(work: answers.Asked) -> str:
    return t("Answering … {seconds} s", seconds=f"{work.job.seconds:.0f}")


# ---- the sidebar ----


def sidebar(session: Session, chosen: Conversation | None) -> None:
    """The conversations: a new one, those that were, and what can be done with the open one."""

    def go(conversation: str | None) -> None:
        st.session_state.opened = st.session_state.editing = None
        if conversation is None:
            st.query_params.pop("c", None)
        else:
            st.query_params["c"] = conversation

    with st.sidebar:
        st.button(
            t("New conversation"),
            icon=":material/add_comment:",
            width="stretch",
            on_click=go,
            args=(None,),
        )
        search = st.text_input(
            t("Search conversations"),
            placeholder=t("Search conversations"),
            label_visibility="collapsed",
            icon=":material/search:",
            key="search",
        )
        found = session.conversations.all(session.reader, search)
        for one in found[:_LISTED]:
            st.button(
                escape(one.title),
                key=f"go-{one.id}",
                type="secondary" if chosen and one.id == chosen.id else "tertiary",
                width="stretch",
                on_click=go,
                args=(one.id,),
            )
        if search and not found:
            st.caption(t("Nothing was found."))
        if chosen:
            st.divider()
            _conversation_buttons(session, chosen, go)


def _conversation_buttons(session: Session, chosen: Conversation, go: Go) -> None:
    with st.popover(t("Rename"), icon=":material/edit:", width="stretch"), st.form("rename"):
        title = st.text_input(t("Name"), chosen.title, max_chars=100)
        if st.form_submit_button(t("Keep")):
            session.conversations.rename(chosen.id, title)
            st.rerun()
    with st.popover(t("Export"), icon=":material/download:", width="stretch"):
        exchanges = session.conversations.exchanges(chosen.id)
        for label, suffix, mime, build in (
            ("Markdown", "md", "text/markdown", as_markdown),
            ("HTML", "html", "text/html", as_html),
            ("PDF", "pdf", "application/pdf", as_pdf),
        ):
            st.download_button(
                label,
                data=partial(build, chosen.title, exchanges),
                file_name=f"katheder-{chosen.id}.{suffix}",
                mime=mime,
                key=f"export-{suffix}",
                on_click="ignore",
            )

    def delete() -> None:
        session.conversations.delete(chosen.id)
        go(None)

    with st.popover(t("Delete"), icon=":material/delete:", width="stretch"):
        st.markdown(t("Delete this conversation with all its answers?"))
        st.button(t("Delete it"), type="primary", on_click=delete, key="delete")
