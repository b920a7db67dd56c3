"""A power law y = a x^-b: a straight line on logarithmic axes, and how sure its slope is.

Source: Kaplan et al. (2020), "Scaling laws for neural language models", section 1.2; the interval
is the bootstrap's percentiles (Efron 1979).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from language.errors import LanguageError


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """y = factor * x^-exponent; `low` and `high` bound the exponent's 95 % interval."""

    factor: float
    exponent: float
    low: float
    high: float

    def at(self, x: float) -> float:
        """y at x."""
        return float(self.factor * x**-self.exponent)


def fit(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Factor and exponent of the least squares line through (ln x, ln y).

    Raises:
        LanguageError: a value is not above 0, or x has fewer than two different values.
    """
    if not (np.all(x > 0) and np.all(y > 0)):
        raise LanguageError("A power law needs values above 0 on both axes")
    if len(np.unique(x)) < 2:
        raise LanguageError(f"There are {len(np.unique(x))} different sizes, expected 2 or more")
    slope, offset = np.polyfit(np.log(x), np.log(y), 1)
    return float(np.exp(offset)), float(-slope)


def bootstrap(
    x: Sequence[float], windows: Sequence[np.ndarray], draws: int = 1000, seed: int = 0
) -> PowerLaw:
    """The law of the mean losses, with an interval over texts and trainings.

    A draw takes the same random windows of the text for all trainings, and of each size as many of
    its trainings, with replacement. With one training of a size the interval knows nothing of how
    much another seed would differ.

    Args:
        x: Size of each training.
        windows: The loss of each window of the held-out text, (windows,), of each training.
        draws: Number of draws.
        seed: Of the draws.
    """
    sizes, losses = np.asarray(x, dtype=float), np.stack(windows)
    factor, exponent = fit(sizes, losses.mean(axis=1))
    chance = np.random.default_rng(seed)
    groups = [np.flatnonzero(sizes == size) for size in np.unique(sizes)]
    exponents = []
    for _ in range(draws):
        rows = np.concatenate([chance.choice(group, len(group)) for group in groups])
        places = chance.integers(losses.shape[1], size=losses.shape[1])
        exponents.append(fit(sizes[rows], losses[rows][:, places].mean(axis=1))[1])
    low, high = np.percentile(exponents, [2.5, 97.5])
    return PowerLaw(factor, exponent, float(low), float(high))
