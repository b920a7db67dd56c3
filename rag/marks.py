"""Marks behind what a model writes, as [2] or [1][3]: found, and taken out of the text."""

from __future__ import annotations

import re

from ingest.text.languages import Language
from ingest.text.sentences import sentences_of

_MARK = re.compile(
    r"\s*(?:\[\[?\^?(\d{1,3}(?:\s*[,;]\s*\^?\d{1,3})*)\]?\](?:\([^)\s]*\))?|【(\d{1,3})[^】]{0,40}】)"
)
# A mark behind the full stop belongs to the sentence before it.
_BEHIND = re.compile(
    r"([.!?。！？])((?:\s*(?:\[\[?\^?\d[\d\s,;^]*\]?\](?:\([^)\s]*\))?|【\d[^】]*】))+)"
)


def split_marks(text: str) -> tuple[str, tuple[int, ...]]:
    """A text without its marks, and their numbers in order, each once."""
    numbers = [
        int(number)
        for match in _MARK.finditer(text)
        for number in re.findall(r"\d+", match[1] or match[2])
    ]
    return _MARK.sub("", text).strip(), tuple(dict.fromkeys(numbers))


def marked_sentences(text: str, language: Language) -> list[tuple[str, tuple[int, ...]]]:
    """The sentences of a text, each with the marks in it or behind its full stop.

    Marks that stand alone behind a sentence are that one's.
    """
    text = _BEHIND.sub(r"\2\1", text)
    sentences: list[tuple[str, tuple[int, ...]]] = []
    for start, end in sentences_of(text, language):
        bare, marks = split_marks(text[start:end])
        if any(letter.isalnum() for letter in bare):
            sentences.append((bare, marks))
        elif sentences and marks:
            sentences[-1] = (sentences[-1][0], sentences[-1][1] + marks)
    return sentences
