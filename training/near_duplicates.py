"""Find training texts that are nearly the same as another, or as an evaluation text.

Similarity is the cosine of embeddings. Each limit lies between the closest pair that differs in
content and the closest pair that does not; `training/data/README.md` has both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ingest.embed import Encoder
from training.texts import TrainingText

_CORPUS_QUESTION = 0.70
_CORPUS_PAGE = 0.60
_PASSAGE = 0.80
_QUESTION = 0.80
_QUESTION_SAME_PASSAGE = 0.90  # questions about helium-3 and helium-4 are similar and differ


@dataclass(frozen=True, slots=True)
class SimilarPair:
    """Two texts by name, and their cosine."""

    cosine: float
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Similarity:
    """The pairs of one kind with a cosine of at least `limit`, and always the closest pair.

    `pairs` is in descending order, and empty only where there is nothing to compare.
    """

    kind: str
    limit: float
    pairs: tuple[SimilarPair, ...]

    def faults(self) -> Iterator[str]:
        """A line for each pair that is too close."""
        for pair in self.pairs:
            if pair.cosine >= self.limit:
                yield (
                    f"{pair.one}: cosine {pair.cosine:.2f} with {pair.other}, "
                    f"expected under {self.limit:.2f} for {self.kind}"
                )


def find_near_duplicates(
    texts: Sequence[TrainingText],
    encoder: Encoder,
    evaluation_questions: Mapping[str, str],
    evaluation_pages: Mapping[str, str],
) -> list[Similarity]:
    """Compare passages and questions with each other and with the evaluation texts.

    A follow-up is preceded by its question. It is not compared within its own passage, where that
    question makes it similar.

    Args:
        texts: The passages with their questions.
        encoder: Gives unit vectors.
        evaluation_questions: By id.
        evaluation_pages: By name.
    """
    every_question = [question for text in texts for question in text.questions]
    ids, names = [question.id for question in every_question], [text.id for text in texts]
    questions = encoder.encode([question.query for question in every_question])  # (questions, dim)
    passages = encoder.encode([f"{text.title}\n{text.text}" for text in texts])  # (passages, dim)
    between_questions = np.triu(questions @ questions.T, k=1)  # each pair once, else 0
    owners = np.array([question.passage for question in every_question])
    is_follow_up = np.array([bool(question.after) for question in every_question])
    same_passage = owners[:, None] == owners[None, :]
    independent = ~(is_follow_up[:, None] | is_follow_up[None, :])
    return [
        _similarity("passages", _PASSAGE, np.triu(passages @ passages.T, k=1), names, names),
        _similarity(
            "questions about different passages",
            _QUESTION,
            between_questions * ~same_passage,
            ids,
            ids,
        ),
        _similarity(
            "questions about the same passage",
            _QUESTION_SAME_PASSAGE,
            between_questions * (same_passage & independent),
            ids,
            ids,
        ),
        _similarity(
            "a question and one of the corpus",
            _CORPUS_QUESTION,
            questions @ encoder.encode(list(evaluation_questions.values())).T,
            ids,
            list(evaluation_questions),
        ),
        _similarity(
            "a passage and a page of the corpus",
            _CORPUS_PAGE,
            passages @ encoder.encode(list(evaluation_pages.values())).T,
            names,
            list(evaluation_pages),
        ),
    ]


def _similarity(
    kind: str, limit: float, cosines: np.ndarray, ones: Sequence[str], others: Sequence[str]
) -> Similarity:
    """The close pairs of a matrix whose rows are `ones` and whose columns are `others`."""
    if not cosines.size:
        return Similarity(kind, limit, ())
    close = {int(n) for n in np.flatnonzero(cosines >= limit)} | {int(cosines.argmax())}
    pairs = [
        SimilarPair(float(cosines.flat[n]), ones[n // len(others)], others[n % len(others)])
        for n in close
    ]
    return Similarity(kind, limit, tuple(sorted(pairs, key=lambda pair: -pair.cosine)))
