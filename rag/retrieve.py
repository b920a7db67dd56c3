"""The first stage: dense and lexical candidates, fused by their scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.embed import Encoder
from ingest.store import Store
from ingest.text.detect import language_of
from ingest.text.glossary import translations
from ingest.text.languages import DEFAULT, language
from ingest.types import Passage
from rag.settings import RetrievalSettings
from rag.types import Hit, Stage, StageScore
from rag.unit_kinds import is_unasked_bibliography, is_unasked_navigation

_RANK_OFFSET = 10  # of reciprocal rank fusion
_FOREIGN_COSINE = 0.05  # by which a text and its translation are closer than their vectors


def retrieve(
    store: Store,
    question: str,
    vector: np.ndarray | None,
    settings: RetrievalSettings,
    across: np.ndarray | None = None,
) -> list[Hit]:
    """Find candidates for a question and fuse their scores, best first.

    Args:
        store: The library.
        question: Its words, for the lexical search.
        vector: Its unit vector, float32, shape (dimension,); None leaves dense search out.
        settings: How many candidates, and the weights of the two lists; 0 leaves one out. Also
            the least lexical share of passages in another language than the question's.
        across: The question's unit vector for passages in other languages; None where `vector`
            serves for them.
    """
    lists: dict[Stage, list[tuple[Passage, float]]] = {}
    if vector is not None and settings.dense_weight > 0:
        lists["dense"] = store.search_dense(vector, settings.candidates)
        if across is not None:
            lists["dense"] = _search_by_language(
                store, language_of(question), vector, across, settings.candidates
            )
    if settings.lexical_weight > 0:
        lists["lexical"] = store.search_lexical(question, settings.candidates)
    weights = {"dense": settings.dense_weight, "lexical": settings.lexical_weight}
    hits = fuse(
        lists,
        {stage: weights[stage] for stage in lists},
        language=language_of(question),
        foreign_share=settings.foreign_lexical_score,
        foreign_cosine=0.0 if across is None else _allowance(language_of(question)),
    )
    return _lists_last(hits, question)


def _lists_last(hits: Sequence[Hit], question: str) -> list[Hit]:
    """The hits, lists of literature and of contents last and with the fused score 0, unless they are
    asked for.

    Such a list holds the words of many subjects and says nothing of any; in a lecture in another
    language than the question's, hardly another page holds the words of a list of literature. An
    outline is often repeated before each part, and is never quoted.
    """
    asked_in = language(language_of(question) or DEFAULT.code)
    lists = [
        is_unasked_bibliography(hit.passage, question, asked_in)
        or is_unasked_navigation(hit.passage, question, asked_in)
        for hit in hits
    ]
    if not any(lists):
        return list(hits)
    order = [hit for hit, is_list in zip(hits, lists, strict=True) if not is_list]
    first_list = len(order) + 1
    order += [hit for hit, is_list in zip(hits, lists, strict=True) if is_list]
    return [
        hit.with_stage("fused", hit.stages["fused"].score if rank < first_list else 0.0, rank)
        for rank, hit in enumerate(order, start=1)
    ]


def vector_across_languages(
    encoder: Encoder | None, store: Store, question: str, vector: np.ndarray | None
) -> np.ndarray | None:
    """What `retrieve` takes as `across`; None where all documents are in the question's language.

    It is of the question with the translations of its terms behind it.

    Args:
        encoder: None, or one without `across_languages`, which reads all languages alike.
        store: The library.
        question: Its words; where they show no language, it counts as one in the default language,
            whose encoder reads it.
        vector: The encoder's vector of the question, if there is one.
    """
    across = getattr(encoder, "across_languages", None)
    spoken = language_of(question) or DEFAULT.code
    if across is None or encoder is None or vector is None:
        return None
    others = store.languages() - {spoken}
    if not others:
        return None
    terms = [
        term
        for code in sorted(others)
        for term in translations(question, language(spoken), language(code))
    ]
    if terms:
        vector = encoder.encode_questions([f"{question} {', '.join(terms)}"])[0]
    other_vector: np.ndarray | None = across(vector)
    return vector if other_vector is None and terms else other_vector


def _search_by_language(
    store: Store, spoken: str, vector: np.ndarray, across: np.ndarray, k: int
) -> list[tuple[Passage, float]]:
    """The k passages of the largest cosine, those of other languages with the vector for them.

    The order counts `_allowance` more for those, the scores do not. A question whose words show
    no language (`spoken` is "") may be in any, so that there nothing counts more.
    """
    own, others = (store.search_dense(query, 2 * k) for query in (vector, across))
    reader = spoken or DEFAULT.code
    passages = [pair for pair in own if not _is_foreign(pair[0], reader)]
    passages += [pair for pair in others if _is_foreign(pair[0], reader)]

    def closeness(pair: tuple[Passage, float]) -> float:
        return pair[1] + _allowance(spoken) * _is_foreign(pair[0], spoken)

    return sorted(passages, key=lambda pair: (-closeness(pair), pair[0].id))[:k]


def _allowance(spoken: str) -> float:
    """What the cosine of a text in another language counts more for a question in some language."""
    return _FOREIGN_COSINE if spoken in ("", DEFAULT.code) else 0.0


def _is_foreign(passage: Passage, spoken: str) -> bool:
    """Whether a passage is known to be in another language than the one of this code, if any."""
    return bool(spoken and passage.language) and passage.language != spoken


def fuse(
    lists: dict[Stage, list[tuple[Passage, float]]],
    weights: dict[Stage, float],
    *,
    language: str = "",
    foreign_share: float = 0.0,
    foreign_cosine: float = 0.0,
) -> list[Hit]:
    """Merge scored lists into one, best first.

    A list's scores are brought to [0, 1], its last passage at 0 and its first at 1; a passage
    that it does not hold counts 0. The fused score, in [0, 1], is the mean over the lists by
    their weights; ties go by passage id. Unlike a sum of reciprocal ranks it keeps how far a
    passage is ahead. Source: Bruch, Gai and Ingber, ACM TOIS 42(1), 2023 (convex combination).

    That the lexical list lacks a passage in another language than the question's says little, as
    the passage can hardly hold its words. So where dense search found it, it counts there at least
    `foreign_share`. Likewise its cosine counts `foreign_cosine` more, since no encoder brings two
    languages wholly together.

    Args:
        lists: Each list's passages with their scores, best first.
        weights: Of the lists.
        language: The question's, ISO 639-1; "" where it is not known.
        foreign_share: In [0, 1].
        foreign_cosine: In [0, 1].
    """
    passages: dict[str, Passage] = {}
    stages: dict[str, dict[Stage, StageScore]] = {}
    shares: dict[str, dict[Stage, float]] = {}
    for stage, scored in lists.items():
        allowance = foreign_cosine if stage == "dense" else 0.0
        scaled = _shares(
            [score + allowance * _is_foreign(passage, language) for passage, score in scored]
        )
        for rank, ((passage, score), share) in enumerate(zip(scored, scaled, strict=True), start=1):
            key = passage.id
            passages[key] = passage
            stages.setdefault(key, {})[stage] = StageScore(score, rank)
            shares.setdefault(key, {})[stage] = share
    for key, passage in passages.items():
        if _is_foreign(passage, language) and "dense" in shares[key] and "lexical" in lists:
            shares[key]["lexical"] = max(shares[key].get("lexical", 0.0), foreign_share)
    whole = sum(weights[stage] for stage in lists)
    fused = {
        key: sum(weights[stage] / whole * share for stage, share in own.items())
        for key, own in shares.items()
    }
    order = sorted(fused, key=lambda key: (-fused[key], key))
    return [
        Hit(passages[key], stages[key]).with_stage("fused", fused[key], rank)
        for rank, key in enumerate(order, start=1)
    ]


def merge_rankings(rankings: Sequence[Sequence[Hit]], stage: Stage) -> list[Hit]:
    """The rankings of one or more queries as one, best first.

    A hit counts 1 / (10 + rank) in each ranking that holds it, so that what two queries find goes
    before what one finds; ties go by the better rank, then by passage id. It keeps the scores of the
    ranking in which it stands higher, and has its new rank as the stage's. One ranking stays as
    it is. Source: Cormack, Clarke and Buettcher, SIGIR 2009 (reciprocal rank fusion).

    Args:
        rankings: Each best first.
        stage: By whose rank they are ordered; hits without its score keep having none.
    """
    if len(rankings) == 1:
        return list(rankings[0])
    best: dict[str, tuple[int, Hit]] = {}
    counts: dict[str, float] = {}
    for ranking in rankings:
        for rank, hit in enumerate(ranking, start=1):
            key = hit.passage.id
            counts[key] = counts.get(key, 0.0) + 1 / (_RANK_OFFSET + rank)
            if key not in best or rank < best[key][0]:
                best[key] = (rank, hit)
    order = sorted(counts, key=lambda key: (-counts[key], best[key][0], key))
    merged = []
    for rank, key in enumerate(order, start=1):
        hit = best[key][1]
        score = hit.score(stage)
        merged.append(hit if score is None else hit.with_stage(stage, score, rank))
    return merged


def _shares(scores: Sequence[float]) -> list[float]:
    """Each score scaled so that the lowest is 0 and the highest 1; all 1 where they are equal."""
    if not scores:
        return []
    least, most = min(scores), max(scores)
    return [(score - least) / (most - least) if most > least else 1.0 for score in scores]


def rank_of(hits: Sequence[Hit], file: str, pages: set[int]) -> int | None:
    """The rank, from 1, of the first hit that shows one of some pages of a file."""
    for rank, hit in enumerate(hits, start=1):
        if hit.passage.file == file and pages & set(hit.passage.pages):
            return rank
    return None
