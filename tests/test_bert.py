"""ingest.bert beside transformers' BertModel with the same weights."""

from __future__ import annotations

import copy

import pytest
import torch
from tiny_models import make_bert, own_bert

from ingest import packed_linear
from ingest.bert import read_bert

IDS = torch.tensor([[2, 5, 6, 7, 3], [2, 8, 3, 0, 0]])
MASK = (IDS > 0).long()


@pytest.fixture(scope="module")
def pair():
    model, _ = make_bert()
    return own_bert(model), model


@torch.inference_mode()
def test_the_states_are_those_of_transformers(pair):
    own, model = pair
    expected = model(IDS[:1]).last_hidden_state
    torch.testing.assert_close(own(IDS[:1]), expected, atol=1e-5, rtol=0)
    embeds = model.get_input_embeddings()(IDS[:1])
    torch.testing.assert_close(own(inputs_embeds=embeds), expected, atol=1e-5, rtol=0)


@torch.inference_mode()
def test_padding_is_not_attended_to(pair):
    own, model = pair
    expected = model(IDS, attention_mask=MASK).last_hidden_state
    states = own(IDS, attention_mask=MASK)
    torch.testing.assert_close(states[0], expected[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(states[1, :3], expected[1, :3], atol=1e-5, rtol=0)
    assert not torch.allclose(own(IDS)[1, :3], expected[1, :3], atol=1e-3)


def test_dropout_is_for_training_alone(pair):
    own, _ = pair
    still = own(IDS)
    assert torch.equal(own(IDS), still)
    own.train()
    assert not torch.equal(own(IDS), still)
    own.eval()


def test_a_folder_of_transformers_is_read(pair, tmp_path):
    own, model = pair
    model.save_pretrained(tmp_path)
    assert torch.equal(read_bert(tmp_path)(IDS), own(IDS))


def test_a_missing_weight_is_an_error():
    model, _ = make_bert()
    model.encoder.layer = model.encoder.layer[:2]
    with pytest.raises(RuntimeError, match=r"Missing key.*encoder\.layer\.2"):
        own_bert(model)


@torch.no_grad()
def test_packed_weights_give_what_plain_ones_give(pair):
    """In bfloat16, as close to float32 as without packing; also after the weights changed."""
    own, _ = pair
    packed = copy.deepcopy(own).bfloat16()
    expected = own(IDS[:1])
    error = (packed(IDS[:1]).float() - expected).abs().max()
    layer = packed.encoder.layer[0].intermediate.dense
    assert (layer._packed is not None) == packed_linear._multiplies_packed()
    assert copy.deepcopy(layer)._packed is None
    layer.weight.mul_(0)
    assert torch.equal(layer(torch.ones(1, layer.in_features).bfloat16())[0], layer.bias)
    with torch.enable_grad():  # plain layers, since a packed one has no gradient
        plain_error = (copy.deepcopy(own).bfloat16()(IDS[:1]).float() - expected).abs().max()
    assert 0 < error <= 1.5 * plain_error
