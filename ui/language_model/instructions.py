"""The instructions of a language model that writes structured answers: edited, kept as presets, taken back."""

from __future__ import annotations

import streamlit as st

from rag.structured_prompt import INSTRUCTIONS
from ui.session import Session, change_settings
from ui.text import t

_LONGEST = 2000


def instructions(session: Session) -> None:
    """The text in use, saved presets, and the way back to the built-in one; none in a shared app."""
    if not session.identity.may("instructions.change"):
        return
    answer = session.settings.answer
    presets = dict(answer.instruction_presets)
    with st.expander(t("Instructions for the language model"), icon=":material/edit_note:"):
        st.caption(
            t(
                "What a capable language model is told to be. The rules of sources and form always "
                "follow. The bundled model keeps its own instructions."
            )
        )
        if presets:
            _choose(session, presets)
        with st.form("instructions"):
            text = st.text_area(
                t("Instructions"), answer.instructions or INSTRUCTIONS, max_chars=_LONGEST
            )
            name = st.text_input(t("Save as preset under this name"), max_chars=60).strip()
            submitted = st.form_submit_button(t("Save"))
        if submitted:
            text = "" if text.strip() == INSTRUCTIONS else text.strip()
            changes: dict[str, object] = {"instructions": text}
            if name and text:
                changes["instruction_presets"] = presets | {name: text}
            change_settings(session, answer=changes)
            st.rerun()
        if answer.instructions and st.button(
            t("Back to the built-in instructions"), icon=":material/undo:"
        ):
            change_settings(session, answer={"instructions": ""})
            st.rerun()


def _choose(session: Session, presets: dict[str, str]) -> None:
    """The presets: one is used, or deleted."""
    names = list(presets)
    current = next(
        (name for name in names if presets[name] == session.settings.answer.instructions), None
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            t("Preset"),
            names,
            index=None if current is None else names.index(current),
            placeholder=t("Choose a preset"),
        )
        if st.button(t("Use this preset"), disabled=name is None) and name is not None:
            change_settings(session, answer={"instructions": presets[name]})
            st.rerun()
        if st.button(t("Delete this preset"), disabled=name is None) and name is not None:
            rest = {one: text for one, text in presets.items() if one != name}
            change_settings(session, answer={"instruction_presets": rest})
            st.rerun()
