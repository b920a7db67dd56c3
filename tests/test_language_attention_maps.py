"""Attention maps, the search over heads, and what each kind of transformer sees."""

from __future__ import annotations

import pytest
import torch

from language.attention_maps import (
    MOST_TOKENS,
    HeadChange,
    Maps,
    attention_maps,
    compare,
    looks,
    verdict,
)
from language.errors import LanguageError
from language.kinds import visibility
from language.loading import load_decoder, load_encoder
from language.pretrained import decoder_of, encoder_of
from language.transformer import Config, Decoder, Encoder, EncoderDecoder
from ui.language_laboratory.models import decoder_folder, encoder_folder

HUNGRY = "The cat drank the milk because it was hungry."
SWEET = "The cat drank the milk because it was sweet."
SMALL = Config(vocabulary=20, width=16, layers=2, heads=4, inner=32)


@pytest.fixture(scope="module")
def encoder():
    model, tokenizer = load_encoder(encoder_folder())
    return encoder_of(model), tokenizer


def maps_of(weights: list[list[float]], text: str = "it cat milk") -> Maps:
    """Maps of one layer and one head, made by hand."""
    spans = ((0, 2), (3, 6), (7, 11))
    square = torch.tensor([[weights]])
    return Maps(text, ("it", "cat", "milk"), spans, square, torch.ones(2, 3))


def test_the_rows_of_all_maps_sum_to_one(encoder):
    maps = attention_maps(*encoder, HUNGRY)
    assert maps.weights.shape == (6, 12, 12, 12)
    torch.testing.assert_close(maps.weights.sum(-1), torch.ones(6, 12, 12))
    assert maps.tokens == (
        *("[CLS]", "The", "cat", "drank", "the", "milk", "because", "it", "was", "hungry"),
        *(".", "[SEP]"),
    )


def test_a_word_of_several_tokens_is_one_word(encoder):
    maps = attention_maps(*encoder, "An autoencoder encodes.")
    places = maps.places("autoencoder")
    assert len(places) > 1
    assert "".join(maps.tokens[place] for place in places) == "autoencoder"
    expected = maps.weights[:, :, places][..., maps.places("encodes")].sum(-1).mean(-1)
    torch.testing.assert_close(looks(maps, "autoencoder", "encodes"), expected)


def test_a_head_that_switches_by_hand():
    first = maps_of([[0.2, 0.7, 0.1], [1, 0, 0], [1, 0, 0]])
    second = maps_of([[0.2, 0.1, 0.7], [1, 0, 0], [1, 0, 0]])
    [change] = compare(first, second, ("it", "it"), ("cat", "milk"))
    assert change.first == pytest.approx((0.7, 0.1))
    assert change.shift == pytest.approx(1.2)
    assert change.switches()
    assert verdict([change], ("cat", "milk")).startswith("1 of the 1 heads switches from 'cat'")
    [other] = compare(first, first, ("it", "it"), ("cat", "milk"))
    assert not other.switches()
    assert verdict([other], ("cat", "milk")).startswith("No head changes at all")
    weak = HeadChange(1, 1, (0.3, 0.2), (0.25, 0.2))
    assert verdict([weak], ("cat", "milk")) == (
        "None of the 1 heads switches from 'cat' to 'milk' (by 0.05 each); "
        "the largest shift is 0.050."
    )


def test_heads_that_switch_come_first(encoder):
    first, second = (attention_maps(*encoder, text) for text in (HUNGRY, SWEET))
    changes = compare(first, second, ("it", "it"), ("cat", "milk"))
    assert len(changes) == 72
    assert [change.switches() for change in changes].count(True) == 1
    assert (changes[0].layer, changes[0].head) == (4, 2)
    assert {(change.layer, change.head) for change in changes} == {
        (layer, head) for layer in range(1, 7) for head in range(1, 13)
    }
    order = [change.switches() for change in changes]
    assert order == sorted(order, reverse=True)
    layer, head = changes[0].layer - 1, changes[0].head - 1
    assert changes[0].first[0] == pytest.approx(float(first.weights[layer, head, 7, 2]))
    assert changes[0].second[1] == pytest.approx(float(second.weights[layer, head, 7, 5]))


