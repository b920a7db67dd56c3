"""What a fresh process imports: nothing that its command does not need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# Each takes longer to import than a question takes to answer.
HEAVY = ("sentence_transformers", "transformers", "sklearn", "scipy", "pandas", "streamlit")

PROGRAM = """
import json, sys
from ui.cli import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def modules_of(folder: Path, *arguments: str) -> tuple[set[str], str]:
    """The modules that a command has imported at its end, and what it printed."""
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, *arguments],
        cwd=folder,
        env=os.environ
        | {
            "PYTHONPATH": root,
            "KATHEDER_APP__KEEP_WARM_MINUTES": "0",
            "KATHEDER_LIBRARY": str(folder / "library"),
            "KATHEDER_CONFIG": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return set(json.loads(done.stderr.splitlines()[-1])), done.stdout + done.stderr


def test_a_list_of_documents_and_help_load_no_model_and_no_settings(library, tmp_path):
    assert library.folder == tmp_path / "library"
    modules, printed = modules_of(tmp_path, "library", "list")
    assert "animals.pdf" in printed
    assert modules.isdisjoint({"torch", "tokenizers", "rag.settings", "rag.pipeline", *HEAVY})
    assert len(modules) < 900


@pytest.mark.slow
def test_a_file_of_an_unknown_type_is_refused_before_a_model_is_loaded(tmp_path):
    (tmp_path / "file.xyz").write_text("text")
    modules, printed = modules_of(tmp_path, "ingest", "file.xyz")
    assert "file.xyz" in printed
    assert modules.isdisjoint({"torch", *HEAVY})


@pytest.mark.slow
def test_a_search_and_an_answer_need_onnxruntime_and_tokenizers_alone(tmp_path):
    (tmp_path / "notes.md").write_text("# Cats\n\nA cat sleeps sixteen hours a day.\n")
    modules_of(tmp_path, "ingest", "notes.md")
    for command in ("search", "ask"):
        modules, printed = modules_of(tmp_path, command, "How long does a cat sleep?")
        assert "sixteen hours" in printed
        assert {"onnxruntime", "tokenizers"} <= modules
        assert modules.isdisjoint({"torch", "sympy", "PIL", "pypdfium2", "markdown_it", *HEAVY})
        assert len(modules) < 1500
    modules, printed = modules_of(tmp_path, "search", "How long?", "--course", "Botany")
    assert "Botany" in printed
    assert "onnxruntime" not in modules
