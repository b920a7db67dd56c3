"""The lectures of a scope in their order, and which one a reader's words name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import PurePath

import numpy as np

from ingest.courses import lecture_numbers, order_key
from ingest.store.protocol import Store
from ingest.text.languages import LANGUAGES
from ingest.text.languages.course import COURSE_WORDS
from ingest.types import Document, Passage

_ALIKE = 0.8  # of two words, by `SequenceMatcher`; fewer letters than _LONG must be the same
_LONG = 5
_COVERAGE = 0.7  # of the words of a reference that the lecture's names must have
_TIME = re.compile(r"\d\d:\d\d:\d\d")  # in a title that a program wrote
_WORD = re.compile(r"[^\W_]+")
_FREQUENT = frozenset().union(*(LANGUAGES[code].stop_words for code in COURSE_WORDS))


@dataclass(frozen=True)
class Lecture:
    """A document in the order of its course; `number` from 1."""

    document: Document
    number: int
    course: str = ""

    @property
    def title(self) -> str:
        """Its title on one line; the words of its file name where the title has none of them.

        A title that shares no word with the file name is often that of the whole course, or a line
        that was taken for one.
        """
        title = " ".join(self.document.title.split())
        names = [word for word in words_of(PurePath(self.document.file).stem) if word.isalpha()]
        title_words = words_of(title)
        stamped = _TIME.search(title)
        if not stamped and any(alike(word, name) for word in title_words for name in names):
            return title
        if not names or max(map(len, names)) < _LONG:  # "os06.pdf" says less than any title
            return title or PurePath(self.document.file).stem
        spaced = re.sub(r"[\s_-]+", " ", PurePath(self.document.file).stem).strip()
        return spaced[:1].upper() + spaced[1:]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of its title and of its file name, in small letters, each once."""
        stem = PurePath(self.document.file).stem
        return tuple(dict.fromkeys(words_of(f"{self.document.title} {stem}")))

    @cached_property
    def initials(self) -> frozenset[str]:
        """Acronyms of two to five words that follow each other in title or file name."""
        names: set[str] = set()
        for text in (self.document.title, PurePath(self.document.file).stem):
            words = words_of(text)
            for first in range(len(words)):
                for last in range(first + 2, min(first + 5, len(words)) + 1):
                    names.add("".join(word[0] for word in words[first:last]))
        return frozenset(names)


class Catalogue:
    """The lectures of a scope, in order."""

    def __init__(self, store: Store, lectures: Sequence[Lecture]) -> None:
        self.store = store
        self.lectures = tuple(lectures)
        self._passages: dict[str, list[Passage]] = {}

    @classmethod
    def of(cls, store: Store) -> Catalogue:
        """The catalogue of a store, which may be a `rag.scope.ScopedStore`."""
        documents = {document.id: document for document in store.documents()}
        rest = {id: document for id, document in documents.items() if not document.gone}
        lectures: list[Lecture] = []
        for course in store.courses():
            members = [documents[id] for id in course.documents if id in documents]
            lectures += [
                lecture
                for lecture in numbered(members, course.name)
                if rest.pop(lecture.document.id, None)
            ]
        lectures += numbered(sorted(rest.values(), key=order_key))
        return cls(store, lectures)

    def __len__(self) -> int:
        return len(self.lectures)

    def passages(self, lecture: Lecture) -> list[Passage]:
        """A lecture's passages in reading order, read once."""
        id = lecture.document.id
        if id not in self._passages:
            self._passages[id] = self.store.passages(id)
        return self._passages[id]

    def vectors(self, lecture: Lecture) -> np.ndarray:
        """The vectors of a lecture's passages, float32, shape (N, dimension), in their order."""
        return self.store.stored_vectors(lecture.document.id).astype(np.float32)

    def by_document(self, id: str) -> Lecture | None:
        """The lecture of a document's id."""
        return next((each for each in self.lectures if each.document.id == id), None)

    @property
    def courses(self) -> tuple[str, ...]:
        """The names of the lectures' courses in order, "" for those in none."""
        return tuple(dict.fromkeys(lecture.course for lecture in self.lectures))

    def by_number(self, number: int, course: str | None = None) -> list[Lecture]:
        """The lectures of a number, one at most in each course; -1 is the last one, -2 the one before it.

        Args:
            number: As a reader knows it.
            course: The course's name; None for all courses.
        """
        lectures = []
        for name in self.courses if course is None else (course,):
            members = [lecture for lecture in self.lectures if lecture.course == name]
            if number < 0:
                lectures += members[number:][:1] if -number <= len(members) else []
            else:
                lectures += [lecture for lecture in members if lecture.number == number]
        return lectures

    def by_title(self, text: str, *, whole: bool = False) -> Lecture | None:
        """The lecture whose title or file name has the words of a text; None if none has.

        Typing errors and parts of words are understood, and the initials of a title. Of several
        lectures it is the one of which the text names the largest part.

        Args:
            text: Words of a title.
            whole: Whether the text must also name most of the title, or of the file name.
        """
        words = [word for word in words_of(text) if word not in _FREQUENT]
        if not words:
            return None
        scores = []
        for position, lecture in enumerate(self.lectures):
            coverage = sum(word_in(word, lecture) for word in words) / len(words)
            if coverage < (1.0 if len(words) < 4 else _COVERAGE):
                continue
            stem = PurePath(lecture.document.file).stem
            shown = max(_share(words, lecture.title), _share(words, stem))
            named = max(shown, _share(words, lecture.document.title))
            is_whole = named >= _COVERAGE
            if whole and not is_whole and not (named >= 0.5 and len(words) > 1):
                continue
            # The document's own title may be the course's, which a reader does not see.
            scores.append((coverage, shown, named, -position))
        return self.lectures[-max(scores)[-1]] if scores else None

    def by_file(self, text: str) -> Lecture | None:
        """The lecture of a file name, with its suffix or without."""
        name = text.strip().casefold()
        for lecture in self.lectures:
            file = lecture.document.file.casefold()
            if name in (file, PurePath(file).stem, lecture.document.name.casefold()):
                return lecture
        return None


def numbered(documents: Sequence[Document], course: str = "") -> list[Lecture]:
    """Documents in order as lectures, with the numbers that their names carry, else from 1."""
    own = lecture_numbers(documents)
    if len(own) < len(documents):
        own = {document.id: number for number, document in enumerate(documents, start=1)}
    return [Lecture(document, own[document.id], course) for document in documents]


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, umlauts spelt out."""
    letters = unicodedata.normalize("NFC", text).casefold()
    letters = re.sub(r"ä|ö|ü", lambda match: {"ä": "ae", "ö": "oe", "ü": "ue"}[match[0]], letters)
    return _WORD.findall(letters)


def word_in(word: str, lecture: Lecture) -> bool:
    """Whether a word is one of a lecture's names, or the initials of them."""
    return any(alike(word, other) for other in lecture.words) or (
        len(word) > 1 and word in lecture.initials
    )


def alike(first: str, second: str) -> bool:
    """Whether two words are the same but for an ending, a part of it, or a typing error."""
    if first == second:
        return True
    if min(len(first), len(second)) < _LONG:
        return False
    if first.startswith(second) or second.startswith(first):
        return True
    if min(len(first), len(second)) > 6 and (first in second or second in first):
        return True
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE


def _share(words: Sequence[str], name: str) -> float:
    """The share of a name's own words that a text has."""
    own = [word for word in words_of(name) if word not in _FREQUENT]
    if not own:
        return 0.0
    return sum(any(alike(word, other) for word in words) for other in own) / len(own)
