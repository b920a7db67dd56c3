"""The prompt: numbered passages, then the question.

Text from documents is data. It stands between markers, line by line as it was found, with the
chat template's own markers taken out, and the instruction says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.types import Hit

Message = dict[str, str]

_SYSTEM = {
    "en": "You answer a student's question from lecture notes. Use only the numbered notes. "
    "Answer in one to three short sentences in English, and say nothing else.",
    "de": "Du beantwortest die Frage einer Studentin aus Vorlesungsnotizen. Nutze nur die "
    "nummerierten Notizen. Antworte auf Deutsch in ein bis drei kurzen Sätzen, ohne Zusatz.",
}
_CHAT_MARKERS = re.compile(
    r"<\|[^|>]{1,40}\|>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>", re.IGNORECASE
)


def build_prompt(
    question: str,
    hits: Sequence[Hit],
    count_tokens: Callable[[str], int],
    room: int,
    language: str = "en",
) -> list[Message]:
    """Write the chat messages for a question and its passages.

    Args:
        question: As the user asked it, or completed from the conversation.
        hits: The passages to use, best first; numbered from 1.
        count_tokens: Counts the generator's tokens.
        room: Tokens for the passages together; those that do not fit are cut at a line or
            left out.
        language: Of the answer, "en" or "de".
    """
    notes: list[str] = []
    for number, hit in enumerate(hits, start=1):
        note = ""
        for line in [f"[{number}] {hit.passage.headings[-1]}", *hit.passage.text.split("\n")]:
            line = _CHAT_MARKERS.sub(" ", line)
            longer = f"{note}\n{line}" if note else line
            if count_tokens("\n\n".join([*notes, longer])) > room:
                break
            note = longer
        else:
            notes.append(note)
            continue
        if note.count("\n"):
            notes.append(note)
        break
    return [
        {"role": "system", "content": _SYSTEM.get(language, _SYSTEM["en"])},
        {"role": "user", "content": "Notes:\n" + "\n\n".join(notes) + f"\n\nQuestion: {question}"},
    ]
