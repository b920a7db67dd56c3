"""Mark a free-text answer against the sentence that defines the term: right, partly right or wrong.

The judge reads both ways: whether the sentence supports the answer, and whether the answer covers
what the sentence says. An answer that is supported and covers little is partly right. The judge may err,
so the sentence is always shown beside its mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rag.evidence import Judge
from rag.rerank import logits
from rag.study.definitions import Definition
from rag.unit_kinds import content_stems

Verdict = Literal["right", "partly", "wrong"]

# Chosen on 71 answers to questions about the development lectures (docs/study.md).
_RIGHT = 2.2  # logit of coverage plus the weighted share of words; from there an answer is right
_PARTLY = -1.3  # logit of support plus the weighted share of words
_COVERED_WORDS = 2.0  # weight of the share of the definition's words in the answer, for coverage
_SUPPORTED_WORDS = 3.0  # the same for support


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict with what it was decided by.

    `coverage` and `support` are logits of the judge; `words` in [0, 1] is the share of the
    definition's words with a meaning of their own that the answer has, in any form.
    """

    verdict: Verdict
    coverage: float
    support: float
    words: float


def mark_answer(answer: str, definition: Definition, judge: Judge) -> Mark:
    """Mark an answer to the question for a definition.

    Args:
        answer: In the reader's words; what says nothing beside the term is wrong.
        definition: Its term is what the question asks for.
        judge: The program's judge of sentences.
    """
    spoken = definition.spoken
    said = content_stems(answer, spoken) - definition.stems
    expected = content_stems(definition.meaning, spoken) - definition.stems
    words = len(said & expected) / max(1, len(expected))
    if not said:
        return Mark("wrong", float("-inf"), float("-inf"), 0.0)
    [coverage] = logits(judge.score(definition.meaning, [answer]))
    [support] = logits(judge.score(answer, [definition.text]))
    if coverage + _COVERED_WORDS * words >= _RIGHT:
        verdict: Verdict = "right"
    elif support + _SUPPORTED_WORDS * words >= _PARTLY:
        verdict = "partly"
    else:
        verdict = "wrong"
    return Mark(verdict, float(coverage), float(support), words)
