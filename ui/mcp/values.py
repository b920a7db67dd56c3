"""What the tools return: plain values, each of which names document, page and quote."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ingest.types import Document
from rag.ground import unsupported_sentences
from rag.types import Answer, Hit, Source
from ui.safe_markdown import safe_blocks
from ui.service.chat_markdown import plain


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


class Place(_Value):
    """A passage of a document."""

    citation: str
    """Course, lecture, file and page."""
    document: str
    """Its id, which `read_page` takes."""
    pages: list[int]
    """From 1."""
    quote: str


class SearchResult(_Value):
    """The passages for a question, best first."""

    question: str
    passages: list[Place]


class AnswerSource(Place):
    """A source of an answer, under the number that its sentences have."""

    number: int


class AskResult(_Value):
    """An answer; every sentence ends with the numbers of its sources in brackets."""

    answer: str
    """In Markdown where a language model wrote it."""
    unsupported: list[str]
    """What a language model wrote beside it and no page supports; not part of the answer."""
    grade: str
    """Answered, doubtful or not_answered."""
    notice: str
    """Why it is not "answered", or why no language model wrote, else ""."""
    sources: list[AnswerSource]


class Lecture(_Value):
    """A document of the library."""

    document: str
    """Its id."""
    file: str
    title: str
    pages: int
    courses: list[str]


class LectureList(_Value):
    """The documents of the library, or of a course, in order."""

    lectures: list[Lecture]


def passage_values(hit: Hit) -> Place:
    """A passage that was found."""
    passage = hit.passage
    return Place(
        citation=passage.citation,
        document=passage.document,
        pages=list(passage.pages),
        quote=passage.text,
    )


def source_values(source: Source) -> AnswerSource:
    """A source of an answer."""
    passage = source.hit.passage
    return AnswerSource(
        number=source.number,
        citation=source.citation,
        document=passage.document,
        pages=list(source.pages or passage.pages),
        quote=source.quote,
    )


def answer_values(answer: Answer) -> AskResult:
    """An answer with its sources."""
    return AskResult(
        answer=safe_blocks(answer.units, plain) if answer.is_structured else answer.text,
        unsupported=list(unsupported_sentences(answer)),
        grade=answer.grade,
        notice=" ".join(filter(None, [*answer.writer_sentences, answer.notice])),
        sources=[source_values(source) for source in answer.sources],
    )


def lecture_values(document: Document, courses: list[str]) -> Lecture:
    """A document and the courses that it is in."""
    return Lecture(
        document=document.id,
        file=document.file,
        title=document.title,
        pages=document.pages,
        courses=courses,
    )
