"""The lectures that a question is asked of: a course, some lectures of it, or those up to one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ingest.courses import lecture_numbers, matching_lectures, number_in, order_key
from ingest.errors import BadCourse
from ingest.store import Store
from ingest.text.languages import Language
from ingest.types import Course, Document, Page, ParsedDocument, Passage
from rag.errors import BadScope

_NAMED = 12  # lectures that a message lists


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a library is asked; without any name it is all.

    `course` is a course's name. `lectures` and `up_to` name lectures by number ("5"), title, file
    name, path or the start of an id; `up_to` stands for that lecture and all before it in the order
    of the course. Where both are given, a lecture must be in both.
    """

    course: str = ""
    lectures: tuple[str, ...] = ()
    up_to: str = ""

    def __bool__(self) -> bool:
        return bool(self.course or self.lectures or self.up_to)

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Scope:
        """The scope of plain values, as a filter has them: `{"course": "AI", "up_to": 5}`.

        Raises:
            BadScope: a field has another name than the three, or a value that is no name.
        """
        names: dict[str, list[str | int]] = {}
        for field, value in values.items():
            parts = list(value) if isinstance(value, list | tuple) else [value]
            if (
                field not in ("course", "lectures", "up_to")
                or not all(isinstance(part, str | int) for part in parts)
                or (len(parts) != 1 and field != "lectures")
            ):
                raise BadScope(
                    f"A filter has no {field!r} with the value {value!r}; it takes course (a name), "
                    "lectures (a list of names or numbers) and up_to (a name or a number)."
                )
            names[field] = [part for part in parts if isinstance(part, str | int)]
        course, up_to = names.get("course", [""]), names.get("up_to", [""])
        return cls(str(course[0]), tuple(map(str, names.get("lectures", ()))), str(up_to[0]))

    def as_dict(self) -> dict[str, object]:
        """The names that are given, as plain values; {} for all lectures."""
        values = {"course": self.course, "lectures": list(self.lectures), "up_to": self.up_to}
        return {name: value for name, value in values.items() if value}

    def text(self, language: Language) -> str:
        """The scope in words, `AI, up to lecture 5`; "" for all lectures."""
        parts = [self.course] if self.course else []
        parts += [_words(name, language) for name in self.lectures]
        if self.up_to:
            parts.append(language.up_to_lecture.format(lecture=_words(self.up_to, language)))
        return ", ".join(parts)

    def documents(self, store: Store) -> frozenset[str] | None:
        """The ids of the documents that the scope names; None for all of the library.

        Raises:
            BadScope: a name stands for no lecture, or for several; the message lists what exists.
        """
        if not self:
            return None
        courses = self._courses(store)
        ids = {document.id for _, lectures in courses for document in lectures}
        if self.up_to:
            ids &= _up_to(self.up_to, courses)
        if self.lectures:
            ids &= {id for name in self.lectures for id in _named(name, courses)}
        if not ids:
            fault = f"{_where(courses)} has no lecture; add some with `katheder course add`."
            if self.lectures and self.up_to:
                fault = (
                    f"none of the lectures {', '.join(self.lectures)} is up to {self.up_to}; leave "
                    "the one or the other out."
                )
            raise BadScope(fault[0].upper() + fault[1:])
        return frozenset(ids)

    def _courses(self, store: Store) -> list[tuple[str, list[Document]]]:
        """The lectures to choose from, in order, by course; those in none are under ""."""
        documents = {document.id: document for document in store.documents()}
        if self.course:
            return [(course.name, _of(course, documents)) for course in [self._course(store)]]
        groups = [(course.name, _of(course, documents)) for course in store.courses()]
        members = {document.id for _, lectures in groups for document in lectures}
        others = [document for document in documents.values() if document.id not in members]
        return [*groups, ("", sorted(others, key=order_key))]

    def _course(self, store: Store) -> Course:
        try:
            return store.course(self.course)
        except BadCourse as error:
            raise BadScope(str(error)) from error


EVERYTHING = Scope()


