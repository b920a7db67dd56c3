"""Why a passage has its rank: one sentence for each stage.

The sentences are made from the hits and the settings; nothing is searched again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.settings import Settings
from rag.types import Hit, Source, Stage

ORDER: tuple[Stage, ...] = ("dense", "lexical", "fused", "reranked")

Outcome = Literal["cited", "considered", "retrieved", "not retrieved"]
Reason = tuple[str, dict[str, object]]  # a sentence in English with {names}, and their values


@dataclass(frozen=True, slots=True)
class Trace:
    """The outcome of one hit, and why.

    `outcome` is "cited" if the evidence contains a part of the passage, "considered" if it was
    searched for evidence and none was selected, "retrieved" if it is only among the top k, and
    "not retrieved" if it is not. `rank` is the final one, from 1.
    """

    hit: Hit
    rank: int
    outcome: Outcome
    reasons: tuple[Reason, ...]


def trace(hits: Sequence[Hit], evidence: Sequence[Source], settings: Settings) -> list[Trace]:
    """Explain the rank of every hit.

    Args:
        hits: All candidates in their final order, as `Pipeline.candidates` gives them.
        evidence: The evidence that was selected from the first of them.
        settings: The settings of that search.
    """
    cited = {source.hit.passage.id: source for source in reversed(evidence)}
    traces = []
    for rank, hit in enumerate(hits, start=1):
        source = cited.get(hit.passage.id)
        if source is not None:
            outcome: Outcome = "cited"
        elif rank <= min(settings.answer.passages, settings.retrieval.top_k):
            outcome = "considered"
        else:
            outcome = "retrieved" if rank <= settings.retrieval.top_k else "not retrieved"
        reasons = (
            *_first_stage(hit, settings),
            *_reranking(hit, settings),
            *_merging(hit),
            _outcome_reason(outcome, rank, source, settings),
        )
        traces.append(Trace(hit, rank, outcome, reasons))
    return traces


def _first_stage(hit: Hit, settings: Settings) -> list[Reason]:
    dense, lexical = hit.stages.get("dense"), hit.stages.get("lexical")
    retrieval = settings.retrieval
    if dense and lexical:
        nearer = "meaning" if dense.rank < lexical.rank else "words"
        if dense.rank == lexical.rank:
            text = "Semantic search and keyword search agree: rank {rank}."
            return [(text, {"rank": dense.rank})]
        text = (
            "Semantic search: rank {dense}; keyword search: rank {lexical}. The words of "
            "the passage match better than its meaning."
            if nearer == "words"
            else "Semantic search: rank {dense}; keyword search: rank {lexical}. The meaning "
            "of the passage matches better than its words."
        )
        return [(text, {"dense": dense.rank, "lexical": lexical.rank})]
    if dense:
        if retrieval.lexical_weight == 0:
            return [("Semantic search: rank {rank}; keyword search is off.", {"rank": dense.rank})]
        text = "Semantic search: rank {rank}; keyword search: not among the first {candidates}."
        return [(text, {"rank": dense.rank, "candidates": retrieval.candidates})]
    if lexical:
        if retrieval.dense_weight == 0:
            return [
                ("Keyword search: rank {rank}; semantic search is off.", {"rank": lexical.rank})
            ]
        text = "Keyword search: rank {rank}; semantic search: not among the first {candidates}."
        return [(text, {"rank": lexical.rank, "candidates": retrieval.candidates})]
    return []


def _reranking(hit: Hit, settings: Settings) -> list[Reason]:
    fused, reranked = hit.stages.get("fused"), hit.stages.get("reranked")
    if not (fused and reranked):
        return []
    if reranked.rank < fused.rank:
        text = "Reranking moved it up from rank {before} to {after}."
    elif reranked.rank > fused.rank:
        text = "Reranking moved it down from rank {before} to {after}."
    else:
        return [("Reranking left it at rank {after}.", {"after": reranked.rank})]
    return [(text, {"before": fused.rank, "after": reranked.rank})]


def _merging(hit: Hit) -> list[Reason]:
    passage = hit.passage
    if passage.is_build:
        text = "Pages {first} to {last} show one slide step by step and form one passage."
    elif len(passage.pages) > 1:
        text = "Pages {first} to {last} contain one continuous text and form one passage."
    else:
        return []
    return [(text, {"first": passage.pages[0], "last": passage.pages[-1]})]


def _outcome_reason(
    outcome: Outcome, rank: int, source: Source | None, settings: Settings
) -> Reason:
    if source is not None:
        text = "Cited: it contains evidence {number}, with a score of {score}."
        return text, {"number": source.number, "score": f"{source.score:.2f}"}
    if outcome == "considered":
        text = "Considered: it was searched for evidence, but other passages answer the question better."
        return text, {}
    if outcome == "retrieved":
        text = "Retrieved, but only the first {passages} passages are searched for evidence."
        return text, {"passages": settings.answer.passages}
    text = "Not retrieved: rank {rank} is below the first {top_k}."
    return text, {"rank": rank, "top_k": settings.retrieval.top_k}
