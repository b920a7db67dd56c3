"""Adding lectures: upload or the bundled ones, a background job that reads them, its progress."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ingest import resources
from ingest.courses import MAX_COURSE_NAME
from ingest.errors import KathederError
from ingest.pipeline import FileReport, find_files, ingest, rebuild
from ingest.readers import READERS
from ingest.reading import ProgressListener
from ingest.store import Library
from ingest.types import Document
from ui.course.guide_job import start_guides
from ui.file_exchange import take_files
from ui.job import Job
from ui.render import show_report
from ui.session import Session, background_jobs, load_models
from ui.text import escape, t
from ui.uploads import drop_unread, drop_unused, own_course, quota_mb, store_uploads, upload_folder

if TYPE_CHECKING:
    from rag.models import Models

_JOB = "ingestion"  # the name of the one job that reads files
_ROWS = 12  # files with a progress bar of their own


@dataclass(frozen=True)
class Reading:
    """The job that reads files, and the reader who began it."""

    job: Job[FileReport]
    reader: str


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
    if not session.identity.may("lecture.upload"):
        st.info(t("Only lecturers add files here."))
    elif files and session.identity.may("lecture.add") and _JOB not in background_jobs():
        label = t("Add the {number} bundled lectures", number=len(files))
        if st.button(label, type="primary", icon=":material/menu_book:"):
            st.session_state.reports = []
            start_ingestion(session, files)
            st.rerun()
    upload(session)
    follow_ingestion(session)
    if session.identity.may("folder.show"):
        st.caption(escape(t("Library: {folder}", folder=session.folder)))


def is_reading() -> bool:
    """Whether files are being read into the library."""
    return _JOB in background_jobs()


def upload(session: Session) -> None:
    """A field for files, which are stored in the library's folder and read at once."""
    if service := session.base.app.service:
        st.info(escape(t("Lectures are added at the service {address}.", address=service)))
        return
    if not session.identity.may("lecture.upload"):
        return
    if session.is_read_only:
        st.info(t("Files cannot be added, since nothing can be saved in the library's folder."))
        return
    state = st.session_state
    state.setdefault("reports", [])
    own = own_course(session.identity)
    courses = [course.name for course in session.library.courses()] if session.library else []
    left, right = st.columns([3, 2], gap="medium")
    if own:
        right.caption(escape(t("Your files go into the course “{name}”.", name=own)))
    course = own or right.selectbox(
        t("Course of the new files"),
        courses,
        index=None,
        placeholder=t("None; choose one, or type a new name"),
        accept_new_options=True,
        key="upload_course",
    )
    with left:
        uploads = take_files(
            "lecture.upload",
            t("Add files"),
            type=sorted(READERS),
            accept_multiple_files=True,
            key=f"uploads-{state.get('upload_round', 0)}",
            max_upload_size=session.base.app.max_upload_mb,
            disabled=is_reading(),
            help=t("They are read as soon as they are here."),
        )
        st.caption(
            t(
                "PDF, PowerPoint, Word, EPUB, Markdown, HTML, text, Jupyter notebooks, pictures and "
                "transcripts, up to {size} MB each",
                size=session.base.app.max_upload_mb,
            )
        )
    if uploads and not is_reading():
        contents = [(file.name, file.getvalue()) for file in uploads]
        files, state.reports = store_uploads(
            upload_folder(session.folder, session.identity),
            contents,
            session.base.app,
            quota_mb(session.identity, session.base.app),
        )
        state.upload_round = state.get("upload_round", 0) + 1  # an empty field for the next ones
        if files:
            name = (course or "").strip()[:MAX_COURSE_NAME]
            start_ingestion(session, files, uploaded=True, course=name)
        st.rerun()
    for report in state.reports:
        show_report(report, session.library)


def reload(session: Session, document: Document) -> None:
    """Read a lecture's file again in the background."""
    state = st.session_state
    state.reports, state.reloaded = [], document.path
    start_ingestion(session, [Path(document.path)])


