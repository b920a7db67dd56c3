"""Requests to the service: made up from its own description, and sound ones whose bodies are changed."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from raw_pdf import Deck
from service_builders import make_app, make_library
from starlette.testclient import TestClient

from rag.settings import Settings
from ui.service.pipeline_messages import EVENTS_PATH, Request

_CASES = 5  # made-up requests at a time
_ROUND = 300  # requests to one library, which some of them change
_JSON = "application/json"
_TYPES = (
    _JSON,
    _JSON,
    _JSON,
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
    "application/xml",
)


class HttpRequests:
    """A service with a small library, and what it replies to requests of all kinds."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder, self._chance = folder, chance
        self._sent = _ROUND
        question = {"question": "How long does a cat sleep?"}
        chat = {"model": "katheder", "messages": [{"role": "user", "content": "What is light?"}]}
        whole = Request("What is light?", (), Settings(), None, id="0" * 16)
        pdf = Deck().write(folder / "upload.pdf").read_bytes()
        self._sound: list[tuple[str, bytes, str]] = [
            *(
                ("/ask", json.dumps(question | more).encode(), _JSON)
                for more in ({}, {"stream": True})
            ),
            (
                "/ask",
                json.dumps(question | {"history": [question], "course": "Zoo"}).encode(),
                _JSON,
            ),
            ("/search", json.dumps(question | {"passages": 3, "up_to": "1"}).encode(), _JSON),
            ("/v1/chat/completions", json.dumps(chat).encode(), _JSON),
            (
                "/v1/chat/completions",
                json.dumps(chat | {"stream": True, "seed": 1}).encode(),
                _JSON,
            ),
            ("/evaluate", json.dumps({"questions": [question]}).encode(), _JSON),
            (EVENTS_PATH, whole.encode(), _JSON),
            ("/documents", _form("a.pdf", pdf), "multipart/form-data; boundary=x"),
        ]

    def changed(self, mutated: Callable[[bytes, random.Random], bytes]) -> str:
        """How one sound request ends whose body was changed: "read" or "refused".

        Raises:
            AssertionError: it ends in neither.
        """
        client = self._client()
        path, body, kind = self._chance.choice(self._sound)
        if self._chance.random() < 0.1:
            kind = self._chance.choice(_TYPES)
        reply = client.post(
            path, content=mutated(body, self._chance), headers={"Content-Type": kind}
        )
        return outcome(f"POST {path}", reply.status_code, reply.text)

    def made_up(self) -> Iterator[str]:
        """How a few requests end that Schemathesis makes up for one route; as `changed`."""
        self._client()
        operation = self._chance.choice(self._operations)
        outcomes = []

        @seed(self._chance.randrange(2**32))
        @settings(
            max_examples=_CASES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            reply = case.call()
            name = f"{case.method} {case.path}"
            outcomes.append(outcome(name, reply.status_code, reply.text))

        ask()
        self._sent += len(outcomes)
        yield from outcomes

    def _client(self) -> TestClient:
        self._sent += 1
        if self._sent >= _ROUND:
            self._sent = 0
            shutil.rmtree(self._folder / "service", ignore_errors=True)
            library = make_library(self._folder / "service")
            app = make_app(library, app={"requests_per_minute": 1_000_000})
            self._open = TestClient(app, raise_server_exceptions=False)
            schema = schemathesis.openapi.from_asgi("/openapi.json", app)
            self._operations = [result.ok() for result in schema.get_all_operations()]
        return self._open


def outcome(name: str, status: int, text: str) -> str:
    """How a request ended: "read" or "refused".

    Raises:
        AssertionError: the service failed, or refused it without a message in its own form.
    """
    assert "Traceback" not in text, f"{name}: {status} {text[:300]}"
    assert "UnexpectedError" not in text, f"{name}: {status} {text[:300]}"
    if status < 400:
        return "read"
    assert status < 500 or status == 503, f"{name}: {status} {text[:300]}"
    assert json.loads(text)["error"]["message"], f"{name}: {status} without a message"
    return "refused"


def _form(name: str, data: bytes) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode() + data + b"\r\n--x--\r\n"
