"""Settings of this reader: interface language, answers, models and passages; saved at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ingest.errors import KathederError
from rag.sampling import PRESETS, Sampling, sampling_from
from ui.identity.file_names import names_alone
from ui.identity.paths import LOGOUT
from ui.identity.roles import Role
from ui.language_model.instructions import instructions
from ui.language_model.panel import language_model
from ui.session import Session, change_settings, error_text, save_preferences
from ui.text import LANGUAGES, escape, t

ROLES = {Role.READER: "reader", Role.LECTURER: "lecturer", Role.OWNER: "owner"}
_STRATEGIES = {
    "greedy": "Greedy (most likely token)",
    "beam": "Beam search",
    "sample": "Random sampling",
}
_EXPLANATIONS = {
    "precise": "Always takes the most likely next token: the same question gives the same answer.",
    "balanced": "Samples among the likely tokens: answers vary a little.",
    "creative": "Samples among more tokens: answers vary more and contain more errors.",
    "beam": "Extends several texts in parallel and returns the most likely one: slower.",
}


def page(session: Session) -> None:
    """One run of the page."""
    st.title(t("Settings"))
    language(session)
    account(session)
    try:
        answering(session)
        language_model(session)
        instructions(session)
        models(session)
        chunking(session)
    except KathederError as error:
        st.error(error_text(error))
    if st.session_state.changes:
        st.divider()
        st.caption(t("Your changes as a settings file for `katheder --settings`:"))
        st.code(as_toml(st.session_state.changes), language="toml")
        if st.button(t("Reset all changes"), icon=":material/undo:"):
            st.session_state.changes = {}
            save_preferences(session)
            st.rerun()


def account(session: Session) -> None:
    """Who is signed in, and the way out; nothing on a private machine."""
    if session.base.app.sign_on == "none":
        return
    role = t(ROLES[session.identity.role])
    name = session.identity.name
    st.caption(escape(t("Signed in as {name}", name=f"{name} ({role})" if name else role)))
    st.html(f'<a href="{LOGOUT}" target="_self">{t("Sign out")}</a>')


def language(session: Session) -> None:
    """The language of the interface; answers are in the question's language."""
    names = list(LANGUAGES)
    current = st.session_state.language
    selection = st.selectbox(
        t("Interface language"),
        names,
        names.index(current) if current in names else 0,
        format_func=LANGUAGES.__getitem__,
    )
    if selection != current:
        st.session_state.language = selection
        save_preferences(session)
        st.rerun()


def answering(session: Session) -> None:
    """Whether answers are quoted or written, and the sampling of written ones."""
    st.subheader(t("Answers"))
    answer = session.settings.answer
    writer = st.toggle(
        t("Let the language model write the answer"),
        answer.writer,
        help=t("If off, the answer quotes the sentences of the lectures that match best"),
    )
    if writer != answer.writer:
        change_settings(session, answer={"writer": writer})
        st.rerun()
    if not writer:
        st.caption(
            t(
                "Answers are quotes from the lectures. The language model is not used, so "
                "answers are fast."
            )
        )
        return
    sampling = session.settings.sampling
    names = [*PRESETS, "custom"]
    current = next(
        (name for name, preset in PRESETS.items() if is_preset(sampling, preset)), "custom"
    )
    selection = st.segmented_control(
        t("Sampling preset"), names, default=current, format_func=lambda name: t(name), key="preset"
    )
    if selection in PRESETS:
        st.caption(t(_EXPLANATIONS[selection]))
        if selection != current:
            select_preset(session, PRESETS[selection])
            st.rerun()
    else:
        custom_sampling(session, sampling)


def is_preset(sampling: Sampling, preset: Sampling) -> bool:
    """Whether a sampling equals a preset, apart from length and seed."""
    other = {"max_new_tokens", "seed"}
    return preset.model_dump(exclude=other) == sampling.model_dump(exclude=other)


def select_preset(session: Session, preset: Sampling) -> None:
    """Save a preset as the reader's sampling; length and seed stay."""
    current = session.settings.sampling
    values = preset.model_dump() | {
        "max_new_tokens": current.max_new_tokens,
        "seed": current.seed,
    }
    change_settings(session, sampling=values)


