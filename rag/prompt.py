"""The prompt: numbered pieces of evidence, then the question.

Text from documents is data. It stands between markers, line by line as it was found, with the
chat template's own markers taken out, and the instruction says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.types import Source

Message = dict[str, str]

_SYSTEM = {
    "en": "You answer a student's question from lecture notes. Use only the numbered notes. "
    "Answer in one to three short sentences in English, each closed by its note's number "
    "as in [1].",
    "de": "Du beantwortest die Frage einer Studentin aus Vorlesungsnotizen. Nutze nur die "
    "nummerierten Notizen. Antworte auf Deutsch in ein bis drei kurzen Sätzen, jeder mit der "
    "Nummer seiner Notiz am Ende, wie [1].",
}
#: What the writer says where the evidence does not answer, by language.
NOT_ANSWERED = {
    "en": "The notes do not answer this.",
    "de": "Die Notizen beantworten das nicht.",
}
_CHAT_MARKERS = re.compile(
    r"<\|[^|>]{1,40}\|>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>", re.IGNORECASE
)


def build_prompt(question: str, sources: Sequence[Source], language: str = "en") -> list[Message]:
    """Write the chat messages for a question and its evidence.

    Args:
        question: As the user asked it, or completed from the conversation.
        sources: The evidence, each piece under its number and its passage's heading.
        language: Of the answer, "en" or "de".
    """
    notes = "\n".join(
        f"[{source.number}] {plain(heading_of(source))}: {plain(source.quote)}"
        for source in sources
    )
    return [
        {"role": "system", "content": _SYSTEM.get(language, _SYSTEM["en"])},
        {"role": "user", "content": f"Notes:\n{notes}\n\nQuestion: {plain(question)}"},
    ]


def heading_of(source: Source) -> str:
    """The innermost heading above a source."""
    passage = source.hit.passage
    return passage.headings[-1] if passage.headings else passage.title


def plain(text: str) -> str:
    """Text on one line, without the markers of chat templates."""
    return " ".join(_CHAT_MARKERS.sub(" ", text).split())
