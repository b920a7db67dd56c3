"""Tests of paired differences: whether one run is better than another or only luckier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 10_000
_BATCH = 1_000


def paired_permutation_test(
    differences: np.ndarray, resamples: int = RESAMPLES, seed: int = 0
) -> float:
    """The two-sided p value of a paired permutation (sign-flipping) test of the mean.

    If the runs did not differ, each difference could as well have the other sign. p is the
    share of sign patterns whose mean is as far from 0, by `scipy.stats.permutation_test`: of
    all of them where they are at most `resamples`, else of random ones.
    Source: Smucker, Allan and Carterette, CIKM 2007.

    Args:
        differences: One a question, shape (n,).
        resamples: How many sign patterns are looked at, at most.
        seed: The same differences and seed give the same p.
    """
    nonzero = differences[differences != 0]  # a sign changes nothing for the others
    if not len(nonzero):
        return 1.0
    if len(nonzero) == 1:  # scipy refuses a single observation; both signs are as far
        return 1.0
    import scipy.stats  # a second and 30 MB, for evaluations alone

    result = scipy.stats.permutation_test(
        (nonzero,),
        lambda values, axis: values.sum(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=resamples,
        batch=_BATCH,
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction: p values that keep the family's error below the level.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979).
    """
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for step, position in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - step) * p_values[position]))
        adjusted[position] = largest
    return adjusted
