"""The glossary of some lectures, and the timeline of a course: which terms come in which lecture."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ingest.store import Library
from ingest.text.languages import language
from ingest.types import Document, Passage
from rag.course.sections import plain_heading
from rag.study.cards import place_of
from rag.study.definitions import Definition
from rag.study.terms import is_term
from rag.unit_kinds import content_stems, is_aside

_MAX_TOPICS = 40  # headings of one lecture in the timeline
_MAX_TOPIC_WORDS = 6
_NUMBER = re.compile(r"^(?:\d+[.)]?)+\s+")  # of a section, as "5.1. "
_ROMAN = re.compile(r"\s+[IVX]+$")  # of a part, as "Literature II"
_NO_TOPIC = re.compile(r"[/\\{}=_^]|^[^(]*\)|\([^)]*$")  # a path, a formula, half a bracket


@dataclass(frozen=True, slots=True)
class Topic:
    """A heading of a lecture that names a term, with its first page; `definition` where there is one."""

    term: str
    page: int
    definition: Definition | None = None


@dataclass(frozen=True, slots=True)
class LectureTopics:
    """The terms that a lecture introduces, in the order of its pages."""

    document: Document
    topics: tuple[Topic, ...]

    def as_dict(self) -> dict[str, Any]:
        """The lecture and its terms as plain values for JSON."""
        return {
            "file": self.document.file,
            "title": self.document.title,
            "terms": [
                {
                    "term": topic.term,
                    "page": topic.page,
                    "definition": topic.definition.text if topic.definition else None,
                }
                for topic in self.topics
            ],
        }


def glossary(definitions: Iterable[Definition]) -> list[Definition]:
    """The definitions in alphabetical order of their terms."""
    return sorted(definitions, key=lambda one: (one.term.casefold(), one.kind == "abbreviation"))


def term_at_start(text: str, term: str) -> slice | None:
    """Where a text begins with a term, perhaps behind one word such as an article; None elsewhere.

    Such a text needs no "term:" before it.
    """
    found = re.match(rf"(?:\w+\s+)?({re.escape(term)})(?!\w)", text, re.IGNORECASE)
    return slice(*found.span(1)) if found and term else None


def glossary_entry(definition: Definition) -> dict[str, Any]:
    """A definition as plain values for JSON."""
    text = definition.meaning if definition.kind == "abbreviation" else definition.text
    return {"term": definition.term, "definition": text} | place_of(definition)


def timeline(
    library: Library, documents: Sequence[str], definitions: Sequence[Definition]
) -> list[LectureTopics]:
    """For each lecture the terms that it is the first to introduce, by definition or heading.

    Args:
        library: Holds them.
        documents: Their ids, in the order of the course.
        definitions: Those of the lectures, as `definitions_of` gives them.
    """
    names = {document.id: document for document in library.documents()}
    seen: set[frozenset[str]] = set()
    lectures = []
    for id in documents:
        own = [one for one in definitions if one.passage.document == id]
        topics = [Topic(one.term, one.pages[0], one) for one in own]
        headings = list(_headings(library.passages(id)))
        new: list[Topic] = []
        for topic in [*topics, *headings]:
            spoken = language(names[id].language)
            stems = frozenset(content_stems(topic.term, spoken))
            if stems and stems not in seen:
                seen.add(stems)
                new.append(topic)
        new.sort(key=lambda topic: topic.page)
        lectures.append(LectureTopics(names[id], tuple(new[:_MAX_TOPICS])))
    return lectures


def _headings(passages: Sequence[Passage]) -> Iterable[Topic]:
    """The headings that are terms, with their first pages."""
    for passage in passages:
        spoken = language(passage.language)
        if passage.is_navigation or not passage.headings[1:] or spoken.terminology is None:
            continue
        heading = _ROMAN.sub("", plain_heading(_NUMBER.sub("", passage.headings[-1].strip())))
        if len(heading.split()) > _MAX_TOPIC_WORDS or _NO_TOPIC.search(heading):
            continue
        *_, last = heading.casefold().split() or [""]
        if heading.casefold() in spoken.contents_titles or last in spoken.summary_titles:
            continue
        if is_aside("", heading, spoken):
            continue
        if is_term(heading, spoken, spoken.terminology):
            yield Topic(heading, passage.pages[0])
