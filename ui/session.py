"""The session of one reader: login, settings, library, models and conversations, for every page.

Models, conversations and background jobs belong to the process and are shared by all browsers;
settings and questions belong to the reader.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ingest.disk import is_read_only
from ingest.errors import KathederError, LibraryMissing
from ingest.library_folder import default_library
from ingest.store import Library
from rag.settings import ModelSettings, Settings, load_settings
from ui.conversations import FILE, Conversations
from ui.identity.file_names import names_alone
from ui.identity.library_guard import guarded
from ui.identity.roles import THIS_MACHINE, Identity, setting_action
from ui.identity.sessions import COOKIE, open_sessions
from ui.identity.wall import PASSED
from ui.job import Job
from ui.own_conversations import OwnConversations
from ui.question_queue import QuestionQueue
from ui.reader_settings import allowed_changes
from ui.service_client import ServicePipeline
from ui.text import LANGUAGES, escape, t

if TYPE_CHECKING:
    from rag.answerer import Answerer
    from rag.models import Models
    from rag.pipeline import Pipeline


@dataclass(frozen=True)
class Session:
    """What every page gets.

    `base` are the settings of the process, `settings` the same with the reader's changes;
    `library` is None if there is none or it is empty; `identity` says who the reader is and what
    they may.
    """

    folder: Path
    base: Settings
    settings: Settings
    library: Library | None
    identity: Identity
    conversations: OwnConversations

    @property
    def reader(self) -> str:
        """The id under which the reader's own things are kept, "" on a private machine."""
        return self.identity.reader

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be saved in the library's folder."""
        return is_read_only(self.folder)

    def pipeline(self, settings: Settings | None = None) -> Pipeline:
        """Library and models under the reader's settings, or others; waits until they are loaded.

        Raises:
            KathederError: a model or the library cannot be opened, or a service has the models.
        """
        settings = settings or self.settings
        if settings.app.service:
            raise KathederError(
                f"The models are at the service {settings.app.service}, and this page needs them in "
                "its own process. Start the app without app.service to use it."
            )
        return load_pipeline(str(self.folder), model_key(settings)).with_settings(settings)

    def answerer(self, settings: Settings) -> Answerer:
        """What answers questions: the pipeline, or the service that the settings name.

        Raises:
            KathederError: as `pipeline`; or the reader has not agreed to the service's address.
        """
        if settings.app.service:
            return ServicePipeline(settings)
        return self.pipeline(settings)


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
    _loaded_pipelines().add((folder, key))
    return pipeline


@st.cache_resource(show_spinner=False)
def _loaded_pipelines() -> set[tuple[str, str]]:
    """What `load_pipeline` was called with, where it has ended."""
    return set()


def model_key(settings: Settings) -> str:
    """The settings that decide which models are loaded, as JSON: the key of the cache."""
    parts = {"models": settings.models, "chunking": settings.chunking}
    return json.dumps({name: part.model_dump() for name, part in parts.items()})


@st.cache_resource(show_spinner=False)
def open_conversations(folder: str, database: str = "") -> Conversations:
    """The conversations stored in the library's folder, or in a database."""
    return Conversations(Path(folder) / FILE, database)


@st.cache_resource(show_spinner=False)
def question_queue() -> QuestionQueue:
    """The one queue of all questions to the models."""
    return QuestionQueue()


@st.cache_resource(show_spinner=False)
def background_jobs() -> dict[str, Any]:
    """The background jobs of this process, each under the name that its page uses."""
    return {}


def open_session() -> Session:
    """Open what the pages need; for who is not signed in the run ends here.

    Raises:
        KathederError: the settings, the library or the conversations cannot be opened.
    """
    base, folder = load_settings(), default_library()
    state = st.session_state
    identity = current_identity(base, folder)
    if state.setdefault("identity", identity) != identity:  # another person in the same window
        state.clear()
        state.identity = identity
    conversations = open_conversations(str(folder), base.app.database)
    own = OwnConversations(conversations, identity)
    if "changes" not in state:
        if conversations.set_aside is not None:
            _tell_set_aside(conversations.set_aside)
        preferences = conversations.preferences(identity.reader)
        state.changes = preferences.get("changes", {})
        state.language = preferences.get("language") or _browser_language()
    state.changes = allowed_changes(state.changes, identity)
    try:
        settings = base.with_changes(**state.changes)
    except KathederError as error:  # saved by an older version
        st.warning(
            error_text(t("Your saved settings are not valid and were reset: {why}", why=str(error)))
        )
        state.changes, settings = {}, base
    return Session(folder, base, settings, library_of(folder, identity), identity, own)


