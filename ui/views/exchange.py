"""Parts of the page Ask: one question with its answer, their buttons, and the progress of an answer."""

from __future__ import annotations

import random
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rag.language_models.choices import QUOTED
from rag.sampling import PRESETS, Sampling
from rag.scope import EVERYTHING, Scope
from rag.types import Answer, StageDone, Token
from ui import answers
from ui.conversations import Conversation, Exchange
from ui.copied_text import as_bibtex, as_markdown, as_plain
from ui.copy_button import copy_button
from ui.navigation import close_source, show_source_of
from ui.page_presence import current_page
from ui.reading.pins import pin_answer
from ui.render import (
    PROGRESS,
    answer_message,
    show_answer,
    show_details,
    show_question,
    show_unread_pictures,
    total_seconds,
)
from ui.session import Session, error_text
from ui.text import citation_of, escape, t


def ask(
    session: Session,
    conversation: Conversation | None,
    question: str,
    written: bool | None = None,
    sampling: Sampling | None = None,
    scope: Scope = EVERYTHING,
    model: str = "",
) -> None:
    """Start to answer a question, in a new conversation if None, and run the page again."""
    close_source()
    st.session_state.last_question = question  # the first question of the page Passages
    st.query_params["c"] = answers.ask(
        session,
        conversation.id if conversation else None,
        question,
        written=written,
        sampling=sampling,
        scope=scope,
        model=model,
    )
    st.rerun()


def show_exchange(
    session: Session, conversation: Conversation, exchange: Exchange, *, last: bool
) -> None:
    """A question, or the form to edit it, and its answer, its progress or its error."""
    if st.session_state.editing == exchange.id:
        _edit_form(session, conversation, exchange)
    else:
        with st.container(key=f"question-{exchange.id}"), show_question(exchange.question):
            _edit_button(exchange)
    with answer_message():
        pending = answers.find(exchange.id) if exchange.open else None
        if pending is not None:
            _follow(pending)
            st.session_state.new_answer = exchange.id
            st.rerun()
        if exchange.answer is not None:
            show_answer(
                exchange.answer,
                str(exchange.id),
                lambda number, button: _open(exchange.id, number, button),
                session.library,
            )
            if exchange.answer.abstained and session.library:
                show_unread_pictures(session.library)
            _answer_buttons(session, conversation, exchange, exchange.answer, last=last)
        else:
            st.error(error_text(exchange.error or t("The answer was interrupted. Ask again.")))
            _regenerate_menu(session, conversation, exchange)


def _open(exchange: int, number: int, button: str) -> None:
    state = st.session_state
    show_source_of(exchange, number)
    state.opened_sources = state.get("opened_sources", 0) + 1
    state.opened_by = button


# ---- the question ----


def _edit_button(exchange: Exchange) -> None:
    def edit() -> None:
        st.session_state.editing = exchange.id

    st.button(
        t("Edit"),
        icon=":material/edit:",
        type="tertiary",
        key=f"edit-{exchange.id}",
        on_click=edit,
        help=t("Edit this question; later messages are removed"),
    )


def _edit_form(session: Session, conversation: Conversation, exchange: Exchange) -> None:
    with st.form(f"change-{exchange.id}"):
        question = st.text_area(t("Your question"), exchange.question, max_chars=2000)
        with st.container(horizontal=True):
            submitted = st.form_submit_button(t("Ask"), type="primary")
            cancelled = st.form_submit_button(t("Cancel"))
    if submitted or cancelled:
        st.session_state.editing = None
        if submitted and question.strip():
            session.conversations.truncate(conversation.id, exchange.id)
            ask(session, conversation, question, scope=exchange.scope, model=exchange.model)
        st.rerun()


# ---- the answer ----


