"""The way in: whether a question is about the course, and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.embed import Encoder
from ingest.store.protocol import Store
from ingest.text.languages import LANGUAGES, Language
from ingest.types import Passage
from rag.course.answers import CourseAnswers
from rag.course.catalogue import Catalogue
from rag.course.router import Router
from rag.types import Answer, Hit, Turn


class Searcher(Protocol):
    """What answers about the course need of a pipeline."""

    store: Store

    @property
    def encoder(self) -> Encoder:
        """The bi-encoder of the store's vectors."""

    @property
    def model_names(self) -> dict[str, str]:
        """Name and hash of each model in use."""

    def ask(self, question: str) -> Answer:
        """Answer a question by the search alone, to try an exam question."""

    def search(self, question: str) -> list[Hit]:
        """The passages for a term, best first."""


@dataclass(frozen=True, slots=True)
class AboutCourse:
    """An answer in the lectures' own words, and the passages that a language model may write it from.

    There are none where the question asks for a list, a page or a place.
    """

    answer: Answer
    passages: tuple[Passage, ...]


def answer_about_course(
    question: str,
    history: Sequence[Turn],
    language: Language,
    searcher: Searcher,
) -> AboutCourse | None:
    """Answer a question about the course itself; None where it is one for the search.

    Args:
        question: As the reader typed it.
        history: The turns before, oldest first.
        language: In which the question is answered where no rule of a language matches it.
        searcher: A pipeline that routes no question.
    """
    catalogue = Catalogue.of(searcher.store)
    route = Router(catalogue, searcher.encoder).route(question, language, history)
    if route is None:
        return None
    if route.language:  # a file's name hardly shows one
        language = LANGUAGES[route.language]
    answers = CourseAnswers(catalogue, searcher.encoder, searcher.ask, searcher.search)
    blank = Answer(
        question,
        query=question,
        sentences=(),
        sources=(),
        hits=(),
        grade="answered",
        models=searcher.model_names,
        stamp=searcher.store.content_hash(),
        language=language.code,
    )
    answer = answers.answer(route, blank, language)
    return AboutCourse(answer, tuple(answers.subject)) if answer else None
