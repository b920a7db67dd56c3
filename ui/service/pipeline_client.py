"""A pipeline's methods, answered by another process over HTTP: what the clients share."""

from __future__ import annotations

import http.client
import secrets
import threading
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from ingest.abandonment import check_abandoned
from rag.answerer import Answerer
from rag.sampling import Sampling
from rag.scope import EVERYTHING, Scope
from rag.settings import Settings
from rag.types import Answered, Event, Hit, Turn
from ui.service.pipeline_messages import (
    EVENTS_PATH,
    STOP_PATH,
    WAITING,
    Found,
    Request,
    decode_event,
    raise_fault,
)

Connect = Callable[[], http.client.HTTPConnection]


class RemoteAnswerer(Answerer):
    """Sends each question to another process; a subclass knows how to reach it."""

    @property
    @abstractmethod
    def sent_settings(self) -> Settings:
        """The settings that go with a question."""

    @abstractmethod
    def replies(self, request: Request, stop: threading.Event | None) -> Iterator[Event | Found]:
        """What the other process replies to a request.

        Raises:
            KathederError: what its pipeline raised, or it does not answer.
        """

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        sampling: Sampling | None = None,
        stop: threading.Event | None = None,
        scope: Scope = EVERYTHING,
    ) -> Iterator[Event]:
        """Answer a question, yielding events; see `Answerer.stream` and `replies`."""
        id = secrets.token_hex(8)
        request = Request(
            question, tuple(history), self.sent_settings, sampling, scope=scope, id=id
        )
        for event in self.replies(request, stop):
            assert not isinstance(event, Found)
            yield event
            if isinstance(event, Answered):
                return

    def search(
        self, question: str, history: Sequence[Turn] = (), *, scope: Scope = EVERYTHING
    ) -> list[Hit]:
        """The passages for a question, best first, at most `retrieval.top_k`."""
        request = Request(
            question,
            tuple(history),
            self.sent_settings,
            search_only=True,
            scope=scope,
            id=secrets.token_hex(8),
        )
        reply = next(self.replies(request, None))
        assert isinstance(reply, Found)
        return list(reply.hits)


def exchange(
    connect: Connect,
    request: Request,
    stop: threading.Event | None,
    *,
    path: str = "",
    key: str = "",
) -> Iterator[Event | Found]:
    """Send a request and yield the events of its reply, until the other side closes.

    Args:
        connect: Opens a connection; called again to send a stop.
        request: The question.
        stop: When it is set, the other process is told to end the writing.
        path: In front of the routes' own paths.
        key: For the header `Authorization`; "" for none.

    Raises:
        KathederError: the reply holds a fault.
        OSError, HTTPException: nobody listens, or the connection broke.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with closing(connect()) as connection:
        body = request.encode()
        connection.request(
            "POST", path + EVENTS_PATH, body, {**headers, "Content-Type": "application/json"}
        )
        reply = connection.getresponse()
        if reply.status != http.client.OK:
            raise_fault(reply.status, reply.read())
        done = threading.Event()
        if stop is not None:
            address = f"{path}{STOP_PATH}/{request.id}"
            arguments = (connect, address, headers, stop, done)
            threading.Thread(target=_send_stop, args=arguments, daemon=True).start()
        try:
            while line := reply.readline():
                check_abandoned()  # closing the connection ends the work at the other side
                if line != WAITING:
                    yield decode_event(line)
        finally:
            done.set()


def _send_stop(
    connect: Connect,
    address: str,
    headers: dict[str, str],
    stop: threading.Event,
    done: threading.Event,
) -> None:
    """Tell the other process to end the writing of an answer once the event is set."""
    while not stop.wait(0.1):
        if done.is_set():
            return
    try:
        with closing(connect()) as connection:
            connection.request("POST", address, headers=headers)
            connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return  # the answer was complete already
