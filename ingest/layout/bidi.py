"""Put the words of a line from the order in which they are seen into that in which they are read.

Glyphs are placed from left to right, whatever the script; Hebrew and Arabic are read from right to
left, numbers and Latin words inside them from left to right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from ingest.layout.segments import PlacedWord

_MIRRORED = str.maketrans("()[]{}<>", ")(][}{><")
_LEFT_TO_RIGHT = re.compile(r"[A-Za-z0-9](?:[\w.,:/%+-]*[A-Za-z0-9])?", re.ASCII)


def logical_order(words: list[PlacedWord]) -> list[PlacedWord]:
    """A line's words in reading order, those of right-to-left scripts with their letters reversed.

    The line is read from right to left where most of its letters are of such scripts.
    """
    classes = [_classes(word) for word in words]
    right, left = (sum(each.count(letter) for each in classes) for letter in "RL")
    if not right:
        return words
    for word, letters in zip(words, classes, strict=True):
        if "R" in letters:
            backwards = word.text[::-1].translate(_MIRRORED)
            word.text = _LEFT_TO_RIGHT.sub(lambda match: match[0][::-1], backwards)
    if right > left:
        return _reverse_runs(words[::-1], lambda word: "L" in _classes(word))
    return _reverse_runs(words, lambda word: "R" in _classes(word))


def _classes(word: PlacedWord) -> str:
    """R for each right-to-left letter, L for each left-to-right one, and - for all others."""
    kinds = {"R": "R", "AL": "R", "L": "L"}
    return "".join(kinds.get(unicodedata.bidirectional(letter), "-") for letter in word.text)


def _reverse_runs(
    words: Sequence[PlacedWord], belongs: Callable[[PlacedWord], bool]
) -> list[PlacedWord]:
    """The words with each run that begins and ends with one that belongs to it reversed."""
    ordered = list(words)
    start = 0
    members = [belongs(word) for word in words]
    neutral = ["R" not in _classes(word) and "L" not in _classes(word) for word in words]
    while start < len(words):
        if not members[start]:
            start += 1
            continue
        end = last = start
        while end < len(words) and (members[end] or neutral[end]):
            last = end if members[end] else last
            end += 1
        ordered[start : last + 1] = ordered[start : last + 1][::-1]
        start = last + 1
    return ordered
