"""language/warpers.py: each warper equals transformers' own processor."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from language.errors import LanguageError
from language.warpers import (
    Warping,
    cut_to_min_p,
    cut_to_top_k,
    cut_to_top_p,
    entropy,
    penalise_repetition,
    scale_by_temperature,
    softmax,
    stages,
    warp,
)


@st.composite
def logits(draw: st.DrawFn) -> Tensor:
    """Random logits (rows, vocabulary), some with ties and some with a peak."""
    rows, size = draw(st.integers(1, 3)), draw(st.integers(1, 60))
    seed, scale = draw(st.integers(0, 2**31)), draw(st.sampled_from([0.1, 1.0, 5.0, 30.0]))
    values = torch.randn(rows, size, generator=torch.Generator().manual_seed(seed)) * scale
    return values.round() if draw(st.booleans()) else values


def same_distribution(ours: Tensor, theirs: Tensor) -> None:
    assert ((ours == -torch.inf) == (theirs == -torch.inf)).all()
    torch.testing.assert_close(softmax(ours), theirs.softmax(-1), atol=1e-5, rtol=0)


NO_IDS = torch.zeros(1, 0, dtype=torch.long)


@settings(deadline=None)
@given(logits(), st.floats(0.05, 5))
def test_temperature(values, temperature):
    same_distribution(
        scale_by_temperature(values, temperature),
        TemperatureLogitsWarper(temperature)(NO_IDS, values),
    )


@settings(deadline=None)
@given(logits(), st.integers(1, 80))
def test_top_k(values, k):
    same_distribution(cut_to_top_k(values, k), TopKLogitsWarper(k)(NO_IDS, values))


@settings(deadline=None)
@given(logits(), st.floats(0.01, 1))
def test_top_p(values, p):
    same_distribution(cut_to_top_p(values, p), TopPLogitsWarper(p)(NO_IDS, values))


@settings(deadline=None)
@given(logits(), st.floats(0, 1))
def test_min_p(values, p):
    same_distribution(cut_to_min_p(values, p), MinPLogitsWarper(p)(NO_IDS, values))


@settings(deadline=None)
@given(logits(), st.floats(0.2, 3), st.data())
def test_repetition_penalty(values, penalty, data):
    rows, size = values.shape
    length = data.draw(st.integers(1, 8))
    random = torch.Generator().manual_seed(data.draw(st.integers(0, 99)))
    ids = torch.randint(size, (rows, length), generator=random)
    same_distribution(
        penalise_repetition(values, ids, penalty),
        RepetitionPenaltyLogitsProcessor(penalty)(ids, values),
    )


@settings(deadline=None)
@given(logits(), st.data())
def test_all_together_in_the_order_of_generate(values, data):
    size = values.shape[1]
    one = Warping(
        temperature=data.draw(st.floats(0.2, 3)),
        top_k=data.draw(st.integers(1, size)),
        top_p=data.draw(st.floats(0.05, 0.999)),
        min_p=data.draw(st.floats(0, 0.9)),
        repetition_penalty=data.draw(st.floats(1, 2)),
    )
    ids = torch.zeros(len(values), 1, dtype=torch.long)
    theirs = values
    for processor in (
        RepetitionPenaltyLogitsProcessor(one.repetition_penalty),
        TemperatureLogitsWarper(one.temperature),
        TopKLogitsWarper(one.top_k),
        TopPLogitsWarper(one.top_p),
        MinPLogitsWarper(one.min_p),
    ):
        theirs = processor(ids, theirs)
    same_distribution(warp(values, one, ids), theirs)


def test_entropy_of_known_distributions():
    rows = torch.tensor([[0.25, 0.25, 0.25, 0.25], [1, 0, 0, 0], [0.5, 0.25, 0.125, 0.125]])
    assert entropy(rows).tolist() == pytest.approx([2, 0, 1.75])


def test_a_stage_says_what_is_cut_and_how_the_mass_is_given_back():
    values = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    softmaxed, scaled, nucleus = stages(values, Warping(temperature=0.5, top_p=0.9), [])
    assert softmaxed.probabilities.tolist() == pytest.approx([0.5, 0.3, 0.15, 0.05])
    squares = [0.25, 0.09, 0.0225, 0.0025]  # a temperature of 1/2 squares the probabilities
    assert scaled.probabilities.tolist() == pytest.approx([one / 0.365 for one in squares])
    assert (scaled.tokens, scaled.mass, scaled.growth) == (4, 0, 1)
    assert nucleus.tokens == 2
    assert nucleus.mass == pytest.approx(0.025 / 0.365)
    assert nucleus.growth == pytest.approx(0.365 / 0.34)
    assert nucleus.probabilities.tolist() == pytest.approx([0.25 / 0.34, 0.09 / 0.34, 0, 0])


def test_softmax_stands_large_logits():
    assert softmax(torch.tensor([1e4, 1e4, -1e4])).tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0, expected a number above 0; for temperature 0"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": -1.0}, "temperature is -1"),
        ({"top_k": 0}, "top_k is 0, expected at least 1"),
        ({"top_p": 0.0}, "top_p is 0, expected above 0 and at most 1"),
        ({"top_p": 1.5}, "top_p is 1.5"),
        ({"min_p": -0.1}, "min_p is -0.1, expected 0 to 1"),
        ({"repetition_penalty": 0.0}, "repetition_penalty is 0"),
    ],
)
def test_a_value_out_of_range_is_named(values, message):
    with pytest.raises(LanguageError, match=message):
        Warping(**values)


def test_k_above_the_vocabulary_is_named():
    with pytest.raises(LanguageError, match="top_k is 9, expected at most 4"):
        stages(torch.zeros(4), Warping(top_k=9), [])