def custom_sampling(session: Session, base: Sampling) -> None:
    """A form for all fields of a sampling; `sampling_from` checks their ranges."""
    with st.form("sampling"):
        st.caption(t("Fill in only the fields of the selected strategy."))
        strategy = st.selectbox(
            t("Strategy"),
            list(_STRATEGIES),
            list(_STRATEGIES).index(base.strategy),
            format_func=lambda name: t(_STRATEGIES[name]),
        )
        values: dict[str, Any] = {"strategy": strategy}
        left, right = st.columns(2)
        values["num_beams"] = left.number_input(t("Beams"), value=base.num_beams, step=1)
        values["temperature"] = left.number_input(
            t("Temperature"),
            value=base.temperature,
            step=0.1,
            help=t("Below 1: more predictable text; above 1: more varied text"),
        )
        values["top_k"] = left.number_input("Top-k", value=base.top_k, step=1)
        values["top_p"] = right.number_input("Top-p", value=base.top_p, step=0.05)
        values["min_p"] = right.number_input("Min-p", value=base.min_p, step=0.05)
        values["repetition_penalty"] = right.number_input(
            t("Repetition penalty"), value=base.repetition_penalty, step=0.05
        )
        values["max_new_tokens"] = left.number_input(
            t("Maximum answer length (tokens)"), value=base.max_new_tokens, step=1
        )
        values["seed"] = right.number_input(t("Seed"), value=base.seed, step=1)
        submitted = st.form_submit_button(t("Save"))
    if submitted:
        sampling_from(values)
        change_settings(session, sampling=values)
        st.toast(t("Saved. The next answer uses these settings."))


def models(session: Session) -> None:
    """The models; readers who log in with the shared password cannot change them."""
    st.subheader(t("Models"))
    current = session.settings.models
    shared = not session.identity.may("models.change")
    with st.form("models"):
        values = {
            name: st.text_input(
                label,
                # Folders of this machine are its owner's.
                names_alone(getattr(current, name)) if shared else getattr(current, name),
                disabled=shared,
            )
            for name, label in (
                ("encoder", t("Bi-encoder")),
                ("reranker", t("Cross-encoder")),
                ("generator", t("Language model")),
            )
        }
        devices = list(dict.fromkeys(["auto", "cpu", "cuda", "mps", current.device]))
        values["device"] = st.selectbox(
            t("Device"), devices, devices.index(current.device), disabled=shared
        )
        st.caption(
            t(
                "The name of a bundled model, a folder, or a Hugging Face model id. After "
                "you change the bi-encoder, run `katheder library rebuild`."
            )
        )
        submitted = st.form_submit_button(t("Save"), disabled=shared)
    if submitted and not shared:
        change_settings(session, models=values)
        st.toast(t("Saved. The next answer uses these settings."))
        st.rerun()


def chunking(session: Session) -> None:
    """The size of passages; a change takes effect when the library is rebuilt."""
    if not session.identity.may("chunking.change"):
        return
    st.subheader(t("Splitting lectures into passages"))
    current = session.settings.chunking
    with st.form("chunking"):
        values = {
            "passage_tokens": st.number_input(
                t("Maximum passage length (tokens)"), 16, 512, current.passage_tokens
            ),
            "overlap_tokens": st.number_input(
                t("Overlap of adjacent passages (tokens)"), 0, 128, current.overlap_tokens
            ),
        }
        submitted = st.form_submit_button(t("Save"))
    if submitted:
        change_settings(session, chunking=values)
        st.rerun()
    library = session.library
    config = library.config() if library else None
    expected = f"{current.passage_tokens}/{current.overlap_tokens} tokens"
    if config is not None and not config.chunker.endswith(expected):
        st.warning(
            escape(
                t(
                    "The library was built with other settings ({old}). Search still works, but "
                    "new lectures are refused until you run `katheder library rebuild`, which "
                    "reads all lectures again.",
                    old=config.chunker,
                )
            )
        )


def as_toml(changes: dict[str, dict[str, Any]]) -> str:
    """Changes of settings as a TOML file, without the fields that are None."""

    def value(of: object) -> str:
        if isinstance(of, bool):
            return "true" if of else "false"
        return repr(of) if isinstance(of, int | float) else f'"{escaped(str(of))}"'

    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"')

    lines: list[str] = []
    for section, values in changes.items():
        fields: Sequence[tuple[str, Any]] = [(k, v) for k, v in values.items() if v is not None]
        lines += [f"[{section}]", *(f"{name} = {value(of)}" for name, of in fields), ""]
    return "\n".join(lines)
