"""The routes of documents: list, add as a job, delete; and of the jobs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool

from ingest.courses import MAX_COURSE_NAME
from ingest.errors import KathederError
from ingest.store import Library
from ingest.types import Document
from ui.file_reports import report_values
from ui.service.access import Client, Reader, Remover, Uploader
from ui.service.engine import Engine
from ui.service.errors import Refused
from ui.service.jobs import Job, Jobs, Work
from ui.service.pages import DocumentId, document_of
from ui.service.questions import engine_of
from ui.uploads import UPLOADS, drop_leftovers, drop_unused, is_uploaded, store_uploads

log = logging.getLogger(__name__)

router = APIRouter(tags=["documents"])
jobs_router = APIRouter(tags=["jobs"])
_JOB_EXAMPLE = {
    "id": "5b0e6a1f9c3d2e47",
    "kind": "ingest",
    "created": "2026-11-30T09:00:00+00:00",
    "state": "running",
    "total": 2,
    "done": 1,
    "detail": {"file": "entropy.pdf", "page": 12, "pages": 40},
    "results": [{"path": "lecture-1.pdf", "outcome": "added", "pages": 38, "passages": 71}],
    "result": {},
    "error": "",
}
_JOB_REPLY: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": _JOB_EXAMPLE}}}
}
_NEW_JOB: dict[int | str, dict[str, Any]] = {
    202: {"content": {"application/json": {"example": _JOB_EXAMPLE}}}
}


@router.get("/documents")
async def documents(client: Reader, request: Request) -> dict[str, Any]:
    """The documents of the library with their courses."""
    engine = engine_of(request)

    def read() -> dict[str, Any]:
        library = engine.library
        courses = [course for course in library.courses() if _is_open(client, course.name)]
        members = {id for course in courses for id in course.documents}
        rows = [
            _values(document)
            | {"courses": [course.name for course in courses if document.id in course.documents]}
            for document in library.documents()
            if not client.course or document.id in members
        ]
        return {"documents": rows, "courses": [course.name for course in courses]}

    return await run_in_threadpool(read)


@router.post("/documents", status_code=202, responses=_NEW_JOB)
async def add_documents(
    files: Annotated[list[UploadFile], File(description="PDF, PPTX, DOCX and what else is read.")],
    client: Uploader,
    request: Request,
    course: Annotated[str, Form(max_length=MAX_COURSE_NAME)] = "",
) -> dict[str, Any]:
    """Add files to the library; they are read by a job, whose progress GET /jobs/ID has."""
    engine, jobs = engine_of(request), jobs_of(request)
    if client.course and course and course.casefold() != client.course.casefold():
        raise Refused(403, f"This key opens the course {client.course!r}, not {course!r}.")
    course = (client.course or course).strip()
    contents = [(file.filename or "lecture", await file.read()) for file in files]

    def store() -> dict[str, Any]:
        folder = engine.folder / UPLOADS
        paths, refused = store_uploads(folder, contents, engine.settings.app)
        if not paths:
            raise Refused(422, "; ".join(report.message for report in refused))
        spec = {
            "files": [str(path.resolve()) for path in paths],
            "course": course,
            "refused": [report_values(report) for report in refused],
        }
        return jobs.add("ingest", spec, client.name, client.course).as_dict()

    return await run_in_threadpool(store)


@router.delete("/documents/{document}")
async def remove_document(
    document: DocumentId, client: Remover, request: Request
) -> dict[str, Any]:
    """Remove a document from the library; an uploaded file is deleted, any other stays."""
    engine = engine_of(request)

    def remove() -> dict[str, Any]:
        library = engine.library
        one = document_of(library, document, client.course)
        library.remove(one.id)
        file = Path(one.path)
        if is_uploaded(file, engine.folder):
            file.unlink(missing_ok=True)
        return {"removed": _values(one)}

    return await run_in_threadpool(remove)


@jobs_router.get("/jobs")
async def jobs(client: Reader, request: Request) -> dict[str, Any]:
    """All jobs of the service, the newest last."""
    found = [job for job in jobs_of(request).all() if _is_open(client, job.course)]
    return {"jobs": [job.as_dict() for job in found]}


@jobs_router.get("/jobs/{id}", responses=_JOB_REPLY)
async def job(id: str, client: Reader, request: Request) -> dict[str, Any]:
    """How far a job is, and what came of it."""
    found = jobs_of(request).get(id)
    if found is None or not _is_open(client, found.course):
        raise Refused(404, f"There is no job {id[:40]!r}; see GET /jobs.")
    return found.as_dict()


def jobs_of(request: Request) -> Jobs:
    """The application's jobs."""
    jobs = request.app.state.jobs
    assert isinstance(jobs, Jobs)
    return jobs


def ingestion(engine: Engine) -> Work:
    """What reads uploaded files into the engine's library."""

    def read(job: Job, stop: threading.Event) -> None:
        from ingest.pipeline import ingest

        # After a restart some may be gone: they could not be read, and were deleted.
        files = [path for name in job.spec["files"] if (path := Path(name)).exists()]
        job.results = list(job.spec["refused"])
        job.total = len(files) + len(job.results)

        def note(file: Path, page: int, pages: int) -> None:
            job.detail = {"file": file.name, "page": page, "pages": pages}

        for report in ingest(
            files,
            Library(engine.folder, create=True),
            engine.models.encoder,
            course=job.spec["course"],
            recogniser=engine.models.recogniser,
            limits=engine.settings.reading.limits,
            progress=note,
            **engine.settings.chunking.model_dump(),
        ):
            drop_unused(report)
            job.results.append(report_values(report))
            job.total = max(job.total, len(job.results))
            if stop.is_set():
                return
        job.detail = {}

    return read


def tidy_uploads(engine: Engine, jobs: Jobs) -> None:
    """Delete uploads that a killed program left, but not those that a job is still to read."""
    waiting = {
        Path(name).resolve()
        for job in jobs.all()
        if job.kind == "ingest" and job.state in ("queued", "running")
        for name in job.spec["files"]
    }
    try:
        deleted = drop_leftovers(Library(engine.folder), waiting)
    except (KathederError, OSError) as error:  # told where the library is used
        log.info("Uploads are left as they are (%s)", error)
    else:
        for file in deleted:
            log.info("Deleted %s, an upload that was never read", file)


def _is_open(client: Client, course: str) -> bool:
    return not client.course or course.casefold() == client.course.casefold()


def _values(document: Document) -> dict[str, Any]:
    """A document without its place on the server's disk."""
    return {
        "id": document.id,
        "name": document.name,
        "title": document.title,
        "pages": document.pages,
        "language": document.language,
    }
