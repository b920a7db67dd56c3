"""The prompt: numbered pieces of evidence, then the question.

Text from documents is data: each piece of evidence is one line behind its number, without the
markers of chat templates, so that no document can open a turn of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.text.languages import DEFAULT, Language
from rag.types import Source

Message = dict[str, str]
"""`role` and `content`; for a model that sees, `images` may hold data URIs, one a line."""

_CHAT_MARKERS = re.compile(
    r"<\|[^|>]{1,40}\|>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>", re.IGNORECASE
)


def build_prompt(
    question: str, sources: Sequence[Source], language: Language = DEFAULT
) -> list[Message]:
    """Write the chat messages for a question and its evidence.

    Args:
        question: The user's, or completed from the conversation.
        sources: The evidence; each piece gets its number and its passage's heading.
        language: Of the answer; its instruction and labels are used.
    """
    notes = "\n".join(
        f"[{source.number}] {plain(heading_of(source))}: {plain(source.quote)}"
        for source in sources
    )
    return [
        {"role": "system", "content": language.prompt},
        {
            "role": "user",
            "content": f"{language.notes_label}:\n{notes}\n\n"
            f"{language.question_label}: {plain(question)}",
        },
    ]


def heading_of(source: Source) -> str:
    """The innermost heading above a source."""
    passage = source.hit.passage
    return passage.headings[-1] if passage.headings else passage.title


def plain(text: str) -> str:
    """Text on one line, without the markers of chat templates."""
    return " ".join(_CHAT_MARKERS.sub(" ", text).split())
