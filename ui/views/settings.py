"""Settings: models, writing, search and language, for this reader, now and from now on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ingest.errors import KathederError
from rag.sampling import PRESETS, Sampling, sampling_from
from ui.session import Session, change_settings, save_preferences
from ui.text import LANGUAGES, escape, t

_STRATEGIES = {
    "greedy": "Likeliest word",
    "beam": "Beam search",
    "sample": "Draw at random",
}
_EXPLAINED = {
    "precise": "Always the likeliest next word: the same question gives the same answer.",
    "balanced": "Draws among the likely words, so that answers vary a little.",
    "creative": "Draws more boldly; says things in new ways and errs more often.",
    "beam": "Follows several texts at once and keeps the likeliest; slower.",
}


def page(session: Session) -> None:
    """One run of the page."""
    st.title(t("Settings"))
    language(session)
    try:
        answering(session)
        models(session)
        chunking(session)
    except KathederError as error:
        st.error(escape(str(error)))
    if st.session_state.changes:
        st.divider()
        st.caption(t("Your changes, as a file for `katheder --settings`:"))
        st.code(as_toml(st.session_state.changes), language="toml")
        if st.button(t("Take all changes back"), icon=":material/undo:"):
            st.session_state.changes = {}
            save_preferences(session)
            st.rerun()


def language(session: Session) -> None:
    """The language of the interface; answers are in the question's language."""
    names = list(LANGUAGES)
    now = st.session_state.language
    chosen = st.selectbox(
        t("Language of the interface"),
        names,
        names.index(now) if now in names else 0,
        format_func=LANGUAGES.__getitem__,
    )
    if chosen != now:
        st.session_state.language = chosen
        save_preferences(session)
        st.rerun()


def answering(session: Session) -> None:
    """Quoted or written, and how it is written."""
    st.subheader(t("Answers"))
    answer = session.settings.answer
    writer = st.toggle(
        t("Let the language model write"),
        answer.writer,
        help=t("Off, the answer is the lectures' own closest sentences."),
    )
    if writer != answer.writer:
        change_settings(session, answer={"writer": writer})
        st.rerun()
    if not writer:
        st.caption(t("Answers are quoted; nothing is written by a model, and it is quick."))
        return
    sampling = session.settings.sampling
    names = [*PRESETS, "own"]
    now = next((name for name, preset in PRESETS.items() if same(preset, sampling)), "own")
    chosen = st.segmented_control(
        t("Way of writing"), names, default=now, format_func=lambda name: t(name), key="preset"
    )
    if chosen in PRESETS:
        st.caption(t(_EXPLAINED[chosen]))
        if chosen != now:
            choose(session, PRESETS[chosen])
            st.rerun()
    else:
        own(session, sampling)


def same(preset: Sampling, sampling: Sampling) -> bool:
    """Whether two ways of writing differ in length and seed alone."""
    apart = {"max_new_tokens", "seed"}
    return preset.model_dump(exclude=apart) == sampling.model_dump(exclude=apart)


def choose(session: Session, sampling: Sampling) -> None:
    """Write that way from now on, with the length and seed that were set."""
    kept = session.settings.sampling
    values = sampling.model_dump() | {"max_new_tokens": kept.max_new_tokens, "seed": kept.seed}
    change_settings(session, sampling=values)


def own(session: Session, base: Sampling) -> None:
    """The fields that the chosen strategy uses; their ranges are checked by `sampling_from`."""
    with st.form("sampling"):
        st.caption(t("Only the fields of the chosen strategy may be filled in."))
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
            help=t("Below 1 sharpens, above 1 flattens."),
        )
        values["top_k"] = left.number_input("Top-k", value=base.top_k, step=1)
        values["top_p"] = right.number_input("Top-p", value=base.top_p, step=0.05)
        values["min_p"] = right.number_input("Min-p", value=base.min_p, step=0.05)
        values["repetition_penalty"] = right.number_input(
            t("Repetition penalty"), value=base.repetition_penalty, step=0.05
        )
        values["max_new_tokens"] = left.number_input(
            t("Longest answer in tokens"), value=base.max_new_tokens, step=1
        )
        values["seed"] = right.number_input(t("Seed"), value=base.seed, step=1)
        sent = st.form_submit_button(t("Keep"))
    if sent:
        sampling_from(values)
        change_settings(session, sampling=values)
        st.toast(t("Kept; the next answer uses them."))


def models(session: Session) -> None:
    """Which models are used; strangers let in by a password can look, not load."""
    st.subheader(t("Models"))
    now = session.settings.models
    shared = bool(session.base.app.password)
    with st.form("models"):
        values = {
            "encoder": st.text_input(t("Bi-encoder"), now.encoder, disabled=shared),
            "reranker": st.text_input(t("CrossEncoder"), now.reranker, disabled=shared),
            "generator": st.text_input(t("Language model"), now.generator, disabled=shared),
        }
        devices = list(dict.fromkeys(["auto", "cpu", "cuda", "mps", now.device]))
        values["device"] = st.selectbox(
            t("Device"), devices, devices.index(now.device), disabled=shared
        )
        st.caption(
            t(
                "A bundled name, a folder, or a hub id. Another bi-encoder needs the lectures to be "
                "read again: `katheder library rebuild`."
            )
        )
        sent = st.form_submit_button(t("Keep"), disabled=shared)
    if sent and not shared:
        change_settings(session, models=values)
        st.toast(t("Kept; the next answer uses them."))
        st.rerun()


def chunking(session: Session) -> None:
    """How lectures are cut, which only reading them again changes."""
    st.subheader(t("Cutting lectures into passages"))
    now = session.settings.chunking
    with st.form("chunking"):
        values = {
            "passage_tokens": st.number_input(
                t("Longest passage in tokens"), 16, 512, now.passage_tokens
            ),
            "overlap_tokens": st.number_input(
                t("Tokens that neighbours share"), 0, 128, now.overlap_tokens
            ),
        }
        sent = st.form_submit_button(t("Keep"))
    if sent:
        change_settings(session, chunking=values)
        st.rerun()
    library = session.library
    recipe = library.config() if library else None
    wanted = f"{now.passage_tokens}/{now.overlap_tokens} tokens"
    if recipe is not None and not recipe.chunker.endswith(wanted):
        st.warning(
            escape(
                t(
                    "The library was cut otherwise ({old}). Searching goes on as it is; new lectures "
                    "are refused until `katheder library rebuild` has read all of them again.",
                    old=recipe.chunker,
                )
            )
        )


def as_toml(changes: dict[str, dict[str, Any]]) -> str:
    """Changes of settings as a TOML file; fields without a value are left out."""

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
