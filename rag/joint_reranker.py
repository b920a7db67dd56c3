"""Two rerankers as one: each question is read by those that know its language.

An English question's score is the mean of both rerankers' logits, one in another language has the
multilingual one's alone. So does `ingest.joint_encoder` weigh its two encoders. Passages are worth
both readings; the many spans of the first passages are scored by one of the rerankers alone.
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
    """The English reranker for English questions, the multilingual one for all others."""

    def __init__(self, english: Reranker, multilingual: Reranker) -> None:
        """Select between two rerankers."""
        self._english, self._multilingual = english, multilingual

    def of(self, question: str) -> Reranker:
        """The reranker of a question's language; without words that show one, the English one."""
        is_english = (language_of(question) or DEFAULT.code) == DEFAULT.code
        return self._english if is_english else self._multilingual

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """The probability in [0, 1] that each text answers the question; see `Reranker.score`."""
        return self.of(question).score(question, texts)


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
        multilingual = self._multilingual.score(question, texts, batch_size=batch_size)
        if self.span_judge.of(question) is self._multilingual:
            return multilingual
        english = self._english.score(question, texts, batch_size=batch_size)
        mean = (logits(english) + logits(multilingual)) / 2
        return [float(value) for value in 1 / (1 + np.exp(-mean))]
