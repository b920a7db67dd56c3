"""Vectors: from a number in a vocabulary to a point whose neighbours mean something similar.

A token is a number; as a one-hot vector it is as far from each other token as from any. Times the
embedding table, which is a lookup of one row, it becomes a dense vector, and a cosine of two such
vectors is a similarity. The same holds for words, sentences, nodes of a graph and images.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from language.errors import LanguageError
from language.text import check_text

LONGEST = 256  # tokens of a sentence that the bundled encoder was trained on


def one_hot(index: int, size: int) -> np.ndarray:
    """A vector (size,) of zeros with a one at an index.

    Raises:
        LanguageError: the index is outside the vocabulary.
    """
    if not 0 <= index < size:
        raise LanguageError(f"{index} is no token id; expected 0 to {size - 1}")
    vector = np.zeros(size, dtype=np.float32)
    vector[index] = 1
    return vector


def embedding_table(model: Any) -> np.ndarray:
    """The token embeddings of a transformers model, float32, (vocabulary, width)."""
    return model.get_input_embeddings().weight.detach().float().numpy()


def token_ids(text: str, tokenizer: Any) -> list[int]:
    """The ids of a text's tokens, without special ones.

    A word gets a blank before it where the tokeniser writes blanks into its tokens, because the
    table holds a word in the middle of a sentence under that name.

    Raises:
        LanguageError: the text is empty, too long, or holds half of a surrogate pair.
    """
    check_text(text)
    blank = " " if len(tokenizer(" a", add_special_tokens=False)["input_ids"]) == 1 else ""
    ids: list[int] = tokenizer(blank + text.strip(), add_special_tokens=False)["input_ids"]
    return ids


def token_name(index: int, tokenizer: Any) -> str:
    """A token as a reader sees it, with ␣ for a blank at its beginning."""
    name: str = tokenizer.convert_ids_to_tokens(index)
    if name.startswith("##"):
        return name
    text: str = tokenizer.decode([index])
    return "␣" + text[1:] if text.startswith(" ") else text


# ---- similarity ----


@dataclass(frozen=True, slots=True)
class CosineSteps:
    """A cosine worked out: a · b / (|a| |b|); the angle is in degrees."""

    products: np.ndarray  # a_i b_i, (width,)
    dot: float
    norms: tuple[float, float]
    cosine: float
    angle: float


def cosine_steps(left: np.ndarray, right: np.ndarray) -> CosineSteps:
    """The cosine of two vectors (width,) with all that is computed on the way.

    Raises:
        LanguageError: one of them is zero, which has no direction.
    """
    products = left.astype(np.float64) * right.astype(np.float64)
    dot = float(products.sum())
    norms = tuple(float(np.sqrt((v.astype(np.float64) ** 2).sum())) for v in (left, right))
    if 0 in norms:
        raise LanguageError("A vector of zeros has no direction; expected one with a length over 0")
    cosine = dot / (norms[0] * norms[1])
    angle = float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return CosineSteps(products, dot, (norms[0], norms[1]), cosine, angle)


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Rows (n, width) divided by their lengths; a row of zeros stays."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(norms == 0, 1, norms)


def similarity_matrix(rows: np.ndarray) -> np.ndarray:
    """The cosine of each pair of rows (n, width), as (n, n)."""
    units = unit_rows(rows)
    return units @ units.T


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A row of a table and its cosine to a query."""

    row: int
    cosine: float


def neighbours(
    query: np.ndarray, units: np.ndarray, count: int, without: Collection[int] = ()
) -> list[Neighbour]:
    """The rows whose cosine to a query is largest, best first.

    Args:
        query: (width,), of any length but 0.
        units: (n, width), rows of length 1; see `unit_rows`.
        count: How many; a smaller table gives fewer.
        without: Rows to leave out, such as the query's own.

    Raises:
        LanguageError: count < 1, or the query is zero.
    """
    if count < 1:
        raise LanguageError(f"{count} neighbours, expected at least 1")
    length = np.linalg.norm(query)
    if length == 0:
        raise LanguageError("A vector of zeros has no direction; expected one with a length over 0")
    cosines = units @ (query / length).astype(units.dtype)
    cosines[list(without)] = -np.inf
    count = min(count, len(units) - len(set(without)))
    best = np.argpartition(-cosines, count - 1)[:count] if count else np.array([], dtype=int)
    order = best[np.argsort(-cosines[best], kind="stable")]
    return [Neighbour(int(row), float(cosines[row])) for row in order]


