"""Adding lectures: upload or the bundled ones, a background job that reads them, its progress."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import streamlit as st

from ingest import resources
from ingest.errors import KathederError
from ingest.pipeline import FileReport, find_files, ingest
from ingest.readers import READERS
from ingest.store import Library
from ui.job import Job
from ui.render import show_report
from ui.session import Session, background_jobs, load_models
from ui.text import escape, t
from ui.uploads import drop_unused, store_uploads

_JOB = "ingestion"  # the name of the one job that reads files


def welcome(session: Session) -> None:
    """The page of an empty library: what to do, and a button that adds the bundled lectures."""
    st.title("Katheder")
    st.markdown(
        t(
            "The library is empty. Add your files, or start with the bundled lectures. Then ask "
            "questions; each sentence of an answer cites its page. All data stays on this computer."
        )
    )
    files = find_files([resources.lectures()])
    if files and _JOB not in background_jobs():
        label = t("Add the {number} bundled lectures", number=len(files))
        if st.button(label, type="primary", icon=":material/menu_book:"):
            st.session_state.reports = []
            start_ingestion(session, files)
            st.rerun()
    upload(session)
    follow_ingestion()
    st.caption(escape(t("Library: {folder}", folder=session.folder)))


def upload(session: Session) -> None:
    """The upload form: store them in the library folder, and start to read them."""
    state = st.session_state
    state.setdefault("reports", [])
    with st.form("upload", clear_on_submit=True):
        uploads = st.file_uploader(
            t("Add files"),
            type=sorted(READERS),
            accept_multiple_files=True,
            key="uploads",
            max_upload_size=session.base.app.max_upload_mb,
        )
        collection = st.text_input(
            t("Collection"), placeholder=t("optional; groups lectures under a name"), max_chars=80
        )
        submitted = st.form_submit_button(
            t("Add to the library"), disabled=_JOB in background_jobs()
        )
    if submitted and uploads:
        contents = [(file.name, file.getvalue()) for file in uploads]
        files, state.reports = store_uploads(session.folder / "uploads", contents, session.base.app)
        if files:
            start_ingestion(session, files, uploaded=True, collection=collection.strip())
    for report in state.reports:
        show_report(report)


def start_ingestion(
    session: Session, files: list[Path], *, uploaded: bool = False, collection: str = ""
) -> None:
    """Read files into the library in the background; `follow_ingestion` shows the progress."""
    pages: dict[str, tuple[int, int]] = {}  # of each file by name: how many are read of how many

    def note_pages(file: Path, done: int, total: int) -> None:
        pages[file.name] = (done, total)

    def read(_: threading.Event) -> Iterator[FileReport]:
        library = Library(session.folder, create=True)
        models = load_models(session.settings.models)
        for report in ingest(
            files,
            library,
            models.encoder,
            collection=collection,
            recogniser=models.recogniser,
            limits=session.settings.reading.limits,
            progress=note_pages,
            **session.settings.chunking.model_dump(),
        ):
            if uploaded:
                drop_unused(report)
            yield report

    background_jobs()[_JOB] = Job(read)
    st.session_state.files = [file.name for file in files]
    st.session_state.pages = pages


def follow_ingestion() -> None:
    """Show a progress bar for all files and one per file, then run the page again."""
    job = background_jobs().get(_JOB)
    if job is None:
        return
    state = st.session_state
    names = state.get("files", [])
    reports: list[FileReport] = []
    bar = st.progress(0.0, t("Reading …"))
    rows = [st.progress(0.0, escape(name)) for name in names]
    try:
        for report in job.follow():
            if report is not None:
                if len(reports) < len(rows):
                    rows[len(reports)].progress(1.0, escape(names[len(reports)]))
                reports.append(report)
            total = max(len(names), len(reports), 1)
            now = min(len(reports) + 1, total)
            if len(reports) < len(rows):
                name = names[len(reports)]
                done, pages = state.get("pages", {}).get(name, (0, 0))
                detail = t("{name}: page {page} of {pages}", name=name, page=done, pages=pages)
                rows[len(reports)].progress(
                    done / pages if pages else 0.0, escape(detail if pages else f"{name} …")
                )
            bar.progress(
                len(reports) / total,
                t(
                    "Reading {now} of {total} … {seconds} s",
                    now=now,
                    total=total,
                    seconds=round(job.seconds),
                ),
            )
    except KathederError as error:
        reports.append(FileReport("", "failed", message=str(error)))
    finally:
        if job.done:
            background_jobs().pop(_JOB, None)
    state.reports = [*state.reports, *reports]
    st.rerun()
