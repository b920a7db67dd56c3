"""The first stages: encode the queries, retrieve, rerank."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from ingest.embed import Encoder
from ingest.store import Store
from rag.rerank import Reranker, rerank
from rag.retrieve import merge_rankings, retrieve, vector_across_languages
from rag.settings import Settings
from rag.types import StageDone


def find(
    queries: Sequence[str],
    store: Store,
    settings: Settings,
    encoder: Encoder | None = None,
    reranker: Reranker | None = None,
) -> Iterator[StageDone]:
    """Retrieve and rerank passages for queries; the last event holds the final order.

    Args:
        queries: Their rankings become one; see `merge_rankings`.
        store: Where they are searched.
        settings: Of the stages.
        encoder: Gives the queries' vectors; without one only the lexical search runs, as for a
            script that the models do not know.
        reranker: Orders what was retrieved; None leaves its order.
    """
    start = time.perf_counter()
    vectors: list[np.ndarray | None] = [None] * len(queries)
    if settings.retrieval.dense_weight > 0 and encoder is not None:
        vectors = [encoder.encode_questions([query])[0] for query in queries]
    encoded = time.perf_counter()
    rankings = [
        retrieve(
            store,
            query,
            vector,
            settings.retrieval,
            vector_across_languages(encoder, store, query, vector),
        )
        for query, vector in zip(queries, vectors, strict=True)
    ]
    yield StageDone("encode", encoded - start)
    hits = merge_rankings(rankings, "fused")
    yield StageDone("retrieve", time.perf_counter() - encoded, tuple(hits))
    if reranker is not None:
        start = time.perf_counter()
        rankings = [
            rerank(query, ranking, reranker, settings.rerank)
            for query, ranking in zip(queries, rankings, strict=True)
        ]
        hits = merge_rankings(rankings, "reranked")
        yield StageDone("rerank", time.perf_counter() - start, tuple(hits))
