"""ingest.disk, and what writes files by it: a full disk is named, and nothing half-written stays."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from raw_pdf import Deck

from ingest.disk import write_whole
from ingest.errors import DiskFull
from ingest.pipeline import ingest
from ingest.store import Library
from rag.app_settings import AppSettings
from rag.evaluation.questions import Question
from rag.evaluation.run import evaluate
from rag.evaluation.run_file import read_run
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings
from ui.uploads import store_uploads

pytestmark = pytest.mark.hostile("libraries and disks at fault")


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)])
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk):
    (disk / "filler").write_bytes(b"\0" * shutil.disk_usage(disk).free)


def test_full_disk_is_named_and_a_file_is_written_whole_or_not(small_disk):
    write_whole(file := small_disk / "sets" / "a.jsonl", b"before")
    with pytest.raises(DiskFull, match=f"{file.parent} is full: 3.0 MB are needed"):
        write_whole(file, b"x" * 3 * 2**20)
    assert file.read_bytes() == b"before"
    assert [one.name for one in file.parent.iterdir()] == ["a.jsonl"]


def test_upload_to_a_full_disk_is_refused_and_leaves_nothing(small_disk):
    folder = small_disk / "uploads"
    uploads = [("small.md", b"# Cats\n"), ("large.md", b"# Large\n" + b"word " * 2**20)]
    stored, [report] = store_uploads(folder, uploads, AppSettings())
    assert "is full: 5.0 MB are needed" in report.message
    assert list(folder.iterdir()) == stored


def test_run_on_a_full_disk_ends_in_a_sentence_and_goes_on_later(small_disk, tmp_path, encoder):
    library = Library(tmp_path / "library", create=True)
    list(ingest([Deck().write(tmp_path / "deck.pdf")], library, encoder))
    settings = Settings().with_changes(models={"reranker": "none"})
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder), settings)
    questions = [Question(str(n), f"What is light {n}?", "fact", "en", ()) for n in range(40)]
    output = small_disk / "runs" / "run.jsonl"
    steps = evaluate(questions, pipeline, output, generate=False)
    next(steps)
    fill(small_disk)
    with pytest.raises(DiskFull, match=f"{output.parent} is full"):
        list(steps)
    (small_disk / "filler").unlink()
    list(evaluate(questions, pipeline, output, generate=False))
    assert list(read_run(output).lines) == [question.id for question in questions]
