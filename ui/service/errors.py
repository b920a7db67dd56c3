"""Every fault as one JSON message: what is wrong, what is expected, never a traceback.

The form is that of OpenAI's API, so that its clients show the message.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import ingest.errors
import rag.errors
from ingest.errors import KathederError
from ui.identity.file_names import names_alone
from ui.question_queue import QueueFull
from ui.uploads import UploadRefused

log = logging.getLogger(__name__)

_STATUS: Mapping[type[KathederError], int] = {
    QueueFull: 429,
    UploadRefused: 422,
    ingest.errors.DiskFull: 507,
    ingest.errors.LibraryMissing: 409,
    ingest.errors.BadCourse: 404,
    ingest.errors.BadPage: 404,
    ingest.errors.UnreadableFile: 404,
    ingest.errors.LibraryMismatch: 503,
    ingest.errors.LibraryUnusable: 503,
    ingest.errors.ModelMissing: 503,
    rag.errors.BadScope: 404,
    rag.errors.ConsentMissing: 403,
}


class Refused(KathederError):
    """A request that is not served; `status` is that of HTTP."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


def status_of(error: KathederError) -> int:
    """The status of HTTP for a fault that a user can mend; 400 where nothing else is named."""
    return error.status if isinstance(error, Refused) else _STATUS.get(type(error), 400)


def message(kind: str, text: str) -> dict[str, dict[str, str]]:
    """The body of a reply that holds a fault."""
    return {"error": {"type": kind, "message": text}}


def fault_body(error: Exception) -> dict[str, dict[str, str]]:
    """The body for any error, without the folders of this machine.

    One that no user can mend gets a number, under which the log has it.
    """
    if isinstance(error, KathederError):
        return message(type(error).__name__, names_alone(str(error)))
    number = secrets.token_hex(4)
    log.error("Unexpected error %s", number, exc_info=error)
    return message(
        "UnexpectedError",
        f"An unexpected error occurred; the log of the service has it under {number}.",
    )


def register(app: FastAPI) -> None:
    """Reply with one message to whatever a route of the application raises."""

    @app.exception_handler(KathederError)
    async def known(request: Request, error: KathederError) -> JSONResponse:
        headers = dict(error.headers or {}) if isinstance(error, Refused) else {}
        if isinstance(error, QueueFull):
            headers["Retry-After"] = "5"
        return JSONResponse(fault_body(error), status_of(error), headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(message("BadRequest", "; ".join(map(_sentence, error.errors()))), 422)

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> JSONResponse:
        text = f"{request.method} {request.url.path}: {error.detail}. See /openapi.json."
        return JSONResponse(message("HttpError", text), error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def unknown(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(fault_body(error), 500)


def _sentence(fault: Mapping[str, object]) -> str:
    """A fault of validation with its place, without the value, which may be a whole question."""
    place = fault["loc"]
    assert isinstance(place, tuple)
    return f"{'.'.join(map(str, place[1:])) or place[0]}: {fault['msg']}"
