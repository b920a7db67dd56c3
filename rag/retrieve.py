"""The first stage: dense and lexical candidates, fused by their ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.store import Scored, Store
from ingest.types import Passage
from rag.settings import RetrievalSettings
from rag.types import Hit, Ranked, Stage


def retrieve(
    store: Store, question: str, vector: np.ndarray | None, settings: RetrievalSettings
) -> list[Hit]:
    """Find candidates for a question and fuse their ranks, best first.

    Args:
        store: The library.
        question: Its words, for the lexical search.
        vector: Its unit vector, float32, shape (dimension,); None leaves dense search out.
        settings: How many candidates, and the weights of the two lists; 0 leaves one out.
    """
    lists: dict[Stage, list[Scored]] = {}
    if vector is not None and settings.dense_weight > 0:
        lists["dense"] = store.search_dense(vector, settings.candidates)
    if settings.lexical_weight > 0:
        lists["lexical"] = store.search_lexical(question, settings.candidates)
    weights = {"dense": settings.dense_weight, "lexical": settings.lexical_weight}
    return fuse(lists, {stage: weights[stage] for stage in lists}, settings.rrf_k)


def fuse(
    lists: dict[Stage, list[Scored]], weights: dict[Stage, float], rrf_k: int = 60
) -> list[Hit]:
    """Merge ranked lists by reciprocal rank fusion, best first.

    A passage's score is the sum over the lists of weight / (rrf_k + rank), ranks from 1; ties
    go by passage id. Source: Cormack, Clarke and Büttcher, SIGIR 2009.
    """
    passages: dict[str, Passage] = {}
    stages: dict[str, dict[Stage, Ranked]] = {}
    fused: dict[str, float] = {}
    for stage, scored in lists.items():
        for rank, item in enumerate(scored, start=1):
            key = item.passage.id
            passages[key] = item.passage
            stages.setdefault(key, {})[stage] = Ranked(item.score, rank)
            fused[key] = fused.get(key, 0.0) + weights[stage] / (rrf_k + rank)
    order = sorted(fused, key=lambda key: (-fused[key], key))
    return [
        Hit(passages[key], stages[key]).with_stage("fused", fused[key], rank)
        for rank, key in enumerate(order, start=1)
    ]


def rank_of(hits: Sequence[Hit], file: str, pages: set[int]) -> int | None:
    """The rank, from 1, of the first hit that shows one of some pages of a file."""
    for rank, hit in enumerate(hits, start=1):
        if hit.passage.file == file and pages & set(hit.passage.pages):
            return rank
    return None
