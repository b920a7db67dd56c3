"""`katheder language next`, `decode` and `perplexity` as commands."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tiny_models import make_llama
from typer.testing import CliRunner

from language.errors import LanguageError
from ui.cli import app

EINSTEIN = "The theory of relativity usually encompasses two interrelated theories by Albert"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> str:
    """The folder of a small Llama with random weights."""
    return str(make_llama(tmp_path_factory.mktemp("tiny")))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["language", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_next_gives_ids_and_probabilities_before_and_after_the_warpers(tiny):
    rows = json.loads(run("next", "A cat", "--model", tiny, "--top-k", "3", "-n", "9", "--json"))
    assert [row["rank"] for row in rows] == list(range(1, 10))
    after = [row["after the warpers"] for row in rows]
    assert sum(after) == pytest.approx(1)
    assert after[3:] == [0] * 6
    kept = [row["probability"] for row in rows[:3]]
    assert after[:3] == pytest.approx([one / sum(kept) for one in kept])


def test_decode_writes_by_each_strategy_and_the_seed_decides(tiny):
    options = ["A cat", "--model", tiny, "--max-new-tokens", "4", "--json", "--seed", "3"]
    rows = json.loads(run("decode", *options))
    assert [row["strategy"] for row in rows] == ["greedy", "beam", *["sample"] * 3]
    assert all(len(row["ids"]) == 4 for row in rows)
    assert rows[1]["log p"] >= rows[0]["log p"] - 1e-4
    assert json.loads(run("decode", *options)) == rows


def test_perplexity_of_a_file(tiny, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("A cat sleeps. Größe", encoding="utf-8")
    [total] = json.loads(run("perplexity", str(file), "--model", tiny, "--json"))
    tokens = json.loads(run("perplexity", str(file), "--model", tiny, "--tokens", "--json"))
    assert total["tokens"] == len(tokens)
    mean = sum(row["surprise in bits"] for row in tokens) / len(tokens)
    assert total["perplexity"] == pytest.approx(2**mean)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["next", ""], "The text is empty"),
        (["next", "a\ud800"], "half of a surrogate pair"),
        (["next", "a", "--temperature", "0"], "choose greedy decoding"),
        (["next", "a", "--top-k", "99999"], "expected at most"),
        (["next", "cat " * 9000], "the model's context holds 8,192"),
        (["decode", "a", "--strategies", "magic"], "'magic' is unknown, expected some of"),
        (["decode", "a", "--num-beams", "99"], "num_beams is 99, expected 1 to 16"),
        (["perplexity", "no-such-file"], "cannot be read"),
    ],
)
def test_bad_input_is_one_sentence(tiny, arguments, message):
    with pytest.raises(LanguageError, match=message):
        run(*arguments, "--model", tiny)


def test_a_file_that_is_no_text_and_a_model_that_is_none(tiny, tmp_path):
    file = Path(tmp_path) / "latin.txt"
    file.write_bytes("Größe".encode("latin-1"))
    with pytest.raises(LanguageError, match="not UTF-8 at byte 2"):
        run("perplexity", str(file), "--model", tiny)
    with pytest.raises(LanguageError, match="No causal language model"):
        run("next", "a", "--model", str(tmp_path))


@pytest.mark.slow
def test_next_with_the_bundled_decoder_is_fast_once_it_is_loaded():
    assert "' Einstein'" in run("next", EINSTEIN)
    start = time.process_time()  # of this process, so that others do not matter
    run("next", EINSTEIN)
    assert time.process_time() - start < 0.6  # two cores: 0.3 s at the most


@pytest.mark.parametrize(
    "command",
    [
        ("decode", "A cat"),
        ("train", "topics"),
        ("numbers",),
        ("stream", "letters"),
        ("train-stream", "letters", "--output", "folder"),
    ],
)
def test_a_seed_that_no_generator_takes_is_refused_at_once(command):
    for seed in (-1, 2**63):
        result = CliRunner().invoke(app, ["language", *command, "--seed", str(seed)])
        assert result.exit_code == 2
        assert "--seed" in result.output