def reloaded(library: Library) -> Document | None:
    """The lecture whose file was read again last, which has another id where the file has changed."""
    path = st.session_state.get("reloaded")
    return next((d for d in library.documents() if path and d.path == path), None)


def show_reload(library: Library, document: Document) -> None:
    """What came of reading a lecture's file again, for the page of that lecture."""
    if document.path == st.session_state.get("reloaded"):
        for report in st.session_state.get("reports", ()):
            show_report(report, library)


def start_ingestion(
    session: Session, files: list[Path], *, uploaded: bool = False, course: str = ""
) -> None:
    """Read files into the library in the background; `follow_ingestion` shows the progress.

    Raises:
        NotAllowed: the reader's role may not, or may read uploaded files alone.
    """
    session.identity.require("lecture.upload" if uploaded else "lecture.add")
    course = own_course(session.identity) or course

    def read(models: Models, note: ProgressListener) -> Iterator[FileReport]:
        library = Library(session.folder, create=True)
        reports = ingest(
            files,
            library,
            models.encoder,
            course=course,
            recogniser=models.recogniser,
            limits=session.settings.reading.limits,
            progress=note,
            **session.settings.chunking.model_dump(),
        )
        try:
            for report in reports:
                if uploaded:
                    drop_unused(report)
                yield report
        finally:  # also where the job is stopped
            if uploaded:
                drop_unread(files, library)

    _start(session, [file.name for file in files], read)


def start_rebuild(session: Session) -> None:
    """Read all files of the library again in the background; the old one is kept until then."""
    session.identity.require("library.rebuild")
    library = Library(session.folder)

    def read(models: Models, note: ProgressListener) -> Iterator[FileReport]:
        yield from rebuild(
            library,
            models.encoder,
            recogniser=models.recogniser,
            limits=session.settings.reading.limits,
            progress=note,
            **session.settings.chunking.model_dump(),
        )

    st.session_state.reports = []
    _start(session, [document.file for document in library.documents()], read)


def _start(
    session: Session,
    names: list[str],
    read: Callable[[Models, ProgressListener], Iterator[FileReport]],
) -> None:
    """Begin the one job that reads files; a stop takes effect after the file that is being read."""
    if service := session.base.app.service:
        raise KathederError(f"Lectures are read at the service {service}, not by this app.")
    pages: dict[str, tuple[int, int]] = {}  # of each file by name: how many are read of how many

    def note_pages(file: Path, done: int, total: int) -> None:
        pages[file.name] = (done, total)

    def work(stop: threading.Event) -> Iterator[FileReport]:
        for report in read(load_models(session.settings.models), note_pages):
            yield report
            if stop.is_set():
                break
        start_guides(session)

    background_jobs()[_JOB] = Reading(Job(work), session.reader)
    st.session_state.files = names
    st.session_state.pages = pages


def _stop_button(job: Job[FileReport]) -> None:
    st.button(
        t("Stop after this file") if not job.stop.is_set() else t("Stopping after this file …"),
        icon=":material/stop_circle:",
        on_click=job.stop.set,
        disabled=job.stop.is_set(),
        key="stop_reading",
    )


def follow_ingestion(session: Session) -> None:
    """Show a progress bar for all files and one per file, then run the page again.

    What a reader uploads, and what came of it, is shown to him and to lecturers; others see that
    something is being read.
    """
    reading = background_jobs().get(_JOB)
    if reading is None:
        return
    job = reading.job
    state = st.session_state
    is_shown = reading.reader == session.reader or session.identity.may("lecture.add")
    names = state.get("files", []) if is_shown else []
    reports: list[FileReport] = []
    bar = st.progress(0.0, t("Reading …"))
    if session.identity.may("lecture.add"):
        _stop_button(job)
    rows = [st.progress(0.0, escape(name)) for name in names[:_ROWS]]
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
        if job.done and background_jobs().get(_JOB) is reading:
            background_jobs().pop(_JOB, None)
    if is_shown:
        state.reports = [*state.reports, *reports]
    st.rerun()
