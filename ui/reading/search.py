"""Searching the words of a document, whatever their case, accents and line ends."""

from __future__ import annotations

import re
import unicodedata

from ingest.page_boxes import merge_adjacent
from ingest.types import Box, Page

_HYPHENS = re.compile(r"[-\u00ad\u2010]\n")


def find_text(text: str, query: str) -> list[tuple[int, int]]:
    """(start, end) of each place in a text that holds the query, in order and apart.

    Case and accents do not count, blanks and line ends are alike, and a word that is hyphenated at
    a line's end is found whole.
    """
    folded, positions = _folded(text)
    searched, _ = _folded(query)
    searched = searched.strip()
    if not searched:
        return []
    places, start = [], folded.find(searched)
    while start >= 0:
        last = start + len(searched) - 1
        places.append((positions[start], positions[last] + 1))
        start = folded.find(searched, last + 1)
    return places


def _folded(text: str) -> tuple[str, list[int]]:
    """A text without case and accents, each run of blanks as one, and where each letter was."""
    skipped = {i for match in _HYPHENS.finditer(text) for i in range(match.start(), match.end())}
    letters: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(text):
        if position in skipped:
            continue
        if character.isspace():
            if letters and letters[-1] != " ":
                letters.append(" ")
                positions.append(position)
            continue
        for letter in unicodedata.normalize("NFKD", character.casefold()):
            if not unicodedata.combining(letter):
                letters.append(letter)
                positions.append(position)
    return "".join(letters), positions


def boxes_of_range(page: Page, start: int, end: int) -> list[Box]:
    """The boxes of a page's words from `start` to `end` of its text, one for neighbours on a line."""
    return merge_adjacent([w.box for w in page.words if w.start < end and w.end > start])
