"""ui.identity.file_names: messages for readers of a shared app name no folder of the machine."""

from __future__ import annotations

import sqlite3
import time

import pytest
from starlette.testclient import TestClient

from ingest import resources
from ingest.errors import KathederError
from ingest.store import DATABASE, Library
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import Settings, load_settings
from ui.identity.file_names import names_alone
from ui.service.app import create_app
from ui.service.engine import open_engine


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("No index at /home/anna/ai/library.", "No index at library."),
        (
            "`katheder ingest x --library /srv/ai/lib` builds it",
            "`katheder ingest x --library lib` builds it",
        ),
        ("cannot read ~/slides/a.pdf (missing)", "cannot read a.pdf (missing)"),
        (r"C:\Users\Anna\lib\index.sqlite is damaged", "index.sqlite is damaged"),
        ("[Errno 2] No such file: '/tmp/x y/b.pdf'", "[Errno 2] No such file: 'b.pdf'"),
        ("gguf:/srv/models/m.gguf cannot be read", "gguf:m.gguf cannot be read"),
        ("at file:///home/anna/a.pdf", "at a.pdf"),
        ("see /openapi.json; /ask and /search", "see /openapi.json; /ask and /search"),
        ("at http://127.0.0.1:8600/v1/models", "at http://127.0.0.1:8600/v1/models"),
        ("5 km/h and/or 3 / 4", "5 km/h and/or 3 / 4"),
    ],
)
def test_a_path_is_shown_by_its_name(text, shown):
    assert names_alone(text) == shown


def errors_of(folder):
    """What a reader may meet, from what raises it, in a folder whose name has a blank."""
    settings = Settings().with_changes(models={"generator": "none", "reranker": "none"})
    attempts = {"missing": lambda: Pipeline.load(folder / "none", settings)}
    damaged = folder / "damaged"
    Library(damaged, create=True).close()
    (damaged / DATABASE).write_bytes(b"no database" * 1000)
    attempts["damaged"] = lambda: Library(damaged)
    other = folder / "other"
    other.mkdir()
    with sqlite3.connect(other / DATABASE) as db:
        db.execute("CREATE TABLE theirs (x)")
    attempts["other program's"] = lambda: Library(other)
    (folder / "settings.toml").write_text("answer = 3")
    attempts["settings"] = lambda: load_settings(folder / "settings.toml")
    named = {"models": {"encoder": str(folder / "model"), "generator": f"gguf:{folder}/m.gguf"}}
    models = Models(Settings().with_changes(**named).models)
    attempts["encoder"] = lambda: models.encoder.encode(["x"])
    attempts["writer"] = lambda: models.writer
    for name, attempt in attempts.items():
        with pytest.raises(KathederError) as caught:
            attempt()
        yield name, str(caught.value)


def test_no_message_of_the_program_tells_a_reader_its_folder(tmp_path, monkeypatch):
    folder = tmp_path / "of anna" / "lectures"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    told = 0
    for name, text in errors_of(folder):
        shown = names_alone(text)
        told += str(folder) in text
        for part in (*folder.parts[1:-1], str(resources.package_file("ui").parent)):
            assert part not in shown, (name, shown)
    assert told >= 5


def test_the_service_tells_no_folder(tmp_path):
    engine = open_engine(tmp_path / "gone", Settings())
    app = create_app(engine, hosts=["testserver"], is_open=True)
    with TestClient(app) as client:
        assert client.get("/health").status_code == 200
        while (reply := client.get("/ready")).json()["error"]["type"] == "Loading":
            time.sleep(0.05)
        asked = client.post("/ask", json={"question": "What is entropy?"})
    for told in (reply, asked):
        message = told.json()["error"]["message"]
        assert "gone" in message
        assert str(tmp_path) not in message
