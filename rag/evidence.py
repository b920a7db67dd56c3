"""Choose the few sentences of the passages that bear on a question, before anything is written.

A slide's text is cut into pieces that say something by themselves: a sentence, a bullet, a
table's row, a formula with the line that leads to it. Each is read beside the question, under
its heading, and the best ones are numbered; they are all that the language model sees, and
they are the answer where none writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ingest.embed import Encoder
from ingest.lru import LruCache
from ingest.text.languages import Language, language
from ingest.text.repair import BULLETS
from ingest.text.sentences import sentences_of
from ingest.types import Passage
from rag.rerank import Reranker, logits
from rag.settings import AnswerSettings
from rag.types import Hit, Source

MARKER = re.compile(rf"^\s*(?:[{re.escape(BULLETS)}-]|\d+[.)])\s+")
_MIN_WORDS = 4  # of two letters or more; with fewer, a piece says nothing by itself
_MAX_SPANS = 5  # of evidence; a quoted answer takes fewer, the settings' `quotes` of them
_NEIGHBOUR_MARGIN = 8.0  # logits; a span is extended by no neighbour that is further behind
_CACHED_VECTORS = 20_000  # about 30 MB
_MAX_WORDS = 60  # a piece grows no longer by what is attached to it


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
        vectors = np.stack(self._vectors.get_or_compute([*texts, question], self._encoder.encode))
        return [float(cosine) for cosine in np.clip(vectors[:-1] @ vectors[-1], 0, 1)]


def judge_of(reranker: Reranker | None, encoder: Encoder) -> Judge:
    """The CrossEncoder where there is one, else the bi-encoder."""
    return reranker or CosineJudge(encoder)


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of a passage that can be quoted: its text is `passage.text[start:end]`."""

    start: int
    end: int


def select_evidence(
    question: str, hits: Sequence[Hit], judge: Judge, settings: AnswerSettings
) -> tuple[Source, ...]:
    """The evidence for a question, best first, numbered from 1.

    Args:
        question: Completed from the conversation.
        hits: Candidates, best first; the first `settings.passages` are read.
        judge: Reads question and pieces together.
        settings: How many passages, how many pieces, and how many of their words.

    Returns:
        At most _MAX_SPANS sources within `evidence_words`, at least one where the
        passages hold any text. Their order goes by `standing`, the sum of the piece's own logit,
        with `passage_weight` its passage's, and with `page_rank_weight` minus the logarithm of its
        page's place: passages of one page stand where the first of them does. Where it will be
        quoted, a piece takes in neighbours in its passage, the better one first, up to
        `span_words`, that stand at most _NEIGHBOUR_MARGIN behind it; its `score` stays its
        own, the judge's, in [0, 1].
    """
    hits = hits[: settings.passages]
    places = [
        (n, hit, piece) for n, hit in enumerate(hits, 1) for piece in quotable_spans(hit.passage)
    ]
    if not places:
        return ()
    scores = judge.score(question, [judge_input(hit.passage, piece) for _, hit, piece in places])
    passages = logits([_score_of(hit) for _, hit, _ in places])
    pages = _page_ranks([hit.passage for hit in hits])
    behind = np.log([pages[place - 1] for place, _, _ in places])
    standing = (
        logits(scores) + settings.passage_weight * passages - settings.page_rank_weight * behind
    )
    chosen: list[Source] = []
    room, taken, seen = settings.evidence_words, set[int](), set[str]()
    longest = 0 if settings.writer else settings.span_words
    for row in map(int, np.argsort(-standing, kind="stable")):
        _, hit, piece = places[row]
        passage = hit.passage
        words = span_text(passage, piece).lower()
        length = len(words.split())
        if row in taken or words in seen or (chosen and length > room):
            continue
        enough = standing >= standing[row] - _NEIGHBOUR_MARGIN
        free = enough & ~np.isin(np.arange(len(places)), list(taken))
        rows = _merge_neighbours(row, places, np.where(free, standing, -np.inf), min(longest, room))
        taken |= set(rows)
        seen |= {span_text(passage, places[each][2]).lower() for each in rows}
        whole_piece = TextSpan(places[rows[0]][2].start, places[rows[-1]][2].end)
        quote = span_text(passage, whole_piece)
        room -= len(quote.split())
        number = len(chosen) + 1
        chosen.append(
            Source(
                number,
                quote,
                hit,
                round(scores[row], 4),
                whole_piece.start,
                whole_piece.end,
                round(float(standing[row]), 4),
            )
        )
        if number == _MAX_SPANS:
            break
    return tuple(chosen)


def _page_ranks(passages: Sequence[Passage]) -> list[int]:
    """The place of each passage's page from 1, one that shares it with an earlier passage the same."""
    firsts: list[Passage] = []
    places = []
    for passage in passages:
        known = (n for n, first in enumerate(firsts, 1) if first.shares_page(passage))
        place = next(known, len(firsts) + 1)
        if place > len(firsts):
            firsts.append(passage)
        places.append(place)
    return places


