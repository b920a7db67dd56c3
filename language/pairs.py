"""Bi-encoder against cross-encoder: two ways to score how well a text answers a question.

A bi-encoder turns each text into a vector by itself; the score is a cosine, and the vectors of the
texts are computed once, before any question. A cross-encoder reads question and text together: each
word sees each other, but each pair must be read again for each question.
Sources: Reimers and Gurevych, Sentence-BERT (2019); Nogueira and Cho (2019).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from language.errors import LanguageError
from language.text import check_text

Encode = Callable[[Sequence[str]], np.ndarray]  # texts to unit vectors (texts, width)
ScorePairs = Callable[[str, Sequence[str]], Sequence[float]]  # question, texts to scores in [0, 1]


@dataclass(frozen=True, slots=True)
class PairScore:
    """A text with both scores in [0, 1] and its rank by each, from 1."""

    text: str
    bi: float
    bi_rank: int
    cross: float
    cross_rank: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The scores in the order of the texts, and the seconds that each part took.

    `agreement` is Kendall's tau of both orders, in [-1, 1]; NaN if one scores all texts alike.
    """

    scores: tuple[PairScore, ...]
    agreement: float
    encode_texts: float  # all texts, once
    encode_question: float
    dot_products: float  # the question's with all texts
    read_pairs: float  # all pairs

    def seconds(self, documents: int) -> tuple[float, float, float]:
        """For so many documents: the bi-encoder's preparation, its time a question, the other's."""
        count = len(self.scores)
        return (
            self.encode_texts / count * documents,
            self.encode_question + self.dot_products / count * documents,
            self.read_pairs / count * documents,
        )


def compare(
    question: str, texts: Sequence[str], encode: Encode, score_pairs: ScorePairs
) -> Comparison:
    """Score the same pairs with both.

    Args:
        question: Any text.
        texts: At least two.
        encode: The bi-encoder.
        score_pairs: The cross-encoder.

    Raises:
        LanguageError: there are fewer than two texts, one is empty or no text, or a score is
            outside [0, 1].
    """
    from scipy.stats import kendalltau

    check_text(question, "The question")
    if len(texts) < 2:
        raise LanguageError(f"{len(texts)} texts, expected at least 2; write one a line")
    for number, text in enumerate(texts, 1):
        check_text(text, f"Text {number}")
    clock = time.perf_counter
    begin = clock()
    vectors = encode(texts)
    encoded = clock()
    query = encode([question])[0]
    asked = clock()
    cosines = vectors @ query
    multiplied = clock()
    cross = np.asarray(score_pairs(question, texts), dtype=float)
    read = clock()
    if cross.shape != (len(texts),) or not ((cross >= 0) & (cross <= 1)).all():
        raise LanguageError(
            f"The cross-encoder gave {cross[:3].tolist()} …, expected a score in [0, 1] for each text"
        )
    bi = to_unit_interval(cosines)
    ranks, cross_ranks = ranks_of(bi), ranks_of(cross)
    return Comparison(
        tuple(map(PairScore, texts, bi.tolist(), ranks, cross.tolist(), cross_ranks)),
        float(kendalltau(bi, cross).statistic),
        encoded - begin,
        asked - encoded,
        multiplied - asked,
        read - multiplied,
    )


def to_unit_interval(cosines: np.ndarray) -> np.ndarray:
    """Cosines in [-1, 1] as scores in [0, 1], (1 + cosine) / 2; the order stays."""
    return np.clip((1 + np.asarray(cosines, dtype=float)) / 2, 0, 1)


def ranks_of(scores: np.ndarray) -> list[int]:
    """The rank of each score, the largest 1; of equal ones the first is better."""
    order = np.argsort(-scores, kind="stable")
    ranks = np.empty(len(scores), dtype=int)
    ranks[order] = np.arange(1, len(scores) + 1)
    return ranks.tolist()
