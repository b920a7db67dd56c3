"""The routes that answer: search and ask."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from rag.sampling import Sampling
from rag.scope import Scope
from rag.types import Answer, Answered, Event, Hit, StageDone, Token, Turn
from ui.service.access import Client, Reader, access_of
from ui.service.engine import Engine, Waiting
from ui.service.errors import Refused, fault_body
from ui.service.metrics import Metrics
from ui.service.requests import ANSWER_EXAMPLE, HIT_EXAMPLE, AskRequest, SearchRequest
from ui.service.sources import answer_values, hit_values
from ui.service.traces import span, traced

router = APIRouter(tags=["questions"])
_EVENTS = "text/event-stream"
_STREAM_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


@router.post(
    "/search",
    responses={200: {"content": {"application/json": {"example": HIT_EXAMPLE}}}},
)
async def search(body: SearchRequest, client: Reader, request: Request) -> dict[str, Any]:
    """Find the passages for a question, best first, with each stage's rank and score."""
    engine, access = engine_of(request), access_of(request)
    scope = client.within(body.scope)
    changes: dict[str, dict[str, object]] = (
        {} if body.passages is None else {"retrieval": {"top_k": body.passages}}
    )

    def work(stop: threading.Event) -> Iterator[list[Hit]]:
        with span("katheder.search", request.headers):
            hits = engine.pipeline(**changes).search(body.question, scope=scope)
        yield hits  # after the span has ended: the reader may go away with what it gets

    async for hits in engine.in_turn(client.name, work, request.is_disconnected):
        if not isinstance(hits, Waiting):
            rows = [hit_values(hit, access) for hit in hits]
            return {"question": body.question, "scope": scope.as_dict(), "hits": rows}
    raise client_left()


@router.post(
    "/ask",
    response_model=None,
    responses={
        200: {
            "content": {
                "application/json": {"example": ANSWER_EXAMPLE},
                _EVENTS: {"example": 'event: words\ndata: {"text": "Entropy is"}\n\n'},
            }
        }
    },
)
async def ask(body: AskRequest, client: Reader, request: Request) -> Any:
    """Answer a question; every sentence of the answer names its source."""
    access = access_of(request)
    history = [Turn(turn.question, turn.answer) for turn in body.history]
    events = answer_events(
        request, client, body.question, history, client.within(body.scope), body.written
    )
    if body.stream:
        return StreamingResponse(_sse(events, request), media_type=_EVENTS, headers=_STREAM_HEADERS)
    return JSONResponse(answer_values(await answer_of(events), access))


def engine_of(request: Request) -> Engine:
    """The application's engine."""
    engine = request.app.state.engine
    assert isinstance(engine, Engine)
    return engine


def metrics_of(request: Request) -> Metrics:
    """The application's measures."""
    metrics = request.app.state.metrics
    assert isinstance(metrics, Metrics)
    return metrics


def client_left() -> Refused:
    """What ends a request whose client closed the connection; nobody reads it."""
    return Refused(499, "The client closed the connection.")


async def answer_events(
    request: Request,
    client: Client,
    question: str,
    history: list[Turn],
    scope: Scope,
    written: bool | None = None,
    sampling: Sampling | None = None,
) -> AsyncIterator[Event | Waiting]:
    """The events of an answer, when it is the client's turn.

    `written` and `sampling` are as the settings say where they are None.
    """
    engine, metrics = engine_of(request), metrics_of(request)
    changes: dict[str, dict[str, object]] = (
        {} if written is None else {"answer": {"writer": written}}
    )

    def work(stop: threading.Event) -> Iterator[Event]:
        pipeline = engine.pipeline(**changes)
        events = pipeline.stream(
            question, history=history, sampling=sampling, stop=stop, scope=scope
        )
        yield from traced(events, request.headers)

    async for event in engine.in_turn(client.name, work, request.is_disconnected):
        if isinstance(event, StageDone):
            metrics.note_stage(event.stage, event.seconds)
        elif isinstance(event, Answered):
            metrics.note_answer(event.answer.grade)
        yield event


async def answer_of(events: AsyncIterator[Event | Waiting]) -> Answer:
    """The answer at the end of its events."""
    async for event in events:
        if isinstance(event, Answered):
            return event.answer
    raise client_left()


async def _sse(events: AsyncIterator[Event | Waiting], request: Request) -> AsyncIterator[bytes]:
    """Events as a browser's EventSource reads them."""

    def line(name: str, values: dict[str, Any]) -> bytes:
        return format_sse_event(event=name, data_str=json.dumps(values, ensure_ascii=False))

    ahead = 0
    try:
        async for event in events:
            if isinstance(event, Waiting):
                if event.ahead == ahead:
                    yield KEEPALIVE_COMMENT
                else:
                    ahead = event.ahead
                    yield line("queued", {"ahead": ahead})
            elif isinstance(event, StageDone):
                yield line("stage", {"stage": event.stage, "seconds": event.seconds})
            elif isinstance(event, Token):
                yield line("words", {"text": event.text})
            else:
                yield line("answer", answer_values(event.answer, access_of(request)))
    except Exception as error:
        yield line("error", fault_body(error)["error"])