def _merge_neighbours(
    row: int,
    places: Sequence[tuple[int, Hit, TextSpan]],
    standing: np.ndarray,
    most: int,
) -> range:
    """The rows of a piece and its neighbours, together at most so many words.

    Those whose standing is minus infinity are not taken in.
    """
    place, hit, _ = places[row]
    first = last = row
    while True:
        beside = [
            other
            for other in (first - 1, last + 1)
            if 0 <= other < len(places) and places[other][0] == place and standing[other] > -np.inf
        ]
        if not beside:
            return range(first, last + 1)
        better = max(beside, key=lambda other: float(standing[other]))
        ends = min(first, better), max(last, better)
        grown = TextSpan(places[ends[0]][2].start, places[ends[1]][2].end)
        if len(span_text(hit.passage, grown).split()) > most:
            return range(first, last + 1)
        first, last = ends


def passages_as_evidence(
    question: str, hits: Sequence[Hit], judge: Judge, settings: AnswerSettings
) -> tuple[Source, ...]:
    """The first passages themselves as evidence, cut where their words pass the limit."""
    sources: list[Source] = []
    room = settings.evidence_words
    scores = judge.score(question, [hit.passage.text for hit in hits[: settings.passages]])
    for hit, score in zip(hits, scores, strict=False):
        words = [(found.start(), found.end()) for found in re.finditer(r"\S+", hit.passage.text)]
        if not words or (sources and room <= 0):
            break
        start, end = words[0][0], words[min(len(words), max(room, 1)) - 1][1]
        quote = span_text(hit.passage, TextSpan(start, end))
        standing = round(float(logits([score])[0]), 4)
        sources.append(Source(len(sources) + 1, quote, hit, round(score, 4), start, end, standing))
        room -= len(words)
    return tuple(sources)


def _score_of(hit: Hit) -> float:
    """The last probability that a stage gave, or 1/2, which changes no order."""
    reranked = hit.score("reranked")
    return 0.5 if reranked is None else reranked


def quotable_spans(passage: Passage) -> list[TextSpan]:
    """The pieces of a passage that can be quoted, in order; no headings, no questions.

    Lines that a sentence runs over are joined. What is too short to say anything, such as a
    formula or a cell, goes with the piece before it, as do rows of figures, which mean nothing
    without the line above them; and a piece that ends with a colon with the one behind it.
    """
    text, spoken = passage.text, language(passage.language)
    joined: list[list[int]] = []
    for start, end in _strip_list_markers(text, sentences_of(text, spoken)):
        if text[start:end].strip() in passage.headings:
            continue
        if joined and _continues_previous(text, joined[-1], start, end, spoken):
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return [
        TextSpan(start, end)
        for start, end in joined
        if _has_min_words(text[start:end]) and not text[start:end].endswith("?")
    ]


def _strip_list_markers(text: str, pieces: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The pieces without the bullets and numbers before them."""
    for start, end in pieces:
        marker = MARKER.match(text[start:end])
        yield (start + marker.end() if marker else start), end


def _continues_previous(
    text: str, before: Sequence[int], start: int, end: int, spoken: Language
) -> bool:
    """Whether a piece goes on with the one before it."""
    first, second = text[before[0] : before[1]], text[start:end]
    if len(first.split()) + len(second.split()) > _MAX_WORDS:
        return False
    marked = bool(MARKER.match(text[text.rfind("\n", 0, start) + 1 : end]))
    if first.endswith(":"):
        return True
    ended = first[-1] in '.!?”"'
    hanging = first[-1] in ",(" or first.split()[-1].lower() in spoken.continuation_words
    runs_on = not marked and not ended and (second[0].islower() or second[0] in ",;)" or hanging)
    fragment = not marked and _has_min_words(first) and not _has_min_words(second)
    figures = not marked and not _is_in_words(second)
    return runs_on or figures or (fragment and not _opens_a_list(text, start))


def _opens_a_list(text: str, start: int) -> bool:
    """Whether bullets or numbers follow a line, as they do a label."""
    rest = text[start:].split("\n", 2)
    return len(rest) > 1 and bool(MARKER.match(rest[1]))


def _has_min_words(text: str) -> bool:
    return len(re.findall(r"\w{2,}", text)) >= _MIN_WORDS


def _is_in_words(text: str) -> bool:
    """Whether at least half of it are words, not numbers and symbols."""
    parts = text.split()
    return 2 * sum(any(c.isalpha() for c in part) for part in parts) >= len(parts)


def span_text(passage: Passage, piece: TextSpan) -> str:
    """The piece's words on one line."""
    return " ".join(passage.text[piece.start : piece.end].split())


def judge_input(passage: Passage, piece: TextSpan) -> str:
    """A piece under its heading, as the judge reads it."""
    quote = span_text(passage, piece)
    heading = passage.headings[-1] if passage.headings else passage.title
    return f"{heading}\n{quote}" if heading and heading not in quote else quote
