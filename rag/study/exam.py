"""An exam over some lectures: ten questions, and the pages to read again."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.evidence import Judge
from rag.study.cards import citation_of, place_of, terminology
from rag.study.definitions import Definition
from rag.study.marking import Verdict, mark_answer
from rag.study.quiz import Choice, choice_for

QUESTIONS = 10


@dataclass(frozen=True, slots=True)
class ExamQuestion:
    """A question with choices, or, where `choice` is None, one that is answered in a few words."""

    definition: Definition
    choice: Choice | None = None

    @property
    def question(self) -> str:
        """What is asked."""
        if self.choice is not None:
            return self.choice.question
        return terminology(self.definition).question.format(term=self.definition.term)

    def verdict(self, answer: str, judge: Judge) -> Verdict:
        """The mark of an answer: one of the choices, or some words."""
        if self.choice is None:
            return mark_answer(answer, self.definition, judge).verdict
        return "right" if answer == self.choice.choices[self.choice.right] else "wrong"

    def as_dict(self) -> dict[str, Any]:
        """The question as plain values for JSON."""
        if self.choice is not None:
            return {"kind": "choice"} | self.choice.as_dict()
        return {
            "kind": "text",
            "question": self.question,
            "answer": self.definition.text,
        } | place_of(self.definition)


def exam(
    definitions: Sequence[Definition], judge: Judge, seed: int, count: int = QUESTIONS
) -> list[ExamQuestion]:
    """The questions of an exam, spread over the lectures, the same for the same seed.

    Questions with choices and questions in words take turns; each definition is asked for once.

    Args:
        definitions: Those of the lectures in question.
        judge: Finds wrong choices that might be right.
        seed: Of the choice and the order.
        count: How many questions, if there are enough definitions.
    """
    rng = random.Random(seed)
    questions: list[ExamQuestion] = []
    for definition in _spread(definitions, rng):
        if len(questions) == count:
            break
        choice = None
        if len(questions) % 2 == 0:
            choice = choice_for(definition, definitions, judge, rng)
        questions.append(ExamQuestion(definition, choice))
    return questions


def _spread(definitions: Sequence[Definition], rng: random.Random) -> list[Definition]:
    """The definitions in random order, one of each lecture in turn; abbreviations are not asked for."""
    lectures: dict[str, list[Definition]] = {}
    for definition in definitions:
        if definition.kind != "abbreviation":
            lectures.setdefault(definition.passage.document, []).append(definition)
    for own in lectures.values():
        rng.shuffle(own)
    order = list(lectures.values())
    rng.shuffle(order)
    longest = max(map(len, order), default=0)
    return [own[turn] for turn in range(longest) for own in order if turn < len(own)]


@dataclass(frozen=True, slots=True)
class PageToRead:
    """A page to read again, with the terms that were not known; `definition` opens it."""

    definition: Definition
    terms: tuple[str, ...]

    @property
    def citation(self) -> str:
        """File and page."""
        return citation_of(self.definition)


def pages_to_read(
    questions: Sequence[ExamQuestion], verdicts: Mapping[int, Verdict]
) -> list[PageToRead]:
    """The pages of the questions that were not answered right, in the order of the lectures' pages.

    Args:
        questions: Of the exam.
        verdicts: By the question's row; a question without one was not answered.
    """
    terms: dict[tuple[str, tuple[int, ...]], list[Definition]] = {}
    for row, question in enumerate(questions):
        if verdicts.get(row) != "right":
            one = question.definition
            terms.setdefault((one.passage.name, one.pages), []).append(one)
    return [
        PageToRead(definitions[0], tuple(one.term for one in definitions))
        for _, definitions in sorted(terms.items())
    ]
