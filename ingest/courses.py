"""The order of the lectures of a course, and the number that a lecture's name carries."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath

from ingest.text.languages import LANGUAGES
from ingest.types import Document

_LECTURE = "|".join(
    sorted(
        {re.escape(word) for value in LANGUAGES.values() for word in value.lecture_words}, key=len
    )[::-1]
)
# "Lecture 3", "VL03", "lec-3", "l3"; but neither "3.2" nor a year
_BEHIND_A_WORD = re.compile(rf"(?<![a-zß-ÿ])(?:{_LECTURE})[\s_.:#-]*0*(\d{{1,3}})(?!\d|[.,]\d)")
_IN_FRONT = re.compile(r"\s*0*(\d{1,3})(?!\d|[.,]\d)(?=[abc]?(?![^\W\d_]))")  # "03b", not "3D"
_AT_THE_END = re.compile(r"[^\d.][\s_-]+0*(\d{1,3})\s*$")
_YEAR_FIRST = re.compile(
    r"(?<!\d)((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)"
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(0?[1-9]|[12]\d|3[01])([-_.])(0?[1-9]|1[0-2])\2((?:19|20)\d\d)(?!\d)"
)
MAX_COURSE_NAME = 80  # characters
_NO_DATE = datetime.date.max
_MIN_ID_PREFIX = 6  # hexadecimal digits of an id that name a document
_NO_NUMBER = 10**6  # behind all numbers

OrderKey = tuple[int, datetime.date, tuple[tuple[int, int, str], ...]]


def lecture_number(document: Document) -> int | None:
    """The number that a file's name carries ("VL03.pdf", "10 Search.pdf"), else its title; None if none.

    In the title it stands behind a word for a lecture ("Lecture 3: Search"). A date has no number.
    """
    return _number(document.file, document.title)


def lecture_numbers(documents: Sequence[Document]) -> dict[str, int]:
    """The number of each lecture of a course by which a reader knows it, by the document's id.

    Two lectures with one number, as a lecture and its exercises, have none; nor has any where most
    names carry no number.

    Args:
        documents: All lectures of the course.
    """
    own = {document.id: lecture_number(document) for document in documents}
    counts = Counter(own.values())
    if 2 * counts[None] > len(own):
        return {}
    return {id: n for id, n in own.items() if n is not None and counts[n] == 1}


def order_key(document: Document) -> OrderKey:
    """What the lectures of a course are sorted by: number, date, then name, 2 before 10."""
    number = lecture_number(document)
    return (
        _NO_NUMBER if number is None else number,
        _date(document.file) or _NO_DATE,
        natural_key(f"{document.file} {document.folder}"),
    )


def number_in(name: str) -> int | None:
    """The number of a lecture that is named by it alone: "5", "lecture 5", "VL05"; else None."""
    name = name.strip().casefold()
    match = _BEHIND_A_WORD.fullmatch(name)
    return int(match[1]) if match else int(name) if name.isdecimal() else None


def matching_lectures(lectures: Sequence[Document], name: str) -> list[int]:
    """The places, from 0, of the lectures of a course that a reader means by a name.

    A number means all lectures whose names carry it, as a lecture and its exercises; where most
    names carry none, it is the place in the course, from 1. Else it is the lecture of this file
    name, path, title or start of its id, or those whose file name or title has these words.
    """
    number = number_in(name)
    if number is not None:
        own = [lecture_number(lecture) for lecture in lectures]
        if 2 * own.count(None) <= len(own):
            return [place for place, carried in enumerate(own) if carried == number]
        return [number - 1] if 1 <= number <= len(lectures) else []
    words = name.strip().casefold()
    texts = [
        [text.casefold() for text in (each.name, each.file, PurePath(each.file).stem, each.title)]
        for each in lectures
    ]
    exact = [
        place
        for place, each in enumerate(lectures)
        if words in texts[place]
        or each.path == name
        or (len(words) >= _MIN_ID_PREFIX and each.id.startswith(words))
    ]
    parts = [place for place, own in enumerate(texts) if any(words in text for text in own)]
    return exact or (parts if words else [])


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """A name as a key by which figures are compared as numbers, whatever the capitals."""
    parts = re.findall(r"\d+|\D+", name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def place_for(document: Document, others: Sequence[Document]) -> int:
    """Where a new lecture goes among others in their order: behind the last that precedes it.

    A course in natural order stays in it; one that was ordered by hand is not sorted again.
    """
    key = order_key(document)
    before = [place for place, other in enumerate(others, start=1) if order_key(other) <= key]
    return max(before, default=0)


@lru_cache(maxsize=4096)
def _number(file: str, title: str) -> int | None:
    stem = PurePath(file).stem.casefold()
    if match := _BEHIND_A_WORD.search(stem):
        return int(match[1])
    stem = _DAY_FIRST.sub("", _YEAR_FIRST.sub("", stem))
    for pattern in (_IN_FRONT.match, _AT_THE_END.search):
        if match := pattern(stem):
            return int(match[1])
    match = _BEHIND_A_WORD.search(title.casefold())
    return int(match[1]) if match else None


@lru_cache(maxsize=4096)
def _date(file: str) -> datetime.date | None:
    stem = PurePath(file).stem
    try:
        if match := _YEAR_FIRST.search(stem):
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
        if match := _DAY_FIRST.search(stem):
            return datetime.date(int(match[4]), int(match[3]), int(match[1]))
    except ValueError:  # such as 30 February
        return None
    return None
