"""The part of the page Settings in which a reader finds, tries and uses a language model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ingest.errors import KathederError
from rag.language_models.addresses import needs_consent
from rag.language_models.discovery import PORTS, LocalModel, find_models
from rag.language_models.servers import expected_kind
from rag.language_models.trial import Trial, try_model
from rag.settings import Settings
from rag.user_settings import allow_server, save_user_settings
from ui.identity.roles import Identity
from ui.session import Session, change_settings, error_text, load_pipeline, model_key
from ui.structured_answers import structured_markdown
from ui.text import escape, t

_OFFERED = 8  # models that an empty chat lists; Settings has all


def language_model(session: Session, ports: tuple[int, ...] = PORTS) -> None:
    """Servers, one trial question, and the button that keeps the model; none in a shared app.

    Args:
        session: The reader's.
        ports: Of this machine, asked only when the button is pressed.
    """
    if not session.identity.may("models.change"):
        return
    with st.expander(t("Other language model"), icon=":material/smart_toy:"):
        _search(session.identity, ports)
        current = session.settings.models
        generator = st.text_input(t("Model"), current.generator, key="trial-generator")
        url = st.text_input(t("Address of the server"), current.base_url, key="trial-url")
        variable = st.text_input(
            t("Environment variable with the key"), current.api_key_variable, key="trial-variable"
        )
        keyring = st.text_input(
            t("Name of the key in the system's keyring"),
            current.api_key_keyring,
            key="trial-keyring",
        )
        question = st.text_input(t("Question for the trial"), key="trial-question")
        values: dict[str, Any] = {
            "generator": generator,
            "base_url": url,
            "api_key_variable": variable,
            "api_key_keyring": keyring,
        }
        try:
            settings = session.settings.with_changes(
                models=values, answer={"writer": True, "course_questions": False}
            )
            agreed = _consent(settings)
            _show_unused(settings)
            left, middle, right = st.columns(3)
            disabled = not agreed or session.library is None or not question.strip()
            if left.button(t("Try it"), icon=":material/play_arrow:", disabled=disabled):
                _try(session, settings, question)
            if middle.button(t("Use this model"), icon=":material/check:", disabled=not agreed):
                _keep(session, settings, values)
            if right.button(
                t("Offer in conversations"), icon=":material/playlist_add:", disabled=not agreed
            ):
                _offer(session, settings, values)
        except KathederError as error:
            st.error(error_text(error))


def _search(identity: Identity, ports: tuple[int, ...]) -> None:
    """The button that asks the ports, and their models; choosing one fills in the fields."""
    state = st.session_state
    if st.button(
        t("Look for local servers"),
        icon=":material/search:",
        help=t("Asks Ollama, LM Studio, llama.cpp and vLLM on this machine for their models."),
    ):
        identity.require("server.search")
        state.local_models = find_models(ports)
    models: list[LocalModel] | None = state.get("local_models")
    if models is None:
        return
    if not models:
        st.info(t("No server answers. Start one, such as Ollama, or enter an address."))
        return
    st.selectbox(
        t("Models of this machine"),
        models,
        index=None,
        placeholder=t("Choose a model"),
        format_func=_label,
        key="local-model",
        on_change=_fill_in,
    )


def local_writers(session: Session, ports: Sequence[int] = PORTS) -> None:
    """On an empty chat: a button that looks for models of this machine, then a button for each.

    Args:
        session: The reader's; nothing is shown where answers are written, or to who may not choose.
        ports: Of this machine, asked only when the button is pressed.
    """
    state = st.session_state
    if session.settings.answer.writer or not session.identity.may("models.change"):
        return
    if st.button(
        t("Let a language model of this machine write the answers"),
        icon=":material/smart_toy:",
        type="tertiary",
        key="local_writers",
        help=t("Asks Ollama, LM Studio, llama.cpp and vLLM on this machine for their models."),
    ):
        session.identity.require("server.search")
        state.local_models = find_models(ports)
    models: list[LocalModel] | None = state.get("local_models")
    if models is None:
        return
    models = [one for one in models if "embed" not in one.generator]  # these write nothing
    if not models:
        st.info(t("No server answers. Start one, such as Ollama, or enter an address."))
    with st.container(key="local_models"):
        for number, model in enumerate(models[:_OFFERED]):
            label = escape(t("Use {model}", model=_label(model)))
            if st.button(label, key=f"use-local-{number}", icon=":material/check:"):
                values = {"generator": model.generator, "base_url": model.base_url}
                settings = session.settings.with_changes(models=values)
                _keep(session, settings, values)
                del state.local_models
                st.rerun()


def _label(model: LocalModel) -> str:
    parts = [model.generator, model.server]
    parts += [f"{model.size / 1e9:.1f} GB"] if model.size else []
    parts += [f"{model.context} tokens"] if model.context else []
    return " · ".join(parts)


def _fill_in() -> None:
    model: LocalModel | None = st.session_state["local-model"]
    if model is not None:
        st.session_state["trial-generator"] = model.generator
        st.session_state["trial-url"] = model.base_url


def _consent(settings: Settings) -> bool:
    """Whether the reader agrees to what leaves this machine; True where nothing does."""
    place = needs_consent(settings.models)
    if not place:
        return True
    st.warning(
        escape(
            t(
                "This model runs at {place}, not on this machine. What is sent there: your "
                "question, the conversation, and the selected passages of your lectures.",
                place=place,
            )
        )
    )
    return st.checkbox(t("I agree that they are sent there"), key=f"consent-{place}")


def _with_consent(identity: Identity, settings: Settings) -> Settings:
    """The settings with their server allowed, which is kept in the reader's own file."""
    place = needs_consent(settings.models)
    if not place:
        return settings
    identity.require("server.allow")
    allow_server(place)
    servers = (*settings.models.allowed_servers, place)
    return settings.with_changes(models={"allowed_servers": servers})


