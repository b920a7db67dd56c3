"""ui.service.engine: work in the queue's turn, for clients that leave or read slowly."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
from conftest import WordEncoder
from fastapi.testclient import TestClient

from ingest.errors import LibraryMissing
from ingest.pipeline import ingest
from ingest.store import Library
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings
from ui.service.app import create_app
from ui.service.engine import Engine, Loader, Waiting


@pytest.fixture
def engine():
    return Engine(Path("none"), Settings(), Models(NO_MODELS), Loader(lambda: None))


async def here():
    return False


def test_the_work_of_a_client_that_leaves_is_stopped(engine):
    stopped = threading.Event()

    def work(stop):
        yield 1
        stop.wait(60)
        stopped.set()
        yield 2

    async def leave():
        async def gone():
            return True

        return [item async for item in engine.in_turn("me", work, gone)]

    assert asyncio.run(leave()) == [1]
    assert stopped.wait(60)


def test_a_client_that_reads_slowly_holds_nobody_up(engine):
    async def ask():
        slow = engine.in_turn("slow", lambda stop: iter(range(1000)), here)
        first = await anext(slow)  # and then it does not read on
        other = [item async for item in engine.in_turn("other", lambda stop: iter("ab"), here)]
        rest = [item async for item in slow if not isinstance(item, Waiting)]
        return first, other, rest

    first, other, rest = asyncio.run(ask())
    assert [item for item in other if not isinstance(item, Waiting)] == ["a", "b"]
    assert [first, *rest] == list(range(1000))
    assert len(engine.queue) == 0


def test_what_the_work_raises_is_raised_in_the_request(engine):
    def work(stop):
        yield 1
        raise ValueError("no")

    async def ask():
        return [item async for item in engine.in_turn("me", work, here)]

    with pytest.raises(ValueError, match="no"):
        asyncio.run(ask())


def test_a_load_that_failed_is_tried_again_and_one_that_did_not_is_kept():
    results = iter([ValueError("not yet"), "first", "second"])

    def load():
        result = next(results)
        if isinstance(result, Exception):
            raise result
        return result

    loader = Loader(load)
    with pytest.raises(ValueError, match="not yet"):
        loader()
    assert (loader(), loader()) == ("first", "first")


def test_a_service_that_loads_its_models_says_so_at_once(tmp_path):
    go_on = threading.Event()

    def load():
        assert go_on.wait(60)
        raise LibraryMissing("empty")

    engine = Engine(tmp_path, Settings(), Models(NO_MODELS), Loader(load))
    app = create_app(engine, hosts=["localhost"], is_open=True)
    with TestClient(app, base_url="http://localhost") as client:
        assert client.get("/health").status_code == 200
        loading = client.get("/ready")
        assert (loading.status_code, loading.json()["error"]["type"]) == (503, "Loading")
        go_on.set()
        while (reply := client.get("/ready")).json()["error"]["type"] == "Loading":
            time.sleep(0.01)
        assert (reply.status_code, reply.json()["error"]["message"]) == (503, "empty")


class Attentive:
    """A reranker that notes what it reads ahead; it begins when it is told."""

    name = "attentive"

    def __init__(self, room=100):
        self.texts, self.room, self.go_on = [], room, threading.Event()

    def score(self, question, texts, **options):
        return [0.5] * len(texts)

    def read_ahead(self, texts, languages):
        assert self.go_on.wait(60)
        if len(self.texts) + len(texts) > self.room:
            return False
        self.texts += texts
        return True


@pytest.mark.parametrize(("room", "expected"), [(100, 9), (5, 4)])
def test_passages_are_read_while_nobody_asks(tmp_path, monkeypatch, room, expected):
    monkeypatch.delenv("KATHEDER_APP__READ_AHEAD")  # see conftest
    lecture = tmp_path / "lecture.md"
    lecture.write_text("\n\n".join(f"# Part {n}\n\nIt is about part {n}." for n in range(9)))
    library = Library(tmp_path / "library", create=True)
    encoder, reranker = WordEncoder(), Attentive(room)
    list(ingest([lecture], library, encoder, passage_tokens=40))
    models = Models(NO_MODELS, encoder=encoder, reranker=reranker)
    load = Loader(lambda: Pipeline(Library(library.folder), models, Settings()))
    engine = Engine(library.folder, Settings(), models, load)
    with TestClient(create_app(engine, hosts=["testserver"], is_open=True)) as client:
        reranker.go_on.set()
        # A question waits for one group of passages, not for all.
        assert client.post("/search", json={"question": "What is part 3?"}).status_code == 200
        while any(thread.name == "katheder-prepare" for thread in threading.enumerate()):
            time.sleep(0.01)
        assert len(reranker.texts) == expected
        assert client.post("/search", json={"question": "What is part 3?"}).status_code == 200
