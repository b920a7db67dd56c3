"""Low-rank updates: nothing at first, the same added to the weights, and the encoder stays."""

from __future__ import annotations

import pytest
import torch
from test_language_masked import tiny_config, tiny_tokenizer
from transformers import BertModel

from language.errors import LanguageError
from language.low_rank import trainable_copy, updated, updates_of


@pytest.fixture(scope="module")
def bert() -> BertModel:
    torch.manual_seed(2)
    return BertModel(tiny_config(), add_pooling_layer=False).eval()


def states(model: BertModel) -> torch.Tensor:
    return model(**tiny_tokenizer()("the cat eats", return_tensors="pt")).last_hidden_state


def test_an_update_is_zero_at_first_and_then_part_of_the_weights(bert):
    before = {name: value.clone() for name, value in bert.state_dict().items()}
    learner = trainable_copy(bert, 3).eval()
    torch.testing.assert_close(states(learner), states(bert))
    parameters = [p for p in learner.parameters() if p.requires_grad]
    # 2 layers: query, key, value, output (16 + 16), and the two of the feed-forward part (16 + 24)
    assert sum(p.numel() for p in parameters) == 2 * 3 * (4 * 32 + 2 * 40)
    optimizer = torch.optim.SGD(parameters, lr=0.5)
    for _ in range(3):
        optimizer.zero_grad()
        states(learner).square().mean().backward()
        optimizer.step()
    changed = updated(bert, updates_of(learner)).eval()
    assert not torch.allclose(states(changed), states(bert))
    torch.testing.assert_close(states(changed), states(learner))
    assert changed.embeddings is bert.embeddings
    for name, value in bert.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_updates_of_another_encoder_and_impossible_ranks_are_refused(bert):
    pair = (torch.zeros(3, 8), torch.zeros(8, 3))
    for name in ("encoder.layer.0.attention.self.query", "encoder.layer.9.output.dense"):
        with pytest.raises(LanguageError, match="no linear layer"):
            updated(bert, {name: pair})
    for rank in (0, 17):
        with pytest.raises(LanguageError, match="expected 1 to 16"):
            trainable_copy(bert, rank)
