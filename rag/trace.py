"""Why a passage came where it came, in a sentence for each stage.

Everything is read off the hits and the settings; nothing is searched again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rag.settings import Settings
from rag.types import Hit, Source, Stage

ORDER: tuple[Stage, ...] = ("dense", "lexical", "fused", "reranked")

Outcome = Literal["cited", "read", "found", "cut"]
Reason = tuple[str, dict[str, object]]  # a sentence in English with {names}, and their values


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a hit.

    `outcome` is "cited" where the answer's evidence has some of it, "read" where its sentences were
    weighed and none was taken, "found" where it is among the top k, "cut" where it is not. The
    `reasons` say why.
    """

    hit: Hit
    rank: int
    outcome: Outcome
    reasons: tuple[Reason, ...]


def trace(hits: Sequence[Hit], evidence: Sequence[Source], settings: Settings) -> list[Trace]:
    """Follow every hit through the stages.

    Args:
        hits: All candidates in their final order, as `Pipeline.candidates` gives them.
        evidence: What was chosen of the first of them.
        settings: Those that the hits were found under.
    """
    cited = {source.hit.passage.id: source for source in reversed(evidence)}
    traces = []
    for rank, hit in enumerate(hits, start=1):
        source = cited.get(hit.passage.id)
        if source is not None:
            outcome: Outcome = "cited"
        elif rank <= min(settings.answer.passages, settings.retrieval.top_k):
            outcome = "read"
        else:
            outcome = "found" if rank <= settings.retrieval.top_k else "cut"
        reasons = (
            *_first_stage(hit, settings),
            *_reranking(hit, settings),
            *_merging(hit),
            _ending(outcome, rank, source, settings),
        )
        traces.append(Trace(hit, rank, outcome, reasons))
    return traces


def _first_stage(hit: Hit, settings: Settings) -> list[Reason]:
    dense, lexical = hit.stages.get("dense"), hit.stages.get("lexical")
    retrieval = settings.retrieval
    if dense and lexical:
        nearer = "meaning" if dense.rank < lexical.rank else "words"
        if dense.rank == lexical.rank:
            text = "Meaning and words agree: both place it {rank}."
            return [(text, {"rank": dense.rank})]
        text = (
            "By meaning it is {dense}, by words {lexical}: its words say it more clearly."
            if nearer == "words"
            else "By meaning it is {dense}, by words {lexical}: its meaning is nearer than its words."
        )
        return [(text, {"dense": dense.rank, "lexical": lexical.rank})]
    if dense:
        if retrieval.lexical_weight == 0:
            return [("By meaning it is {rank}; words are not searched.", {"rank": dense.rank})]
        text = "By meaning it is {rank}; by words it is not among the first {candidates}."
        return [(text, {"rank": dense.rank, "candidates": retrieval.candidates})]
    if lexical:
        if retrieval.dense_weight == 0:
            return [("By words it is {rank}; meaning is not searched.", {"rank": lexical.rank})]
        text = "By words it is {rank}; by meaning it is not among the first {candidates}."
        return [(text, {"rank": lexical.rank, "candidates": retrieval.candidates})]
    return []


def _reranking(hit: Hit, settings: Settings) -> list[Reason]:
    fused, reranked = hit.stages.get("fused"), hit.stages.get("reranked")
    if not (fused and reranked):
        return []
    if reranked.rank < fused.rank:
        text = "Read closely it rose from {before} to {after}."
    elif reranked.rank > fused.rank:
        text = "Read closely it fell from {before} to {after}."
    else:
        return [("Read closely it stayed at {after}.", {"after": reranked.rank})]
    return [(text, {"before": fused.rank, "after": reranked.rank})]


def _merging(hit: Hit) -> list[Reason]:
    passage = hit.passage
    if passage.is_build:
        text = "Pages {first} to {last} build one slide up and are one passage."
    elif len(passage.pages) > 1:
        text = "Pages {first} to {last} go on in one text and are one passage."
    else:
        return []
    return [(text, {"first": passage.pages[0], "last": passage.pages[-1]})]


def _ending(outcome: Outcome, place: int, source: Source | None, settings: Settings) -> Reason:
    if source is not None:
        text = "Kept: it holds evidence {number}, with a score of {score}."
        return text, {"number": source.number, "score": f"{source.score:.2f}"}
    if outcome == "read":
        return "Read for evidence, but other pages say it better.", {}
    if outcome == "found":
        text = "Found, but only the first {passages} passages are read for evidence."
        return text, {"passages": settings.answer.passages}
    text = "Cut: place {place} is beyond the first {top_k}."
    return text, {"place": place, "top_k": settings.retrieval.top_k}
