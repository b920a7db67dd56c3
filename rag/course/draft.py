"""Collect the leads and sources of an answer about the course."""

from __future__ import annotations

from dataclasses import replace

from ingest.store.protocol import Store
from ingest.text.languages.course import CourseWords
from ingest.types import Document, Passage
from rag.course.catalogue import Lecture
from rag.spans import TextSpan, span_text
from rag.types import Answer, Hit, Lead, Sentence, Source


class Draft:
    """An answer about the course while it is put together, in the words of one language."""

    def __init__(self, words: CourseWords) -> None:
        self.words = words
        self.introduction = ""
        self._leads: list[Lead] = []
        self._sources: list[Source] = []

    def introduce(self, name: str, **values: object) -> None:
        """Open the answer with one of the language's texts."""
        self.introduction = self.text(name, **values)

    def text(self, name: str, **values: object) -> str:
        """One of the language's texts with its values."""
        return self.words.texts[name].format(**values)

    def quote(self, passage: Passage, span: TextSpan, label: str = "", score: float = 0.0) -> None:
        """Add a part of a passage in its own words."""
        self.add((span_text(passage, span),), passage, span, label, score)

    def add(
        self,
        items: tuple[str, ...],
        passage: Passage,
        span: TextSpan | None = None,
        label: str = "",
        score: float = 0.0,
    ) -> None:
        """Add a lead with its source; without a span it only points at the passage's page."""
        start, end = (span.start, span.end) if span else (0, 0)
        number = self._source(passage, start, end)
        self._leads.append(Lead(items, number, start, end, label, score))

    def _source(self, passage: Passage, start: int, end: int) -> int:
        """The number of a source; one passage has one, which grows with its quotations."""
        for row, source in enumerate(self._sources):
            if source.hit.passage.id == passage.id and bool(source.end) == bool(end):
                first, last = min(source.start, start), max(source.end, end)
                quote = span_text(passage, TextSpan(first, last)) if last else ""
                self._sources[row] = replace(source, start=first, end=last, quote=quote)
                return source.number
        quote = span_text(passage, TextSpan(start, end)) if end else ""
        hit = Hit(passage, {})
        number = len(self._sources) + 1
        self._sources.append(Source(number, quote, hit, 0.0, start, end))
        return number

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not (self._leads or self.introduction)

    @property
    def has_leads(self) -> bool:
        """Whether it holds more than its introduction."""
        return bool(self._leads)

    def complete(self, answer: Answer) -> Answer:
        """An answer with what was collected."""
        return replace(
            answer,
            introduction=self.introduction,
            leads=tuple(self._leads),
            sources=tuple(self._sources),
            sentences=tuple(
                Sentence(source.quote, source.number, 1.0, "quoted")
                for source in self._sources
                if source.quote
            ),
            grade="answered",
            confidence=1.0,
        )


def page_passage(store: Store, document: Document, number: int) -> Passage:
    """A page as a passage of its own, to point at; its text is the page's, "" for a picture."""
    page = store.page(document.id, number)
    return Passage(
        id=f"{document.id[:16]}-page-{number}",
        document=document.id,
        file=document.file,
        title=document.title,
        pages=(number,),
        headings=tuple(name for name in (document.title, page.heading if page else "") if name),
        text="",
        spans=(),
        language=document.language,
        folder=document.folder,
        labels=(page.label,) if page and page.label else (),
    )


def first_passage(store: Store, lecture: Lecture) -> Passage:
    """The first page of a lecture, to point at."""
    return page_passage(store, lecture.document, 1)
