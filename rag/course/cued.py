"""Read a question about the course by its cues, in whatever order it has them.

The rules of a language match whole questions, and people ask in more ways than rules foresee. Here a
question holds the cue of a kind (`ingest.text.languages.course.Cue`) and names what the kind needs: a
lecture, a page, a heading or a term. Whatever else it holds must be frequent words. A question that says
more is one about the subject, and is left to the search.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.text.languages import Language
from ingest.text.languages.course import CourseWords, Cue
from rag.course.catalogue import Lecture

SPAN_WORDS = 7  # at most, in the name of a lecture
_LEFT_OVER = 1  # word of its own beside a page and its lecture
_WORD = re.compile(r"[^\s?!,;]+")


class Names(Protocol):
    """Who knows the lectures and headings that a reader's words name."""

    def reference(self, text: str, words: CourseWords) -> Lecture | None:
        """The lecture that a text names by number, with the word "lecture", or as a file."""

    def title(self, text: str, words: CourseWords, *, whole: bool) -> Lecture | None:
        """The lecture that a title names."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question holds beside its cue.

    `parts` are the texts that are left, a term or a heading. `slots` are the groups of the cue's patterns, and
    `matched` are the words that they matched.
    """

    cue: Cue
    lecture: Lecture | None
    parts: tuple[str, ...]
    slots: dict[str, str]
    matched: str


def readings(text: str, words: CourseWords, spoken: Language, names: Names) -> Iterator[Reading]:
    """The ways to read a question by its cues, the first kinds of the language first.

    Args:
        text: The question on one line.
        words: Of the language whose cues are looked for.
        spoken: That language.
        names: Knows the lectures.
    """
    if words.subject.search(text):
        return
    page = _page(text, words)
    for cue in words.cues:
        if cue.needs == "page" and page is None:
            continue
        matches = [match for pattern in cue.patterns if (match := pattern.search(text))]
        if len(matches) < len(cue.patterns):
            continue
        slots = {k: v for match in matches for k, v in match.groupdict().items() if v}
        spans = [match.span() for pattern in cue.patterns for match in pattern.finditer(text)]
        if cue.needs == "page":
            assert page is not None
            slots |= {k: v for k, v in page.groupdict().items() if v}
            spans = [page.span()]
        matched = " ".join(match[0] for match in matches)
        rest = _without(text, spans)
        if "term" in cue.needs and _asks_again(
            [part for part in rest if _trimmed(part, words, spoken)], spoken
        ):
            continue
        for lecture, left in _with_lecture(cue, rest, slots, words, spoken, names):
            parts = tuple(filter(None, (_trimmed(part, words, spoken) for part in left)))
            if _is_complete(cue, lecture, parts):
                yield Reading(cue, lecture, parts, slots, matched)
                break


def _asks_again(rest: Sequence[str], spoken: Language) -> bool:
    """Whether what is left beside a cue has a question word: then it is more than a term."""
    return not spoken.question_words.isdisjoint(" ".join(rest).casefold().split())


def _page(text: str, words: CourseWords) -> re.Match[str] | None:
    """The page that a text names, in figures rather than in words."""
    matches = list(words.page_cue.finditer(text))
    return next((match for match in matches if match["page"]), matches[0] if matches else None)


def _is_complete(cue: Cue, lecture: Lecture | None, parts: Sequence[str]) -> bool:
    """Whether lecture and parts are all that a kind needs, and no more."""
    match cue.needs:
        case "nothing":
            return not parts
        case "page":
            own = sum(len(part.split()) for part in parts)
            return own <= _LEFT_OVER if lecture is not None else not parts
        case "lecture":
            return lecture is not None and all(part.isdigit() for part in parts)
        case "lecture or term":
            return not parts if lecture is not None else len(parts) == 1
        case _:
            return len(parts) == 1


def _without(text: str, spans: Sequence[tuple[int, int]]) -> list[str]:
    """What is left of a text beside some parts of it."""
    kept, start = [], 0
    for first, last in sorted(spans):
        if first > start:
            kept.append(text[start:first])
        start = max(start, last)
    return [*kept, text[start:]]


def _with_lecture(
    cue: Cue,
    rest: Sequence[str],
    slots: Mapping[str, str],
    words: CourseWords,
    spoken: Language,
    names: Names,
) -> Iterator[tuple[Lecture | None, list[str]]]:
    """The lectures that a question may name, the longest name first, and what is left beside each; last none."""
    if cue.needs in ("lecture", "page", "lecture or term"):
        for row, part in enumerate(rest):
            for start, end in word_spans(part):
                lecture = names.reference(part[start:end], words)
                if lecture is not None:
                    yield lecture, [*rest[:row], part[:start], part[end:], *rest[row + 1 :]]
        if "title" in slots or cue.needs == "page":
            for row, part in enumerate(rest):
                title = _trimmed(part, words, spoken)
                lecture = names.title(title, words, whole=cue.needs != "page") if title else None
                if lecture is not None:
                    yield lecture, [*rest[:row], *rest[row + 1 :]]
    yield None, list(rest)


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """The parts of a text of at most `SPAN_WORDS` words, the longest first."""
    found = [match.span() for match in _WORD.finditer(text)]
    for length in range(min(SPAN_WORDS, len(found)), 0, -1):
        for first in range(len(found) - length + 1):
            yield found[first][0], found[first + length - 1][1]


def _trimmed(text: str, words: CourseWords, spoken: Language) -> str:
    """A text without the frequent words at its ends; "" if it holds no others."""
    found = list(_WORD.finditer(text))
    while found and _says_nothing(found[0][0], words, spoken):
        del found[0]
    while found and _says_nothing(found[-1][0], words, spoken):
        del found[-1]
    return text[found[0].start() : found[-1].end()].strip(" \"'“”„»«.:") if found else ""


def _says_nothing(word: str, words: CourseWords, spoken: Language) -> bool:
    bare = word.casefold().strip("\"'“”„»«.:()-–")
    return not bare or bare in words.fillers or bare in spoken.evident_words
