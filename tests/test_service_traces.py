"""ui.service.traces: spans of questions and stages, as an exporter in memory gets them."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from service_builders import make_app, make_library

from ingest.errors import KathederError
from ui.service import traces

PARENT = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


@pytest.fixture
def exporter(monkeypatch):
    """What a collector would get."""
    memory, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    monkeypatch.setattr(traces, "tracer", provider.get_tracer("katheder"))
    return memory


def test_a_question_is_a_span_with_its_stages_beneath(exporter, tmp_path):
    with TestClient(make_app(make_library(tmp_path))) as client:
        body = {"question": "How long does a cat sleep?"}
        values = client.post("/ask", json=body, headers=PARENT).json()
        client.post("/search", json=body)
    spans = {one.name: one for one in exporter.get_finished_spans()}
    ask = spans.pop("katheder.ask")
    assert spans.pop("katheder.search").parent is None
    assert f"{ask.context.trace_id:032x}" == PARENT["traceparent"][3:35]
    assert {name.removeprefix("katheder.") for name in spans} == set(values["seconds"])
    assert {"encode", "retrieve", "evidence"} <= set(values["seconds"])
    for name, one in spans.items():
        assert one.parent.span_id == ask.context.span_id
        seconds = (one.end_time - one.start_time) / 1e9
        assert seconds == pytest.approx(values["seconds"][name.removeprefix("katheder.")], abs=1e-6)
    assert dict(ask.attributes) == {
        "katheder.grade": values["grade"],
        "katheder.sources": len(values["sources"]),
    }


def test_a_collector_without_the_packages_is_one_message(monkeypatch):
    assert not traces.start_export()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(KathederError, match=r"katheder\[telemetry\]"):
        traces.start_export()
