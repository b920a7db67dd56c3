"""Rerankers as one: question and text are read by those that know the languages of both.

Where both are in English, the score is the weighted mean of the logits of all of them: the English and
the multilingual reranker count 2, and the judge of leads, where there is one, 1. Where one of both is in
another language, it is the multilingual one's alone. A text whose words show no language, such as a
formula or a row of names, is in the language of its lecture, where the caller knows it. So does `ingest.joint_encoder` weigh its two
encoders. Passages are worth all readings; the many spans of the first passages are scored by one
of the rerankers alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ingest import weights
from ingest.text.detect import language_of
from ingest.text.languages import DEFAULT
from rag.rerank import BATCH_SIZE, ReadsAhead, Reranker, logits

_RERANKER_WEIGHT, _JUDGE_WEIGHT = 2.0, 1.0  # of the logits of a passage in English


class RerankerByLanguage:
    """The English reranker for English texts and questions, the multilingual one for all others."""

    def __init__(self, english: Reranker, multilingual: Reranker) -> None:
        """Select between two rerankers."""
        self._english, self._multilingual = english, multilingual

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """The probability in [0, 1] that each text answers the question; see `Reranker.score`."""
        return self.score_in(question, texts, [""] * len(texts))

    def score_in(
        self, question: str, texts: Sequence[str], languages: Sequence[str]
    ) -> list[float]:
        """As `score`, for texts of lectures in some languages; see `rag.rerank.score_parts`."""
        is_english = _are_english(question, texts, languages)
        scores = np.empty(len(texts))
        for reranker, rows in ((self._english, is_english), (self._multilingual, ~is_english)):
            if rows.any():
                scores[rows] = reranker.score(
                    question, [texts[row] for row in np.flatnonzero(rows).tolist()]
                )
        return [float(score) for score in scores]


class JointReranker:
    """See the module; all of them give probabilities whose logits have about the same scale."""

    def __init__(
        self, english: Reranker, multilingual: Reranker, of_leads: Reranker | None = None
    ) -> None:
        """Join rerankers; nothing is loaded yet.

        Args:
            english: Reads English alone.
            multilingual: Reads every language.
            of_leads: Reads English alone; scores the units of which a lead is chosen, in place of the
                first one, and passages beside it.
        """
        self._multilingual = multilingual
        self._of_english = [(english, _RERANKER_WEIGHT)]
        if of_leads is not None:
            self._of_english.append((of_leads, _JUDGE_WEIGHT))
        self.span_judge = RerankerByLanguage(english, multilingual)
        self.lead_judge = RerankerByLanguage(of_leads or english, multilingual)

    @property
    def name(self) -> str:
        """The name, and a hash of all names."""
        parts = [*(reranker for reranker, _ in self._of_english), self._multilingual]
        names = " ".join(part.name for part in parts)
        return f"{weights.JOINT_RERANKER}@{hashlib.sha256(names.encode()).hexdigest()[:12]}"

    def score(
        self, question: str, texts: Sequence[str], *, batch_size: int = BATCH_SIZE
    ) -> list[float]:
        """The probability in [0, 1] that each text answers the question; see `Reranker.score`."""
        return self.score_in(question, texts, [""] * len(texts), batch_size=batch_size)

    def read_ahead(self, texts: Sequence[str], languages: Sequence[str]) -> bool:
        """See `rag.rerank.ReadsAhead`; each reranker reads what an English question has it score."""
        english = np.flatnonzero(_are_english("", texts, languages)).tolist()
        parts = [(self._multilingual, list(range(len(texts))))]
        parts += [(reranker, english) for reranker, _ in self._of_english]
        return all(
            reranker.read_ahead([texts[row] for row in rows], [languages[row] for row in rows])
            for reranker, rows in parts
            if rows and isinstance(reranker, ReadsAhead)
        )

    def score_in(
        self,
        question: str,
        texts: Sequence[str],
        languages: Sequence[str],
        *,
        batch_size: int = BATCH_SIZE,
    ) -> list[float]:
        """As `score`, for texts of lectures in some languages; see `rag.rerank.score_parts`."""
        scores = logits(self._multilingual.score(question, texts, batch_size=batch_size))
        rows = np.flatnonzero(_are_english(question, texts, languages)).tolist()
        if rows:
            english = [texts[row] for row in rows]
            total, weight = _RERANKER_WEIGHT * scores[rows], _RERANKER_WEIGHT
            for reranker, own_weight in self._of_english:
                own = logits(reranker.score(question, english, batch_size=batch_size))
                total, weight = total + own_weight * own, weight + own_weight
            scores[rows] = total / weight
        return [float(value) for value in 1 / (1 + np.exp(-scores))]


def _are_english(question: str, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
    """Whether the question and each text are in English, shape (N,).

    Args:
        question: Its words decide, and English where they show no language.
        texts: Their own words decide.
        languages: Of the lectures, ISO 639-1; they decide where a text's words show none.
    """
    if (language_of(question) or DEFAULT.code) != DEFAULT.code:
        return np.zeros(len(texts), dtype=bool)
    codes = [
        language_of(text) or code or DEFAULT.code
        for text, code in zip(texts, languages, strict=True)
    ]
    return np.array([code == DEFAULT.code for code in codes], dtype=bool)
