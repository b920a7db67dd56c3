"""The routes by which another process uses the pipeline as if it were its own: app and command line.

A worker's socket is open to its user alone, so that a request needs no key and brings all settings.
Where the service is reached over the network, a request needs a key as any other, and of its settings
only those count that a reader may change: models, their instructions and files are the owner's.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from rag.settings import Settings
from rag.types import Event
from ui.reader_settings import reader_changes
from ui.service import pipeline_messages
from ui.service.access import Client, access_of
from ui.service.engine import Engine, Waiting
from ui.service.errors import Refused, fault_body
from ui.service.pipeline_messages import EVENTS_PATH, STOP_PATH, WAITING, Found
from ui.service.traces import traced


def pipeline_routes(engine: Engine, *, is_worker: bool) -> APIRouter:
    """The routes over an engine's pipeline.

    Args:
        engine: Library, models and queue.
        is_worker: Whether only this user can reach the routes.
    """
    router = APIRouter(include_in_schema=False)
    stops: dict[str, threading.Event] = {}  # of the requests that are being answered

    @router.post(EVENTS_PATH, response_model=None)
    async def events(request: Request) -> Response:
        """The events of an answer, or the passages of a search, one JSON object a line."""
        client = await _client_of(request, is_worker)
        question = _decoded(await request.body())
        settings = question.settings
        if not is_worker:
            settings = engine.settings.with_changes(**reader_changes(settings))
        lines = _lines(engine, question, client, settings, request, stops)
        return StreamingResponse(lines, media_type="application/x-ndjson")

    @router.post(STOP_PATH + "/{id}", status_code=204)
    async def stop(id: str, request: Request) -> None:
        """End the writing of an answer; what was written is checked and sent as usual."""
        await _client_of(request, is_worker)
        if id in stops:
            stops[id].set()

    return router


async def _client_of(request: Request, is_worker: bool) -> Client:
    if is_worker:
        return Client("")
    return await run_in_threadpool(access_of(request).client_of, request)


def _decoded(body: bytes) -> pipeline_messages.Request:
    """The request in a body.

    Raises:
        Refused: it holds none.
    """
    try:
        return pipeline_messages.Request.decode(body)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(
            422, "This is no request of a pipeline; /ask and /search are for other programs."
        ) from error


async def _lines(
    engine: Engine,
    question: pipeline_messages.Request,
    client: Client,
    settings: Settings,
    request: Request,
    stops: dict[str, threading.Event],
) -> AsyncIterator[bytes]:
    """The events of a request as lines, a line without event from time to time while it waits."""
    stops[question.id] = stop = threading.Event()
    yield WAITING  # the client knows from now on that its question is here

    def work(gone: threading.Event) -> Iterator[Event | Found]:
        scope = client.within(question.scope)
        pipeline = engine.load().with_settings(settings).within(scope)
        if question.search_only:
            yield Found(tuple(pipeline.search(question.question, question.history)))
            return
        events = pipeline.stream(
            question.question,
            history=question.history,
            sampling=question.sampling,
            stop=_Either(stop, gone),
        )
        yield from traced(events, request.headers)

    try:
        name = client.name or question.id
        async for event in engine.in_turn(name, work, request.is_disconnected):
            yield WAITING if isinstance(event, Waiting) else pipeline_messages.encode_event(event)
    except Exception as error:  # the client's user is told why, and the service goes on
        is_own = not client.name  # a worker's, whose user has this machine
        fault = pipeline_messages.encode_error(error) if is_own else json.dumps(fault_body(error))
        yield fault.encode() + b"\n"
    finally:
        stops.pop(question.id, None)


class _Either(threading.Event):
    """An event that is set as soon as one of two others is."""

    def __init__(self, first: threading.Event, second: threading.Event) -> None:
        super().__init__()
        self._events = (first, second)

    def is_set(self) -> bool:
        """Whether one of them is set."""
        return any(event.is_set() for event in self._events)
