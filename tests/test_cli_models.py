"""`katheder models`, and the consent before anything is sent to another machine."""

from __future__ import annotations

import io
import json
import sys
import tomllib
from pathlib import Path

import pytest
from scripted_server import Script, running
from tiny_models import make_encoder

import ui.cli
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.language_models.discovery import LocalModel, find_models
from rag.models import Models
from rag.settings import ModelSettings

pytest.importorskip("langchain_openai")

CAT = "A cat sleeps sixteen hours a day."
QUESTION = "How long does a cat sleep?"
ANIMALS = f'#slide("Cats")[{CAT} It hunts mice at night.]'


class Terminal(io.StringIO):
    """Text as if somebody had typed it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def server():
    with running(Script(words=(CAT, " [1] Bananas are blue."))) as script:
        yield script


@pytest.fixture(scope="module")
def tiny_encoder(tmp_path_factory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("models") / "encoder", [ANIMALS, QUESTION])


@pytest.fixture
def own_file(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("KATHEDER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def katheder(monkeypatch, capsys, tiny_encoder, make_pdf, tmp_path, own_file):
    """Run the command line on a library of one lecture; gives exit code, stdout, stderr."""
    monkeypatch.setenv("KATHEDER_APP__KEEP_WARM_MINUTES", "0")
    monkeypatch.setenv("KATHEDER_MODELS__ENCODER", str(tiny_encoder))
    monkeypatch.setenv("KATHEDER_MODELS__RERANKER", "none")
    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "library"))
    folder = make_pdf("animals.pdf", ANIMALS).parent
    library = Library(tmp_path / "library", create=True)
    encoder = Models(ModelSettings(encoder=str(tiny_encoder))).encoder
    list(ingest(find_files([folder]), library, encoder))

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["katheder", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            ui.cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


def port_of(script: Script) -> int:
    return int(script.url.split(":")[2].split("/")[0])


def test_the_models_of_this_machine_are_listed_with_size_and_context(server):
    server.owner = "llamacpp"
    server.models = ({"id": "qwen", "meta": {"size": 5_000_000, "n_ctx_train": 8192}}, {"id": "b"})
    with running(Script()) as other:
        other.status = 500
        ports = [port_of(server), 9]  # nobody answers at port 9
        assert find_models(ports) == [
            LocalModel("openai:qwen", server.url, "llama.cpp", 5_000_000, 8192),
            LocalModel("openai:b", server.url, "llama.cpp", None, None),
        ]


# As Ollama's documentation of its interface records them (docs/api.md).
OLLAMA_TAGS = {
    "models": [
        {
            "name": "llama3.2:latest",
            "modified_at": "2025-05-04T17:37:44.706015396-07:00",
            "size": 2019393189,
            "digest": "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72",
            "details": {"format": "gguf", "family": "llama", "parameter_size": "3.2B"},
        }
    ]
}
OLLAMA_SHOW = {
    "modelfile": "# ...",
    "details": {"format": "gguf", "family": "llama"},
    "model_info": {"general.architecture": "llama", "llama.context_length": 131072},
}


def test_ollama_says_size_and_context_by_its_own_interface(server):
    server.owner, server.models = "library", ({"id": "llama3.2:latest"},)
    server.pages = {"/api/tags": OLLAMA_TAGS, "/api/show": OLLAMA_SHOW}
    assert find_models([port_of(server)]) == [
        LocalModel("ollama:llama3.2:latest", server.url, "Ollama", 2019393189, 131072)
    ]
    assert {"model": "llama3.2:latest"} in server.requests


def test_lm_studio_says_the_context_by_its_own_interface(server):
    server.owner, server.models = "organization_owner", ({"id": "qwen3-8b"},)
    server.pages = {"/api/v0/models/qwen3-8b": {"id": "qwen3-8b", "max_context_length": 32768}}
    [model] = find_models([port_of(server)])
    assert (model.server, model.context) == ("LM Studio", 32768)


def test_find_prints_what_to_do_next(katheder, server):
    code, out, _ = katheder("models", "find", "--port", port_of(server))
    assert code == 0
    assert f"openai:tiny  size unknown, context unknown, OpenAI-compatible at {server.url}" in out
    assert f"katheder models try openai:tiny --url {server.url}" in out
    code, out, _ = katheder("models", "find", "--port", 9)
    assert (code, "No server answers" in out) == (0, True)


def test_a_model_is_tried_and_kept(katheder, server, own_file):
    code, out, err = katheder(
        *("models", "try", "openai:tiny", "--url", server.url, "--question", QUESTION, "--save")
    )
    assert (code, err) == (0, "")
    assert f"{CAT} [1]" in out
    assert "animals.pdf, p. 1" in out
    assert "not supported by the lectures:\n    ~~Bananas are blue.~~" in out
    assert "tokens per second" in out
    sent = "\n".join(f"[{m['role']}] {m['content']}" for m in server.requests[-1]["messages"])
    assert sent in out  # what was sent is what the server got
    kept = tomllib.loads(own_file.read_text())
    assert kept["models"].pop("prompt_speed") > 0
    assert kept == {
        "models": {"generator": "openai:tiny", "base_url": server.url},
        "answer": {"writer": True},
    }
    code, out, _ = katheder("ask", QUESTION, "--json")
    answer = json.loads(out)
    assert answer["sentences"][0]["origin"] == "written"
    assert answer["models"]["generator"] == f"openai:tiny at {server.url}"


def test_a_model_that_fails_is_not_kept(katheder, server, own_file):
    server.status = 429
    code, out, err = katheder(
        *("models", "try", "openai:tiny", "--url", server.url, "--question", QUESTION, "--save")
    )
    assert code == 1
    assert "status 429" in out
    assert err == "error: openai:tiny is not kept, because it wrote no whole answer.\n"
    assert not own_file.exists()


def elsewhere(script: Script) -> str:
    """The server's address by a name that is not loopback's."""
    return script.url.replace("127.0.0.1", "0.0.0.0")


def test_nothing_is_sent_elsewhere_without_consent(katheder, server, monkeypatch, own_file):
    monkeypatch.setenv("KATHEDER_MODELS__GENERATOR", "openai:tiny")
    monkeypatch.setenv("KATHEDER_MODELS__BASE_URL", elsewhere(server))
    for more in (["--json"], []):
        code, out, err = katheder("ask", QUESTION, "--written", *more)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1
        assert "question, the conversation and the selected passages" in err
        assert "add --yes" in err
    assert server.paths == []
    assert katheder("ask", QUESTION, "--json")[0] == 0  # a quoted answer sends nothing
    assert server.paths == []
    place = elsewhere(server).removesuffix("/v1")
    code, out, err = katheder("ask", QUESTION, "--written", "--yes")
    assert (code, CAT in out) == (0, True)
    assert f"{place} is kept as allowed in {own_file}" in err
    assert f"Answers come from {place}, not from this machine." in err
    code, out, err = katheder("ask", QUESTION, "--written", "--json")  # said once
    assert (code, err) == (0, "")


def test_the_terminal_asks_once(katheder, server, monkeypatch):
    monkeypatch.setenv("KATHEDER_MODELS__GENERATOR", "openai:tiny")
    monkeypatch.setenv("KATHEDER_MODELS__BASE_URL", elsewhere(server))
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert katheder("ask", QUESTION, "--written")[0] == 1
    assert "not on this machine. What is sent there: your question, the conversation" in (
        screen.getvalue()
    )
    assert server.paths == []
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert katheder("ask", QUESTION, "--written")[0] == 0
    before = screen.getvalue()
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert katheder("ask", QUESTION, "--written")[0] == 0
    assert "What is sent there" not in screen.getvalue()[len(before) :]


def test_allow_keeps_one_origin(katheder, own_file):
    code, out, _ = katheder("models", "allow", "https://API.example.com/v1")
    assert (code, "https://api.example.com is kept" in out) == (0, True)
    code, _, err = katheder("models", "allow", "api.example.com")
    assert (code, "is no address" in err) == (1, True)
    assert tomllib.loads(own_file.read_text())["models"]["allowed_servers"] == [
        "https://api.example.com"
    ]
