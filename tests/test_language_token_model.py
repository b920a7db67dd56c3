"""The decoder of any stream: its training, what it draws, and the models that come with it."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from language import stream_models, sums, token_model
from language.errors import LanguageError
from language.size import parameters, shape_of
from language.token_model import Recipe
from language.token_streams import NAMES

PATTERN = torch.arange(400).remainder(5)[None]  # 0 1 2 3 4 0 1 ...


def small(seed: int = 0) -> token_model.Decoder:
    return token_model.decoder(6, 16, 2, 2, seed)


def test_an_interrupted_training_ends_as_one_without_interruption(tmp_path):
    recipe, file = Recipe(steps=6, batch=2), tmp_path / "model.pt"
    whole, parts = small(), small(seed=1)
    *_, last = token_model.train(whole, PATTERN, 8, recipe)
    next(token_model.train(small(), PATTERN, 8, recipe, reports=[3], checkpoint=file))
    *_, again = token_model.train(parts, PATTERN, 8, recipe, reports=[3], checkpoint=file)
    assert last.step == again.step == 6
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@pytest.mark.slow
def test_a_pattern_is_learned_and_continued():
    model = small()
    start = token_model.window_bits(model, PATTERN, 8).mean()
    *_, last = token_model.train(model, PATTERN, 8, Recipe(steps=150, batch=8))
    assert start == pytest.approx(math.log2(6), abs=0.5)
    assert last.loss < 0.3  # of 2.3 for guessing among five
    *_, drawn = token_model.generate(model, torch.tensor([[0], [3]]), 20, 8, temperature=0.2)
    assert drawn.tolist() == [[n % 5 for n in range(21)], [(3 + n) % 5 for n in range(21)]]


def test_the_bits_are_those_of_the_cross_entropy():
    model, tokens = small(), torch.tensor([[1, 2, 3, 4, 0]])
    expected = functional.cross_entropy(
        model.logits(model(tokens[:, :4]))[0], tokens[0, 1:], reduction="mean"
    ) / math.log(2)
    torch.testing.assert_close(token_model.window_bits(model, tokens, 4)[0], expected)


def test_kept_keys_and_values_change_nothing():
    model, prompts = small(), torch.tensor([[1, 2], [3, 0]])
    *_, tokens = token_model.generate(model, prompts, 6, 16, seed=5)
    chance, again = torch.Generator().manual_seed(5), prompts
    for _ in range(6):
        with torch.no_grad():
            probabilities = model.logits(model(again))[:, -1].softmax(dim=-1)
        again = torch.cat([again, torch.multinomial(probabilities, 1, generator=chance)], dim=1)
    assert tokens.tolist() == again.tolist()


def test_beyond_the_context_the_later_half_is_read_again():
    *_, tokens = token_model.generate(small(), torch.tensor([[1]]), 30, 8)
    assert tokens.shape == (1, 31)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0, expected above 0"),
        ({"count": 0}, "0 tokens behind a prompt of 1"),
    ],
)
def test_draws_that_cannot_be_are_named(change, message):
    values = {"count": 3, **change}
    count = int(values.pop("count"))
    with pytest.raises(LanguageError, match=message):
        next(token_model.generate(small(), torch.tensor([[1]]), count, 8, **values))


def test_the_bundled_models_are_the_pinned_ones_and_beat_counting():
    for name in NAMES:
        model = stream_models.read_stream_model(name)
        card = model.card
        bits = card["bits per token"]
        assert bits["decoder"] < bits["bigram"] < bits["unigram"] < bits["uniform"]
        shape = shape_of({
            "model_type": "llama", "hidden_size": stream_models.WIDTH,
            "num_attention_heads": stream_models.HEADS, "num_hidden_layers": stream_models.LAYERS,
            "intermediate_size": model.decoder.config.inner, "vocab_size": card["vocabulary"],
            "tie_word_embeddings": True,
        })  # fmt: skip
        assert card["parameters"] == sum(parameters(shape).values())
    with pytest.raises(LanguageError, match="no stream 'smells', expected one of letters"):
        stream_models.read_stream_model("smells")


def test_changed_weights_are_refused(tmp_path):
    for ending in ("safetensors", "json"):
        content = (stream_models.FOLDER / f"letters.{ending}").read_bytes()
        (tmp_path / f"letters.{ending}").write_bytes(content)
    with (tmp_path / "letters.safetensors").open("r+b") as file:
        file.seek(-2, 2)
        file.write(b"\x12\x34")
    with pytest.raises(LanguageError, match="SHA-256"):
        stream_models.read_stream_model("letters", tmp_path)


def test_sums_by_hand():
    assert "".join(sums.TOKENS[n] for n in sums.encode(47, 85)) == "47+85=231"
    assert "".join(sums.TOKENS[n] for n in sums.encode(3, 4)) == "03+04=700"
    rows, held_out = sums.split(seed=2)
    together = {tuple(row) for row in torch.cat([rows, held_out]).tolist()}
    assert (len(rows), len(held_out), len(together)) == (9000, 1000, 10_000)
