"""What a model reads of a passage: its context with its text, in windows where it is too long."""

from __future__ import annotations

import re

from ingest.chunk.settings import TokenCounter
from ingest.types import Passage


def embedding_text(passage: Passage) -> str:
    """The headings that the text does not begin with, as one line, then the text."""
    first_line = passage.text.split("\n", 1)[0]
    context = " › ".join(heading for heading in passage.headings if heading not in first_line)
    return f"{context}\n{passage.text}" if context else passage.text


def windows(
    text: str, max_tokens: int, count_tokens: TokenCounter, lead: str = ""
) -> list[tuple[int, int]]:
    """Cut a text into windows of at most `max_tokens` tokens each.

    Args:
        text: The text.
        max_tokens: Longest window, in tokens.
        count_tokens: Counts the tokens of each text.
        lead: What the model reads before every window but the first; its tokens count.

    Returns:
        (start, end) of each window, in order. Cuts are between words; a word longer than
        `max_tokens` stays whole.
    """
    text_tokens, lead_tokens = count_tokens([text, lead])
    if text_tokens <= max_tokens:
        return [(0, len(text))]
    words = [(match.start(), match.end()) for match in re.finditer(r"\S+", text)]
    word_tokens = count_tokens([text[start:end] for start, end in words])
    cuts: list[tuple[int, int]] = []
    first, tokens = 0, 0
    for position, count in enumerate(word_tokens):
        limit = max_tokens - (lead_tokens if cuts else 0)
        if position > first and tokens + count > limit:
            cuts.append((words[first][0], words[position - 1][1]))
            first, tokens = position, 0
        tokens += count
    cuts.append((words[first][0], words[-1][1]))
    return cuts
