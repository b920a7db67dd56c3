"""What a pipeline and its client say to each other: a request, and one JSON object for each event."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any, NoReturn

import ingest.errors
import rag.errors
from ingest.errors import KathederError
from rag.sampling import Sampling
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings
from rag.types import Answered, Event, Hit, StageDone, Token, Turn

READY = json.dumps({"ready": True})
EVENTS_PATH = "/pipeline/events"
STOP_PATH = "/pipeline/stop"
WAITING = b"\n"  # the line that says that the worker lives; others may be asking


@dataclass(frozen=True, slots=True)
class Found:
    """The reply to a search: its passages, best first."""

    hits: tuple[Hit, ...]


_KINDS: dict[str, type[Event | Found]] = {
    kind.__name__: kind for kind in (StageDone, Token, Answered, Found)
}


@dataclass(frozen=True, slots=True)
class Request:
    """A question with everything that its answer depends on but library and models.

    `id` names the request in the one that stops it.
    """

    question: str
    history: tuple[Turn, ...]
    settings: Settings
    sampling: Sampling | None = None
    search_only: bool = False
    scope: Scope = EVERYTHING
    id: str = ""

    def encode(self) -> bytes:
        """The request as a body."""
        values = {
            "question": self.question,
            "history": [
                [turn.question, turn.answer, turn.scope.as_dict()] for turn in self.history
            ],
            "settings": self.settings.model_dump(mode="json"),
            "sampling": self.sampling and self.sampling.model_dump(exclude_none=True),
            "search_only": self.search_only,
            "scope": self.scope.as_dict(),
            "id": self.id,
        }
        return json.dumps(values).encode()

    @classmethod
    def decode(cls, body: str | bytes) -> Request:
        """The request that `encode` made into a body."""
        values = json.loads(body)
        return cls(
            values["question"],
            tuple(
                Turn(question, answer, Scope.of(scope))
                for question, answer, scope in values["history"]
            ),
            decode_settings(values["settings"]),
            None if values["sampling"] is None else Sampling(**values["sampling"]),
            values["search_only"],
            Scope.of(values["scope"]),
            values["id"],
        )


def decode_settings(sections: dict[str, Any]) -> Settings:
    """The settings from their dumped sections; this process's environment changes none of them."""
    return Settings().with_changes(**sections)


def encode_event(event: Event | Found) -> bytes:
    """An event as a line."""
    from pydantic_core import to_jsonable_python

    reply = {"kind": type(event).__name__, "event": event}
    return json.dumps(to_jsonable_python(reply)).encode() + b"\n"


def encode_error(error: Exception) -> str:
    """An error as a line, in the form of the service, with its class where users can mend it."""
    if isinstance(error, KathederError):
        fault = {"type": type(error).__name__, "message": str(error)}
    else:
        text = f"an unexpected error occurred ({type(error).__name__}: {error})"
        fault = {"type": "UnexpectedError", "message": text}
    return json.dumps({"error": fault})


def decode_event(line: str | bytes) -> Event | Found:
    """The event in a reply.

    Raises:
        KathederError: the reply holds an error; it is raised as the class that it was.
    """
    from pydantic import TypeAdapter

    reply = json.loads(line)
    raise_error(reply)
    event: Event | Found = TypeAdapter(_KINDS[reply["kind"]]).validate_python(reply["event"])
    return event


def raise_fault(status: int, body: bytes) -> NoReturn:
    """Raise the fault that a reply other than 200 has as its body.

    Raises:
        KathederError: always.
    """
    with contextlib.suppress(ValueError, KeyError, TypeError):
        raise_error(json.loads(body))
    raise KathederError(
        f"The other side replied with status {status} and no message; it may not be Katheder."
    )


def raise_error(reply: dict[str, Any]) -> None:
    """Raise the error that a reply holds, if it holds one."""
    if "error" not in reply:
        return
    name = reply["error"]["type"]
    kind: type[Exception] = getattr(rag.errors, name, getattr(ingest.errors, name, KathederError))
    raise kind(reply["error"]["message"])
