"""Print the leads of drawn questions with the marks that a reader gave them.

    python -m benchmarks.leads [--library DIR] [--questions FILE] [--marks FILE] [--draw N]

A mark is 0 (useless), 1 (partly) or 2 (good): a lead is good if it answers the question by itself,
and partly if it helps but leaves out what was asked, or holds much else. The list of marks
(`benchmarks/leads.jsonl`) has, for each question, the place of its leads (file, page, offsets in
the passage) and the mark, not their words: the lectures are not part of the repository. A mark counts
only while the program still chooses the same place; where it chooses another one, the lead is
printed as unmarked, and the mean is that of the marks that still hold.

--draw writes a new list of N drawn questions, all unmarked, which a reader fills in.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rag.evaluation.questions import Question, history_of, read_questions
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import load_settings
from rag.types import Answer

ROOT = Path(__file__).resolve().parents[1]
MARKS = ROOT / "benchmarks" / "leads.jsonl"
LECTURES = ROOT.parent / "shared" / "lectures"
_SEED = 22


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a lead: the file, its page, and the characters of its passage."""

    doc: str
    page: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A reader's mark for the leads of one question, by its id; None where there is none yet."""

    question: str
    places: tuple[Place, ...]
    mark: int | None


def read_marks(file: Path) -> list[Mark]:
    """The marks of a list, in order.

    Raises:
        ValueError: a mark is not 0, 1, 2 or null.
    """
    marks = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        values = json.loads(line)
        if values["mark"] not in (0, 1, 2, None):
            raise ValueError(f"{file}:{number}: mark {values['mark']!r}; expected 0, 1, 2 or null")
        places = tuple(Place(**place) for place in values["places"])
        marks.append(Mark(values["question"], places, values["mark"]))
    return marks


def write_marks(marks: Sequence[Mark], file: Path) -> None:
    """Write a list that `read_marks` reads."""
    lines = [json.dumps(asdict(mark)) for mark in marks]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def places_of(answer: Answer) -> tuple[Place, ...]:
    """Where the leads of an answer stand."""
    places = []
    for lead in answer.leads:
        passage = answer.sources[lead.source - 1].hit.passage
        page = passage.pages_of(lead.start, lead.end)[0]
        places.append(Place(passage.file, page, lead.start, lead.end))
    return tuple(places)


def mean_mark(marks: Sequence[Mark]) -> float | None:
    """The mean of the marks that were given; None where there are none."""
    given = [mark.mark for mark in marks if mark.mark is not None]
    return sum(given) / len(given) if given else None


def still_marked(mark: Mark, places: Sequence[Place]) -> Mark:
    """The mark at today's places: none where the places are others."""
    return Mark(mark.question, tuple(places), mark.mark if mark.places == tuple(places) else None)


def draw(questions: Sequence[Question], number: int) -> list[Question]:
    """Some of the questions that the lectures answer, drawn with a fixed seed, in their order."""
    answerable = [question for question in questions if question.answerable]
    drawn = random.Random(_SEED).sample(answerable, min(number, len(answerable)))
    return sorted(drawn, key=answerable.index)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print each lead with its mark, and the mean."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, default=ROOT / "build" / "evidence" / "lectures")
    parser.add_argument("--questions", type=Path, default=LECTURES / "questions-dev.jsonl")
    parser.add_argument("--marks", type=Path, default=MARKS)
    parser.add_argument("--draw", type=int, metavar="N", help="write a new list of N questions")
    options = parser.parse_args(arguments)
    # A refused question has no lead to be read; the rubric is about leads.
    settings = load_settings()
    shipped = Pipeline.load(options.library, settings, Models(settings.models))
    pipeline = shipped.with_settings(settings.with_changes(answer={"min_confidence": 0.0}))
    questions = read_questions(options.questions)
    by_id = {question.id: question for question in questions}
    if options.draw:
        marks = [Mark(question.id, (), None) for question in draw(questions, options.draw)]
    else:
        marks = read_marks(options.marks)
    current, of_answered = [], []
    for mark in marks:
        question = by_id[mark.question]
        answer = pipeline.ask(question.question, history=history_of(question, questions))
        places = places_of(answer)
        current.append(
            Mark(mark.question, places, None) if options.draw else still_marked(mark, places)
        )
        given = current[-1].mark
        grade = shipped.grade(answer.query, answer.hits, answer.evidence, answer.confidence)
        if grade != "not_answered":
            of_answered.append(current[-1])
        print(f"\n{question.id}  {'unmarked' if given is None else f'mark {given}'}  {grade}")
        print(f"  question: {question.question}\n  expected: {question.answer}")
        for lead, place in zip(answer.leads, places, strict=True):
            print(f"  {place.doc}, p. {place.page}, {place.start}-{place.end}")
            print("\n".join(f"    {line}" for line in lead.lines))
    if options.draw:
        write_marks(current, options.marks)
        print(f"\nwritten to {options.marks}")
        return
    for name, leads in (("all", current), ("those not refused", of_answered)):
        mean, counted = mean_mark(leads), sum(lead.mark is not None for lead in leads)
        print(f"\n{name}: mean mark {'-' if mean is None else f'{mean:.2f}'} of {counted} leads")
    moved = sum(mark.mark is None for mark in current)
    print(f"{moved} of {len(current)} leads are at another place than when they were read")


if __name__ == "__main__":
    main()
