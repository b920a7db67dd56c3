"""The second stage: a reranker scores question and passage together, and hits are ordered by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from ingest.chunk import embedding_text
from ingest.text.detect import language_of
from ingest.text.glossary import translated
from ingest.text.languages import DEFAULT, language
from ingest.types import Passage
from rag.settings import RerankSettings
from rag.types import Hit

if TYPE_CHECKING:
    from ingest.store import Store

BATCH_SIZE = 16  # pairs
_READ_AT_ONCE = 4  # passages, for which a question waits at most
_ACROSS = 1.2  # logits, by which the rerankers score text in another language too low


class Scorer(Protocol):
    """Scores texts against a question: a reranker, or a judge of spans."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score a text, larger is better."""


class Reranker(Protocol):
    """Scores how well texts answer a question, each text read together with the question."""

    @property
    def name(self) -> str:
        """Name and hash of the weights; calibrations are bound to it."""

    def score(
        self, question: str, texts: Sequence[str], *, batch_size: int = BATCH_SIZE
    ) -> list[float]:
        """The probability in [0, 1] that each text answers the question, in the texts' order.

        Args:
            question: Completed from the conversation.
            texts: Of any length.
            batch_size: How many pairs are scored at once.
        """


@runtime_checkable
class ReadsAhead(Protocol):
    """A reranker that can read texts before a question is there, and is faster with them then."""

    def read_ahead(self, texts: Sequence[str], languages: Sequence[str]) -> bool:
        """Read texts of lectures in these languages; False where there is no room for them."""


def read_ahead(store: Store, reranker: Reranker | None) -> Iterator[int]:
    """Have the reranker read the passages of a library, a few at a time, until its cache is full.

    A search of passages that were read takes half of the processor time.

    Yields:
        How many passages were read so far.
    """
    if not isinstance(reranker, ReadsAhead):
        return
    number = 0
    for document in store.documents():
        passages = store.passages(document.id)
        for start in range(0, len(passages), _READ_AT_ONCE):
            group = passages[start : start + _READ_AT_ONCE]
            texts = [embedding_text(passage) for passage in group]
            if not reranker.read_ahead(texts, [passage.language for passage in group]):
                return
            number += len(group)
            yield number


def rerank(
    question: str, hits: Sequence[Hit], reranker: Reranker, settings: RerankSettings
) -> list[Hit]:
    """Order the first `settings.candidates` hits by the reranker; the others follow unchanged.

    The order goes by the reranker's logit (see `foreign_logits`) plus `first_stage_weight` times
    the first stage's score, both standardised over the candidates; ties keep the first stage's
    order. The `reranked` score of a hit is the reranker's alone, a probability in [0, 1].
    """
    head = list(hits[: settings.candidates])
    if not head:
        return []
    texts = [embedding_text(hit.passage) for hit in head]
    scores = score_parts(
        reranker, question, texts, [hit.passage for hit in head], batch_size=settings.batch_size
    )
    first_stage = np.array([hit.score("fused") or 0.0 for hit in head])
    values = logits(scores) + foreign_logits(language_of(question) or DEFAULT.code, head)
    combined = standardised(values) + settings.first_stage_weight * standardised(first_stage)
    order = np.argsort(-combined, kind="stable")
    ranked = [
        head[position].with_stage("reranked", scores[position], rank)
        for rank, position in enumerate(map(int, order), start=1)
    ]
    return ranked + list(hits[len(head) :])


def score_parts(
    scorer: Scorer,
    question: str,
    texts: Sequence[str],
    passages: Sequence[Passage],
    **options: int,
) -> list[float]:
    """The score of each text, a part of the passage in the same place.

    A scorer that reads languages in different ways (`score_in`) gets the passages' languages, since
    a row of figures or names shows none of its own. For passages in another language the question's
    terms are translated.

    Args:
        scorer: A reranker or a judge.
        question: As for `Scorer.score`.
        texts: Parts of passages, perhaps with their headings.
        passages: As many.
        options: Further ones of the scorer, such as `batch_size`.
    """
    spoken = language(language_of(question) or DEFAULT.code)
    scores = [0.0] * len(texts)
    rows_by_question: dict[str, list[int]] = {}
    for row, (text, passage) in enumerate(zip(texts, passages, strict=True)):
        words = translated(question, spoken, language(passage.language), text)
        rows_by_question.setdefault(words, []).append(row)
    for words, rows in rows_by_question.items():
        codes = [passages[row].language for row in rows]
        some = _scores(scorer, words, [texts[row] for row in rows], codes, options)
        for row, score in zip(rows, some, strict=True):
            scores[row] = score
    return scores


def _scores(
    scorer: Scorer,
    question: str,
    texts: Sequence[str],
    languages: Sequence[str],
    options: dict[str, int],
) -> list[float]:
    """The score of each text, by `score_in` where the scorer has it."""
    score_in: Callable[..., list[float]] | None = getattr(scorer, "score_in", None)
    if score_in is not None:
        return score_in(question, texts, languages, **options)
    score: Callable[..., list[float]] = scorer.score
    return score(question, texts, **options)


def foreign_logits(spoken: str, hits: Sequence[Hit]) -> np.ndarray:
    """What the logit of a hit's text counts more, shape (N,), for a question in some language.

    It is _ACROSS where a question in the default language is answered in another one, since one
    reranker alone reads it there.
    """
    foreign = [spoken == DEFAULT.code and hit.passage.language not in ("", spoken) for hit in hits]
    return _ACROSS * np.array(foreign, dtype=np.float64)


def logits(probabilities: Sequence[float]) -> np.ndarray:
    """log(p / (1 - p)) of each, with p clipped to [1e-6, 1 - 1e-6]."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def standardised(values: np.ndarray) -> np.ndarray:
    """Mean 0 and standard deviation 1; all 0 where all values are equal."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