@pytest.mark.slow
def test_in_the_decoder_it_cannot_know_what_comes_later():
    model, tokenizer = load_decoder(decoder_folder())
    decoder = decoder_of(model)
    first, second = (attention_maps(decoder, tokenizer, text) for text in (HUNGRY, SWEET))
    assert first.weights.shape[:2] == (30, 9)
    changes = compare(first, second, ("it", "it"), ("cat", "milk"))
    assert all(abs(change.shift) < 1e-6 for change in changes)
    later = compare(first, second, ("hungry", "sweet"), ("cat", "milk"))
    assert max(change.shift for change in later) > 0.05


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The text is empty"),
        (" \n", "The text is empty"),
        ("half \ud83d", r"U\+D83D, half of a surrogate pair"),
        ("word " * 200, f"at most {MOST_TOKENS}"),
        ("a" * 1_000_000, "1,000,000 characters"),
    ],
)
def test_texts_that_cannot_be_shown_are_named(encoder, text, message):
    with pytest.raises(LanguageError, match=message):
        attention_maps(*encoder, text)


def test_words_that_are_missing_are_named(encoder):
    maps = attention_maps(*encoder, HUNGRY)
    with pytest.raises(LanguageError, match="no word 'dog'; choose one of The, cat"):
        maps.places("dog")
    with pytest.raises(LanguageError, match="no word ''"):
        maps.places("")
    with pytest.raises(LanguageError, match="compare sentences in one model"):
        compare(maps, maps_of([[1, 0, 0]] * 3), ("it", "it"), ("cat", "milk"))


# ---- what each kind sees ----


def test_masks_proved_by_gradients():
    torch.manual_seed(0)
    x = torch.randn(6, 16)
    everything = torch.ones(6, 6, dtype=torch.bool)
    encoder, decoder = Encoder(SMALL), Decoder(SMALL)
    assert ((visibility(lambda v: encoder(v).last, x) > 0) == everything).all()
    assert ((visibility(lambda v: decoder(v).last, x) > 0) == everything.tril()).all()
    both = EncoderDecoder(SMALL, SMALL)
    source, target = torch.randn(5, 16), torch.randn(6, 16)

    def from_source(vectors):
        batch = len(vectors)
        return both.decode(target.expand(batch, -1, -1), both.encode(vectors).last).last

    def from_target(vectors):
        encoded = both.encode(source[None]).last
        return both.decode(vectors, encoded.expand(len(vectors), -1, -1)).last

    assert (visibility(from_source, source) > 0).all()
    assert visibility(from_source, source).shape == (6, 5)
    assert ((visibility(from_target, target) > 0) == everything.tril()).all()


def test_padding_is_seen_by_nobody():
    torch.manual_seed(0)
    encoder = Encoder(SMALL)

    def run(vectors):
        return encoder(vectors, torch.full((len(vectors),), 4)).last

    seen = visibility(run, torch.randn(6, 16))[:4]
    assert (seen[:, :4] > 0).all()
    assert (seen[:, 4:] == 0).all()


def test_visibility_is_the_gradient_row_by_row():
    torch.manual_seed(0)
    weight = torch.tensor([[2.0, 0.0], [3.0, 4.0]])
    seen = visibility(lambda x: weight @ x, torch.randn(2, 1))
    torch.testing.assert_close(seen / seen[0, 0] * 2, weight)


def test_the_trained_encoder_sees_all_of_a_sentence(encoder):
    model, tokenizer = encoder
    ids = torch.tensor([tokenizer(HUNGRY)["input_ids"]])
    assert (visibility(lambda v: model(v).last, model.embed(ids)[0]) > 0).all()
