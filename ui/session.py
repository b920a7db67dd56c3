"""The session of one reader: login, settings, library, models and conversations, for every page.

Models, conversations and background jobs belong to the process and are shared by all browsers;
settings and questions belong to the reader.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ingest.errors import KathederError, LibraryMissing
from ingest.store import Library
from rag.settings import ModelSettings, Settings, default_library, load_settings
from ui import password
from ui.conversations import FILE, Conversations
from ui.job import Job
from ui.question_queue import QuestionQueue
from ui.text import LANGUAGES, escape, t

if TYPE_CHECKING:
    from rag.models import Models
    from rag.pipeline import Pipeline


@dataclass(frozen=True)
class Session:
    """What every page gets.

    `base` are the settings of the process, `settings` the same with the reader's changes;
    `library` is None if there is none or it is empty; `reader` is "" on a private machine, and a
    secret id in the browser's address where several people log in with a password.
    """

    folder: Path
    base: Settings
    settings: Settings
    library: Library | None
    reader: str
    conversations: Conversations

    def pipeline(self) -> Pipeline:
        """Library and models under the reader's settings; waits until they are loaded.

        Raises:
            KathederError: a model or the library cannot be opened.
        """
        return load_pipeline(str(self.folder), model_key(self.settings)).with_settings(
            self.settings
        )


@st.cache_resource(show_spinner=False)
def _process_models() -> list[Models]:
    """One entry: the models that all sessions of this process share."""
    from rag.models import Models

    return [Models()]


def use_models(models: Models) -> None:
    """Let all sessions use these models; those handed in to them win over names in the settings."""
    _process_models()[0] = models


def load_models(settings: ModelSettings) -> Models:
    """The models that some settings name; what is loaded already is shared."""
    return _process_models()[0].with_settings(settings)


@st.cache_resource(show_spinner=False)
def load_pipeline(folder: str, key: str) -> Pipeline:
    """Library and models, loaded once per process for a folder and a `model_key`."""
    from rag.pipeline import Pipeline

    settings = Settings().with_changes(**json.loads(key))
    pipeline = Pipeline.load(Path(folder), settings, load_models(settings.models))
    pipeline.encoder.encode_questions(["ready"])
    return pipeline


def model_key(settings: Settings) -> str:
    """The settings that decide which models are loaded, as JSON: the key of the cache."""
    parts = {"models": settings.models, "chunking": settings.chunking}
    return json.dumps({name: part.model_dump() for name, part in parts.items()})


@st.cache_resource(show_spinner=False)
def open_conversations(folder: str) -> Conversations:
    """The conversations stored in the library's folder."""
    return Conversations(Path(folder) / FILE)


@st.cache_resource(show_spinner=False)
def question_queue() -> QuestionQueue:
    """The one queue of all questions to the models."""
    return QuestionQueue()


@st.cache_resource(show_spinner=False)
def background_jobs() -> dict[str, Any]:
    """The background jobs of this process, each under the name that its page uses."""
    return {}


def open_session() -> Session:
    """Log the reader in and open what the pages need; without a login the run ends here.

    Raises:
        KathederError: the settings, the library or the conversations cannot be opened.
    """
    base, folder = load_settings(), default_library()
    if base.app.password:
        password.require_login(base.app.password)
    state = st.session_state
    reader = _reader(shared=bool(base.app.password))
    conversations = open_conversations(str(folder))
    if "changes" not in state:
        preferences = conversations.preferences(reader)
        state.changes = preferences.get("changes", {})
        state.language = preferences.get("language") or _browser_language()
    try:
        settings = base.with_changes(**state.changes)
    except KathederError as error:  # saved by an older version
        st.warning(
            escape(t("Your saved settings are not valid and were reset: {why}", why=str(error)))
        )
        state.changes, settings = {}, base
    session = Session(folder, base, settings, nonempty_library(folder), reader, conversations)
    if session.library is not None:
        _start_loading(session)
    return session


def nonempty_library(folder: Path) -> Library | None:
    """The library, or None if there is none or it is empty."""
    try:
        library = Library(folder)
    except LibraryMissing:
        return None
    return library if library.count() else None


def change_settings(session: Session, **sections: dict[str, Any]) -> None:
    """Change some settings of this reader, and save the changes.

    Raises:
        BadSettings: a value is not valid; nothing is changed.
    """
    state = st.session_state
    changes = {name: dict(values) for name, values in state.changes.items()}
    for section, values in sections.items():
        merged = changes.setdefault(section, {}) | values
        base = getattr(session.base, section).model_dump()
        changes[section] = {k: v for k, v in merged.items() if base.get(k, v) != v or k not in base}
    changes = {name: values for name, values in changes.items() if values}
    session.base.with_changes(**changes)
    state.changes = changes
    save_preferences(session)


def save_preferences(session: Session) -> None:
    """Save the reader's language and changes of settings."""
    state = st.session_state
    session.conversations.save_preferences(
        session.reader, {"changes": state.changes, "language": state.language}
    )


def _reader(*, shared: bool) -> str:
    """The reader's id: "" on a private machine, else the secret in the browser's address."""
    if not shared:
        return ""
    if "reader" not in st.query_params:
        st.query_params["reader"] = secrets.token_urlsafe(16)
    return st.query_params["reader"]


def _browser_language() -> str:
    """The browser's language if the interface has it, else English."""
    first = (st.context.locale or "en").split("-")[0].lower()
    return first if first in LANGUAGES else "en"


def _start_loading(session: Session) -> None:
    """Load the models in the background, so that the first question waits less."""
    key = f"models {model_key(session.settings)}"
    if key not in background_jobs():

        def load(_: threading.Event) -> Any:
            yield load_pipeline(str(session.folder), model_key(session.settings))

        background_jobs()[key] = Job(load)


def models_loading(session: Session) -> bool:
    """Whether the models are still loading."""
    job = background_jobs().get(f"models {model_key(session.settings)}")
    return job is not None and not job.done


def lazy_tabs(key: str, parts: Mapping[str, Callable[[], None]]) -> None:
    """A tab for each part under its label; only the open one is drawn, so that the page is fast."""
    tabs = st.tabs(list(parts), key=f"tabs-{key}", on_change="rerun")
    for tab, draw in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab:
                draw()
