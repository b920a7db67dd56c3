"""Adapters: what learns, what is added to the encoder, and the file."""

from __future__ import annotations

import re

import pytest
import torch
from test_language_classify import encoder  # noqa: F401

from language.adapter import (
    Adapter,
    LowRankLinear,
    adapted,
    factors_of,
    make_low_rank,
    read_adapter,
    write_adapter,
)
from language.classify import Classifier
from language.errors import LanguageError
from ui.language_laboratory.models import text_encoder

ROWS = [["the", "cat", "sleeps"], ["dog"]]


@pytest.fixture
def trained(encoder):  # noqa: F811
    """A classifier whose upper layer of two has learned low-rank factors, and their adapter."""
    torch.manual_seed(2)
    classifier = Classifier(encoder, ["a", "b"], False, 1).eval()
    before = classifier(classifier.prepare(ROWS))
    make_low_rank(classifier.upper, rank=2)
    torch.testing.assert_close(classifier(classifier.prepare(ROWS)), before)  # B is 0 at first
    learned = {name for name, one in classifier.upper.named_parameters() if one.requires_grad}
    assert {name.rpartition(".")[2] for name in learned} == {"down", "up"}
    loss = torch.nn.functional.cross_entropy(
        classifier(classifier.prepare(ROWS)), torch.tensor([0, 1])
    )
    loss.backward()
    with torch.no_grad():
        for module in classifier.upper.modules():
            if isinstance(module, LowRankLinear):
                assert module.up.grad is not None
                module.up += torch.randn_like(module.up) / 4
    return classifier, Adapter(factors_of(classifier.upper, 1), {"encoder": "tiny"})


def test_the_adapted_encoder_has_the_states_of_the_training(encoder, trained):  # noqa: F811
    classifier, adapter = trained
    before = {name: value.clone() for name, value in encoder.bert.state_dict().items()}
    other = adapted(encoder, adapter, "tiny, tuned")
    fresh = Classifier(other, ["a", "b"], False, 1).eval()
    fresh.head = classifier.head
    expected = classifier(classifier.prepare(ROWS))
    torch.testing.assert_close(fresh(fresh.prepare(ROWS)), expected)
    plain = Classifier(encoder, ["a", "b"], False, 1).eval()
    plain.head = classifier.head
    assert not torch.allclose(plain(plain.prepare(ROWS)), expected, atol=1e-3)
    assert other.bert.encoder.layer[0] is encoder.bert.encoder.layer[0]
    for name, value in encoder.bert.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_an_adapter_returns_from_its_file_and_a_changed_file_is_refused(trained, tmp_path):
    _, adapter = trained
    write_adapter(adapter, tmp_path)
    again = read_adapter(tmp_path)
    assert again.about == adapter.about
    assert again.first == adapter.first == 1
    for name, factors in adapter.factors.items():
        torch.testing.assert_close(again.factors[name], factors, atol=1e-3, rtol=1e-3)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(LanguageError, match=r"has SHA-256 \w+, expected \w+; install"):
        read_adapter(tmp_path)
    file.unlink()
    with pytest.raises(LanguageError, match=re.escape(f"No model at {file}")):
        read_adapter(tmp_path)


def test_an_adapter_of_another_encoder_is_refused(encoder):  # noqa: F811
    factors = {"7.output.dense": (torch.zeros(2, 3), torch.zeros(5, 2))}
    with pytest.raises(LanguageError, match=r"layer 7.output.dense by \(5, 2\) x \(2, 3\)"):
        adapted(encoder, Adapter(factors, {"encoder": "another"}), "tiny, tuned")


@pytest.mark.slow
def test_the_shipped_adapter_changes_the_upper_half_of_the_multilingual_encoder():
    plain, tuned, adapter = text_encoder("multilingual"), text_encoder("opinions"), read_adapter()
    before, after = plain.bert.encoder.layer, tuned.bert.encoder.layer
    assert all(one is other for one, other in zip(before[:6], after[:6], strict=True))
    assert len(adapter.factors) == 6 * 6  # four matrices of attention and two of the feed-forward
    down, up = adapter.factors["11.output.dense"]
    difference = after[11].output.dense.weight - before[11].output.dense.weight
    torch.testing.assert_close(difference, up @ down, atol=1e-6, rtol=1e-3)
    assert difference.abs().max() > 1e-3
