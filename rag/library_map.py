"""All passages of a library on a plane, and the pairs of them that say nearly the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.store import Library
from ingest.types import Passage


@dataclass(frozen=True)
class LibraryMap:
    """Passage vectors projected on their first two principal components.

    `points` has shape (N, 2), row i for `passages[i]`; `axes` (dimension, 2) and `mean`
    (dimension,) define the projection.
    """

    passages: tuple[Passage, ...]
    points: np.ndarray
    axes: np.ndarray
    mean: np.ndarray

    def project(self, vector: np.ndarray) -> np.ndarray:
        """The point, shape (2,), of another vector of the same encoder, shape (dimension,)."""
        point: np.ndarray = (vector - self.mean) @ self.axes
        return point


def library_map(library: Library) -> LibraryMap:
    """Project every passage of a library, which holds at least one."""
    from sklearn.decomposition import PCA

    passages, vectors = _passages_with_vectors(library)
    if len(vectors) > 2:
        pca = PCA(n_components=2, random_state=0).fit(vectors)
        axes, mean = pca.components_.T, pca.mean_
    else:
        axes, mean = np.eye(vectors.shape[1], 2), vectors.mean(axis=0)
    return LibraryMap(passages, (vectors - mean) @ axes, axes, mean)


def near_duplicates(
    library: Library, threshold: float = 0.95, limit: int = 50
) -> list[tuple[float, Passage, Passage]]:
    """Pairs of passages with at least that cosine similarity, the most similar first.

    Args:
        library: Whose passages are compared, each with each.
        threshold: The smallest cosine, in [-1, 1].
        limit: Number of pairs at most.
    """
    passages, vectors = _passages_with_vectors(library)
    pairs = []
    for row in range(len(passages) - 1):
        cosines = vectors[row + 1 :] @ vectors[row]
        for other in np.flatnonzero(cosines >= threshold):
            pairs.append((float(cosines[other]), passages[row], passages[row + 1 + int(other)]))
    return sorted(pairs, key=lambda pair: -pair[0])[:limit]


def _passages_with_vectors(library: Library) -> tuple[tuple[Passage, ...], np.ndarray]:
    """All passages by id, and their unit vectors, shape (N, dimension)."""
    passages = [p for d in library.documents() for p in library.passages(d.id)]
    return tuple(sorted(passages, key=lambda passage: passage.id)), library.vectors()
