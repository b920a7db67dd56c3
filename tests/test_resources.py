"""The data that comes with the program, and that no module looks for it in another way."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ingest import resources

ROOT = Path(__file__).parents[1]


def test_models_lectures_and_question_sets_are_there():
    assert {folder.name for folder in resources.models().iterdir() if folder.is_dir()} >= {
        "abstention",
        "generative",
        "generator",
        "lead-judge",
        "multilingual-reranker",
        "reranker",
    }
    assert (resources.models() / "reranker" / "model.safetensors").stat().st_size > 1_000_000
    assert len(list(resources.lectures().glob("*.pdf"))) == 6
    assert list(resources.question_sets()) == ["dev", "opening", "test"]


def test_no_other_module_looks_beside_its_own_file():
    """A module that counts folders upwards from itself breaks when it moves or is installed."""
    packages = ("generative", "ingest", "katheder", "rag", "training", "ui")
    offenders = [
        str(file.relative_to(ROOT))
        for package in packages
        for file in (ROOT / package).rglob("*.py")
        if "__file__" in file.read_text(encoding="utf-8")
    ]
    assert offenders == []


def test_it_imports_the_standard_library_alone():
    code = (
        "import sys; before = set(sys.modules); import ingest.resources\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(names - set(sys.stdlib_module_names) - {'ingest'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
