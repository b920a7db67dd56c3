"""Language laboratory: tokens, vectors, attention, encoders and the next word, with real models.

It does not use the lectures. The rooms are the modules of `ui.language_laboratory`, imported when
a room is opened, because that loads torch.
"""

from __future__ import annotations

from importlib import import_module

import streamlit as st

from language.errors import LanguageError
from ui.language_laboratory import cache
from ui.navigation import choose_place
from ui.session import Session, error_text
from ui.text import t

ROOMS: dict[str, str] = {  # module below ui.language_laboratory: its name
    "tokens": "Tokens",
    "vectors": "Vectors",
    "attention": "Attention",
    "encoders": "Encoders at work",
    "next_word": "Next word",
    "generation": "Why generation is hard",
    "streams": "Streams and size",
}
MODELS = {  # of `cache`, which nearly all parts of a room need
    "vectors": "encoder",
    "attention": "encoder",
    "encoders": "encoder",
    "next_word": "decoder",
}


def page(session: Session) -> None:
    """One run of the page."""
    st.title(t("Language laboratory"))
    st.caption(
        t("How a language model works, seen from the inside. This page does not use the lectures.")
    )
    room = choose_place("room", t("Room"), ROOMS, next(iter(ROOMS)))
    open_room(room)


@st.fragment
def open_room(room: str) -> None:
    """The open room; a change within it draws only the room again, not the whole page."""
    try:
        with st.spinner(t("Loading …")):
            show = import_module(f"ui.language_laboratory.{room}").show
            if room in MODELS:
                getattr(cache, MODELS[room])()
        show()
    except LanguageError as error:
        st.error(error_text(error))
