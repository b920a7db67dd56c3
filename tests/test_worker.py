"""ui.worker: asking through a process that keeps the models loaded."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tiny_models import make_encoder

from ingest.errors import KathederError, LibraryMissing
from rag.calibration_files import CALIBRATION_FILE, calibration_files
from rag.errors import BadQuestion, BadSampling
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.sampling import Sampling
from rag.settings import Settings
from rag.types import Answered, Token, Turn
from ui.service.pipeline_messages import Request
from ui.worker import open_pipeline
from ui.worker.client import RemotePipeline, socket_path
from ui.worker.server import serve


class Slow:
    """A writer that writes a word every 20 ms until it is stopped."""

    name = "slow"

    def count_tokens(self, text):
        return len(text.split())

    def stream(self, messages, sampling, stop=None):
        for number in range(500):
            if stop is not None and stop.is_set():
                return
            time.sleep(0.02)
            yield f"word{number} "


@pytest.fixture(autouse=True)
def cache(monkeypatch):
    """A short path, since that of a socket has at most 104 bytes."""
    with tempfile.TemporaryDirectory(prefix="k") as folder:
        monkeypatch.setenv("KATHEDER_CACHE", folder)
        yield


pytestmark = pytest.mark.slow  # workers end after six idle seconds each
WARM = Settings().with_changes(app={"keep_warm_minutes": 0.1}, answer={"writer": True})


def start_worker(folder, models, settings=WARM):
    """A worker in a thread of this process, once it listens."""
    path, ready = socket_path(folder, settings), threading.Event()
    thread = threading.Thread(
        target=serve, args=(path, folder, settings, lambda line: ready.set(), models)
    )
    thread.start()
    assert ready.wait(60)
    return thread


@pytest.fixture
def remote(library, encoder):
    """A remote pipeline over the small library, whose worker runs in a thread."""
    thread = start_worker(library.folder, Models(NO_MODELS, encoder=encoder, writer=Slow()))
    yield RemotePipeline(library.folder, WARM, command=("false",))
    thread.join(timeout=120)
    assert not thread.is_alive()
    assert not socket_path(library.folder, WARM).exists()


def test_passages_come_through_as_they_were(remote, library, encoder):
    local = Pipeline(library, Models(NO_MODELS, encoder=encoder), WARM)
    assert remote.search("How fast is light?") == local.search("How fast is light?")
    history = [Turn("How fast is light?", "")]
    assert remote.search("And sound?", history) == local.search("And sound?", history)


def test_answers_come_through_as_they_were(remote, library, encoder):
    quoted = WARM.with_changes(answer={"writer": False})
    local = Pipeline(library, Models(NO_MODELS, encoder=encoder), quoted)
    question = "How long does a cat sleep?"
    answers = [
        pipeline.ask(question).as_dict() | {"seconds": None}
        for pipeline in (local, RemotePipeline(remote.folder, quoted, command=("false",)))
    ]
    assert answers[0] == answers[1]


def test_a_doubtful_answer_comes_through_with_its_reasons(remote, library, encoder):
    settings = WARM.with_changes(answer={"writer": False, "doubt_confidence": 1.0})
    question = "How fast is light in Paris?"
    answer = RemotePipeline(library.folder, settings, command=("false",)).ask(question)
    local = Pipeline(library, Models(NO_MODELS, encoder=encoder), settings).ask(question)
    assert (answer.grade, answer.doubts) == ("doubtful", local.doubts)
    assert "mentions Paris" in answer.notice == local.notice


def test_stop_ends_the_writing_and_the_answer_still_comes(remote):
    stop, words = threading.Event(), 0
    history = [Turn("How long does a cat sleep?", "")]
    for event in remote.stream("and at night?", history=history, stop=stop):
        if isinstance(event, Token):
            words += 1
            if words == 5:
                stop.set()
    assert isinstance(event, Answered)
    assert event.answer.stopped
    assert event.answer.query == "How long does a cat sleep? and at night?"
    assert 5 <= words < 100
    assert event.answer.sources[0].quote


def test_errors_reach_the_client_with_their_class_and_the_worker_goes_on(remote):
    with pytest.raises(BadQuestion, match="holds no words"):
        remote.ask("??")
    quoted = RemotePipeline(remote.folder, WARM.with_changes(answer={"writer": False}))
    with pytest.raises(BadSampling, match="add --written"):
        quoted.ask("gravity", sampling=Sampling(seed=1))
    assert remote.search("gravity")[0].passage.file == "physics.pdf"


def test_only_its_user_can_open_the_socket(remote):
    path = socket_path(remote.folder, remote.settings)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_request_is_read_as_it_was_written_whatever_the_environment(monkeypatch):
    monkeypatch.setenv("KATHEDER_RETRIEVAL__TOP_K", "3")
    request = Request("why?", (Turn("a", "b"),), WARM, Sampling(seed=4), search_only=True)
    assert Request.decode(request.encode().decode()) == request


def test_a_new_calibration_needs_another_worker(library):
    before = socket_path(library.folder, WARM)
    assert socket_path(library.folder, WARM.with_changes(retrieval={"top_k": 3})) == before
    file = library.folder / CALIBRATION_FILE
    file.write_text("{}")
    first = socket_path(library.folder, WARM)
    file.write_text("{ }")
    assert len({before, first, socket_path(library.folder, WARM)}) == 3
    assert calibration_files(library.folder)[0] == file
    file.unlink()
    assert socket_path(library.folder, WARM) == before


def test_the_second_of_two_workers_leaves_it_to_the_first(library, encoder):
    models = Models(NO_MODELS, encoder=encoder)
    first = start_worker(library.folder, models)
    second = start_worker(library.folder, models)
    second.join(timeout=60)
    assert not second.is_alive()
    assert RemotePipeline(library.folder, WARM, command=("false",)).search("gravity")
    first.join(timeout=120)


def test_a_socket_of_a_killed_worker_costs_a_restart_and_no_failure(library, encoder):
    path = socket_path(library.folder, WARM)
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as killed:
        killed.bind(str(path))  # nobody will ever accept
    assert path.exists()
    thread = start_worker(library.folder, Models(NO_MODELS, encoder=encoder))
    assert RemotePipeline(library.folder, WARM, command=("false",)).search("gravity")
    thread.join(timeout=120)


def test_a_worker_that_ends_with_the_connection_is_asked_for_again(library, encoder):
    """The first connection is closed unanswered; a worker listens at the next."""
    path = socket_path(library.folder, WARM)
    path.parent.mkdir(parents=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()
    started = []

    def end_then_serve():
        connection, _ = server.accept()
        server.close()
        started.append(start_worker(library.folder, Models(NO_MODELS, encoder=encoder)))
        connection.close()

    ending = threading.Thread(target=end_then_serve)
    ending.start()
    assert RemotePipeline(library.folder, WARM, command=("false",)).search("gravity")
    ending.join()
    started[0].join(timeout=120)


def test_the_worker_is_the_service(remote):
    path = socket_path(remote.folder, remote.settings)
    transport = httpx.HTTPTransport(uds=str(path))
    with httpx.Client(transport=transport, base_url="http://localhost", timeout=60) as client:
        assert client.get("/ready").json() == {"status": "ready"}
        reply = client.post("/search", json={"question": "How fast is light?"}).json()
        assert reply["hits"][0]["passage"] == remote.search("How fast is light?")[0].passage.id
        assert client.get("/ready", headers={"Host": "evil.example"}).status_code == 421


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("print('Traceback: no module named ui')", "it printed 'Traceback: no module named ui'"),
        ("print('[1, 2]')", r"it printed '\[1, 2\]'"),
        ("pass", "it printed nothing"),
    ],
)
def test_a_worker_that_does_not_start_is_told_in_a_sentence(tmp_path, program, words):
    remote = RemotePipeline(tmp_path, WARM, command=(sys.executable, "-c", program))
    with pytest.raises(KathederError, match=f"did not start: {words}.*KEEP_WARM_MINUTES=0"):
        remote.search("why?")


def test_a_worker_that_cannot_open_its_library_says_why(tmp_path):
    with pytest.raises(LibraryMissing, match="No library at"):
        RemotePipeline(tmp_path / "none", WARM).search("why?")


def test_without_warm_minutes_the_pipeline_is_in_this_process(library, encoder, tmp_path):
    texts = [p.text for document in library.documents() for p in library.passages(document.id)]
    names = {"encoder": str(make_encoder(tmp_path / "encoder", texts)), "reranker": "none"}
    settings = WARM.with_changes(models=names)
    assert isinstance(open_pipeline(library.folder, settings), RemotePipeline)
    cold = settings.with_changes(app={"keep_warm_minutes": 0})
    with pytest.raises(KathederError, match="word-encoder@1"):  # the library's own encoder
        open_pipeline(library.folder, cold)


@pytest.mark.slow
def test_two_commands_at_once_start_one_worker_that_imports_nothing_of_their_folder(
    tmp_path, make_pdf
):
    """As in a student's folder of scripts, which -P keeps out; one command finds no worker, or one
    that is still starting."""
    from ingest.pipeline import find_files, ingest
    from ingest.store import Library

    make_pdf("cats.pdf", "#slide([Cats])[A cat sleeps sixteen hours a day.]")
    texts = ["A cat sleeps sixteen hours a day. Cats"]
    names = {"encoder": str(make_encoder(tmp_path / "encoder", texts)), "reranker": "none"}
    settings = WARM.with_changes(models=names, answer={"writer": False})
    models = Models(settings.models)
    library = Library(tmp_path / "own", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, models.encoder, passage_tokens=40))
    for name in ("ingest", "rag", "json", "ui"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this is not the program')")
    code = (
        "from pathlib import Path\n"
        "from rag.settings import Settings\n"
        "from ui.worker.client import RemotePipeline\n"
        f"settings = Settings().with_changes(**{settings.model_dump()!r})\n"
        f"print(RemotePipeline(Path({str(library.folder)!r}), settings).ask('How long does a cat sleep?').text)"
    )
    pipe = subprocess.PIPE
    commands = [
        subprocess.Popen(
            [sys.executable, "-P", "-c", code], cwd=tmp_path, stdout=pipe, stderr=pipe, text=True
        )
        for _ in range(2)
    ]
    for command in commands:
        output, errors = command.communicate(timeout=200)
        assert output.startswith("A cat sleeps sixteen hours a day."), errors


@pytest.mark.slow
def test_a_second_command_finds_the_models_loaded(tmp_path):
    environment = dict(
        os.environ,
        KATHEDER_APP__KEEP_WARM_MINUTES="2",
        KATHEDER_LIBRARY=str(tmp_path / "library"),
        HF_HUB_OFFLINE="1",
    )
    program = [sys.executable, "-m", "ui.cli"]
    lecture = Path(__file__).parents[1] / "corpus" / "grundlagen-maschinelles-lernen.pdf"
    subprocess.run(
        [*program, "ingest", str(lecture)], env=environment, check=True, capture_output=True
    )

    def search(**changes: str) -> tuple[dict[str, Any], float]:
        """The hits, and the seconds of processor time of the command itself."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [*program, "search", "Was ist Überanpassung?", "--json"],
            env=environment | changes,
            check=True,
            capture_output=True,
            text=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return json.loads(done.stdout), seconds

    def workers() -> list[tuple[str, int]]:
        folder = Path(os.environ["KATHEDER_CACHE"]) / "workers"
        return [(file.name, file.stat().st_ino) for file in sorted(folder.glob("*.sock"))]

    alone, loading = search(KATHEDER_APP__KEEP_WARM_MINUTES="0")
    assert workers() == []
    first, _ = search()
    started = workers()
    assert len(started) == 1
    second, asking = search()
    assert workers() == started  # the same worker
    assert first == second
    # A process for one question reads in float32, a worker in bfloat16 where that is faster.
    for hit, same in zip(alone["hits"], second["hits"], strict=True):
        assert hit | {"stages": {}} == same | {"stages": {}}
        for name, stage in hit["stages"].items():
            assert stage["score"] == pytest.approx(same["stages"][name]["score"], abs=0.02)
    assert 9 in second["hits"][0]["pages"]
    assert asking < 0.5 * loading  # the models are loaded elsewhere
