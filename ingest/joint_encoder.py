"""Two bi-encoders side by side: all-MiniLM-L6-v2, which knows English best, and multilingual-e5-small.

A passage's vector is the unit vectors of both, one after the other, over the square root of two. A
question's has the same two halves, weighed by its language, so that the inner product of both is
a weighted mean of two cosines: an English question listens to both encoders, one in another
language to the multilingual one alone. So a library needs one index for both.

The vectors of multilingual-e5-small point into a narrow cone, with one side of it for each
language: a German question is closer to any German passage than to the English one that answers it.
So the mean of many texts of a vector's own language is subtracted from it first, after which
vectors say what a text is about and hardly which language it is in. Source: Libovický, Rosa and
Fraser, On the Language Neutrality of Pre-trained Multilingual Representations (2020).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest import resources, weights
from ingest.embed import BiEncoder, Encoder
from ingest.text.detect import language_of
from ingest.text.languages import DEFAULT

MIXTURE = resources.models() / "encoder" / "mixture.json"


@dataclass(frozen=True, slots=True)
class Mixture:
    """How two encoders are joined.

    `passage_centres` and `question_centres` hold, by language code, the mean vector of texts in that
    language, shape (dimension of the second encoder,), which is subtracted from the vector of a
    text; from one in any other language the mean of all centres is. `shares` holds the weight in
    [0, 1] of the first encoder's cosine for a question in a language; 0 in any other.
    """

    passage_centres: Mapping[str, np.ndarray]
    question_centres: Mapping[str, np.ndarray]
    shares: Mapping[str, float]

    @classmethod
    def read(cls, file: Path) -> Mixture:
        """Read the JSON file that `training.encoder` wrote."""
        values = json.loads(file.read_text(encoding="utf-8"))
        passages, questions = (
            {code: np.array(centre, np.float32) for code, centre in values[name].items()}
            for name in ("passage_centres", "question_centres")
        )
        return cls(passages, questions, values["shares"])

    def first_weights(self, questions: Sequence[str]) -> np.ndarray:
        """The weight of the first encoder's cosine for each question, float32, shape (N, 1)."""
        codes = [language_of(question) or DEFAULT.code for question in questions]
        weights = [self.shares.get(code, 0.0) for code in codes]
        return np.array(weights, dtype=np.float32).reshape(-1, 1)


class JointEncoder:
    """Both encoders as one; see the module."""

    def __init__(self, first: BiEncoder, second: Encoder, mixture: Mixture) -> None:
        """Join two encoders; nothing is loaded yet.

        Args:
            first: Knows the first languages of the mixture's shares; its tokens are counted.
            second: Knows all languages; its vectors are centred.
            mixture: Made for the two.
        """
        self._first, self._second, self._mixture = first, second, mixture

    @property
    def identity(self) -> str:
        """The name, and a hash of both encoders and of what is subtracted from passages."""
        digest = hashlib.sha256(f"{self._first.identity} {self._second.identity}".encode())
        for code, centre in sorted(self._mixture.passage_centres.items()):
            digest.update(code.encode() + centre.tobytes())
        return f"{weights.ENCODER}@{digest.hexdigest()[:12]}"

    @property
    def dimension(self) -> int:
        """Number of values of a vector, those of both encoders."""
        return self._first.dimension + self._second.dimension

    @property
    def window(self) -> int:
        """The first encoder's; the second one's is twice as long, and its tokens are fewer."""
        return self._first.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """The first encoder's tokens."""
        return self._first.count_tokens(texts)

    def reads(self, text: str) -> bool:
        """Whether both encoders know the script: whether the first does."""
        return self._first.reads(text)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of passages; see `Encoder.encode`."""
        second = _centred(self._second.encode(texts), texts, self._mixture.passage_centres)
        return np.hstack([self._first.encode(texts), second]) / np.float32(math.sqrt(2))

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        """Vectors of questions; the inner product with a passage's is the mean of both cosines.

        Their length is between 1 and the square root of 2.
        """
        second = _centred(
            self._second.encode_questions(questions), questions, self._mixture.question_centres
        )
        first_weights = self._mixture.first_weights(questions)
        first = first_weights * self._first.encode_questions(questions)
        return np.hstack([first, (1 - first_weights) * second]) * np.float32(math.sqrt(2))

    def across_languages(self, question: np.ndarray) -> np.ndarray | None:
        """The question's vector for passages in other languages, which the first encoder cannot read.

        Args:
            question: A vector of `encode_questions`, shape (dimension,).

        Returns:
            The one whose inner product with a passage's vector is the second encoder's cosine
            alone, float32, shape (dimension,); None where that of the question's vector already is.
        """
        first, second = np.split(question, [self._first.dimension])
        length = float(np.linalg.norm(second))
        if not first.any() or length < 1e-12:
            return None
        return np.hstack([np.zeros_like(first), second * np.float32(math.sqrt(2) / length)])


def _centred(
    vectors: np.ndarray, texts: Sequence[str], centres: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Unit vectors minus the centres of their texts' languages, of unit length again."""
    mean = np.mean(list(centres.values()), axis=0)
    moved = vectors.copy()
    for row, text in enumerate(texts):
        moved[row] -= centres.get(language_of(text), mean)
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    unit: np.ndarray = moved / np.maximum(lengths, 1e-12)
    return unit
