"""Nothing leaves the machine unasked: every connection to another one is refused and counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from raw_pdf import Deck
from scripted_server import Script, running

ROOT = Path(__file__).parents[1]


@pytest.fixture
def katheder(tmp_path):
    """Run the command line in a process that can connect to this machine alone; gives its output."""
    log = tmp_path / "connections"
    log.touch()

    def run(*arguments: object, **environment: str) -> str:
        result = subprocess.run(
            [sys.executable, "-m", "ui.cli", *map(str, arguments)],
            cwd=tmp_path,
            env=os.environ
            | {
                "PYTHONPATH": f"{ROOT / 'tests' / 'hostile' / 'no_network'}{os.pathsep}{ROOT}",
                "NO_NETWORK_LOG": str(log),
                "KATHEDER_LIBRARY": str(tmp_path / "library"),
                "KATHEDER_APP__KEEP_WARM_MINUTES": "0",
            }
            | environment,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        assert log.read_text() == ""
        return result.stdout

    return run


def test_the_hook_refuses_and_notes(tmp_path):
    program = "import socket\ntry: socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError as e: print(e)"
    log = tmp_path / "log"
    result = subprocess.run(
        [sys.executable, "-S", "-c", f"import sitecustomize\n{program}"],
        env={"PYTHONPATH": str(ROOT / "tests/hostile/no_network"), "NO_NETWORK_LOG": str(log)},
        capture_output=True,
        text=True,
    )
    assert "allows no connection to 192.0.2.1" in result.stdout
    assert "192.0.2.1" in log.read_text()


@pytest.mark.slow
@pytest.mark.hostile("connections to other machines")
def test_reading_asking_and_evaluating_connect_to_nothing(katheder, tmp_path):
    deck = Deck().write(tmp_path / "deck.pdf")
    assert "1 added" in katheder("ingest", deck)
    question = {
        "id": "q", "question": "What is bagging?", "type": "fact", "lang": "en",
        "gold": [{"doc": "deck.pdf", "pages": [1]}], "answer": "Bagging is explained.",
        "keywords": ["explained"],
    }  # fmt: skip
    (tmp_path / "set.jsonl").write_text(json.dumps(question))
    assert "Bagging" in katheder("ask", "What is bagging?")
    katheder("evaluate", tmp_path / "set.jsonl", "--output", tmp_path / "run.jsonl")


@pytest.mark.slow
@pytest.mark.hostile("connections to other machines")
def test_a_server_of_this_machine_is_the_only_one_that_is_asked(katheder, tmp_path):
    katheder("ingest", Deck().write(tmp_path / "deck.pdf"))
    with running(Script(words=("Bagging is ", "explained on this page in full."))) as server:
        out = katheder(
            *("ask", "What is bagging?", "--written"),
            KATHEDER_MODELS__GENERATOR="openai:tiny",
            KATHEDER_MODELS__BASE_URL=server.url,
        )
    assert "Bagging is explained on this page in full." in out
    assert server.requests
