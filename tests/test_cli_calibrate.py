"""The command calibrate, with tiny models handed to the program."""

from __future__ import annotations

import json

import pytest
from test_evaluation_calibrate import QUESTIONS
from typer.testing import CliRunner

from rag.confidence import CALIBRATION_FILE, Calibration
from rag.models import NO_MODELS, Models
from ui.cli import app


@pytest.fixture
def calibrate(encoder, tmp_path):
    settings = tmp_path / "settings.toml"
    settings.write_text('[models]\nreranker = "none"\ngenerator = "none"\n')

    def command(*arguments):
        values = ["calibrate", *map(str, arguments), "--settings", str(settings)]
        return CliRunner().invoke(app, values, obj=Models(NO_MODELS, encoder=encoder))

    return command


@pytest.fixture
def questions(tmp_path):
    def write(name):
        lines = [json.dumps(question.as_dict()) for question in QUESTIONS]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / f"{name}.jsonl"

    return write


def test_a_calibration_is_saved_with_its_library(calibrate, questions, library):
    result = calibrate(questions("physics"), "--library", library.folder)
    assert result.exit_code == 0, result.output
    calibration = Calibration.read(library.folder / CALIBRATION_FILE)
    assert calibration.questions == 10
    assert f"no answer below a confidence of {calibration.threshold:.3f}" in result.stdout
    assert "physics" in result.stdout


def test_several_files_have_one_library_each_or_one_together(
    calibrate, questions, library, tmp_path
):
    files = (questions("one"), questions("two"))
    target = tmp_path / "fitted.json"
    libraries = ("--library", library.folder) * 2
    result = calibrate(*files, *libraries, "--output", target)
    assert result.exit_code == 0, result.output
    assert Calibration.read(target).questions == 20
    assert [word in result.stdout for word in ("one", "two", "all")] == [True] * 3
    together = calibrate(*files, "--library", library.folder)
    assert together.exit_code == 0, together.output
    assert Calibration.read(library.folder / CALIBRATION_FILE) == Calibration.read(target)


def test_files_and_libraries_that_do_not_match_are_refused(calibrate, questions, tmp_path):
    one, two = ("--library", tmp_path / "one"), ("--library", tmp_path / "two")
    three = calibrate(questions("a"), questions("b"), questions("c"), *one, *two)
    assert "3 files of questions and 2 libraries" in str(three.exception)
    homeless = calibrate(questions("a"), questions("b"), *one, *two)
    assert "--output calibration.json" in str(homeless.exception)
