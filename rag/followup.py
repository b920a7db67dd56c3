"""Complete a follow-up question from the conversation, without a model.

"And for images?" finds nothing by itself. Such a question is told by its shortness or by
words that point back, and is searched together with the question before it. "What is BPE?" is
short as well, but asks for a thing by its name and stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Turn

_POINTING = re.compile(
    r"\b(it|its|they|them|their|this|that|these|those|one|ones|he|she|there|former|latter|"
    r"er|sie|es|dies\w*|das|deren|dessen|damit|dabei|davon|dafür|dort|jene\w*)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^\s*(and|but|so|or|why|how so|what about|how about|what if|und|aber|oder|warum|wieso|was ist mit)\b",
    re.IGNORECASE,
)
_NAMING = re.compile(
    r"^\s*(?:what (?:is|are)|who (?:is|was)|define|explain|was (?:ist|sind)|wer (?:ist|war)|"
    r"definiere|erkläre)\s+(?!(?:the|der|die|das)\b)\w",
    re.IGNORECASE,
)
_SHORT = 4  # words; a question of so few is seldom complete inside a conversation


def standalone(question: str, history: Sequence[Turn]) -> str:
    """The text to search for: the question, led by the one before it where it leans on that.

    A chain of follow-ups is led by the last question that stood for itself.
    """
    if not history or not leans(question):
        return question
    for turn in reversed(history):
        if not leans(turn.question):
            return f"{turn.question} {question}"
    return f"{history[0].question} {question}"


def leans(question: str) -> bool:
    """Whether a question seems to need the conversation to be understood."""
    words = re.findall(r"\w+", question)
    short = len(words) <= _SHORT and not _NAMING.match(question)
    return (
        short
        or bool(_OPENING.match(question))
        or (len(words) <= 12 and bool(_POINTING.search(question)))
    )
