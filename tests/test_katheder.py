"""The package as a Python program uses it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tiny_models import make_encoder

import katheder
from katheder import Katheder, KathederError, Models, Settings

ANIMALS = """
#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night.]
#slide("Dogs")[A dog guards the house. It barks at strangers.]
"""


@pytest.fixture
def lectures(tmp_path, make_pdf) -> Katheder:
    make_pdf("animals.pdf", ANIMALS)
    encoder = make_encoder(tmp_path / "encoder", [ANIMALS])
    settings = Settings().with_changes(
        models={"encoder": str(encoder), "reranker": "none", "generator": "none"}
    )
    return Katheder(tmp_path / "library", settings)


def test_open_add_ask(lectures, tmp_path):
    [report] = lectures.add(tmp_path / "lectures")
    assert (report.outcome, report.pages) == ("added", 2)
    assert [document.file for document in lectures.documents] == ["animals.pdf"]
    answer = lectures.ask("How many hours does a cat sleep?")
    [first, *_] = answer.sentences
    assert first.text.startswith("A cat sleeps sixteen hours a day.")
    assert answer.source_of(first).citation == "lectures, animals.pdf, p. 1"
    [hit] = lectures.search("Who barks at strangers?", passages=1)
    assert hit.passage.citation == "lectures, animals.pdf, p. 2"
    [again] = lectures.add(tmp_path / "lectures")
    assert again.outcome == "unchanged"


def test_what_is_added_after_a_question_is_searched_too(lectures, tmp_path, make_pdf):
    lectures.add(tmp_path / "lectures")
    lectures.ask("How many hours does a cat sleep?")
    make_pdf("more.pdf", '#slide("Night")[A dog hunts at night.]')
    lectures.add(tmp_path / "lectures")
    [hit] = lectures.search("Which dog hunts at night?", passages=1)
    assert hit.passage.file == "more.pdf"


def test_errors_have_one_base(lectures, tmp_path):
    with pytest.raises(KathederError, match="is empty"):
        lectures.ask("Anything?")
    (tmp_path / "none").mkdir()
    with pytest.raises(KathederError, match="No files to read under"):
        lectures.add(tmp_path / "none")
    with pytest.raises(KathederError, match="cannot be read"):
        Katheder(tmp_path / "library", tmp_path / "none.toml")


def test_models_can_be_handed_in(tmp_path, make_pdf, encoder):
    make_pdf("animals.pdf", ANIMALS)
    settings = Settings().with_changes(models={"reranker": "none", "generator": "none"})
    lectures = Katheder(
        tmp_path / "library", settings, models=Models(settings.models, encoder=encoder)
    )
    lectures.add(tmp_path / "lectures")
    config = lectures.library.config()
    assert config is not None
    assert config.encoder == "word-encoder@1"


def test_every_name_is_there():
    for name in katheder.__all__:
        assert getattr(katheder, name) is not None
    assert set(katheder.__all__) == set(dir(katheder))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        katheder.Nothing  # noqa: B018


def test_importing_it_imports_nothing_else():
    code = "import sys, katheder; print({'numpy', 'torch', 'pydantic', 'rag', 'ingest'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["ingest.py", "rag.py", "rag/__init__.py"])
def test_a_file_of_the_users_that_hides_a_package_is_named(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("raise SystemExit('the file of the user was run')")
    done = subprocess.run(
        [sys.executable, "-c", "from katheder import Katheder"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: ")
    assert str(file) in last
    assert "hides Katheder's own package" in last