def _tell_set_aside(aside: Path) -> None:
    st.toast(
        escape(
            t(
                "The saved conversations were damaged. The file is kept as {file}, and a new one "
                "was begun.",
                file=aside.name,
            )
        ),
        icon=":material/warning:",
        duration="infinite",
    )


def may(action: str) -> bool:
    """Whether who uses this page may do something, for parts that get no session."""
    identity = st.session_state.get("identity")
    return isinstance(identity, Identity) and identity.may(action)


def plain_error(error: object) -> str:
    """The message of an error for whoever uses this page.

    Folders of this machine are for its owner; others see the last name of each path.
    """
    return str(error) if may("folder.show") else names_alone(str(error))


def error_text(error: object) -> str:
    """`plain_error` for Markdown."""
    return escape(plain_error(error))


def library_of(folder: Path, identity: Identity) -> Library | None:
    """The library as an identity may use it, or None if there is none or it is empty."""
    library = nonempty_library(folder)
    return None if library is None else guarded(library, identity)


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
        NotAllowed: the reader's role may not change one of them.
    """
    state = st.session_state
    for section, values in sections.items():
        for field in values:
            session.identity.require(setting_action(section, field))
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
    session.conversations.save_preferences({"changes": state.changes, "language": state.language})


def current_identity(base: Settings, folder: Path) -> Identity:
    """Who uses the app: who is signed in, or whoever has this machine where nobody signs in.

    The wall before the pages has let only readers with a session through; the session is looked up
    again for each run, since it may have ended. Without that wall, as under `streamlit run`, nobody
    can sign in, and nothing is shown.
    """
    if base.app.sign_on == "none":
        return THIS_MACHINE
    if PASSED not in st.context.headers:
        st.title("Katheder")
        st.error(
            t(
                "This app asks for a sign-in, which only `katheder ui` provides. Start it with "
                "`katheder ui` in place of `streamlit run`; or, for this machine alone, without the "
                "settings app.password and app.auth."
            )
        )
        st.stop()
    cookie = st.context.cookies.get(COOKIE, "")
    identity = open_sessions(folder, base.app.database).identity_of(cookie, base.app)
    if identity is None:
        st.title("Katheder")
        st.error(t("You are signed out. Load the page again to sign in."))
        st.stop()
    return identity


def _browser_language() -> str:
    """The browser's language if the interface has it, else English."""
    first = (st.context.locale or "en").split("-")[0].lower()
    return first if first in LANGUAGES else "en"


def start_loading(session: Session) -> None:
    """Load the models in the background, so that the first question waits less.

    It is called when a page was drawn, since the first page would share the processor with it.
    """
    if session.library is None or session.settings.app.service:
        return
    key = f"models {model_key(session.settings)}"
    if key not in background_jobs():

        def load(_: threading.Event) -> Any:
            yield load_pipeline(str(session.folder), model_key(session.settings))

        background_jobs()[key] = Job(load)


def models_loading(session: Session) -> bool:
    """Whether the models are still loading, or will be when the page was drawn."""
    if session.library is None or session.settings.app.service:
        return False
    key = model_key(session.settings)
    job = background_jobs().get(f"models {key}")
    return not (job.done if job else (str(session.folder), key) in _loaded_pipelines())


def lazy_tabs(key: str, parts: Mapping[str, Callable[[], None]]) -> None:
    """A tab for each part under its label; only the open one is drawn, so that the page is fast."""
    tabs = st.tabs(list(parts), key=f"tabs-{key}", on_change="rerun")
    for tab, draw in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab:
                draw()
