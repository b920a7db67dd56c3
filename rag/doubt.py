"""Why an answer is doubtful, in reasons that a reader can check."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.text.languages import Language
from rag.confidence import missing_names
from rag.types import Doubt, Hit, Source

_WEAK = 0.5  # a best evidence of a lower score says rather not than yes
_FIRST = 3  # passages that are looked at
_MOST_WORDS = 3  # that are named as missing


def doubts(
    question: str, hits: Sequence[Hit], evidence: Sequence[Source], asked_in: Language
) -> tuple[Doubt, ...]:
    """The reasons to doubt an answer, at least one.

    Args:
        question: Completed from the conversation.
        hits: Best first.
        evidence: Best first; its scores are the judge's, in [0, 1].
        asked_in: The question's language.
    """
    reasons = []
    if names := missing_names(question, hits, asked_in):
        reasons.append(Doubt("missing", tuple(names[:_MOST_WORDS])))
    first = [hit.passage for hit in hits[:_FIRST]]
    if first and first[0].language not in ("", asked_in.code):
        reasons.append(Doubt("languages"))
    if len(first) == _FIRST and len({passage.document for passage in first}) == _FIRST:
        reasons.append(Doubt("scattered"))
    weak = max((source.score for source in evidence), default=0.0) < _WEAK
    return tuple([Doubt("weak"), *reasons] if weak or not reasons else reasons)
