"""`katheder language attention`, `size` and `numbers`, with the bundled models."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from language.errors import LanguageError
from ui.cli import app

RUNNER = CliRunner()
HUNGRY = "The cat drank the milk because it was hungry."
SWEET = "The cat drank the milk because it was sweet."


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


def test_attention_of_one_head(tmp_path):
    picture = tmp_path / "map.svg"
    found = json.loads(
        run("attention", "The cat sat", "--layer", "1", "--head", "2", "--json", "-o", str(picture))
    )
    assert found["tokens"] == ["[CLS]", "The", "cat", "sat", "[SEP]"]
    assert [sum(row) for row in found["weights"]] == pytest.approx([1] * 5, abs=1e-4)
    assert "[CLS]" in picture.read_text()


def test_the_search_over_heads():
    answer = json.loads(run("attention", HUNGRY, "--against", SWEET, "--top", "2", "--json"))
    assert answer["verdict"].startswith("1 of the 72 heads switches from 'cat' to 'milk'")
    best, second = answer["heads"]
    assert (best["layer"], best["head"], best["switches"]) == (4, 2, True)
    assert best["1: cat"] > best["1: milk"]
    assert best["2: cat"] < best["2: milk"]
    assert not second["switches"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["attention", ""], "The text is empty"),
        (["attention", "x", "--layer", "9"], "--layer is 9, expected 1 to 6"),
        (["attention", "x", "--head", "0"], "--head is 0, expected 1 to 12"),
        (["attention", "x", "--model", "gpt"], "'gpt', expected encoder or decoder"),
        (["attention", HUNGRY, "--against", SWEET, "--targets", "cat"], "expected two words"),
        (["attention", HUNGRY, "--against", SWEET, "--top", "0"], "--top is 0"),
        (["attention", HUNGRY, "--against", SWEET, "--word", "dog"], "no word 'dog'"),
        (["size", "gpt9"], "There is no model 'gpt9'"),
        (["size", "gpt2", "--context", "5000"], "reads at most 1024 tokens"),
        (["size", "gpt2", "--context", "0"], "0 tokens, expected at least 1"),
        (["size", "gpt2", "--format", "int3"], "'int3', expected one of"),
        (["numbers", "forty-dog"], "'dog' is no number word"),
        (["numbers", "forty", "--seconds", "0"], "--seconds is 0"),
    ],
)
def test_bad_input_is_named(arguments, message):
    assert message in refusal(*arguments)


def test_size_of_a_known_model_and_of_a_config(tmp_path):
    known = json.loads(run("size", "gpt2-xl", "--json"))
    assert known["parameters"] == sum(known["parts"].values()) == 1_557_611_200
    assert known["KV cache bytes"] == 2 * 48 * 1600 * 1024 * 2
    text = run("size", "gpt2-xl")
    assert "1,557,611,200 (published: 1,558 million" in text
    assert "attention scores: 4.00 times" in text
    config = {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12}
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**config, "n_positions": 1024, "vocab_size": 50257}))
    assert json.loads(run("size", str(tmp_path), "--json"))["parameters"] == 124_439_808
    assert "512 tokens" in run("size", "minilm-l6")  # all that it reads
    assert len(json.loads(run("size", "--json"))) > 15


@pytest.mark.slow
def test_numbers_are_learned_and_written():
    rows = json.loads(run("numbers", "forty-two", "--seconds", "8", "--json"))
    assert rows[0]["pieces"] == "forty two"
    assert re.fullmatch(r"\d*", rows[0]["digits"])  # what it has learned depends on the machine
    assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in rows[0]["cross-attention"])
