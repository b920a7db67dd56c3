"""The same model in several sizes: the power law, operations, and the stored curves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from language import power_law, scaling
from language.errors import LanguageError


def test_a_law_without_noise_is_found_exactly():
    sizes = np.array([1e4, 1e5, 1e6])
    assert power_law.fit(sizes, 7 * sizes**-0.12) == pytest.approx((7, 0.12))
    law = power_law.bootstrap(sizes.tolist(), [np.full(5, 7 * n**-0.12) for n in sizes], draws=20)
    assert (law.exponent, law.low, law.high) == pytest.approx((0.12, 0.12, 0.12))
    assert law.at(1e5) == pytest.approx(7 * 1e5**-0.12)
    with pytest.raises(LanguageError, match="1 different sizes"):
        power_law.fit(np.array([2.0, 2.0]), np.array([1.0, 2.0]))
    with pytest.raises(LanguageError, match="above 0"):
        power_law.fit(np.array([2.0, 3.0]), np.array([1.0, 0.0]))


@pytest.mark.slow
def test_the_interval_holds_the_true_exponent_about_as_often_as_it_says():
    chance, sizes, hits = np.random.default_rng(1), [3e4, 1e5, 3e5, 1e6], 0
    for _ in range(60):
        # a window's own noise; one that all sizes share moves the factor, hardly the exponent
        noise = chance.lognormal(0, 0.3, (len(sizes), 40))
        windows = [9 * n**-0.1 * row for n, row in zip(sizes, noise, strict=True)]
        law = power_law.bootstrap(sizes, windows, draws=200)
        hits += law.low <= 0.1 <= law.high
    assert 48 <= hits <= 60  # 57 expected


@pytest.mark.parametrize("name", ["30k", "100k"])
def test_the_operations_are_those_that_torch_counts(name):
    model = scaling.sized_decoder(name, 90, 0)
    tokens = torch.zeros(1, 128, dtype=torch.long)
    with FlopCounterMode(display=False) as counter:
        model.logits(model(tokens)).sum().backward()
    assert scaling.training_operations(model, 128, 128) == pytest.approx(
        counter.get_total_flops(), rel=0.02
    )
    with pytest.raises(LanguageError, match="no size '9B', expected one of 10k"):
        scaling.sized_decoder("9B", 90, 0)
