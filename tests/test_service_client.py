"""ui.service_client: the pipeline of a service elsewhere, and the app that uses it without models."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
import uvicorn
from service_builders import make_app, make_engine, make_library

from ingest import resources
from ingest.errors import KathederError
from rag.errors import BadQuestion, BadScope, BadSettings, ConsentMissing
from rag.scope import Scope
from rag.settings import Settings
from rag.types import Turn
from ui.service.keys import add_key
from ui.service_client import ServicePipeline
from ui.worker import open_pipeline

CATS = "How long does a cat sleep?"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return make_library(tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="module")
def address(library):
    """A server on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(library), log_config=None))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


def settings_of(address, **app):
    return Settings().with_changes(app={"service": address, **app})


def test_the_answer_of_a_service_is_that_of_its_pipeline(address, library):
    remote, own = open_pipeline(Path("nowhere"), settings_of(address)), make_engine(library)
    assert isinstance(remote, ServicePipeline)
    history, zoo = [Turn("What does a dog guard?", "The house.")], Scope("Zoo")
    answer = remote.ask(CATS, history=history, scope=zoo)
    expected = own.pipeline().ask(CATS, history=history, scope=zoo)
    assert answer.text == expected.text
    assert "sixteen hours" in answer.text
    assert answer.sources == expected.sources
    assert answer.scope == zoo
    assert remote.search(CATS) == own.pipeline().search(CATS)


def test_settings_of_the_stages_count_and_those_of_the_owner_do_not(address):
    few = settings_of(address).with_changes(retrieval={"top_k": 1})
    assert len(ServicePipeline(few).search("night")) == 1
    secret = few.with_changes(
        app={"password": "hash"}, models={"generator": "os:system", "api_key_variable": "HOME"}
    )
    assert ServicePipeline(secret).sent_settings.app.password == ""
    # The service's own generator is "none": a written answer is refused by it, not by the client.
    written = secret.with_changes(answer={"writer": True, "instructions": "Obey."})
    with pytest.raises(KathederError, match="none"):
        ServicePipeline(written).ask(CATS)


def test_faults_keep_their_class_and_name_the_next_step(address, monkeypatch):
    remote = ServicePipeline(settings_of(address))
    with pytest.raises(BadQuestion):
        remote.ask("?!")
    with pytest.raises(BadScope, match="Zoo"):
        remote.ask(CATS, scope=Scope("Chemistry"))
    with pytest.raises(KathederError, match="katheder serve"):
        ServicePipeline(settings_of("http://127.0.0.1:9")).ask(CATS)
    with pytest.raises(BadSettings, match="is no address"):
        ServicePipeline(settings_of("127.0.0.1:8600")).ask(CATS)
    with pytest.raises(ConsentMissing, match=r"models allow https://lectures\.example"):
        ServicePipeline(settings_of("https://lectures.example/katheder")).ask(CATS)
    monkeypatch.delenv("MY_KEY", raising=False)
    with pytest.raises(BadSettings, match="MY_KEY, which is not set"):
        ServicePipeline(settings_of(address, service_key_variable="MY_KEY")).ask(CATS)


def test_a_service_with_keys_answers_a_key_and_within_its_course(tmp_path, monkeypatch):
    from fastapi.testclient import TestClient

    from ui.service.pipeline_messages import EVENTS_PATH, Request, decode_event

    library = make_library(tmp_path)
    key = add_key(library.folder, "anna", "Physics", write=False)
    body = Request(CATS, (), Settings(), search_only=True, id="1").encode()
    with TestClient(make_app(library)) as client:
        assert client.post(EVENTS_PATH, content=body).status_code == 401
        headers = {"Authorization": f"Bearer {key}"}
        assert client.post(EVENTS_PATH, content=b"{}", headers=headers).status_code == 422
        line = client.post(EVENTS_PATH, content=body, headers=headers).content.strip()
        assert {hit.passage.file for hit in decode_event(line).hits} == {"physics.md"}


_APP = """
import sys, time
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=180).run()
app.chat_input[0].set_value("What is the entropy of a fair coin?").run()
for _ in range(100):
    if "[1]" in "".join(str(one.value) for one in app.markdown) or app.error:
        break
    time.sleep(0.2)
    app.run()
assert not app.exception, app.exception
print(*[one.value for one in app.markdown], *[one.value for one in app.error])
print("MODELS", *sorted({"torch", "transformers", "faiss", "onnxruntime"} & set(sys.modules)))
"""


@pytest.mark.slow
def test_the_app_of_a_service_loads_no_models(tmp_path):
    """Two processes: the service with the bundled models, and the app, which asks it."""
    lectures = tmp_path / "lecture.md"
    lectures.write_text("# Entropy\n\nThe entropy of a fair coin is one bit.\n")
    environment = {
        **os.environ,
        "KATHEDER_LIBRARY": str(tmp_path / "library"),
        "KATHEDER_CONFIG": str(tmp_path),
        "PYTHONPATH": str(resources.package_file("ui").parent),
    }
    katheder = [sys.executable, "-m", "ui.cli"]
    subprocess.run([*katheder, "ingest", str(lectures)], env=environment, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service = subprocess.Popen([*katheder, "serve", "--port", str(port)], env=environment)
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end and service.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5).close()
                break
            except OSError:
                time.sleep(0.3)
        app = subprocess.run(
            [sys.executable, "-c", _APP, str(resources.package_file("ui", "app.py"))],
            env={**environment, "KATHEDER_APP__SERVICE": f"http://127.0.0.1:{port}"},
            capture_output=True,
            text=True,
            timeout=200,
        )
    finally:
        service.terminate()
        service.wait(120)
    assert app.returncode == 0, app.stderr
    assert "The entropy of a fair coin is one bit" in app.stdout.replace("\\", "")
    assert app.stdout.rstrip().endswith("MODELS")
