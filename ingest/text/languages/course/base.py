"""The shape of a language's words about a course.

The rules match a whole question. In the text of a rule a blank stands for one or more blanks, and
these groups are its slots:

- `lecture`: names a lecture, with the word "lecture" or only by its title;
- `reference`: names a lecture by its number, with the word "lecture", or as a file;
- `term`: what the question is about, a few words;
- `heading`: a lecture, or the heading of one; `topic`: a lecture, or a term;
- `page`, `ordinal`: a page's number in figures or words; `count`: how many;
- `kind`: what is listed, such as theorems;
- `aspect`: what is asked of each thing that is listed;
- `part`, `share`: which part of a lecture in words, as "second", and of what kind, as "half".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple


class Rule(NamedTuple):
    """A kind of question and the pattern of the whole question; the kinds are `rag.course.Kind`."""

    kind: str
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that show what a question about the course asks for, in whatever order it has them."""

    kind: str
    """As that of a `Rule`."""
    patterns: tuple[re.Pattern[str], ...]
    """All of them must be in the question. What the groups `title`, `kind`, `part` and `share` hold is
    read as the slots of a rule; `title` says that a lecture's title may follow without the word "lecture"."""
    needs: Literal["nothing", "lecture", "page", "term", "lecture or term", "heading"]
    """What the question must name beside the cue; the rest must be frequent words."""


@dataclass(frozen=True, slots=True, eq=False)
class CourseWords:
    """What one language says of a course; all words are in small letters."""

    rules: Sequence[Rule]
    """The first one that matches, and whose slots name something, decides."""
    follow_up: re.Pattern[str]
    """A question that asks the one before it again, of another lecture or page."""
    next_page: re.Pattern[str]
    """Asks for the page behind the one that was asked for."""
    reference: re.Pattern[str]
    """The name of a lecture with the word "lecture" in it; the groups `number`, `ordinal`, `title`."""
    articles: re.Pattern[str]
    """Words before a term or title that are no part of it."""
    numbers: Mapping[str, int]
    """Numbers and ordinals in words; the last one is -1, the one before it -2."""
    shares: Mapping[int, re.Pattern[str]]
    """By the number of equal parts, as 2: what one of them is called, as "half"."""
    wishes: Mapping[Literal["simpler", "example"], re.Pattern[str]]
    """A question that only asks to explain the answer before it more simply, or for an example."""
    example: str
    """The word "example", by which examples are searched for."""
    connectives: re.Pattern[str]
    """Words at the beginning of a sentence by which it leans on the one before it."""
    about_lecture: re.Pattern[str]
    """A sentence that tells of the lecture instead of its subject: an announcement, credits of a picture."""
    back_matter: re.Pattern[str]
    """Headings of what is beside a lecture's subject: its sources, thanks, outline and exercises."""
    kinds: Mapping[str, re.Pattern[str]]
    """By the kind of text, as "theorem": how a question names it."""
    openings: Mapping[str, re.Pattern[str]]
    """By the kind of text: how one opens on a page, such as "Theorem 3 (Jensen)."."""
    examples: Mapping[str, Sequence[str]]
    """By the kind of question, "" for none of them: questions in which `lecture 2` is a lecture."""
    cues: Sequence[Cue]
    """For the questions that no rule matches; the first one that holds decides."""
    page_cue: re.Pattern[str]
    """A page by its number in a question, with the groups `page` and `ordinal`."""
    fillers: frozenset[str]
    """Words that may stand beside cues and mean nothing there, apart from the language's frequent ones."""
    subject: re.Pattern[str]
    """What only a question about the subject has, though it holds a cue."""
    texts: Mapping[str, str]
    """What opens an answer, with its values in braces."""
    exam: Sequence[tuple[re.Pattern[str], str]]
    """Patterns of a heading and the exam question that is made of one, with its groups."""
    languages: Mapping[str, str]
    """Names of languages by their ISO 639-1 code."""


def rules(*lines: tuple[str, str], **parts: str) -> tuple[Rule, ...]:
    """Compile the texts of rules; `%name%` in one stands for the part of that name.

    Each matches a whole question, with the part `lead` before it and `tail` behind it.
    """
    return tuple(Rule(kind, whole(f"%lead%{text}%tail%", **parts)) for kind, text in lines)


def whole(text: str, **parts: str) -> re.Pattern[str]:
    """The pattern of a whole text, with the parts in place of their names; for `fullmatch`."""
    return re.compile(_with(text, parts) + r"\W*", re.IGNORECASE)


def cue(kind: str, /, *patterns: str, needs: str, **parts: str) -> Cue:
    """Compile the patterns of a cue; `%name%` in one stands for the part of that name."""
    compiled = tuple(
        re.compile(rf"\b(?:{_with(text, parts)})\b", re.IGNORECASE) for text in patterns
    )
    return Cue(kind, compiled, needs)  # type: ignore[arg-type]


def _with(text: str, parts: Mapping[str, str]) -> str:
    while "%" in text:
        text = re.sub(r"%([a-z_]+)%", lambda match: parts[match[1]], text)
    return text.replace(" ", r"\s+")
