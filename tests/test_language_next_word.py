"""language/next_word.py: the chain rule, ranks and surprises against the model's own loss."""

from __future__ import annotations

import math

import pytest
import torch
from tiny_models import make_llama

from language.causal import Reader, encode, start_token
from language.errors import LanguageError
from language.loading import load_decoder
from language.next_word import candidates, next_logits, score, softmax_rows, windows

TEXT = "A cat sleeps sixteen hours a day. Größe 😀"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return load_decoder(make_llama(tmp_path_factory.mktemp("tiny")))


@pytest.fixture(scope="module")
def bundled():
    from ui.language_laboratory.models import decoder_folder

    return load_decoder(decoder_folder())


def test_the_bits_of_a_text_are_the_loss_of_transformers(tiny):
    model, tokenizer = tiny
    ids = torch.tensor([[start_token(tokenizer), *encode(tokenizer, TEXT)]])
    with torch.inference_mode():
        loss = float(model(ids, labels=ids).loss)  # nats per token
    ours = score(model, tokenizer, TEXT)
    assert ours.log_probability / len(ours.tokens) == pytest.approx(-loss, rel=1e-5)
    assert ours.perplexity == pytest.approx(math.exp(loss), rel=1e-5)
    assert [token.id for token in ours.tokens] == ids[0, 1:].tolist()


def test_each_token_has_its_conditional_probability_rank_and_entropy(tiny):
    model, tokenizer = tiny
    ids = [start_token(tokenizer), *encode(tokenizer, TEXT)]
    for place, token in enumerate(score(model, tokenizer, TEXT).tokens, start=1):
        distribution = next_logits(model, ids[:place]).softmax(-1)
        assert token.probability == pytest.approx(float(distribution[ids[place]]), rel=1e-3)
        assert token.rank == 1 + sorted(distribution.tolist(), reverse=True).index(
            float(distribution[ids[place]])
        )
        expected = torch.distributions.Categorical(distribution).entropy() / math.log(2)
        assert token.entropy == pytest.approx(float(expected), abs=1e-3)
        assert token.surprise == pytest.approx(-math.log2(distribution[ids[place]]), abs=1e-3)


def test_the_softmax_is_worked_out_as_by_hand():
    """Logits 2, 1 and 0 at temperature 0.5: e^0, e^-2 and e^-4, divided by their sum."""
    rows, total = softmax_rows(torch.tensor([1.0, 2.0, 0.0]), 0.5, 2)
    assert [(row.id, row.logit, row.scaled) for row in rows] == [(1, 2, 4), (0, 1, 2)]
    assert [row.exponential for row in rows] == pytest.approx([1, math.exp(-2)])
    assert total == pytest.approx(1 + math.exp(-2) + math.exp(-4))
    assert [row.probability for row in rows] == pytest.approx([0.8668, 0.1173], abs=1e-4)
    large, _ = softmax_rows(torch.tensor([1000.0, 999.0]), 0.1, 2)
    assert large[0].probability == pytest.approx(1 / (1 + math.exp(-10)))


def test_windows_count_each_token_once_with_enough_before_it():
    for length in (1, 5, 8, 9, 23, 100):
        pieces = list(windows(length, 8, 3))
        counted = [place for _, end, first in pieces for place in range(first, end)]
        assert counted == list(range(length))
        assert all(end - begin <= 8 for begin, end, _ in pieces)
        assert all(first - begin >= 3 for begin, _, first in pieces[1:])


def test_a_long_text_is_scored_in_windows(tiny):
    model, tokenizer = tiny
    calls: list[tuple[int, int]] = []
    text = TEXT * 4
    parts = score(
        model, tokenizer, text, window=60, overlap=30, watch=lambda *counts: calls.append(counts)
    )
    whole = score(model, tokenizer, text)
    assert len(parts.tokens) == len(whole.tokens) == calls[-1][0] == calls[-1][1]
    for ours, theirs in zip(parts.tokens[:59], whole.tokens, strict=False):
        assert ours.surprise == pytest.approx(theirs.surprise, abs=1e-3)


def test_a_prompt_read_in_pieces_gives_the_same_logits(tiny):
    model, tokenizer = tiny
    ids = encode(tokenizer, TEXT * 60)
    assert len(ids) > 512
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0, -1]
    torch.testing.assert_close(Reader(model, ids).logits[0], expected, atol=1e-4, rtol=1e-4)


def test_candidates_are_the_likeliest_tokens_best_first(tiny):
    model, tokenizer = tiny
    logits = next_logits(model, encode(tokenizer, "A cat"))
    best = candidates(logits, tokenizer, 5)
    order = logits.argsort(descending=True)[:5].tolist()
    assert [one.id for one in best] == order
    assert [one.rank for one in best] == [1, 2, 3, 4, 5]
    assert [one.probability for one in best] == pytest.approx(logits.softmax(-1)[order].tolist())
    assert len(candidates(logits, tokenizer, 10**6)) == len(logits)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The text is empty; give at least one character"),
        ("ab\ud800c", r"Character 3 of the text is U\+D800, half of a surrogate pair"),
    ],
)
def test_a_text_that_cannot_be_read_is_named(tiny, text, message):
    with pytest.raises(LanguageError, match=message):
        score(*tiny, text)


def test_a_prompt_longer_than_the_context_is_named(tiny):
    model, tokenizer = tiny
    ids = encode(tokenizer, "cat " * 250_000)  # 1 MB
    with pytest.raises(LanguageError, match="the model's context holds 8,192; shorten the prompt"):
        next_logits(model, ids)


@pytest.mark.slow
def test_the_bundled_decoder_expects_einstein_and_grammar(bundled):
    model, tokenizer = bundled
    text = "The theory of relativity usually encompasses two interrelated theories by Albert"
    first = candidates(next_logits(model, encode(tokenizer, text)), tokenizer)[0]
    assert first.text == " Einstein"
    assert first.probability > 0.99
    right, wrong = (
        score(model, tokenizer, f"The keys to the cabinet {verb} on the table.")
        for verb in ("are", "is")
    )
    assert right.bits < wrong.bits
