"""Select the few sentences of the passages that answer a question, before anything is written.

A passage is cut into spans that can be quoted alone: a sentence, a bullet, a table's row, a
formula with the line that introduces it. Each is scored against the question, under its heading,
and the best ones are numbered. They are all that the language model reads, and they are the
answer where none writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from ingest.embed import Encoder
from ingest.lru import LruCache
from ingest.text.detect import language_of
from ingest.text.languages import DEFAULT, language
from ingest.text.scripts import count_words, words_and_letters
from ingest.types import Passage
from rag.orders import asks_about_orders, is_order
from rag.rerank import Reranker, foreign_logits, logits, score_parts
from rag.settings import AnswerSettings
from rag.spans import TextSpan, judge_input, quotable_spans, span_text
from rag.types import Hit, Source
from rag.unit_kinds import is_unasked_reference

_MAX_SPANS = 5  # of evidence; a quoted answer takes fewer, the settings' `quotes` of them
_NEIGHBOUR_MARGIN = 8.0  # logits; a span is extended by no neighbour that is further behind
_CACHED_VECTORS = 20_000  # about 30 MB


class Judge(Protocol):
    """Scores how well texts answer a question, or support a sentence: each in [0, 1]."""

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score a text, larger is better."""


class CosineJudge:
    """The bi-encoder as a judge, where there is no CrossEncoder; cosines below 0 count as 0.

    The vectors of the last texts are cached, since the same pages are read for many questions.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._vectors: LruCache[str, np.ndarray] = LruCache(_CACHED_VECTORS)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """The cosine of each text to the question, clipped to [0, 1]."""
        if not texts:
            return []
        vectors = np.stack(self._vectors.get_or_compute(texts, self._encoder.encode))
        vector = self._encoder.encode_questions([question])[0]
        return [float(cosine) for cosine in np.clip(vectors @ vector, 0, 1)]


def judge_of(reranker: Reranker | None, encoder: Encoder) -> Judge:
    """The CrossEncoder where there is one, of a joint one its judge of spans, else the bi-encoder."""
    return getattr(reranker, "span_judge", reranker) or CosineJudge(encoder)


def select_evidence(
    question: str, hits: Sequence[Hit], judge: Judge, settings: AnswerSettings
) -> tuple[Source, ...]:
    """The evidence for a question, best first, numbered from 1.

    Args:
        question: Completed from the conversation.
        hits: Candidates, best first; spans are taken from the first `settings.passages` of them
            that do not only lead through a document.
        judge: Scores each span against the question.
        settings: How many passages, and how many words.

    Returns:
        At most _MAX_SPANS sources of together `evidence_words`, at least one where the passages
        hold any text. They are ordered by `selection_score`: the span's own logit, plus
        `weighted_logits` of its passage, minus `page_rank_weight` times the logarithm of its
        page's rank. A span that will be quoted is extended by its neighbours in the
        passage, the better one first, up to `span_words`, if they score at most
        _NEIGHBOUR_MARGIN lower. A span that is an order (`rag.orders`) is left out where another is
        found, as is an entry of a list of literature that is not asked for. A source's `score` is the judge's for the span alone, in [0, 1].
    """
    hits = [hit for hit in hits if not hit.passage.is_navigation][: settings.passages]
    candidates = [
        _Candidate(rank, hit, span)
        for rank, hit in enumerate(hits, 1)
        for span in quotable_spans(hit.passage)
    ]
    if not candidates:
        return ()
    passages = [candidate.hit.passage for candidate in candidates]
    texts = [judge_input(c.hit.passage, c.span) for c in candidates]
    scores = score_parts(judge, question, texts, passages)
    spoken = language_of(question) or DEFAULT.code
    passage_logits = weighted_logits(spoken, [c.hit for c in candidates], settings.passage_weight)
    ranks = page_ranks([hit.passage for hit in hits])
    log_ranks = np.log([ranks[c.rank - 1] for c in candidates])
    selection_scores = logits(scores) + passage_logits - settings.page_rank_weight * log_ranks
    for unwanted in (_orders(question, candidates), _references(question, candidates)):
        if not (unwanted | (selection_scores == -np.inf)).all():
            selection_scores[unwanted] = -np.inf
    sources: list[Source] = []
    words_left, used_rows, used_texts = settings.evidence_words, set[int](), set[str]()
    max_words = 0 if settings.writer else settings.span_words
    for row in map(int, np.argsort(-selection_scores, kind="stable")):
        if selection_scores[row] == -np.inf:
            break
        passage = candidates[row].hit.passage
        text = span_text(passage, candidates[row].span).lower()
        too_long = bool(sources) and count_words(text) > words_left
        if row in used_rows or text in used_texts or too_long:
            continue
        close = selection_scores >= selection_scores[row] - _NEIGHBOUR_MARGIN
        free = close & ~np.isin(np.arange(len(candidates)), list(used_rows))
        rows = _merge_neighbours(
            row,
            candidates,
            np.where(free, selection_scores, -np.inf),
            min(max_words, words_left),
        )
        used_rows |= set(rows)
        used_texts |= {span_text(passage, candidates[each].span).lower() for each in rows}
        start, end = candidates[rows[0]].span.start, candidates[rows[-1]].span.end
        quote = span_text(passage, TextSpan(start, end))
        words_left -= count_words(quote)
        sources.append(
            Source(
                len(sources) + 1,
                quote,
                candidates[row].hit,
                round(scores[row], 4),
                start,
                end,
                round(float(selection_scores[row]), 4),
            )
        )
        if len(sources) == _MAX_SPANS:
            break
    return tuple(sources)


class _Candidate(NamedTuple):
    """A span that can be quoted, its hit, and that hit's rank from 1."""

    rank: int
    hit: Hit
    span: TextSpan


