"""How good generated images, densities and codes are, as functions of arrays.

Generated images are compared with real ones in the features of our own digit classifier, never
in Inception's, which has not seen digits.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from generative.classifier import Classifier
from generative.data import Dataset
from generative.model import GenerativeModel, LogLikelihood, binarise, seeded

BATCH = 250  # images that a model sees at a time


# ---- generation ----


@torch.no_grad()
def features(classifier: Classifier, images: Tensor) -> np.ndarray:
    """The classifier's features of images, float64, (images, features)."""
    parts = [classifier.features(part) for part in images.split(BATCH)]
    return torch.cat(parts).double().cpu().numpy()


def frechet_distance(one: np.ndarray, other: np.ndarray) -> float:
    """The Fréchet distance between two sets of features, each modelled by a Gaussian; 0 is equal.

    |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)). The trace of the root is the sum of the roots
    of the eigenvalues of S1^(1/2) S2 S1^(1/2), which is symmetric.
    Source: Dowson and Landau (1982); of generated images: Heusel et al. (2017).

    Args:
        one: (samples, features), at least two samples.
        other: (samples, features).
    """
    means = one.mean(axis=0) - other.mean(axis=0)
    first, second = np.cov(one, rowvar=False), np.cov(other, rowvar=False)
    values, vectors = np.linalg.eigh(np.atleast_2d(first))
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ np.atleast_2d(second) @ root).clip(0)
    traces = np.trace(np.atleast_2d(first)) + np.trace(np.atleast_2d(second))
    return float(means @ means + traces - 2 * np.sqrt(inner).sum())


def precision_and_recall(
    generated: np.ndarray, real: np.ndarray, neighbours: int = 3
) -> tuple[float, float]:
    """The share of generated points in the region of real ones, and of real in that of generated.

    A region is the union of balls around its points, each as large as the distance to the point's
    k-th neighbour. Precision measures quality, recall variety; both are in [0, 1], and recall grows
    with the number of generated points.
    Source: Kynkäänniemi et al. (2019), with k = 3.

    Args:
        generated: Features, (samples, features), more than k samples.
        real: (images, features), more than k images.
        neighbours: k.
    """
    one, other = torch.from_numpy(generated), torch.from_numpy(real)
    return _share_in_region(one, other, neighbours), _share_in_region(other, one, neighbours)


def _share_in_region(points: Tensor, centres: Tensor, neighbours: int) -> float:
    radii = torch.cat(
        [  # the nearest centre is the centre itself
            torch.cdist(part, centres).kthvalue(neighbours + 1, dim=1).values
            for part in centres.split(BATCH)
        ]
    )
    inside = [(torch.cdist(part, centres) <= radii).any(dim=1) for part in points.split(BATCH)]
    return float(torch.cat(inside).double().mean())


@torch.no_grad()
def digit_shares(classifier: Classifier, images: Tensor) -> np.ndarray:
    """The share of images that the classifier assigns to each digit, (10,), summing to 1."""
    digits = torch.cat([classifier.probabilities(part) for part in images.split(BATCH)]).argmax(1)
    return np.bincount(digits.cpu().numpy(), minlength=10) / len(images)


@torch.no_grad()
def digits_right(classifier: Classifier, images: Tensor, labels: Tensor) -> Tensor:
    """Whether the classifier assigns each image to its digit, bool (images,)."""
    digits = torch.cat([classifier.probabilities(part) for part in images.split(BATCH)]).argmax(1)
    return digits.cpu() == labels


def accuracy(classifier: Classifier, dataset: Dataset) -> float:
    """The share of test images that the classifier assigns to the right digit, in [0, 1]."""
    right = digits_right(classifier, dataset.test.floats, dataset.test.labels)
    return float(right.float().mean())


# ---- density ----


def log_likelihood(model: GenerativeModel, images: Tensor, *, seed: int = 0) -> LogLikelihood:
    """ln p of many images, in batches; for a model of binary images they are binarised by the seed.

    Raises:
        NotDefined: the family has no likelihood.
    """
    with seeded(seed):
        inputs = binarise(images) if model.pixels == "binary" else images
        parts = [model.log_likelihood(part) for part in inputs.split(BATCH)]
    return LogLikelihood(
        torch.cat([part.nats for part in parts]).detach(),
        parts[0].dimensions,
        parts[0].kind,
        parts[0].pixels,
    )


# ---- representation ----


def linear_probe(codes: np.ndarray, labels: np.ndarray, train_count: int) -> float:
    """The accuracy, in [0, 1], of a logistic regression from codes to labels.

    It learns from the first `train_count` codes and is tested on the others.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(codes[:train_count])
    probe = LogisticRegression(max_iter=300)
    probe.fit(scaler.transform(codes[:train_count]), labels[:train_count])
    return float(probe.score(scaler.transform(codes[train_count:]), labels[train_count:]))
