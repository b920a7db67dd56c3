"""Attention and the three transformers against torch's and transformers' own."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from language.attention import (
    MultiHeadAttention,
    attention,
    causal_mask,
    join_heads,
    padding_mask,
    split_heads,
)
from language.errors import LanguageError
from language.loading import load_decoder, load_encoder
from language.norms import layer_norm, rms_norm
from language.positions import rotate, rotations, sinusoids
from language.pretrained import decoder_of, encoder_of
from language.transformer import Config, CrossBlock, Decoder, Encoder, EncoderBlock, EncoderDecoder
from ui.language_laboratory.models import decoder_folder, encoder_folder

SENTENCES = (
    "The cat drank the milk because it was hungry.",
    "Ein Autoencoder rekonstruiert seine Eingabe aus einem kurzen Code.",
    "x",
)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


# ---- attention ----


def test_attention_by_hand():
    """Scores 0 and ln 3 give weights 1/4 and 3/4."""
    query = torch.tensor([[1.0]])
    key = torch.tensor([[0.0], [math.log(3)]])
    value = torch.tensor([[8.0, 0.0], [0.0, 4.0]])
    result = attention(query, key, value)
    torch.testing.assert_close(result.weights, torch.tensor([[0.25, 0.75]]))
    torch.testing.assert_close(result.output, torch.tensor([[2.0, 3.0]]))


@pytest.mark.parametrize("kind", ["none", "causal", "padding"])
def test_attention_equals_torch(kind):
    query, key, value = (torch.randn(2, 3, 5, 8) for _ in range(3))
    mask = {"none": None, "causal": causal_mask(5), "padding": padding_mask([3, 5], 5)}[kind]
    result = attention(query, key, value, mask)
    expected = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    torch.testing.assert_close(result.output, expected)
    torch.testing.assert_close(result.weights.sum(-1), torch.ones(2, 3, 5))


def test_a_query_that_may_look_nowhere_reads_nothing_as_in_torch():
    query, key, value = (torch.randn(1, 2, 4) for _ in range(3))
    mask = torch.tensor([[True, False], [False, False]])
    result = attention(query, key, value, mask)
    expected = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    torch.testing.assert_close(result.output, expected)
    assert result.output[0, 1].tolist() == [0, 0, 0, 0]


def test_the_scale_keeps_the_scores_variance_near_one():
    query, key = torch.randn(1, 400, 256), torch.randn(1, 400, 256)
    assert attention(query, key, key).scores.var().item() == pytest.approx(1, abs=0.05)
    assert attention(query, key, key, scale=1.0).scores.var().item() == pytest.approx(256, rel=0.05)


def test_sizes_that_do_not_fit_are_named():
    with pytest.raises(LanguageError, match="Queries have 3 numbers and keys 4"):
        attention(torch.ones(1, 3), torch.ones(1, 4), torch.ones(1, 4))
    with pytest.raises(LanguageError, match="2 keys and 1 values"):
        attention(torch.ones(1, 3), torch.ones(2, 3), torch.ones(1, 3))
    with pytest.raises(LanguageError, match="5 heads cannot share 8"):
        split_heads(torch.ones(2, 8), 5)
    with pytest.raises(LanguageError, match="3 heads in 3 groups do not fit a width of 8"):
        MultiHeadAttention(8, 3)


def test_heads_are_split_and_joined():
    x = torch.randn(2, 5, 12)
    assert split_heads(x, 3).shape == (2, 3, 5, 4)
    torch.testing.assert_close(join_heads(split_heads(x, 3)), x)


def test_multi_head_attention_equals_torch():
    ours, theirs = MultiHeadAttention(12, 3), nn.MultiheadAttention(12, 3, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(
            torch.cat([ours.query.weight, ours.key.weight, ours.value.weight])
        )
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key.bias, ours.value.bias]))
        theirs.out_proj.load_state_dict(ours.output.state_dict())
    x, source = torch.randn(2, 4, 12), torch.randn(2, 6, 12)
    for other, mask in ((x, causal_mask(4)), (source, None)):
        expected, weights = theirs(
            x, other, other, attn_mask=None if mask is None else ~mask, average_attn_weights=False
        )
        output, our_weights = ours(x, other, mask=mask)
        torch.testing.assert_close(output, expected)
        torch.testing.assert_close(our_weights, weights)


# ---- positions and norms ----


def test_sinusoids_by_hand():
    table = sinusoids(3, 4)
    assert table[0].tolist() == [0, 1, 0, 1]
    expected = [math.sin(2), math.cos(2), math.sin(0.02), math.cos(0.02)]
    assert table[2].tolist() == pytest.approx(expected)
    with pytest.raises(LanguageError, match="The width is 5"):
        sinusoids(3, 5)


def test_rotary_scores_depend_on_the_distance_alone():
    query, key = torch.randn(16), torch.randn(16)
    cosines, sines = rotations(40, 16)
    turned = rotate(query.expand(40, 16), cosines, sines)
    scores = turned @ rotate(key.expand(40, 16), cosines, sines).T
    for distance in (0, 3, 17):
        diagonal = scores.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-4, rtol=0)
    torch.testing.assert_close(turned.norm(dim=-1), query.norm().expand(40))


def test_norms_equal_torch():
    x, weight, bias = torch.randn(3, 5, 8), torch.randn(8), torch.randn(8)
    torch.testing.assert_close(
        layer_norm(x, weight, bias, 1e-5), functional.layer_norm(x, (8,), weight, bias, 1e-5)
    )
    torch.testing.assert_close(
        rms_norm(x, weight, 1e-5), functional.rms_norm(x, (8,), weight, 1e-5)
    )


# ---- blocks ----


def test_the_encoder_block_equals_torch():
    block = EncoderBlock(Config(vocabulary=9, width=12, layers=1, heads=3, inner=20))
    theirs = nn.TransformerEncoderLayer(12, 3, 20, 0.0, "gelu", batch_first=True)
    _copy_attention(block.attention, theirs.self_attn)
    _copy(block.feed_forward.up, theirs.linear1)
    _copy(block.feed_forward.down, theirs.linear2)
    _copy(block.attention_norm, theirs.norm1)
    _copy(block.feed_forward_norm, theirs.norm2)
    x = torch.randn(2, 5, 12)
    torch.testing.assert_close(block(x)[0], theirs(x))


def test_the_block_with_cross_attention_equals_torch():
    block = CrossBlock(Config(vocabulary=9, width=12, layers=1, heads=3, inner=20))
    theirs = nn.TransformerDecoderLayer(12, 3, 20, 0.0, "gelu", batch_first=True)
    _copy_attention(block.attention, theirs.self_attn)
    _copy_attention(block.cross, theirs.multihead_attn)
    _copy(block.feed_forward.up, theirs.linear1)
    _copy(block.feed_forward.down, theirs.linear2)
    _copy(block.attention_norm, theirs.norm1)
    _copy(block.cross_norm, theirs.norm2)
    _copy(block.feed_forward_norm, theirs.norm3)
    x, source = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    ours, _, cross = block(x, source, causal_mask(5), padding_mask([7, 4], 7))
    expected = theirs(
        x,
        source,
        tgt_mask=~causal_mask(5),
        memory_key_padding_mask=~padding_mask([7, 4], 7)[:, 0, 0],
    )
    torch.testing.assert_close(ours, expected)
    assert cross.shape == (2, 3, 5, 7)
    assert cross[1, :, :, 4:].max() == 0


def _copy(ours: nn.Module, theirs: nn.Module) -> None:
    theirs.load_state_dict(ours.state_dict())


def _copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    parts = (ours.query, ours.key, ours.value)
    theirs.load_state_dict(
        {
            "in_proj_weight": torch.cat([part.weight for part in parts]),
            "in_proj_bias": torch.cat([part.bias for part in parts]),
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )


# ---- whole models with trained weights ----


@torch.no_grad()
def test_the_encoder_gives_the_states_of_transformers():
    theirs, tokenizer = load_encoder(encoder_folder())
    ours = encoder_of(theirs)
    inputs = tokenizer(list(SENTENCES), return_tensors="pt", padding=True)
    lengths = inputs["attention_mask"].sum(dim=1)
    expected = theirs(**inputs, output_hidden_states=True, output_attentions=True)
    states = ours(inputs["input_ids"], lengths)
    assert len(states.hidden) == len(expected.hidden_states) == 7
    for row, length in enumerate(lengths):  # what stands at filling is of no use to anyone
        for our, their in zip(states.hidden, expected.hidden_states, strict=True):
            torch.testing.assert_close(our[row, :length], their[row, :length], atol=1e-5, rtol=0)
        for our, their in zip(states.weights, expected.attentions, strict=True):
            torch.testing.assert_close(
                our[row, :, :length], their[row, :, :length], atol=1e-5, rtol=0
            )


@pytest.mark.slow
@torch.no_grad()
def test_the_decoder_gives_the_states_of_transformers():
    theirs, tokenizer = load_decoder(decoder_folder())
    ours = decoder_of(theirs)
    for sentence in SENTENCES:
        ids = tokenizer(sentence, return_tensors="pt")["input_ids"]
        expected = theirs(ids, output_hidden_states=True, output_attentions=True)
        states = ours(ids)
        assert len(states.hidden) == len(expected.hidden_states) == 31
        for our, their in zip(states.hidden, expected.hidden_states, strict=True):
            torch.testing.assert_close(our, their, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(states.last, expected.hidden_states[-1], atol=1e-5, rtol=0)
        for our, their in zip(states.weights, expected.attentions, strict=True):
            torch.testing.assert_close(our, their, atol=1e-5, rtol=0)
        torch.testing.assert_close(ours.logits(states), expected.logits, atol=1e-4, rtol=0)


def test_a_tiny_decoder_gives_the_states_of_transformers():
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=50,
        hidden_size=24,
        intermediate_size=40,
        num_hidden_layers=3,
        num_attention_heads=6,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        attn_implementation="eager",
    )
    theirs = LlamaForCausalLM(config).eval()
    ours = decoder_of(theirs)
    ids = torch.randint(50, (2, 9))
    with torch.no_grad():
        expected = theirs(ids, output_hidden_states=True)
    states = ours(ids)
    for our, their in zip(states.hidden, expected.hidden_states, strict=True):
        torch.testing.assert_close(our, their, atol=1e-5, rtol=0)
    torch.testing.assert_close(ours.logits(states), expected.logits, atol=1e-5, rtol=0)


def test_models_of_another_kind_are_named():
    from transformers import GPT2Config, GPT2Model

    other = GPT2Model(GPT2Config(n_layer=1, n_embd=8, n_head=2, vocab_size=10, n_positions=8))
    for convert in (encoder_of, decoder_of):
        with pytest.raises(LanguageError, match="'gpt2', expected a"):
            convert(other)


def test_padding_changes_no_state_of_the_encoder_decoder():
    config = Config(vocabulary=20, width=16, layers=2, heads=4, inner=32)
    model = EncoderDecoder(config, config).eval()
    source, target = torch.randint(20, (1, 5)), torch.randint(20, (1, 4))
    longer = torch.cat([source, torch.zeros(1, 3, dtype=torch.long)], dim=1)
    torch.testing.assert_close(
        model(longer, target, torch.tensor([5])), model(source, target, torch.tensor([5]))
    )


def test_parameters_are_shared_with_the_model_they_come_from():
    theirs, _ = load_encoder(encoder_folder())
    ours = encoder_of(theirs)
    assert ours.tokens.weight.data_ptr() == theirs.embeddings.word_embeddings.weight.data_ptr()


@pytest.mark.parametrize("kind", [Encoder, Decoder])
def test_vectors_may_stand_in_for_token_ids(kind):
    config = Config(vocabulary=20, width=16, layers=2, heads=4, inner=32)
    model = kind(config).eval()
    ids = torch.randint(20, (2, 6))
    vectors = model.embed(ids) if kind is Encoder else model.tokens(ids)
    torch.testing.assert_close(model(ids).last, model(vectors).last)
