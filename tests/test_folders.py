"""ingest.folders: watch folders, and follow what changes in them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tiny_models import make_encoder

from ingest.folders import rounds, without_repeats
from ingest.pipeline import FileReport
from ingest.store import Library

ROOT = Path(__file__).parents[1]
CATS = '#slide("Cats")[A cat sleeps sixteen hours a day.]'
DOGS = '#slide("Dogs")[A dog guards the house at night.]'


class Script:
    """Stands for the time between two looks: runs one step at each, and counts them."""

    def __init__(self, *steps):
        self.steps, self.looks = list(steps), 0

    def __call__(self, interval):
        self.looks += 1
        self.steps.pop(0)()


def nothing():
    pass


def names(files):
    return sorted(file.name for file in files)


def test_rounds_give_what_changed_once_it_has_settled(tmp_path):
    a, b = tmp_path / "a.pdf", tmp_path / "b.pdf"
    a.write_text("1")
    script = Script(
        nothing,
        lambda: b.write_text("begins"),
        lambda: b.write_text("begins, and goes on"),  # still being copied
        nothing,
        lambda: a.write_text("12"),
        nothing,
        lambda: b.rename(tmp_path / "c.pdf"),
        nothing,
        a.unlink,
        nothing,
    )
    watched = rounds([tmp_path], wait=script)
    assert names(next(watched)) == ["a.pdf"]
    assert names(next(watched)) == ["b.pdf"]
    assert script.looks == 4  # one look after its last change
    assert names(next(watched)) == ["a.pdf"]
    assert names(next(watched)) == ["c.pdf"]
    assert names(next(watched)) == []  # one was deleted
    assert script.looks == 10


def test_a_file_that_is_gone_is_reported_once_until_it_is_back():
    gone, there = FileReport("a.pdf", "gone"), FileReport("a.pdf", "unchanged")
    known: set[str] = set()
    assert list(without_repeats([gone], known)) == [gone]
    assert list(without_repeats([gone], known)) == []
    assert list(without_repeats([there], known)) == [there]
    assert list(without_repeats([gone], known)) == [gone]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_a_real_process_follows_a_folder_until_it_is_interrupted(tmp_path, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    settings = {
        "KATHEDER_MODELS__ENCODER": str(make_encoder(tmp_path / "encoder", [CATS, DOGS])),
        "KATHEDER_MODELS__RERANKER": "none",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "ui.cli", "ingest", "--watch", str(cats.parent)]
    process = subprocess.Popen(
        [*command, "--library", str(tmp_path / "library")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | settings,
        cwd=tmp_path,
        text=True,
    )

    def files_reach(expected):
        """Wait until the library holds these files, with whether each is gone."""
        held: dict[str, bool] = {}
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            if (tmp_path / "library" / "library.sqlite").exists():
                library = Library(tmp_path / "library")
                held = {document.file: document.gone for document in library.documents()}
                library.close()
                if held == expected:
                    return
            time.sleep(0.2)
        raise AssertionError(f"{held} after three minutes, expected {expected}")

    try:
        files_reach({"cats.pdf": False})
        make_pdf("dogs.pdf", DOGS)
        files_reach({"cats.pdf": False, "dogs.pdf": False})
        cats.rename(cats.with_name("felines.pdf"))
        files_reach({"felines.pdf": False, "dogs.pdf": False})
        cats.with_name("felines.pdf").unlink()
        files_reach({"felines.pdf": True, "dogs.pdf": False})
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=90)
    finally:
        process.kill()
    assert process.returncode == 0, err
    assert "stopped watching" in err
    assert "Traceback" not in err
    assert [line for line in out.splitlines() if line] == [
        "1 added",
        "1 added",
        "1 moved",
        "1 gone",
    ]