def sentence_vectors(sentences: Sequence[str], encoder: Any, tokenizer: Any) -> np.ndarray:
    """One unit vector for each sentence, float32, (n, width): the mean of its tokens' states.

    So works the bundled bi-encoder. Source: Reimers and Gurevych, Sentence-BERT (2019).

    Raises:
        LanguageError: there is no sentence, or one is empty, no text, or over 256 tokens long.
    """
    import torch

    if not sentences:
        raise LanguageError("No sentences; write at least one")
    for number, sentence in enumerate(sentences, 1):
        check_text(sentence, f"Sentence {number}")
    features = tokenizer(list(sentences), padding=True, return_tensors="pt", verbose=False)
    for number, length in enumerate(features["attention_mask"].sum(dim=1).tolist(), 1):
        if length > LONGEST:
            raise LanguageError(
                f"Sentence {number} has {length:,} tokens, expected at most {LONGEST}; shorten it"
            )
    with torch.inference_mode():
        states = encoder(**features).last_hidden_state  # (n, tokens, width)
    mask = features["attention_mask"][:, :, None].float()
    means = (states * mask).sum(dim=1) / mask.sum(dim=1)
    return torch.nn.functional.normalize(means, dim=1).numpy()


# ---- maps ----


@dataclass(frozen=True)
class FlatMap:
    """Points (n, 2) of vectors, centred, with the largest absolute coordinate 1.

    `vector_at` gives the vector of a point of the plane, (2,) -> (width,), where there is one;
    `share` is the variance that the plane keeps, in [0, 1]. t-SNE has neither.
    """

    points: np.ndarray
    vector_at: Callable[[np.ndarray], np.ndarray] | None
    share: float | None

    def nearest(self, at: np.ndarray, count: int) -> list[int]:
        """The rows whose points are closest to a point (2,), closest first."""
        return np.argsort(np.linalg.norm(self.points - at, axis=1), kind="stable")[:count].tolist()


def flat_map(rows: np.ndarray, method: Literal["pca", "tsne"], seed: int = 0) -> FlatMap:
    """Vectors (n, width) on a plane.

    PCA keeps the two directions of largest variance, and a point of the plane is a vector again.
    t-SNE keeps who is whose neighbour, but neither distances nor directions.
    Sources: Pearson (1901); van der Maaten and Hinton (2008).

    Raises:
        LanguageError: there are fewer than 3 vectors.
    """
    if len(rows) < 3:
        raise LanguageError(f"A map of {len(rows)} vectors, expected at least 3; add some")
    if method == "tsne":
        from sklearn.manifold import TSNE

        # With the cosine, because that is the similarity which the laboratory speaks of.
        model = TSNE(
            perplexity=min(30, (len(rows) - 1) / 3), metric="cosine", init="random",
            random_state=seed, max_iter=500,
        )  # fmt: skip
        points = model.fit_transform(rows)
        points = points - points.mean(axis=0)
        return FlatMap(points / np.abs(points).max(), None, None)
    from sklearn.decomposition import PCA

    plane = PCA(2, random_state=seed)
    points = plane.fit_transform(rows.astype(np.float64))
    reach = float(np.abs(points).max()) or 1.0

    def vector_at(point: np.ndarray) -> np.ndarray:
        return plane.inverse_transform(np.asarray(point)[None] * reach)[0]

    return FlatMap(points / reach, vector_at, float(plane.explained_variance_ratio_.sum()))
