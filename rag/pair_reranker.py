"""What both rerankers share: texts longer than the model's window, and scores of pairs cached."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from ingest import weights
from ingest.chunk import windows
from ingest.lru import LruCache
from rag.rerank import BATCH_SIZE
from rag.settings import ModelSettings

_CACHED_WINDOWS = 4000  # texts
CACHED_PAIRS = 1000  # enough for a few questions with all their sentences


class PairReranker(ABC):
    """A reranker over a model that scores pairs of texts; the model is loaded when first used."""

    def __init__(
        self, model: weights.Weights, settings: ModelSettings, *, cached_pairs: int = CACHED_PAIRS
    ) -> None:
        """Use a model that `weights.locate` gave, on the settings' device and numeric type."""
        self.weights = model
        self.settings = settings
        self._scores: LruCache[tuple[str, str], float] = LruCache(cached_pairs)
        self._windows: LruCache[tuple[str, int], list[tuple[int, int]]] = LruCache(_CACHED_WINDOWS)

    @property
    def name(self) -> str:
        """Name and hash of the weights."""
        return self.weights.identity

    def score(
        self, question: str, texts: Sequence[str], *, batch_size: int = BATCH_SIZE
    ) -> list[float]:
        """The probability in [0, 1] that each text answers the question.

        A text that does not fit the model's window is scored in parts, and its best part
        counts. The scores of the last pairs are cached, so that the same question can be tried
        with other settings at no cost.
        """

        def compute(pairs: Sequence[tuple[str, str]]) -> list[float]:
            return self._score_long(question, [text for _, text in pairs], batch_size)

        return self._scores.get_or_compute([(question, text) for text in texts], compute)

    def clear_cache(self) -> None:
        """Drop what was computed for earlier questions, so that times can be measured again."""
        self._scores.clear()
        self._windows.clear()

    @abstractmethod
    def predict(self, pairs: list[tuple[str, str]], batch_size: int) -> np.ndarray:
        """The probability that each text answers its question, (pairs,); the model is loaded first."""

    @abstractmethod
    def room_beside(self, question: str) -> int:
        """How many tokens of a text fit the model's window together with a question."""

    @abstractmethod
    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of the model's tokens of each text, without special tokens."""

    def _score_long(self, question: str, texts: Sequence[str], batch_size: int) -> list[float]:
        room = self.room_beside(question)
        pairs, owners = [], []
        cuts_of_texts = self._windows.get_or_compute(
            [(text, room) for text in texts], lambda missing: [self._cut(*key) for key in missing]
        )
        for number, (text, cuts) in enumerate(zip(texts, cuts_of_texts, strict=True)):
            pairs += [(question, text[start:end]) for start, end in cuts]
            owners += [number] * len(cuts)
        scores = self.predict(pairs, batch_size)
        best = np.zeros(len(texts))
        np.maximum.at(best, owners, scores)
        return [float(score) for score in best]

    def _cut(self, text: str, room: int) -> list[tuple[int, int]]:
        # No token is shorter than a character, so most texts need not be counted.
        fits = len(text) <= room
        return [(0, len(text))] if fits else windows(text, room, self.count_tokens)