def page_ranks(passages: Sequence[Passage]) -> list[int]:
    """The rank from 1 of each passage's page; passages of one page share the first one's."""
    first_of_pages: list[Passage] = []
    ranks = []
    for passage in passages:
        same_page = (n for n, first in enumerate(first_of_pages, 1) if first.shares_page(passage))
        rank = next(same_page, len(first_of_pages) + 1)
        if rank > len(first_of_pages):
            first_of_pages.append(passage)
        ranks.append(rank)
    return ranks


def _merge_neighbours(
    row: int, candidates: Sequence[_Candidate], selection_scores: np.ndarray, max_words: int
) -> range:
    """The rows of a span and of the neighbours that extend it, together at most `max_words` words.

    Rows whose score is minus infinity are excluded.
    """
    rank, hit, _ = candidates[row]
    first = last = row
    while True:
        neighbours = [
            other
            for other in (first - 1, last + 1)
            if 0 <= other < len(candidates)
            and candidates[other].rank == rank
            and selection_scores[other] > -np.inf
        ]
        if not neighbours:
            return range(first, last + 1)
        better = max(neighbours, key=lambda other: float(selection_scores[other]))
        ends = min(first, better), max(last, better)
        merged = TextSpan(candidates[ends[0]].span.start, candidates[ends[1]].span.end)
        if count_words(span_text(hit.passage, merged)) > max_words:
            return range(first, last + 1)
        first, last = ends


def _orders(question: str, candidates: Sequence[_Candidate]) -> np.ndarray:
    """Which spans are orders to the assistant, bool, shape (N,); none for a question about them."""
    if asks_about_orders(question):
        return np.zeros(len(candidates), dtype=bool)
    return np.array([is_order(span_text(c.hit.passage, c.span)) for c in candidates])


def _references(question: str, candidates: Sequence[_Candidate]) -> np.ndarray:
    """Which spans are entries of lists of literature that are not asked for, bool, shape (N,)."""
    asked_in = language(language_of(question) or DEFAULT.code)
    return np.array(
        [
            is_unasked_reference(
                span_text(c.hit.passage, c.span),
                c.hit.passage.headings[-1] if c.hit.passage.headings else "",
                question,
                asked_in,
                language(c.hit.passage.language),
            )
            for c in candidates
        ]
    )


def passages_as_evidence(
    question: str, hits: Sequence[Hit], judge: Judge, settings: AnswerSettings
) -> tuple[Source, ...]:
    """The first passages themselves as evidence, cut where their words pass the limit."""
    sources: list[Source] = []
    words_left = settings.evidence_words
    hits = [hit for hit in hits if not hit.passage.is_navigation][: settings.passages]
    passages = [hit.passage for hit in hits]
    scores = score_parts(judge, question, [passage.text for passage in passages], passages)
    for hit, score in zip(hits, scores, strict=False):
        words = words_and_letters(hit.passage.text)
        if not words or (sources and words_left <= 0):
            break
        start, end = words[0][0], words[min(len(words), max(words_left, 1)) - 1][1]
        quote = span_text(hit.passage, TextSpan(start, end))
        logit = round(float(logits([score])[0]), 4)
        sources.append(Source(len(sources) + 1, quote, hit, round(score, 4), start, end, logit))
        words_left -= len(words)
    return tuple(sources)


def weighted_logits(spoken: str, hits: Sequence[Hit], weight: float) -> np.ndarray:
    """What a hit adds to the logits of its parts, shape (N,), for a question in some language.

    It is `weight` times the hit's logit, and what text in another language counts more in both
    logits (`foreign_logits`), where a reranker has read it.
    """
    is_read = [hit.score("reranked") is not None for hit in hits]
    across = foreign_logits(spoken, hits) * np.array(is_read, dtype=np.float64)
    return weight * reranked_logits(hits) + (1 + weight) * across


def reranked_logits(hits: Sequence[Hit]) -> np.ndarray:
    """The logit of each hit's last probability; 0, which changes no order, where no stage gave one."""
    scores = [hit.score("reranked") for hit in hits]
    return logits([0.5 if score is None else score for score in scores])
