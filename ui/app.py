"""The chat in the browser: it loads once, asks, shows. Run it with `katheder ui`.

A run draws the sidebar, the conversation, then what is going on (an answer being written, files
being read), which a rerun takes up where it stands.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ingest.embed import BiEncoder
from ingest.errors import KathederError, LibraryMissing
from ingest.pipeline import FileReport, find_files, ingest
from ingest.store import Library
from rag.pipeline import Pipeline
from rag.sampling import Sampling, sampling_from
from rag.settings import Settings, default_library, load_settings
from rag.types import Answer, Answered, Event, StageDone, Token, Turn
from ui.job import Job
from ui.render import (
    DOING,
    Exchange,
    answer_message,
    escape,
    show_documents,
    show_exchange,
    show_question,
    show_report,
)
from ui.uploads import drop_unused, store_uploads

BUNDLED = Path(__file__).parents[1] / "corpus"
STRATEGIES = {"greedy": "Likeliest word", "beam": "Beam search", "sample": "Draw at random"}


@st.cache_resource(show_spinner="Loading the models …")
def load_pipeline(folder: str, settings: str) -> Pipeline:
    """Library and models, once a process for a folder and the settings as JSON."""
    pipeline = Pipeline.load(Path(folder), Settings.model_validate_json(settings))
    pipeline.encoder.encode(["ready"])
    if pipeline.settings.answer.writer:
        pipeline.generator.load()
    return pipeline


def main() -> None:
    """One run of the page."""
    st.set_page_config(page_title="Katheder", layout="centered", initial_sidebar_state="expanded")
    state = st.session_state
    state.setdefault("exchanges", [])  # list[Exchange], oldest first
    state.setdefault("asked", "")  # a question that is not yet being answered
    state.setdefault("writing", None)  # (question, Job[Event]) of the answer being written
    state.setdefault("reading", None)  # (number of files, Job[FileReport]) of files being read
    state.setdefault("reports", [])  # list[FileReport] of the last files read
    st.title("Katheder")
    try:
        base, folder = load_settings(), default_library()
        library = filled_library(folder)
        settings, sampling = sidebar(base, folder, library)
        if library is None:
            welcome(folder, base)
        else:
            conversation(folder, base, settings, sampling)
        if state.reading:
            follow_reading(st.sidebar if library else st.container())
    except KathederError as error:
        st.error(escape(str(error)))


def filled_library(folder: Path) -> Library | None:
    """The library, or None where there is none or nothing in it."""
    try:
        library = Library(folder)
    except LibraryMissing:
        return None
    return library if library.count() else None


# ---- the conversation ----


def conversation(
    folder: Path, base: Settings, settings: Settings, sampling: Sampling | None
) -> None:
    """The chat: what was said, and the answer being written."""
    state = st.session_state
    st.chat_input(
        "Ask the lectures" if sampling else "Mend the sampling settings first",
        key="question",
        max_chars=2000,
        on_submit=submit,
        disabled=bool(state.asked or state.writing) or sampling is None,
    )
    if not (state.exchanges or state.asked or state.writing):
        st.markdown("Ask a question; every sentence of the answer names its page.")
    for exchange in state.exchanges:
        show_exchange(exchange)
    try:
        if state.asked or state.writing:
            answering(folder, base, settings, sampling)
        else:
            load_pipeline(str(folder), base.model_dump_json())  # while the question is thought of
    except Exception:  # shown by Streamlit and logged; the next run must not meet it again
        state.asked, state.writing = "", None
        raise


def answering(folder: Path, base: Settings, settings: Settings, sampling: Sampling | None) -> None:
    """Begin to answer what was asked, or go on, and put what came of it into the history."""
    state = st.session_state
    show_question(state.asked or state.writing[0])
    with answer_message():
        try:
            pipeline = load_pipeline(str(folder), base.model_dump_json()).with_settings(settings)
            if state.asked:
                asked = state.asked
                history = [Turn(e.question, e.answer.text) for e in state.exchanges if e.answer]
                job = Job[Event](
                    lambda stop: pipeline.stream(
                        asked, history=history, sampling=sampling, stop=stop
                    )
                )
                state.asked, state.writing = "", (asked, job)
            exchange = Exchange(state.writing[0], follow_writing(state.writing[1], pipeline))
        except KathederError as error:
            exchange = Exchange(state.asked or state.writing[0], error=str(error))
    state.exchanges.append(exchange)
    state.asked, state.writing = "", None
    st.rerun()


def submit() -> None:
    """Take the question before the page is drawn, so that the input is drawn as busy."""
    st.session_state.asked = st.session_state.question or ""


def follow_writing(job: Job[Event], pipeline: Pipeline) -> Answer:
    """Show the stages and the draft as they come, and return the answer."""
    left = stages_of(pipeline)
    status = st.status(f"{DOING[left[0]]} …")
    st.button(
        "Stop", icon=":material/stop_circle:", on_click=job.stop.set, help="Keeps what is written."
    )
    answers: list[Answer] = []

    def words() -> Iterator[str]:
        for event in job.follow():
            if isinstance(event, Token):
                yield escape(event.text)
            elif isinstance(event, Answered):
                answers.append(event.answer)
            elif isinstance(event, StageDone):
                if event.stage in left:
                    del left[: left.index(event.stage) + 1]
                found = f", {len(event.hits)} passages" if event.hits else ""
                status.write(escape(f"{DOING[event.stage]}: {event.seconds:.2f} s{found}"))
            if left:
                status.update(label=f"{DOING[left[0]]} … {job.seconds:.0f} s")

    st.write_stream(words)
    return answers[0]


def stages_of(pipeline: Pipeline) -> list[str]:
    """The stages that a question will pass, in order."""
    rerank = ["rerank"] if pipeline.reranker else []
    generate = ["generate"] if pipeline.settings.answer.writer else []
    return ["encode", "retrieve", *rerank, "evidence", *generate, "ground"]


def new_conversation() -> None:
    """Forget what was said, and stop what is being written."""
    state = st.session_state
    if state.writing:
        state.writing[1].stop.set()
    state.exchanges, state.asked, state.writing = [], "", None


# ---- the sidebar ----


def sidebar(
    base: Settings, folder: Path, library: Library | None
) -> tuple[Settings, Sampling | None]:
    """Library, uploads and controls; the settings chosen, sampling None where it is refused."""
    with st.sidebar:
        if library is not None:
            st.button(
                "New conversation",
                icon=":material/add_comment:",
                width="stretch",
                on_click=new_conversation,
            )
        st.subheader("Lectures")
        show_documents(library.documents() if library else [])
        upload_form(base, folder, library)
        st.subheader("Answer")
        writer = st.toggle(
            "Let the language model write",
            base.answer.writer,
            help="Off, the answer is the lectures' own closest sentences.",
        )
        passages = st.slider(
            "Number of passages",
            1,
            max(10, base.answer.passages),
            base.answer.passages,
            help="How many of the best passages an answer may rest on.",
        )
        settings = base.with_changes(
            answer={"writer": writer, "passages": passages},
            retrieval={"top_k": max(base.retrieval.top_k, passages)},
        )
        if not writer:
            return settings, base.sampling
        with st.expander("Sampling"):
            values = sampling_controls(base.sampling)
        try:
            return settings, sampling_from(values)
        except KathederError as error:
            st.error(escape(str(error)))
            return settings, None


def sampling_controls(base: Sampling) -> dict[str, object]:
    """The fields that the chosen strategy uses; their ranges are checked by `sampling_from`."""
    strategy = st.selectbox(
        "Strategy",
        list(STRATEGIES),
        list(STRATEGIES).index(base.strategy),
        format_func=STRATEGIES.__getitem__,
    )
    values: dict[str, object] = {"strategy": strategy}
    if strategy == "beam":
        values["num_beams"] = st.number_input("Beams", value=base.num_beams or 4)
    elif strategy == "sample":
        values["temperature"] = st.number_input(
            "Temperature",
            value=base.temperature or 1.0,
            step=0.1,
            help="Below 1 sharpens, above 1 flattens.",
        )
        values["top_k"] = st.number_input("Top-k", value=base.top_k, step=1, placeholder="off")
        values["top_p"] = st.number_input("Top-p", value=base.top_p, step=0.05, placeholder="off")
        values["min_p"] = st.number_input("Min-p", value=base.min_p, step=0.05, placeholder="off")
    values["repetition_penalty"] = st.number_input(
        "Repetition penalty", value=base.repetition_penalty, step=0.05, help="1 is none."
    )
    values["max_new_tokens"] = st.number_input(
        "Longest answer in tokens", value=base.max_new_tokens
    )
    values["seed"] = st.number_input(
        "Seed", value=base.seed, help="The same seed gives the same answer."
    )
    return values


# ---- reading files ----


def upload_form(base: Settings, folder: Path, library: Library | None) -> None:
    """Take PDFs, store those that are some, and start to read them."""
    state = st.session_state
    with st.form("upload", clear_on_submit=True, border=False):
        chosen = st.file_uploader(
            "Add PDFs",
            type="pdf",
            accept_multiple_files=True,
            key="pdfs",
            max_upload_size=base.app.max_upload_mb,
        )
        sent = st.form_submit_button("Add to the library", disabled=bool(state.reading))
    if sent and chosen:
        uploads = [(file.name, file.getvalue()) for file in chosen]
        files, state.reports = store_uploads(folder / "uploads", uploads, base.app)
        if files:
            start_reading(files, folder, base, uploaded=True)
    for report in state.reports:
        show_report(report)


def welcome(folder: Path, base: Settings) -> None:
    """The page of an empty library: what to do, and a button that reads the bundled lectures."""
    st.markdown(
        "There are no lectures here yet. Add PDFs in the sidebar; then ask questions, and every "
        "sentence of an answer names its page. Nothing leaves this machine."
    )
    st.caption(escape(f"Library: {folder}"))
    files = find_files([BUNDLED]) if BUNDLED.is_dir() else []
    place = st.empty()
    label = f"Read the {len(files)} bundled lectures"
    if (
        files
        and not st.session_state.reading
        and place.button(label, type="primary", icon=":material/menu_book:")
    ):
        place.empty()
        st.session_state.reports = []
        start_reading(files, folder, base)


def start_reading(
    files: list[Path], folder: Path, base: Settings, *, uploaded: bool = False
) -> None:
    """Ingest files beside the page; `follow_reading` shows how far it is."""
    library = Library(folder, create=True)
    if library.count():
        encoder = load_pipeline(str(folder), base.model_dump_json()).encoder
    else:
        encoder = BiEncoder(base.models.encoder, base.models.device, base.models.dtype)

    def read(_: threading.Event) -> Iterator[FileReport]:
        for report in ingest(files, library, encoder, **base.chunking.model_dump()):
            if uploaded:
                drop_unused(report)
            yield report

    st.session_state.reading = (len(files), Job[FileReport](read))


def follow_reading(place: DeltaGenerator) -> None:
    """Show a bar over the files, keep their reports, and draw the page anew."""
    state = st.session_state
    total, job = state.reading
    reports: list[FileReport] = []
    bar = place.progress(0.0, "Reading …")
    try:
        for report in job.follow():
            if report is not None:
                reports.append(report)
            place_now = min(len(reports) + 1, total)
            bar.progress(
                len(reports) / total, f"Reading {place_now} of {total} … {job.seconds:.0f} s"
            )
    except KathederError as error:
        reports.append(FileReport("", "failed", message=str(error)))
    except Exception:  # as in follow_writing
        state.reading = None
        raise
    state.reading = None
    state.reports = [*state.reports, *reports]
    st.rerun()


main()
