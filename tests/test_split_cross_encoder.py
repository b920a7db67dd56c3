"""rag.split_cross_encoder on a tiny BERT: compared with transformers, and with late interaction by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_models import make_bert, make_split_cross_encoder, own_bert

from rag.split_base import BertBase
from rag.split_cross_encoder import WEIGHTS, SplitCrossEncoder

TEXTS = ["light travels at night", "gravity pulls", "a cat sleeps sixteen hours a day"]
QUESTION = "light vacuum"


@pytest.fixture
def reader():
    return make_split_cross_encoder(1)


@pytest.fixture
def bert():
    """The BERT of transformers with the reader's weights."""
    return make_bert()[0]


@pytest.fixture
def tokenizer(reader):
    return reader.base.tokens.tokenizer


def scores(reader, pairs):
    return reader(pairs).detach()


def test_without_joint_layers_it_is_late_interaction_over_the_models_own_states(bert, tokenizer):
    """20 x the mean of each question token's largest cosine + 2 x the means' cosine - 12."""
    reader = SplitCrossEncoder(BertBase(own_bert(bert), tokenizer), joint_layers=0).eval()
    for text in TEXTS:
        states = []
        for words in (QUESTION, text):
            ids = torch.tensor([tokenizer.encode(words).ids])
            states.append(bert(ids).last_hidden_state[0].detach().numpy())
        asked, given = states
        unit = [s / np.linalg.norm(s, axis=1, keepdims=True) for s in states]
        late = (unit[0][1:-1] @ unit[1].T).max(axis=1).mean()  # without [CLS] and [SEP]
        means = asked.mean(axis=0), given.mean(axis=0)
        pooled = means[0] @ means[1] / np.linalg.norm(means[0]) / np.linalg.norm(means[1])
        expected = 20 * late + 2 * pooled - 12
        assert float(scores(reader, [(QUESTION, text)])[0]) == pytest.approx(expected, abs=1e-4)


def test_with_all_layers_joint_the_states_are_those_of_one_sequence(bert, tokenizer):
    """Word embeddings apart, with places from 0 for each text, then BERT's own encoder."""
    reader = SplitCrossEncoder(BertBase(own_bert(bert), tokenizer), joint_layers=3).eval()
    first, second = (torch.tensor([tokenizer.encode(t).ids]) for t in (QUESTION, TEXTS[2]))
    together = torch.cat([bert.embeddings(first), bert.embeddings(second)], dim=1)
    states = bert.encoder(together).last_hidden_state
    width = first.shape[1]
    ones = torch.ones(1, states.shape[1])
    expected = reader.head(states[:, :width], ones[:, :width], states[:, width:], ones[:, width:])
    assert float(scores(reader, [(QUESTION, TEXTS[2])])[0]) == pytest.approx(
        expected.item(), abs=1e-4
    )


def test_a_pairs_score_does_not_depend_on_the_pairs_beside_it(reader):
    pairs = [(QUESTION, text) for text in TEXTS] + [(TEXTS[2], TEXTS[0])]
    alone = torch.cat([scores(reader, [pair]) for pair in pairs])
    torch.testing.assert_close(scores(reader, pairs), alone, atol=1e-5, rtol=0)
    assert len(set(alone.tolist())) == len(pairs)


@pytest.mark.parametrize("batch_tokens", [1, 20, 256])
def test_texts_encoded_in_one_sequence_have_the_states_of_each_alone(bert, batch_tokens):
    reader = make_split_cross_encoder(1, batch_tokens=batch_tokens)
    tokens = [
        tuple(reader.base.tokens.tokenizer.encode(text).ids)
        for text in (*TEXTS, QUESTION, TEXTS[0])
    ]
    encoded = reader.encode_lower(tokens)
    for ids, states in zip(tokens, encoded, strict=True):
        outputs = bert(torch.tensor([ids]), output_hidden_states=True)
        alone = outputs.hidden_states[-2][0]
        torch.testing.assert_close(states, alone.detach(), atol=1e-5, rtol=0)
    assert encoded[0] is encoded[-1]


