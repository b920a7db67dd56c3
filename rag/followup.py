"""Complete a follow-up question from the conversation, without a model or by one.

"And for images?" finds nothing by itself. Such a question is told by its shortness or by
words that point back, and is searched together with the question before it. "What is BPE?" is
short as well, but asks for a thing by its name and stands for itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.generate import Writer
from rag.prompt import plain
from rag.sampling import Sampling
from rag.types import Turn

_ANAPHORA = re.compile(
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
_REWRITE = (
    "You rewrite the last question of a conversation so that it can be understood alone. "
    "Put in what it refers to, keep its language, and reply with the question and nothing else."
)
_TURNS = 3  # of the conversation that a model gets
_MAX_WORDS = 60  # a longer rewriting is no question any more
_SHORT = 4  # words; a question of so few is seldom complete inside a conversation


def expand_with_history(question: str, history: Sequence[Turn]) -> str:
    """The text to search for: the question, led by the one before it where it leans on that.

    A chain of follow-ups is led by the last question that stood for itself.
    """
    if not history or not is_context_dependent(question):
        return question
    for turn in reversed(history):
        if not is_context_dependent(turn.question):
            return f"{turn.question} {question}"
    return f"{history[0].question} {question}"


def is_context_dependent(question: str) -> bool:
    """Whether a question seems to need the conversation to be understood."""
    words = re.findall(r"\w+", question)
    short = len(words) <= _SHORT and not _NAMING.match(question)
    return (
        short
        or bool(_OPENING.match(question))
        or (len(words) <= 12 and bool(_ANAPHORA.search(question)))
    )


def rewrite(question: str, history: Sequence[Turn], writer: Writer) -> str:
    """The text to search for, in the words of a language model where the question leans.

    A reply without words, or of more than sixty, is not taken; `standalone` stands in for it.
    """
    if not history or not is_context_dependent(question):
        return question
    said = "\n".join(
        f"Question: {plain(turn.question)}\nAnswer: {plain(turn.answer)}"
        for turn in history[-_TURNS:]
    )
    messages = [
        {"role": "system", "content": _REWRITE},
        {"role": "user", "content": f"{said}\n\nLast question: {plain(question)}"},
    ]
    reply = "".join(writer.stream(messages, Sampling(max_new_tokens=64))).strip()
    first = reply.split("\n", 1)[0].strip(' "“”')
    words = re.findall(r"\w+", first)
    return first if words and len(words) <= _MAX_WORDS else expand_with_history(question, history)
