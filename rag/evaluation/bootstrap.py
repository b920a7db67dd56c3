"""Percentile bootstrap intervals over questions, by `scipy.stats.bootstrap`.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

RESAMPLES = 2_000  # of a figure
PAIRED_RESAMPLES = 10_000  # of a mean or a paired difference
_BATCH = 1_000  # resamples held in memory at once

#: From positions of questions, shape (m, n), to the m values of a statistic; NaN for undefined.
Statistic = Callable[[np.ndarray], np.ndarray]


def bootstrap_interval(
    count: int,
    statistic: Statistic,
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """The percentile interval of a statistic of questions, drawn with replacement.

    Statistics of the same count and seed are taken of the same resamples. A resample on which
    the statistic is undefined does not count.

    Args:
        count: How many questions there are, at least 1.
        statistic: Of positions from 0 to count - 1.
        resamples: How many resamples the quantiles are taken of.
        seed: The same arguments and seed give the same interval.
        level: The share of resamples inside.

    Returns:
        The lower and the upper bound; NaN where no resample has a value.
    """
    if count == 1:  # scipy refuses a single observation; it has one resample, itself
        value = float(statistic(np.zeros((1, 1), dtype=int))[0])
        return value, value
    import scipy.stats  # a second and 30 MB, for evaluations alone

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of undefined resamples, which are left out below
        result = scipy.stats.bootstrap(
            (np.arange(count),),
            lambda positions, axis: statistic(positions),
            n_resamples=resamples,
            batch=min(_BATCH, resamples),
            vectorized=True,
            method="percentile",
            confidence_level=level,
            rng=np.random.default_rng(seed),
        )
    values = np.asarray(result.bootstrap_distribution)
    undefined = np.isnan(values)
    if not undefined.any():
        interval = result.confidence_interval
        return float(interval.low), float(interval.high)
    if undefined.all():
        return float("nan"), float("nan")
    low, high = np.quantile(values[~undefined], [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean_interval(
    values: np.ndarray, resamples: int = PAIRED_RESAMPLES, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """The percentile interval of a mean.

    Args:
        values: One value a question, shape (n,), at least one.
        resamples: How many resamples the quantiles are taken of.
        seed: The same values and seed give the same interval.
        level: The share of resamples inside.
    """
    return bootstrap_interval(
        len(values),
        lambda positions: values[positions].mean(axis=1),
        resamples=resamples,
        seed=seed,
        level=level,
    )
