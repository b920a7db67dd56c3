"""Counts and times of the service in Prometheus' form, and one line of log for each request.

Neither holds a question: requests are named by the route's pattern, never by address or body.
"""

from __future__ import annotations

import json
import logging
import time

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as _text_of
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.question_queue import QuestionQueue

log = logging.getLogger("katheder.requests")

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The measures of one service."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, queue: QuestionQueue) -> None:
        self._registry = CollectorRegistry()
        labels = ["route", "method"]
        self._requests = Counter(
            "katheder_requests", "Requests", [*labels, "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "katheder_request_seconds",
            "Time until a reply was complete",
            labels,
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._stages = Histogram(
            "katheder_stage_seconds",
            "Time of a stage of the pipeline",
            ["stage"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "katheder_answers", "Answers by grade", ["grade"], registry=self._registry
        )
        waiting = Gauge("katheder_queue", "Questions in the queue", registry=self._registry)
        waiting.set_function(lambda: len(queue))

    def note_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that was served."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def note_stage(self, stage: str, seconds: float) -> None:
        """Count a stage that has ended."""
        self._stages.labels(stage).observe(seconds)

    def note_answer(self, grade: str) -> None:
        """Count an answer."""
        self._answers.labels(grade).inc()

    def text(self) -> bytes:
        """All measures as Prometheus reads them."""
        return _text_of(self._registry)


class RequestLog:
    """Count each request of the service's own routes, and log it as one JSON object."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def noting(event: Message) -> None:
            nonlocal status
            if event["type"] == "http.response.start":
                status = event["status"]
            await send(event)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "") or "other"
            seconds = time.perf_counter() - start
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.note_request(route, method, status, seconds)
            if route != "other":
                line = {"route": route, "method": method, "status": status}
                log.info(json.dumps(line | {"seconds": round(seconds, 4)}))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