def test_the_lower_layers_encode_a_text_once(reader):
    encoded_tokens = []
    reader.embeddings.register_forward_hook(
        lambda module, inputs, output: encoded_tokens.append(output.shape[1])
    )
    first = scores(reader, [(QUESTION, TEXTS[0])])
    assert sum(encoded_tokens) == 4 + 6  # [CLS] and [SEP] around two words, and around four
    torch.testing.assert_close(scores(reader, [(QUESTION, TEXTS[0])]), first)
    assert sum(encoded_tokens) == 4 + 6


def test_states_are_cached_for_so_many_tokens():
    reader = make_split_cross_encoder(1, cached_tokens=12)
    scores(reader, [(QUESTION, text) for text in TEXTS])
    assert 0 < reader.lower_states.total_size <= 12


def test_a_text_that_was_read_ahead_is_not_read_again():
    reader = make_split_cross_encoder(1, cached_tokens=36)
    expected = scores(reader, [(QUESTION, TEXTS[0])])
    reader.lower_states.clear()
    encoded_tokens = []
    reader.embeddings.register_forward_hook(
        lambda module, inputs, output: encoded_tokens.append(output.shape[1])
    )
    assert reader.read_ahead([TEXTS[0]])
    assert sum(encoded_tokens) == 6
    torch.testing.assert_close(scores(reader, [(QUESTION, TEXTS[0])]), expected)
    assert sum(encoded_tokens) == 6 + 4  # of the question alone
    assert not reader.read_ahead(TEXTS[1:])  # 10 tokens are there, and 13 more do not fit into 21
    assert sum(encoded_tokens) == 6 + 4


def test_a_saved_reader_scores_the_same_over_the_same_base(reader, tmp_path):
    with torch.no_grad():
        for value in reader.trainable_parameters():
            value.add_(torch.randn_like(value) * 0.05)
    changed = scores(reader, [(QUESTION, text) for text in TEXTS])
    reader.save(tmp_path)
    again = make_split_cross_encoder(1)  # the same base
    fresh = scores(again, [(QUESTION, text) for text in TEXTS])
    again.load_weights(tmp_path / WEIGHTS)
    again.lower_states.clear()
    restored = scores(again, [(QUESTION, text) for text in TEXTS])
    torch.testing.assert_close(restored, changed, atol=0.05, rtol=0)  # half precision
    assert not torch.allclose(fresh, changed, atol=0.05)


def test_gradients_reach_the_joint_layers_and_the_head_alone(reader):
    states = reader.encode_lower(
        [tuple(reader.base.tokens.tokenizer.encode(t).ids) for t in (QUESTION, TEXTS[0])]
    )
    reader.score_pairs([states[0].clone()], [states[1].clone()]).sum().backward()
    trained = {id(value) for value in reader.trainable_parameters()}
    moved = {n for n, v in reader.named_parameters() if v.grad is not None and v.grad.any()}
    assert any(name.startswith("joint.0.") for name in moved)
    assert "head.late_scale" in moved
    assert all(id(value) in trained for n, value in reader.named_parameters() if n in moved)


def test_probabilities_come_in_the_pairs_order(reader):
    pairs = [(QUESTION, text) for text in TEXTS]
    expected = torch.sigmoid(scores(reader, pairs))
    predicted = reader.predict(pairs, batch_size=2)
    assert predicted == pytest.approx(expected.tolist(), abs=1e-5)


def test_only_the_first_layers_of_the_base_are_used_and_the_joint_ones_copied(bert, tokenizer):
    base = BertBase(own_bert(bert), tokenizer)
    reader = SplitCrossEncoder(base, joint_layers=1, layers=2)
    first, second, _ = base.bert.encoder.layer
    assert list(reader.lower) == [first]
    [joint] = reader.joint
    assert joint is not second
    for name, value in joint.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
