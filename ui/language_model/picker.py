"""The choice of a language model for a conversation, and the badge while answers come from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from ingest.errors import KathederError
from rag.language_models.addresses import needs_consent, remote_server
from rag.language_models.choices import QUOTED, with_choice, writer_choices
from rag.settings import Settings
from ui.session import Session
from ui.text import escape, t


def model_picker(session: Session, key: str, *, last: str = "") -> str:
    """The list of what may answer in a conversation, and the badge of a server elsewhere.

    Args:
        session: Its settings name the models; in a shared app they are the owner's.
        key: Of the widget; each conversation has its own.
        last: What answered the last question, "" for what the settings say.

    Returns:
        The name of a choice, "" for what the settings say.
    """
    choices = allowed_choices(session.settings)
    name = last
    if len(choices) > 1:
        names = list(choices)
        name = st.selectbox(
            t("Answers by"),
            names,
            index=names.index(last) if last in names else 0,
            format_func=lambda choice: _label(session.settings, choice),
            key=key,
            label_visibility="collapsed",
            width=260,
        )
    settings = choices.get(name, session.settings)
    if settings.answer.writer and (place := remote_server(settings.models)):
        text = escape(t("Answers come from {place}, not from this machine", place=place))
        st.badge(text, icon=":material/cloud_upload:", color="orange")
    return name


def allowed_choices(settings: Settings) -> Mapping[str, Settings]:
    """By name the settings of each choice; those whose server nobody agreed to are left out."""
    choices = {}
    for name in writer_choices(settings):
        try:
            changed = with_choice(settings, name)
            agreed = not changed.answer.writer or not needs_consent(changed.models)
        except KathederError:  # an address that is none
            agreed = False
        if agreed or not name:
            choices[name] = changed
    return choices


def _label(settings: Settings, name: str) -> str:
    """What a choice is called in the list."""
    if name == QUOTED:
        return t("Quotes from the lectures")
    if name:
        return t("Written by {model}", model=name)
    if settings.answer.writer:
        return t("Written by {model}", model=settings.models.generator)
    return t("As in Settings: quotes")
