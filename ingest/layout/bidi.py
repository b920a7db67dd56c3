"""Put the words of a line from the order in which they are seen into that in which they are read.

Glyphs are placed from left to right, whatever the script; Hebrew and Arabic are read from right to
left, numbers and Latin words inside them from left to right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby

from ingest.layout.segments import PlacedWord, Segment

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_FIGURE = re.compile(r"[(\[]?\d[\d.,:/%+-]*[)\]]?[.,;:]?")
_PAIRS = ("()", "[]", "{}", "«»")
# A letter or figure to the next one, with a sign of per cent behind: it is before where all is backwards.
_LEFT_TO_RIGHT = re.compile(
    r"%?[A-Za-z0-9](?:[\w.,:/%+-]*[A-Za-z0-9])?|[\u0660-\u0669\u06f0-\u06f9]+", re.ASCII
)
# A letter with its points and accents.
_CLUSTER = re.compile(
    r".[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670]*", re.DOTALL
)
_EDGES = re.compile(r"([(\[{«)\]}».,:;!?،؛؟%]*)(.*?)([(\[{«)\]}».,:;!?،؛؟]*)", re.DOTALL)


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
            backwards = "".join(reversed(_CLUSTER.findall(word.text))).translate(_MIRRORED)
            word.text = _LEFT_TO_RIGHT.sub(lambda match: match[0][::-1], backwards)
    if right <= left:
        return _reverse_runs(words, lambda word: "R" in _classes(word))
    belongs = _are_left_to_right(words)
    for is_left_to_right, group in groupby(words, lambda word: id(word) in belongs):
        run = list(group)
        for part in [run] if is_left_to_right else [[word] for word in run]:
            if "R" not in "".join(map(_classes, part)):
                _swap_edges(part)
    ordered = _reverse_runs(words[::-1], lambda word: id(word) in belongs)
    _pair_brackets(ordered)
    return ordered


def _swap_edges(run: Sequence[PlacedWord]) -> None:
    """Put the stops and brackets on the left of a run behind it, and those on its right before it.

    A bracket on the right stays if the run opens it.
    """
    before, after = (_EDGES.fullmatch(run[end].text) for end in (0, -1))
    if before is None or after is None or not before[2]:
        return
    left, right = before[1], after[3]
    inside = " ".join(word.text for word in run)[len(left) :]
    if len(run) > 1 and any(pair[1] in right and pair[0] in inside for pair in _PAIRS):
        right = ""
    run[0].text = right[::-1] + run[0].text[len(left) :]
    run[-1].text = run[-1].text[: len(run[-1].text) - len(right)] + left[::-1]


def _are_left_to_right(words: Sequence[PlacedWord]) -> set[int]:
    """Which words, seen from left to right, are Latin, or figures behind a Latin word, by `id`."""
    belongs: set[int] = set()
    before = False
    for word in words:
        letters = _classes(word)
        is_figure = "R" not in letters and bool(_FIGURE.fullmatch(word.text))
        before = "L" in letters or (before and is_figure)
        if before:
            belongs.add(id(word))
    return belongs


def _pair_brackets(words: Sequence[PlacedWord]) -> None:
    """Let brackets of a right-to-left line open and close in turn; one alone closes, as in `1)`.

    A file may give a bracket by its meaning or by its shape, which is the other one here.
    """
    for pair in _PAIRS:
        count = sum(word.text.count(sign) for word in words for sign in pair)
        if not count or (count % 2 and count > 1):
            continue
        signs = iter(pair * (count // 2) or pair[1])
        for word in words:
            word.text = "".join(next(signs) if sign in pair else sign for sign in word.text)


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


def is_right_to_left(segments: Sequence[Segment]) -> bool:
    """Whether most letters are Hebrew, Arabic or the like."""
    classes = [unicodedata.bidirectional(letter) for s in segments for letter in s.text]
    right = sum(each in ("R", "AL") for each in classes)
    return right > classes.count("L")
