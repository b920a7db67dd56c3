"""`katheder language neighbours`, `similarity`, `fill-mask` and `train`, with the bundled models."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from language.errors import LanguageError
from ui.cli import app

RUNNER = CliRunner()


def run(*arguments: str) -> str:
    """The standard output of a command that succeeds."""
    result = RUNNER.invoke(app, ["language", *arguments])
    assert result.exception is None, result.exception
    return result.stdout


def refusal(*arguments: str) -> str:
    """The message of a command that fails as users may see it."""
    result = RUNNER.invoke(app, ["language", *arguments])
    assert isinstance(result.exception, LanguageError), result.exception
    return str(result.exception)


@pytest.mark.slow
def test_neighbours_as_json_and_as_a_picture(tmp_path):
    rows = json.loads(run("neighbours", "king", "--count", "3", "--json"))
    assert [row["token"] for row in rows] == ["king"] * 3
    cosines = [row["cosine"] for row in rows]
    assert cosines == sorted(cosines, reverse=True)
    assert 0 < cosines[0] < 1
    picture = tmp_path / "neighbours.svg"
    run("neighbours", "king", "--count", "3", "--output", str(picture))
    assert rows[0]["neighbour"] in picture.read_text()
    assert "expected encoder or decoder" in refusal("neighbours", "king", "--model", "other")
    assert "is empty" in refusal("neighbours", " ")


def test_similarity_shows_the_matrix_and_the_arithmetic():
    sentences = ("A cat sleeps.", "A kitten naps.", "Prices rise.")
    rows = json.loads(run("similarity", *sentences, "--json"))
    assert rows[0]["1"] == pytest.approx(1, abs=1e-5)
    assert rows[0]["2"] == pytest.approx(rows[1]["1"])
    assert rows[0]["2"] > rows[0]["3"]
    text = run("similarity", *sentences)
    assert float(re.findall(r"cosine (-?[\d.]+)", text)[0]) == pytest.approx(rows[0]["2"], abs=1e-4)
    assert "at least 2" in refusal("similarity", "alone")


def test_a_picture_that_cannot_be_written_is_refused_before_the_training(tmp_path):
    assert "'.gif', expected .png" in refusal("train", "topics", "--output", "curve.gif")
    missing = tmp_path / "missing" / "curve.svg"
    assert f"no folder {missing.parent}" in refusal("train", "topics", "--output", str(missing))


def test_a_mask_is_filled_by_the_command():
    rows = json.loads(run("fill-mask", "The [MASK] of a circle.", "--count", "4", "--json"))
    assert len(rows) == 4
    assert rows[0]["probability"] >= rows[3]["probability"] > 0
    assert "has no [MASK]" in refusal("fill-mask", "no gap")


def test_an_unknown_task_is_refused():
    assert "expected topics, sentiment, entities" in refusal("train", "colours")
    assert "expected multilingual or english" in refusal("train", "topics", "--encoder", "x")


@pytest.mark.slow
def test_a_frozen_encoder_is_trained_by_the_command(tmp_path):
    report = json.loads(
        run("train", "topics", "--encoder", "english", "--layers", "0", "--examples", "100",
            "--try", "A triangle has three sides.", "--json",
            "--output", str(tmp_path / "training.png"))
    )  # fmt: skip
    assert report["training sentences"] == 100
    assert report["by language"]["en"] > 0.5  # of five topics
    assert report["own"][0]["labels"] == ["mathematics"]
    assert (tmp_path / "training.png").stat().st_size > 5000
