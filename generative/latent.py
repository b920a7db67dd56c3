"""A plane through a space of codes, on which a person can walk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane through `mean`, (latent,), along two orthonormal `axes`, (2, latent)."""

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, pictures: np.ndarray | None = None) -> Plane:
        """The plane in which codes vary most: their first two principal components.

        Args:
            codes: (count, latent), at least two.
            pictures: (count, pixels), what the codes decode to; given, the axes are those along
                which codes and pixels vary most together (the singular vectors of their
                covariance), since drawn noise varies alike along all of its own.
        """
        mean = codes.mean(axis=0)
        centred = codes - mean
        if pictures is not None:
            centred = (pictures - pictures.mean(axis=0)).T @ centred
        axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
        # A singular vector's sign is arbitrary: the largest entry is made positive.
        largest = np.abs(axes).argmax(axis=1)
        return cls(mean, axes * np.sign(axes[[0, 1], largest])[:, None])

    def place(self, codes: np.ndarray) -> np.ndarray:
        """The coordinates of codes on the plane, (count, 2)."""
        return (codes - self.mean) @ self.axes.T

    def code(self, at: np.ndarray, beside: np.ndarray | None = None) -> np.ndarray:
        """The code at a place (2,), with what of the code `beside` (latent,) is off the plane."""
        code = self.mean + at @ self.axes
        if beside is None:
            return code
        return code + (beside - self.mean - self.place(beside[None])[0] @ self.axes)
