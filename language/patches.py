"""An image as tokens: it is cut into patches, and each becomes the number of the nearest code.

The codes are the means that k-means finds among patches, so that an image can be drawn from its
tokens, coarsely. Source: vector quantisation as in van den Oord et al. (2017), with raw patches
in place of a network's states.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from language.errors import LanguageError

SIDE = 4  # pixels of a patch's side


def to_patches(images: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Images (count, height, width) as (count, patches, side * side), row by row.

    Raises:
        LanguageError: the side does not divide height and width.
    """
    count, height, width = images.shape
    if height % side or width % side:
        raise LanguageError(
            f"Images of {height} x {width} pixels cannot be cut into patches of {side} x {side}; "
            "choose a divisor of both"
        )
    grid = images.reshape(count, height // side, side, width // side, side).swapaxes(2, 3)
    return grid.reshape(count, -1, side * side)


def from_patches(patches: np.ndarray, width: int, side: int = SIDE) -> np.ndarray:
    """The inverse of `to_patches`: images (count, height, width) of a width in pixels."""
    count, columns = len(patches), width // side
    grid = patches.reshape(count, -1, columns, side, side).swapaxes(2, 3)
    return grid.reshape(count, -1, width)


@dataclass(frozen=True, slots=True)
class Codebook:
    """The vocabulary of patches: `codes`, float32 (codes, side * side), grey levels in [0, 1]."""

    codes: np.ndarray

    def encode(self, images: np.ndarray) -> np.ndarray:
        """The nearest code of each patch: int64 (count, patches) of images in [0, 1]."""
        patches = to_patches(images)
        flat = patches.reshape(-1, patches.shape[-1])
        # |p - c|^2 without |p|^2, which is the same for all codes
        distances = (self.codes**2).sum(axis=1) - 2 * flat @ self.codes.T
        nearest: np.ndarray = distances.argmin(axis=1).reshape(patches.shape[:2])
        return nearest

    def decode(self, tokens: np.ndarray, width: int) -> np.ndarray:
        """The images (count, height, width) of tokens (count, patches), in [0, 1]."""
        return np.clip(from_patches(self.codes[tokens], width), 0, 1)


def fit_codebook(images: np.ndarray, codes: int, seed: int = 0) -> Codebook:
    """The means that k-means finds among the patches of images in [0, 1], darkest first."""
    from sklearn.cluster import MiniBatchKMeans

    patches = to_patches(images)
    found = MiniBatchKMeans(codes, random_state=seed, n_init=1, batch_size=4096).fit(
        patches.reshape(-1, patches.shape[-1])
    )
    means = found.cluster_centers_.round(4)  # as they are stored in a card
    return Codebook(means[means.sum(axis=1).argsort()].astype(np.float32))