class ScopedStore:
    """A store in which only the lectures of a scope are found; it implements `Store`.

    `whole` is the store with all lectures, `scope` the scope with the course's name as it is there.
    """

    def __init__(self, whole: Store, scope: Scope) -> None:
        """Raises BadScope where the scope names a lecture that the store does not have."""
        self.whole = whole
        self._ids = scope.documents(whole)
        self._course, self._numbers = "", dict[str, int]()
        if scope.course:
            course = whole.course(scope.course)
            documents = {document.id: document for document in whole.documents()}
            self._course, self._numbers = course.name, lecture_numbers(_of(course, documents))
        self.scope = replace(scope, course=self._course)

    def add(self, parsed: ParsedDocument, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        """Add a document to the whole store; see `Store.add`."""
        self.whole.add(parsed, passages, vectors)

    def remove(self, document: str) -> bool:
        """Remove a document from the whole store; see `Store.remove`."""
        return self.whole.remove(document)

    def passages(self, document: str) -> list[Passage]:
        """A document's passages; see `Store.passages`."""
        return [self._named(passage) for passage in self.whole.passages(document)]

    def page(self, document: str, number: int) -> Page | None:
        """One page of a document; see `Store.page`."""
        return self.whole.page(document, number)

    def stored_vectors(self, document: str) -> np.ndarray:
        """A document's vectors; see `Store.stored_vectors`."""
        return self.whole.stored_vectors(document)

    def documents(self) -> list[Document]:
        """The documents of the scope, by file name."""
        ids = self._ids
        return [each for each in self.whole.documents() if ids is None or each.id in ids]

    def courses(self) -> list[Course]:
        """All courses, with those of their documents that are in the scope."""
        present = {document.id for document in self.documents()}
        return [
            replace(course, documents=tuple(id for id in course.documents if id in present))
            for course in self.whole.courses()
        ]

    def course(self, name: str) -> Course:
        """The course of a name, with those of its documents that are in the scope."""
        wanted = self.whole.course(name).name
        return next(course for course in self.courses() if course.name == wanted)

    def search_dense(
        self, query: np.ndarray, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """See `Store.search_dense`."""
        found = self.whole.search_dense(query, k, self._part(documents))
        return [(self._named(passage), cosine) for passage, cosine in found]

    def search_lexical(
        self, question: str, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """See `Store.search_lexical`."""
        found = self.whole.search_lexical(question, k, self._part(documents))
        return [(self._named(passage), score) for passage, score in found]

    def languages(self, documents: Collection[str] | None = None) -> set[str]:
        """See `Store.languages`."""
        return self.whole.languages(self._part(documents))

    def pages_without_text(self, documents: Collection[str] | None = None) -> dict[str, list[int]]:
        """See `Store.pages_without_text`."""
        return self.whole.pages_without_text(self._part(documents))

    def content_hash(self) -> str:
        """The whole store's; see `Store.content_hash`."""
        return self.whole.content_hash()

    def _part(self, documents: Collection[str] | None) -> Collection[str] | None:
        if self._ids is None or documents is None:
            return self._ids if documents is None else documents
        return self._ids.intersection(documents)

    def _named(self, passage: Passage) -> Passage:
        """A passage named after the scope's course, of all courses that its document is in."""
        if not self._course or passage.course == self._course:
            return passage
        number = self._numbers.get(passage.document)
        return replace(passage, course=self._course, lecture=number)


def _of(course: Course, documents: Mapping[str, Document]) -> list[Document]:
    return [documents[id] for id in course.documents if id in documents]


def _named(name: str, courses: Sequence[tuple[str, list[Document]]]) -> set[str]:
    """The ids of the lectures of a name: one document, or all of one course with one number."""
    groups = _matches(name, courses)
    named = {lectures[place].id for _, lectures, places in groups for place in places}
    if len(named) > 1 and (len(groups) > 1 or number_in(name) is None):
        raise _ambiguous(name, groups)
    return named


def _up_to(name: str, courses: Sequence[tuple[str, list[Document]]]) -> set[str]:
    """The ids of a lecture and of all before it in its course."""
    groups = _matches(name, courses)
    _, lectures, places = groups[0]
    if len(groups) > 1 or (len(places) > 1 and number_in(name) is None):
        raise _ambiguous(name, groups)
    return {document.id for document in lectures[: max(places) + 1]}


_Group = tuple[str, list[Document], list[int]]  # a course, its lectures, places of some of them


def _matches(name: str, courses: Sequence[tuple[str, list[Document]]]) -> list[_Group]:
    """The courses with lectures of a name, and their places there, from 0.

    Raises:
        BadScope: there is none; the message lists the lectures.
    """
    has_courses = any(course for course, _ in courses)
    groups = []
    for course, lectures in courses:
        counts = bool(course) or not has_courses  # whether a number says anything here
        places = matching_lectures(lectures, name) if counts or number_in(name) is None else []
        if places:
            groups.append((course, lectures, places))
    if not groups:
        names = [document.name for _, lectures in courses for document in lectures]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise BadScope(
            f"There is no lecture {name!r} in {_where(courses)}, which has: "
            f"{', '.join(names[:_NAMED])}{more}. See `katheder course list`."
        )
    return groups


def _ambiguous(name: str, groups: Sequence[_Group]) -> BadScope:
    which = [
        ", ".join(filter(None, [course, lectures[place].name]))
        for course, lectures, places in groups
        for place in places
    ]
    return BadScope(
        f"{name!r} names {len(which)} lectures ({'; '.join(which)}), expected one. Name the course "
        "as well, with --course, or the whole file name."
    )


def _where(courses: Sequence[tuple[str, list[Document]]]) -> str:
    return f"the course {courses[0][0]!r}" if len(courses) == 1 and courses[0][0] else "the library"


def _words(name: str, language: Language) -> str:
    number = number_in(name)
    return name if number is None else language.numbered_lecture.format(number=number)
