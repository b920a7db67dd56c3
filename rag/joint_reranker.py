"""Two rerankers as one: question and text are read by those that know the languages of both.

Where both are in English, the score is the mean of both rerankers' logits; where one of them is in
another language, it is the multilingual one's alone. So does `ingest.joint_encoder` weigh its two
encoders. Passages are worth both readings; the many spans of the first passages are scored by one
of the rerankers alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ingest import weights
from ingest.text.detect import language_of
from ingest.text.languages import DEFAULT
from rag.rerank import BATCH_SIZE, Reranker, logits


class RerankerByLanguage:
    """The English reranker for English texts and questions, the multilingual one for all others."""

    def __init__(self, english: Reranker, multilingual: Reranker) -> None:
        """Select between two rerankers."""
        self._english, self._multilingual = english, multilingual

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """The probability in [0, 1] that each text answers the question; see `Reranker.score`."""
        is_english = _are_english(question, texts)
        scores = np.empty(len(texts))
        for reranker, rows in ((self._english, is_english), (self._multilingual, ~is_english)):
            if rows.any():
                scores[rows] = reranker.score(
                    question, [texts[row] for row in np.flatnonzero(rows).tolist()]
                )
        return [float(score) for score in scores]


class JointReranker:
    """See the module; both rerankers give probabilities whose logits have about the same scale."""

    def __init__(self, english: Reranker, multilingual: Reranker) -> None:
        """Join two rerankers; nothing is loaded yet."""
        self._english, self._multilingual = english, multilingual
        self.span_judge = RerankerByLanguage(english, multilingual)

    @property
    def name(self) -> str:
        """The name, and a hash of both names."""
        names = f"{self._english.name} {self._multilingual.name}"
        return f"{weights.JOINT_RERANKER}@{hashlib.sha256(names.encode()).hexdigest()[:12]}"

    def score(
        self, question: str, texts: Sequence[str], *, batch_size: int = BATCH_SIZE
    ) -> list[float]:
        """The probability in [0, 1] that each text answers the question; see `Reranker.score`."""
        scores = logits(self._multilingual.score(question, texts, batch_size=batch_size))
        rows = np.flatnonzero(_are_english(question, texts)).tolist()
        if rows:
            english = [texts[row] for row in rows]
            both = logits(self._english.score(question, english, batch_size=batch_size))
            scores[rows] = (scores[rows] + both) / 2
        return [float(value) for value in 1 / (1 + np.exp(-scores))]


def _are_english(question: str, texts: Sequence[str]) -> np.ndarray:
    """Whether the question and each text are in English, as far as their words show, shape (N,)."""
    if not _is_english(question):
        return np.zeros(len(texts), dtype=bool)
    return np.array([_is_english(text) for text in texts], dtype=bool)


def _is_english(text: str) -> bool:
    return (language_of(text) or DEFAULT.code) == DEFAULT.code
