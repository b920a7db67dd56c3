"""The parts of an answer as plain values that `json.dumps` takes, and as a line of text."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.types import Hit, Lead, Source


def lead_dict(lead: Lead) -> dict[str, Any]:
    """A lead as plain values, with its text on one line."""
    return {"text": lead.text, **asdict(lead)}


def source_dict(source: Source) -> dict[str, Any]:
    """A source as plain values, with its passage's."""
    return {
        "number": source.number,
        "quote": source.quote,
        "score": source.score,
        **hit_dict(source.hit),
        "pages": list(source.pages),
        "citation": source.citation,
        "also": list(source.also),
        "recognised": source.is_recognised,
        "corrected": source.is_corrected,
    }


def hit_dict(hit: Hit) -> dict[str, Any]:
    """A hit as plain values: its document and pages, its text, and each stage's rank and score."""
    passage = hit.passage
    return {
        "document": passage.name,
        "course": passage.course,
        "lecture": passage.lecture,
        "pages": list(passage.pages),
        "passage": passage.id,
        "title": passage.title,
        "headings": list(passage.headings),
        "text": passage.text,
        "stages": {stage: asdict(ranked) for stage, ranked in hit.stages.items()},
    }


def scores_line(hit: Hit) -> str:
    """Each stage's rank and score in a few words."""
    units = {"dense": "cosine", "lexical": "BM25", "fused": "mean", "reranked": "score"}
    return ", ".join(
        f"{stage} {ranked.rank} ({units[stage]} {ranked.score:.3g})"
        for stage, ranked in hit.stages.items()
    )


def source_notes(source: Source) -> str:
    """How a source was read, and each stage's rank and score, in a few words."""
    origin = "read from an image" if source.is_recognised else ""
    change = "corrected by hand" if source.is_corrected else ""
    return ", ".join(filter(None, [origin, change, scores_line(source.hit)]))
