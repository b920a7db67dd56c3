"""The part Cards of the page Study: one card at a time, and when it comes back."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import streamlit as st

from rag.study.anki import write_deck
from rag.study.cards import GAP, Card, cards_of
from rag.study.definitions import Definition
from rag.study.reviews import RATINGS, Reviews, utc_now
from ui.file_exchange import offer_file
from ui.session import Session
from ui.study.common import open_reviews, page_button
from ui.text import escape, t

_LABELS = {"again": "Again", "hard": "Hard", "good": "Good", "easy": "Easy"}


def show_cards(session: Session, definitions: Sequence[Definition]) -> None:
    """The next card that is due, with its answer once the reader asks for it."""
    cards = cards_of(definitions)
    reviews = open_reviews(str(session.folder))
    now = utc_now()
    counts = reviews.counts(session.reader, cards, now)
    st.caption(
        t("New: {new} · to repeat: {due} · later: {later}", new=counts.new, due=counts.due, later=counts.later)
    )  # fmt: skip
    due = reviews.due(session.reader, cards, now)
    if not due:
        _show_end(session, reviews, cards)
    else:
        _show_card(session, reviews, due[0])
    with st.container(horizontal=True, key="study_deck"):
        _offer_deck(cards)
        if counts.due + counts.later:
            _offer_reset(session, reviews, cards)


def _show_card(session: Session, reviews: Reviews, card: Card) -> None:
    state = st.session_state
    is_open = state.get("study_answer") == card.id
    topic = _topic(card)
    with st.container(border=True, key="study_card"):
        if topic:
            st.caption(escape(topic))
        st.markdown(f"### {escape(card.question).replace(escape(GAP), _gap(card, is_open))}")
        if not is_open:

            def answer() -> None:
                state.study_answer = card.id

            st.button(
                t("Show the answer"),
                type="primary",
                key="study_show",
                shortcut="Space",
                on_click=answer,
            )
            return
        if card.kind == "definition":
            st.markdown(escape(card.answer))
        page_button(card.definition, "card")
        _rating_buttons(session, reviews, card)


def _gap(card: Card, is_open: bool) -> str:
    """What stands in the gap: a line, or the term in bold."""
    return f":primary[**{escape(card.answer)}**]" if is_open else "\\_\\_\\_\\_\\_\\_"


def _topic(card: Card) -> str:
    """The lecture's title and the page's heading, but where they have a word of the answer."""
    passage = card.definition.passage
    parts = [part for part in dict.fromkeys([passage.title, *passage.headings[-1:]]) if part]
    if card.kind == "cloze":
        parts = [part for part in parts if card.answer.casefold() not in part.casefold()]
    return " › ".join(parts)


def _rating_buttons(session: Session, reviews: Reviews, card: Card) -> None:
    intervals = reviews.intervals(session.reader, card, utc_now())

    def rate(rating: str) -> None:
        reviews.rate(session.reader, card, rating, utc_now())
        st.session_state.study_answer = None

    st.caption(t("How well did you know it? The button says when the card comes back."))
    with st.container(horizontal=True, key="study_ratings"):
        for number, rating in enumerate(RATINGS, start=1):
            st.button(
                f"{t(_LABELS[rating])} · {span(intervals[rating])}",
                key=f"rate-{rating}",
                shortcut=str(number),
                on_click=rate,
                args=(rating,),
            )


def span(interval: timedelta) -> str:
    """A time from now in one unit, rounded: `10 min`, `3 h`, `5 days`."""
    minutes = round(interval.total_seconds() / 60)
    if minutes < 60:
        return t("{number} min", number=max(1, minutes))
    if minutes < 24 * 60:
        return t("{number} h", number=round(minutes / 60))
    days = round(minutes / (24 * 60))
    return t("1 day") if days == 1 else t("{number} days", number=days)


def _show_end(session: Session, reviews: Reviews, cards: Sequence[Card]) -> None:
    states = reviews.states(session.reader)
    later = [states[card.id].due for card in cards if card.id in states]
    with st.container(border=True, key="study_card"):
        st.markdown(f"### {t('Done for now.')}")
        if later:
            st.markdown(t("The next card comes back in {time}.", time=span(min(later) - utc_now())))
        st.button(t("Look again"), key="study_refresh", icon=":material/refresh:")


def _offer_deck(cards: Sequence[Card]) -> None:
    """The cards as a file for Anki."""

    def build() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "cards.apkg"
            write_deck(cards, "Katheder", file)
            return file.read_bytes()

    offer_file(
        "review.keep",
        t("Save for Anki"),
        data=build,
        file_name="katheder-cards.apkg",
        icon=":material/download:",
        type="tertiary",
        key="study_anki",
        help=t("A file that Anki and similar programs import"),
    )


def _offer_reset(session: Session, reviews: Reviews, cards: Sequence[Card]) -> None:
    def forget() -> None:
        reviews.forget(session.reader, cards)
        st.session_state.study_answer = None

    with st.popover(t("Start over"), icon=":material/restart_alt:", type="tertiary"):
        st.markdown(t("Make all cards of these lectures new again?"))
        st.button(t("Make them new"), type="primary", on_click=forget, key="study_forget")
