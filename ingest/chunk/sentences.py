"""Where sentences end."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ABBREVIATIONS = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|cf|vs|al|fig|eq|eqs|sec|ch|no|vol|pp?|resp|approx|dr|prof|"
    r"z\.\s?b|d\.\s?h|u\.\s?a|bzw|ca|nr|abb|gl|vgl|usw|kap|max|min)|\b[A-Z]|^\W*\d+(?:\.\d+)*)\.$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?][\"')\]”“]*\s+(?=[\"'(\[„“]?[A-ZÄÖÜ0-9])")


def sentences_of(text: str) -> list[tuple[int, int]]:
    """Split a text at line ends and sentence ends; (start, end) of each, without outer blanks."""
    sentences = []
    for line in re.finditer(r"[^\n]+", text):
        start = line.start()
        for end in [*sentence_ends(line[0]), len(line[0])]:
            sentence = text[start : line.start() + end]
            trimmed = sentence.strip()
            if trimmed:
                lead = len(sentence) - len(sentence.lstrip())
                sentences.append((start + lead, start + lead + len(trimmed)))
            start = line.start() + end
    return sentences


def sentence_ends(text: str) -> Iterator[int]:
    """The offsets behind each sentence but the last, and behind the blanks that follow it."""
    for match in _SENTENCE_END.finditer(text):
        if not _ABBREVIATIONS.search(text[: match.start() + 1]):
            yield match.end()
