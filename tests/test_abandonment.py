"""ingest.abandonment: a client that closes its socket ends the work for it, on a real server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from conftest import WordEncoder
from service_builders import CHUNKING, make_library
from tiny_models import make_cross_encoder, make_llama

from ingest import weights
from ingest.pipeline import ingest
from rag.cross_encoder import CrossEncoderReranker
from rag.generate import Generator
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import ModelSettings, Settings
from ui.service.app import create_app
from ui.service.engine import Engine, Loader
from ui.service.pipeline_messages import EVENTS_PATH
from ui.service.pipeline_messages import Request as PipelineRequest

pytestmark = pytest.mark.hostile("clients that leave")
CATS = "How long does a cat sleep?"
SETTINGS = {
    "chunking": CHUNKING,
    "models": {"reranker": "none"},
    "rerank": {"candidates": 60, "batch_size": 1},
    "retrieval": {"candidates": 60},
    "answer": {"min_confidence": 0.0},
    "sampling": {"max_new_tokens": 4000},
}
STEP = 0.05  # seconds that a step lasts at least


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> Models:
    """Real models with random weights: a reranker, and a writer whose text does not end."""
    folder = tmp_path_factory.mktemp("models")
    cross_encoder = weights.locate(str(make_cross_encoder(folder)))
    chosen = ModelSettings(generator=str(make_llama(folder / "llama")), device="cpu")
    return Models(
        NO_MODELS,
        encoder=WordEncoder(),
        reranker=CrossEncoderReranker(cross_encoder, ModelSettings(device="cpu")),
        writer=Generator(chosen),
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory, models) -> Engine:
    folder = tmp_path_factory.mktemp("service")
    library = make_library(folder)
    pages = [f"# Cat {n}\n\nThe cat number {n} sleeps {n} hours a day.\n" for n in range(50)]
    (folder / "many.md").write_text("\n".join(pages))
    list(ingest([folder / "many.md"], library, WordEncoder(), **CHUNKING))
    settings = Settings().with_changes(**SETTINGS)
    return Engine(
        library.folder, settings, models, Loader(lambda: Pipeline(library, models, settings))
    )


@pytest.fixture(scope="module")
def port(engine) -> Iterator[int]:
    """A server of the service on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(engine, hosts=["localhost"], is_open=True)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(60)


class Steps:
    """Counts a model's passes, each of which lasts a while."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *_: object) -> None:
        time.sleep(STEP)
        self.count += 1


def wait_for(condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def body_of(kind: str, written: bool) -> tuple[str, bytes]:
    if kind == "pipeline":
        settings = Settings().with_changes(**SETTINGS).with_changes(answer={"writer": written})
        return EVENTS_PATH, PipelineRequest(CATS, (), settings, None, id="0" * 16).encode()
    if kind == "chat":
        values: dict[str, object] = {"messages": [{"role": "user", "content": CATS}]}
        return "/v1/chat/completions", json.dumps(values | {"model": "katheder"}).encode()
    if kind == "search":
        return "/search", json.dumps({"question": CATS}).encode()
    return "/ask", json.dumps(
        {"question": CATS, "written": written, "stream": kind == "events"}
    ).encode()


@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("answer", "passage"),
        ("events", "token"),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                *((kind, "passage") for kind in ("events", "search", "chat", "pipeline")),
                *((kind, "token") for kind in ("answer", "pipeline")),
            )
        ),
    ],
)
def test_a_closed_socket_ends_the_work_between_passages_and_tokens(
    kind, step, port, engine, models
):
    models.reranker.clear_cache()
    steps = Steps()
    model = models.reranker.model if step == "passage" else models.writer.model
    counter = model.register_forward_pre_hook(steps)
    path, body = body_of(kind, step == "token")
    try:
        with socket.create_connection(("127.0.0.1", port)) as client:
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            wait_for(lambda: steps.count >= 3)
        wait_for(lambda: len(engine.queue) == 0)
        reached = steps.count
        time.sleep(5 * STEP)
        assert steps.count == reached, "something works on"
        # 50 passages, or 4000 tokens, would have been read and written.
        assert reached < 45
    finally:
        counter.remove()
