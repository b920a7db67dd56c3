from __future__ import annotations

import numpy as np
import pytest

from rag.evaluation.bootstrap import bootstrap_interval, mean_interval


def test_it_agrees_with_the_definition():
    """Means of resamples drawn one by one, and their quantiles, from the same generator."""
    values = np.random.default_rng(1).beta(2, 5, size=80)
    generator = np.random.default_rng(0)
    means = [values[generator.integers(0, 80, size=80)].mean() for _ in range(10_000)]
    assert mean_interval(values) == pytest.approx(np.quantile(means, [0.025, 0.975]), abs=1e-12)


def test_a_resample_without_a_value_does_not_count():
    """A ratio whose divisor is 0 in every fourth resample of two questions."""
    above, below = np.array([1.0, 1.0]), np.array([0.0, 2.0])

    def ratio(positions):
        divisors = below[positions].sum(axis=1)
        undefined = np.full(len(positions), np.nan)
        return np.divide(above[positions].sum(axis=1), divisors, out=undefined, where=divisors > 0)

    assert bootstrap_interval(2, ratio) == (0.5, 1.0)  # both second questions; one of each
    nowhere = bootstrap_interval(2, lambda positions: np.full(len(positions), np.nan))
    assert np.isnan(nowhere).all()


def test_one_question_has_one_resample():
    assert mean_interval(np.array([0.25])) == (0.25, 0.25)


def test_bootstrap_is_seeded_and_of_a_constant_a_point():
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    assert mean_interval(values, seed=3) == mean_interval(values, seed=3)
    assert mean_interval(np.full(7, 0.25)) == (0.25, 0.25)
