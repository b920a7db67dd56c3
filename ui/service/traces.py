"""OpenTelemetry traces: a span for each question, and one beneath it for each stage.

Spans go where the standard variables say (`OTEL_EXPORTER_OTLP_ENDPOINT`), or nowhere. They hold times,
the grade and the number of sources, never a question or a text.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.propagate import extract

from ingest.errors import KathederError
from rag.types import Answered, Event, StageDone

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_NANOSECONDS = 1e9
tracer = trace.get_tracer("katheder")  # asks for the provider when the first span starts


def start_export() -> bool:
    """Send spans to the collector that the environment names; whether it names one.

    Raises:
        KathederError: it names one, and the packages that send are missing.
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        return False
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise KathederError(
            f"{_ENDPOINTS[0]} is set, but the packages that send traces are missing. Install them "
            'with `pip install "katheder[telemetry]"`, or unset the variable.'
        ) from error
    name = os.environ.get("OTEL_SERVICE_NAME", "katheder")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return True


@contextmanager
def span(name: str, headers: Mapping[str, str] | None = None) -> Iterator[trace.Span]:
    """A span around the block, beneath the one that a request's header `traceparent` names."""
    parent: Context | None = extract(headers) if headers else None
    with tracer.start_as_current_span(name, parent) as current:
        yield current


def traced(events: Iterator[Event], headers: Mapping[str, str] | None = None) -> Iterator[Event]:
    """The events of an answer, recorded as the span `katheder.ask` with one span for each stage.

    A stage that ends while the answer is made has its own time; what the answer alone tells of (the
    first words, the check of sentences) ends with the answer. The answer itself is handed on when the
    span has ended, since a reader who has it asks for nothing more.
    """
    current = tracer.start_span("katheder.ask", extract(headers) if headers else None)
    within = trace.set_span_in_context(current)
    recorded: set[str] = set()
    answered: list[Answered] = []
    with trace.use_span(current, end_on_exit=True):
        for event in events:
            if isinstance(event, StageDone):
                recorded.add(event.stage)
                _record(event.stage, event.seconds, within)
            elif isinstance(event, Answered):
                answer = event.answer
                for stage, seconds in answer.seconds.items():
                    if stage not in recorded:
                        _record(stage, seconds, within)
                current.set_attribute("katheder.grade", answer.grade)
                current.set_attribute("katheder.sources", len(answer.sources))
                answered.append(event)
                continue
            yield event
    yield from answered


def _record(stage: str, seconds: float, context: Context) -> None:
    """A span of a stage that has just ended."""
    end = time.time_ns()
    begin = end - round(seconds * _NANOSECONDS)
    tracer.start_span(f"katheder.{stage}", context, start_time=begin).end(end)
