"""ui.worker: asking through a process that keeps the models loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ingest.errors import KathederError
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings
from rag.types import Answered, StageDone, Token, Turn
from ui import worker


class Slow:
    """A generator that writes a word every 20 ms until it is stopped."""

    name = "slow"

    def count_tokens(self, text):
        return len(text.split())

    def stream(self, messages, sampling, stop=None):
        for number in range(500):
            if stop is not None and stop.is_set():
                return
            time.sleep(0.02)
            yield f"word{number} "


@pytest.fixture
def running(library, encoder, monkeypatch, tmp_path):
    """A worker in a thread over the small library; gives its folder and settings."""
    monkeypatch.setenv("KATHEDER_CACHE", str(tmp_path / "c"))
    settings = Settings().with_changes(app={"keep_warm_minutes": 0.05}, answer={"writer": True})
    monkeypatch.setattr(
        Pipeline,
        "load",
        lambda folder, chosen: Pipeline(
            library, Models(NO_MODELS, encoder=encoder, writer=Slow()), chosen
        ),
    )
    path = worker._socket_path(worker._key(library.folder, settings))
    ready = threading.Event()
    thread = threading.Thread(
        target=worker.serve, args=(path, library.folder, settings, lambda line: ready.set())
    )
    thread.start()
    assert ready.wait(10)
    yield library.folder, settings, path
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert not path.exists()


def test_events_come_through_as_they_were(running, library, encoder):
    folder, settings, _ = running
    [found] = worker.ask(folder, settings, "How fast is light?", search_only=True)
    expected = Pipeline(library, Models(NO_MODELS, encoder=encoder), settings).search(
        "How fast is light?"
    )
    assert isinstance(found, StageDone)
    assert list(found.hits) == expected


def test_stop_ends_the_writing_and_the_answer_still_comes(running):
    folder, settings, _ = running
    stop, words = threading.Event(), 0
    for event in worker.ask(
        folder,
        settings,
        "and at night?",
        history=[Turn("How long does a cat sleep?", "")],
        stop=stop,
    ):
        if isinstance(event, Token):
            words += 1
            if words == 5:
                stop.set()
    assert isinstance(event, Answered)
    assert event.answer.stopped
    assert event.answer.query == "How long does a cat sleep? and at night?"
    assert 5 <= words < 100
    assert event.answer.sources[0].quote


def test_faults_reach_the_client_and_the_worker_lives_on(running):
    folder, settings, _ = running
    with pytest.raises(KathederError, match="holds no words"):
        list(worker.ask(folder, settings, "??"))
    [found] = worker.ask(folder, settings, "gravity", search_only=True)
    assert found.hits[0].passage.file == "physics.pdf"


def test_only_its_user_can_open_the_socket(running):
    *_, path = running
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_worker_that_cannot_start_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("KATHEDER_CACHE", str(tmp_path / "c"))
    with pytest.raises(KathederError, match="No library at"):
        list(worker.ask(tmp_path / "none", Settings(), "why?"))


@pytest.mark.slow
def test_a_second_command_finds_the_models_loaded(tmp_path):
    environment = dict(
        os.environ,
        KATHEDER_CACHE=str(tmp_path / "c"),
        KATHEDER_APP__KEEP_WARM_MINUTES="0.3",
        KATHEDER_LIBRARY=str(tmp_path / "library"),
        HF_HUB_OFFLINE="1",
    )
    program = str(Path(sys.executable).parent / "katheder")
    lecture = Path(__file__).parents[1] / "corpus" / "grundlagen-maschinelles-lernen.pdf"
    subprocess.run(
        [program, "ingest", str(lecture)], env=environment, check=True, capture_output=True
    )
    seconds, answers = [], []
    for _ in range(2):
        start = time.perf_counter()
        done = subprocess.run(
            [program, "search", "Was ist Überanpassung?", "--json"],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        seconds.append(time.perf_counter() - start)
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]
    assert 9 in answers[0]["hits"][0]["pages"]
    assert seconds[1] < seconds[0] / 2
