"""Questions that a lecture answers: made of definitions and headings, and tried by the search."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from ingest.text.languages import language
from ingest.text.languages.course import COURSE_WORDS, CourseWords
from ingest.text.scripts import count_words
from ingest.types import Passage
from rag.course.sections import is_title, own_heading, plain_heading
from rag.course.sentences import CODE, is_clear, points_of
from rag.spans import TextSpan, span_text, units_of
from rag.study.cards import terminology
from rag.study.definitions import Definition, definitions_in
from rag.types import Answer

_TRIES = 3  # questions that are tried for each one that is wanted
_MIN_ENTRIES = 3  # of a list in a line
_MIN_POINTS = 2  # below a heading
_MAX_POINTS = 5
_QUESTION_WORDS = range(5, 31)
_MIN_WORDS = 4  # of an answer
_HEADING_WORDS = range(1, 9)
_PLAIN = re.compile(r"[^\W\d_][\w\s'’\-&/]+$")  # a heading without formula or code
_NUMBER = re.compile(r"^(?:\d+(?:\.\d+)*\.?|[IVX]+\.)\s+")


@dataclass(frozen=True, slots=True)
class ExamQuestion:
    """A question, and its answer: items of a passage, `passage.text[span.start:span.end]`.

    A question that is not tried yet has the passage that it was made of; `elsewhere` if its answer
    must be on another page than that.
    """

    question: str
    passage: Passage
    span: TextSpan
    items: tuple[str, ...] = ()
    elsewhere: bool = False


def exam_questions(
    passages: Sequence[Passage],
    words: CourseWords,
    ask: Callable[[str], Answer],
    count: int,
    fill: Sequence[Passage] | None = None,
) -> list[ExamQuestion]:
    """Questions that the lectures answer, at most so many.

    A question is kept if its answer is sure and stands on a page of the passage that it was made
    of. Definitions and headings such as "A vs. B" are asked for first, then the other headings.

    Args:
        passages: To make questions of, the best ones first.
        words: Of the reader's language, for a passage in a language without such words.
        ask: Answers an ordinary question.
        count: Questions that are wanted.
        fill: All passages of a lecture: where too few are kept, add those that have their answer by themselves, definitions, lists
            in a line and headings over several points, though the search did not answer them; then the
            goals of the lectures, each with the first points of the page nearest to it.
    """
    kept: list[ExamQuestion] = []
    seen: set[str] = set()
    for candidate in _candidates(passages, words):
        if len(kept) == count or len(seen) == _TRIES * count:
            break
        if candidate.question.casefold() in seen:
            continue
        seen.add(candidate.question.casefold())
        answer = ask(candidate.question)
        if answer.grade != "answered" or not answer.leads:
            continue
        lead = answer.leads[0]
        source = answer.sources[lead.source - 1].hit.passage
        if source.shares_page(candidate.passage) == candidate.elsewhere:
            continue
        question = candidate
        if not candidate.items:
            question = replace(
                candidate, items=lead.items, passage=source, span=TextSpan(lead.start, lead.end)
            )
        if _is_readable(question) and all(question.items != one.items for one in kept):
            kept.append(question)
    others = (_answered_alone(passages, words), _goals(fill, ask)) if fill is not None else ()
    for candidate in chain.from_iterable(others):
        if len(kept) >= count:
            break
        is_new = all(
            candidate.items != one.items and candidate.question != one.question for one in kept
        )
        if is_new and _is_readable(candidate):
            kept.append(candidate)
    return kept


def _answered_alone(passages: Sequence[Passage], words: CourseWords) -> Iterator[ExamQuestion]:
    """The questions that need no search: those with their answer, then headings over several points."""
    without = []
    for candidate in _candidates(passages, words):
        if candidate.items:
            yield candidate
        elif not candidate.elsewhere:
            without.append(candidate)
    for candidate in without:
        passage = candidate.passage
        units = points_of(passage, _MAX_POINTS)
        if len(units) >= _MIN_POINTS:
            items = tuple(span_text(passage, unit) for unit in units)
            span = TextSpan(units[0].start, units[-1].end)
            yield replace(candidate, items=items, span=span)


def _goals(passages: Sequence[Passage], ask: Callable[[str], Answer]) -> Iterator[ExamQuestion]:
    """What a student shall be able to do, with the points of each passage of the lecture that is found."""
    for passage in passages:
        goal = language(passage.language).asides.get("goal")
        if not goal or not goal.heading or not goal.heading.search(own_heading(passage)):
            continue
        for unit in units_of(passage):
            text = span_text(passage, unit)
            if count_words(text) not in _QUESTION_WORDS or not text.endswith("."):
                continue
            for other in (hit.passage for hit in ask(text).hits):
                units = points_of(other, _MAX_POINTS)
                if (
                    other.document == passage.document
                    and not other.is_navigation
                    and not goal.heading.search(own_heading(other))
                    and len(units) >= _MIN_POINTS
                ):
                    items = tuple(span_text(other, one) for one in units)
                    yield ExamQuestion(text, other, TextSpan(units[0].start, units[-1].end), items)


def _is_readable(question: ExamQuestion) -> bool:
    """Whether an answer is whole and in words, not in code or figures."""
    text = " ".join(question.items)
    parts = text.split()
    if (
        not parts
        or parts[-1].rstrip(".").casefold() in language(question.passage.language).abbreviations
    ):
        return False
    in_words = sum(bool(_PLAIN.match(part.strip(".,;:()!?“”\"'"))) for part in parts)
    return not CODE.search(text) and len(parts) >= _MIN_WORDS and in_words >= 0.75 * len(parts)


def _candidates(passages: Sequence[Passage], words: CourseWords) -> Iterator[ExamQuestion]:
    """Questions for the passages, those that ask for something definite first.

    That of a definition, or of a list in a line, has its answer already; the others get theirs when
    they are tried.
    """
    definitions: dict[str, Definition] = {}
    for definition in definitions_in(passages):
        if definition.kind != "abbreviation":
            definitions.setdefault(definition.passage.id, definition)
    nowhere = TextSpan(0, 0)
    rest: list[ExamQuestion] = []
    for passage in passages:
        if first := definitions.get(passage.id):
            question = terminology(first).question.format(term=first.term)
            span = TextSpan(first.start, first.end)
            yield ExamQuestion(question, passage, span, (first.text,))
            continue
        if passage.is_navigation or is_title(passage) or CODE.search(passage.text):
            continue
        own = COURSE_WORDS.get(passage.language, words)
        heading = _NUMBER.sub("", plain_heading(passage.headings[-1])).rstrip(" :.?")
        yield from _lists(passage, heading, own)
        if special := _special(heading, own):
            yield ExamQuestion(special, passage, nowhere)
        elif count_words(heading) in _HEADING_WORDS and _PLAIN.match(heading):
            rest.append(ExamQuestion(own.texts["explain"].format(term=heading), passage, nowhere))
    yield from _own_questions(passages)
    yield from rest


def _own_questions(passages: Sequence[Passage]) -> Iterator[ExamQuestion]:
    """The questions and tasks that the lectures set themselves, to be answered on another page."""
    for passage in passages:
        task = language(passage.language).asides.get("task")
        for unit in units_of(passage):
            text = span_text(passage, unit)
            is_set = text.endswith("?") or (task and task.text.search(text))
            if is_set and count_words(text) in _QUESTION_WORDS and not CODE.search(text):
                yield ExamQuestion(text, passage, TextSpan(0, 0), elsewhere=True)


def _lists(passage: Passage, heading: str, words: CourseWords) -> Iterator[ExamQuestion]:
    """The questions of lines such as "Benefits: speed, economy, safety"."""
    for unit in units_of(passage):
        text = span_text(passage, unit)
        label, _, entries = text.partition(": ")
        parts = entries.rstrip(".").split(", ")
        if len(parts) < _MIN_ENTRIES or count_words(label) > 4 or not is_clear(passage, unit):
            continue
        if all(count_words(part) <= 4 for part in parts):
            question = words.texts["list"].format(term=label, heading=heading)
            yield ExamQuestion(question, passage, unit, (text,))


def _special(heading: str, words: CourseWords) -> str:
    """The question of a heading such as "A vs. B"; "" for a plain one."""
    for pattern, template in words.exam:
        if match := pattern.fullmatch(heading):
            text = template.format(**match.groupdict())
            return text[0].upper() + text[1:]
    return ""