def _try(session: Session, settings: Settings, question: str) -> None:
    settings = _with_consent(session.identity, settings)
    with st.spinner(t("The model writes…")):
        pipeline = load_pipeline(str(session.folder), model_key(settings)).with_settings(settings)
        trial = try_model(pipeline, question)
        if trial.succeeded:  # the speed belongs to this model
            trials = st.session_state.setdefault("trials", {})
            trials[settings.models.generator] = trial
        _show(trial)


def _show(trial: Trial) -> None:
    """The answer with its sources, the speed, and what was sent."""
    answer = trial.answer
    for note in answer.writer_sentences:
        st.info(escape(note), icon=":material/info:")
    text = structured_markdown(answer.units) if answer.is_structured else escape(answer.text)
    st.markdown(text)
    for source in answer.sources:
        st.caption(escape(f"[{source.number}] {source.citation}"))
    if answer.abstained:
        st.caption(t("The lectures do not answer this, so nothing was sent. Try another question."))
        return
    if (seconds := answer.seconds.get("first words")) is not None:
        st.caption(
            t(
                "First words after {seconds} s, about {speed} tokens per second",
                seconds=f"{seconds:.1f}",
                speed=f"{trial.tokens_per_second:.0f}",
            )
        )
    st.caption(t("What was sent"))
    st.code(
        "\n\n".join(f"[{m['role']}] {m['content']}" for m in trial.sent),
        language=None,
        wrap_lines=True,
    )


def _show_unused(settings: Settings) -> None:
    """Which settings of sampling the server does not take, as far as its name tells."""
    kind = expected_kind(settings.models)
    unused = kind.untaken if kind else ()
    if kind and unused:
        names = ", ".join(unused)
        st.caption(
            escape(t("{server} servers do not take: {names}", server=kind.name, names=names))
        )


def _offer(session: Session, settings: Settings, values: dict[str, Any]) -> None:
    """Keep the model as one that conversations may switch to."""
    session.identity.require("models.change")
    _with_consent(session.identity, settings)
    name = settings.models.generator.partition(":")[2] or settings.models.generator
    choices = {one: choice.model_dump() for one, choice in settings.models.choices.items()}
    choices[name] = values
    file = save_user_settings(models={"choices": choices})
    change_settings(session, models={"choices": choices})
    st.success(escape(t("Saved in {file}. Conversations can switch to it.", file=str(file))))


def _keep(session: Session, settings: Settings, values: dict[str, Any]) -> None:
    """Keep the model in the reader's own settings file; this reader's other choice of one ends."""
    session.identity.require("models.change")
    _with_consent(session.identity, settings)
    trial: Trial | None = st.session_state.get("trials", {}).get(settings.models.generator)
    values = values | {"prompt_speed": trial.prompt_speed if trial else None}
    changes: dict[str, dict[str, Any]] = {"models": values, "answer": {"writer": True}}
    if trial is not None:  # else nobody knows how fast it is
        changes["retrieval"] = {"followups": "rewrite" if trial.rewrites_in_time else "expand"}
    file = save_user_settings(**changes)
    change_settings(session, **changes)
    st.success(
        escape(t("Saved in {file}. This model writes the answers from now on.", file=str(file)))
    )