def _answer_buttons(
    session: Session, conversation: Conversation, exchange: Exchange, answer: Answer, *, last: bool
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        copy_button(as_plain(answer), key=f"copy-answer-{exchange.id}")
        if answer.sources:
            with st.popover(t("Copy as"), icon=":material/content_copy:"):
                copy_button(as_markdown(answer), f"copy-markdown-{exchange.id}", "Markdown")
                copy_button(as_bibtex(answer), f"copy-bibtex-{exchange.id}", "BibTeX")
            if st.button(
                t("Pin"),
                icon=":material/push_pin:",
                key=f"pin-{exchange.id}",
                help=t("Save the answer and its question to the notes"),
            ):
                pin_answer(session, answer)
                st.toast(t("Pinned to the notes."), icon=":material/push_pin:")
        if last:
            _regenerate_menu(session, conversation, exchange)
        _feedback(session, exchange, answer)
        with st.popover(t("Why these pages?"), icon=":material/help:"):
            st.caption(t("Answered in {seconds} s.", seconds=f"{total_seconds(answer):.1f}"))
            show_details(answer)


def _regenerate_menu(session: Session, conversation: Conversation, exchange: Exchange) -> None:
    """Answer the question again: quoted, or written under a sampling preset."""
    labels = {"quoted": t("Quotes from the lectures")} | {
        name: t("Written by the model: {preset}", preset=t(name)) for name in PRESETS
    }
    selection = st.menu_button(
        t("Regenerate"),
        list(labels),
        key=f"regenerate-{exchange.id}",
        icon=":material/refresh:",
        format_func=labels.__getitem__,
    )
    if selection:
        session.conversations.truncate(conversation.id, exchange.id)
        sampling = PRESETS.get(selection)
        if sampling is not None and sampling.strategy == "sample":
            sampling = sampling.model_copy(update={"seed": random.randrange(2**31)})
        ask(
            session,
            conversation,
            exchange.question,
            written=selection != "quoted",
            sampling=sampling,
            scope=exchange.scope,
            model="" if selection == "quoted" or exchange.model == QUOTED else exchange.model,
        )


def _feedback(session: Session, exchange: Exchange, answer: Answer) -> None:
    default = None if exchange.verdict is None else int(exchange.verdict)
    thumb = st.feedback("thumbs", key=f"thumb-{exchange.id}", default=default)
    verdict = None if thumb is None else bool(thumb)
    if verdict != exchange.verdict:
        session.conversations.save_feedback(exchange.id, verdict, exchange.comment)
    if verdict is None:
        return
    with st.popover(t("Comment"), icon=":material/comment:"), st.form(f"comment-{exchange.id}"):
        comment = st.text_area(t("What was good or wrong?"), exchange.comment)
        gold = None
        if not verdict and session.library is not None:
            documents = {d.file: d.pages for d in session.library.documents()}
            file = st.selectbox(
                t("Which lecture answers the question?"),
                list(documents),
                index=None,
                placeholder=t("I do not know"),
            )
            number = st.number_input(t("On which page?"), 1, max(documents.values()), 1)
            gold = (file, min(int(number), documents[file])) if file else None
        if st.form_submit_button(t("Save")):
            session.conversations.save_feedback(exchange.id, verdict, comment, gold)
            st.toast(t("Thank you. Your feedback is saved in this library."))


# ---- progress ----


def _follow(pending: answers.PendingAnswer) -> None:
    """Show the queue, the stages and the draft until the answer is complete."""
    position = st.empty()
    st.button(
        t("Stop"),
        icon=":material/stop_circle:",
        on_click=pending.job.stop.set,
        help=t("Stop the answer; the text so far is saved"),
        key="stop",
    )
    _follow_queue(pending, position)
    status = position.status(_elapsed(pending))

    def draft() -> Iterator[str]:
        for event in pending.job.follow(page=current_page()):
            if isinstance(event, Token):
                yield escape(event.text)
            elif isinstance(event, StageDone):
                best = dict.fromkeys(citation_of(hit.passage) for hit in event.hits[:3])
                pages = ": " + "; ".join(best) if best else ""
                status.write(escape(f"{t(PROGRESS[event.stage])}, {event.seconds:.2f} s{pages}"))
            status.update(label=_elapsed(pending))

    st.write_stream(draft)


def _follow_queue(pending: answers.PendingAnswer, position: DeltaGenerator) -> None:
    """Show how many questions are ahead in the queue, until it is this one's turn.

    Only a changed number is sent, and nothing is animated: browsers that redraw for every queued
    reader take processor time from the answer that is being made.
    """
    last = None
    for _ in pending.job.follow():
        ahead = pending.ahead
        if not ahead:
            return
        if ahead != last:
            position.caption(t("In the queue; questions before yours: {number}", number=ahead))
            last = ahead
        _ = st.session_state.open_source  # lets Streamlit handle a click


def _elapsed(pending: answers.PendingAnswer) -> str:
    return t("Answering … {seconds} s", seconds=f"{pending.job.seconds:.0f}")
