"""What several rooms draw: the sentence that says what to notice, and the question to think about."""

from __future__ import annotations

import streamlit as st

from ui.text import escape, t


def notice(english: str) -> None:
    """One sentence that says what to notice in a room."""
    st.markdown(f"**{escape(t(english))}**")


def think(question: str, answer: str) -> None:
    """A question to think about, its answer folded."""
    with st.expander(escape(t("To think about: {question}", question=t(question)))):
        st.markdown(escape(t(answer)))
