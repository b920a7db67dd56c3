"""What a worker and its client say to each other: one JSON object a line.

The worker first writes one line on its standard output: that it is ready, or why it is not. On a
connection the client sends one request; the worker replies with one line for each event. A
second line from the client, or the end of the connection, stops the writing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import ingest.errors
import rag.errors
from ingest.errors import KathederError
from rag.sampling import Sampling
from rag.settings import Settings
from rag.types import Answered, Event, Hit, StageDone, Token, Turn

READY = json.dumps({"ready": True})
STOP = b"stop\n"


@dataclass(frozen=True, slots=True)
class Found:
    """The reply to a search: its passages, best first."""

    hits: tuple[Hit, ...]


_KINDS: dict[str, type[Event | Found]] = {
    kind.__name__: kind for kind in (StageDone, Token, Answered, Found)
}


@dataclass(frozen=True, slots=True)
class Request:
    """A question with everything that its answer depends on but library and models."""

    question: str
    history: tuple[Turn, ...]
    settings: Settings
    sampling: Sampling | None = None
    search_only: bool = False

    def encode(self) -> bytes:
        """The request as a line."""
        values = {
            "question": self.question,
            "history": [[turn.question, turn.answer] for turn in self.history],
            "settings": self.settings.model_dump(mode="json"),
            "sampling": self.sampling and self.sampling.model_dump(exclude_none=True),
            "search_only": self.search_only,
        }
        return json.dumps(values).encode() + b"\n"

    @classmethod
    def decode(cls, line: str) -> Request:
        """The request that `encode` made into a line."""
        values = json.loads(line)
        return cls(
            values["question"],
            tuple(Turn(*turn) for turn in values["history"]),
            decode_settings(values["settings"]),
            None if values["sampling"] is None else Sampling(**values["sampling"]),
            values["search_only"],
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
    """An error as a line, with its class where it is one that users can mend."""
    if isinstance(error, KathederError):
        return json.dumps({"error": str(error), "kind": type(error).__name__})
    return json.dumps({"error": f"an unexpected error occurred ({type(error).__name__}: {error})"})


def decode_event(line: str) -> Event | Found:
    """The event in a reply.

    Raises:
        KathederError: the reply holds an error; it is raised as the class that it was.
    """
    from pydantic import TypeAdapter

    reply = json.loads(line)
    raise_error(reply)
    event: Event | Found = TypeAdapter(_KINDS[reply["kind"]]).validate_python(reply["event"])
    return event


def raise_error(reply: dict[str, Any]) -> None:
    """Raise the error that a reply holds, if it holds one."""
    if "error" not in reply:
        return
    name = reply.get("kind", "")
    kind: type[Exception] = getattr(rag.errors, name, getattr(ingest.errors, name, KathederError))
    raise kind(reply["error"])
