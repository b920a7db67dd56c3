"""The table: p(y) and p(x|y) of uses and colours by counting 200 cars, p(y|x) by Bayes' rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from generative.errors import NotDefined

USES = ("taxi", "private")
COLOURS = ("white", "beige", "red", "black")
COUNTS = np.array([[6, 36, 0, 8], [54, 4, 38, 54]])  # (uses, colours): 50 taxis, 150 private cars


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """p(x, y) of a colour x and a use y, stored as the two factors p(y) p(x|y).

    `prior` is p(y), shape (uses,); `likelihood` is p(x|y), shape (uses, colours), each row
    summing to 1. Rows are in the order of USES, columns in that of COLOURS.
    """

    prior: np.ndarray
    likelihood: np.ndarray

    @property
    def joint(self) -> np.ndarray:
        """p(x, y) = p(y) p(x|y), (uses, colours), summing to 1."""
        return self.prior[:, None] * self.likelihood

    @property
    def evidence(self) -> np.ndarray:
        """p(x), (colours,): the joint summed over uses."""
        return self.joint.sum(axis=0)

    @property
    def posterior(self) -> np.ndarray:
        """p(y|x) = p(y) p(x|y) / p(x) by Bayes' rule, (uses, colours), each column summing to 1.

        Raises:
            NotDefined: some colour has p(x) = 0, and 0/0 is no probability.
        """
        evidence = self.evidence
        if not evidence.all():
            colour = COLOURS[int(evidence.argmin())]
            raise NotDefined(
                f"p(y|{colour}) is 0/0, since p({colour}) is 0: no such car was counted, or no use "
                "with a share in it is left in p(y). Give pseudo_count a value above 0, or another "
                "p(y)."
            )
        return self.joint / evidence

    def with_prior(self, prior: Sequence[float]) -> Joint:
        """The same p(x|y) with another p(y), as for a place where taxis queue.

        Args:
            prior: p(taxi) and p(private), which sum to 1.
        """
        return replace(self, prior=check_prior(prior))


def check_prior(prior: Sequence[float]) -> np.ndarray:
    """p(y) as an array, (uses,); ValueError where it is no distribution over the uses."""
    values = np.asarray(prior, dtype=float)
    if values.shape != (len(USES),) or (values < 0).any() or not math.isclose(values.sum(), 1):
        raise ValueError(
            f"p(y) needs {len(USES)} numbers of at least 0 that sum to 1, as in (0.25, 0.75), "
            f"got {list(prior)}"
        )
    return values


def joint_from_counts(counts: np.ndarray = COUNTS, pseudo_count: float = 0.0) -> Joint:
    """p(y) and p(x|y) from the counts of each pair of use and colour.

    With n the counts and a the pseudo-count, p(x, y) = (n(x, y) + a) / (n + 8 a) over the 8
    cells. a = 0 is maximum likelihood: a pair that was never counted has probability 0; a = 1 is
    Laplace's add-one smoothing.

    Args:
        counts: (uses, colours), at least 0; the lecture's 200 cars by default.
        pseudo_count: Added to each cell.

    Raises:
        ValueError: counts of another shape, a negative number, or a use that was never counted,
            for which p(x|y) is 0/0.
    """
    cells = np.asarray(counts, dtype=float) + pseudo_count
    if cells.shape != (len(USES), len(COLOURS)):
        raise ValueError(f"counts must have shape {(len(USES), len(COLOURS))}, got {cells.shape}")
    if pseudo_count < 0 or np.min(counts) < 0:
        raise ValueError(
            f"counts and pseudo_count must be at least 0, got {np.min(counts)} and {pseudo_count}"
        )
    totals = cells.sum(axis=1)
    if not totals.all():
        use = USES[int(totals.argmin())]
        raise ValueError(
            f"p(colour|{use}) is 0/0, since no {use} car was counted; count more cars, or give "
            "pseudo_count a value above 0"
        )
    return Joint(totals / totals.sum(), cells / totals[:, None])
