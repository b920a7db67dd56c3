"""Names of the search stages and of a passage's outcomes, as charts and tables show them."""

from __future__ import annotations

from collections.abc import Mapping

from rag.trace import Outcome
from rag.types import Stage

STAGES: Mapping[Stage, str] = {
    "dense": "Semantic (cosine)",
    "lexical": "Keywords (BM25)",
    "fused": "Fused (mean)",
    "reranked": "Reranked",
}
OUTCOMES: tuple[Outcome, ...] = ("cited", "considered", "retrieved", "not retrieved")
