"""Measure which questions are taken for questions about the course.

    python -m benchmarks.routing --library DIR [--lectures DIR] [--without-encoder]

DIR is a library of the lectures in `corpus/`. `tests/data/course-questions.jsonl` holds 100 questions
about that course, in two languages, with the route that each should take; a question counts as right
only if route, lecture, page, term and kind are the expected ones. None of
`tests/data/ordinary-questions.jsonl`, nor of the questions of `corpus/questions`, may be routed: the
search answers them. With --lectures, a library of other lectures, its --questions are tried too.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.embed import Encoder
from ingest.store import Library
from ingest.text.detect import question_language
from rag.course.catalogue import Catalogue
from rag.course.router import Route, Router

ROOT = Path(__file__).resolve().parents[1]
COURSE = ROOT / "tests" / "data" / "course-questions.jsonl"
ORDINARY = ROOT / "tests" / "data" / "ordinary-questions.jsonl"
#: 100 more questions about the course and 60 ordinary ones (route ""), by a writer who had not seen the rules.
PHRASINGS = ROOT / "tests" / "data" / "course-phrasings.jsonl"
CORPUS = ROOT / "corpus" / "questions"


@dataclass(frozen=True, slots=True)
class Result:
    """A question, what it should be, and the route that it took."""

    question: str
    expected: tuple[Any, ...]
    actual: tuple[Any, ...] | None

    @property
    def is_right(self) -> bool:
        return self.expected == self.actual


def read(file: Path) -> list[dict[str, Any]]:
    """The questions of a file, one JSON object a line."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def course_results(router: Router, questions: Iterable[dict[str, Any]]) -> list[Result]:
    """Each question about the course with the route that it should take and the one it took."""
    files = {one.document.id: one.document.file for one in router.catalogue.lectures}
    results = []
    for question in questions:
        expected = (
            question["route"],
            question.get("lecture", ""),
            question.get("page", 0),
            question.get("term", "").casefold(),
            question.get("kind", ""),
        )
        route = route_of(router, question["question"])
        actual = None
        if route is not None:
            # a heading tells its lecture, which the question need not name
            lecture = files.get(route.lecture, "")
            if route.heading and not question.get("lecture"):
                lecture = ""
            actual = (route.kind, lecture, route.page, route.term.casefold(), route.statement)
        results.append(Result(question["question"], expected, actual))
    return results


def place_results(router: Router, questions: Iterable[dict[str, Any]]) -> list[bool]:
    """Whether each question gets the kind, lecture and page that it should; terms are not compared."""
    files = {one.document.id: one.document.file for one in router.catalogue.lectures}
    results = []
    for question in questions:
        route = route_of(router, question["question"])
        expected = (question["route"], question.get("lecture", ""), question.get("page", 0))
        lecture = files.get(route.lecture, "") if route else ""
        if route and route.heading and not question.get("lecture"):
            lecture = ""
        results.append(route is not None and (route.kind, lecture, route.page) == expected)
    return results


def routed_away(router: Router, questions: Iterable[str]) -> list[str]:
    """Those of some ordinary questions that are taken for questions about the course."""
    return [question for question in questions if route_of(router, question) is not None]


def route_of(router: Router, question: str) -> Route | None:
    """The route of a question by itself, in its own language."""
    languages = {one.document.language for one in router.catalogue.lectures} | {"en", "de"}
    return router.route(question, question_language(question, languages, "en"))


def corpus_questions(folder: Path = CORPUS) -> list[str]:
    """All questions of a folder of question sets."""
    return [one["question"] for file in sorted(folder.glob("*.jsonl")) for one in read(file)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--lectures", type=Path, help="a library of other lectures")
    parser.add_argument("--questions", type=Path, nargs="*", default=[])
    parser.add_argument("--without-encoder", action="store_true")
    options = parser.parse_args(arguments)
    encoder: Encoder | None = None
    if not options.without_encoder:
        from rag.models import Models

        encoder = Models().encoder
    router = Router(Catalogue.of(Library(options.library)), encoder)
    results = course_results(router, read(COURSE))
    for result in results:
        if not result.is_right:
            print(f"{result.question}\n    expected {result.expected}\n    actual {result.actual}")
    phrasings = read(PHRASINGS)
    near = [one for one in phrasings if one["route"]]
    places = place_results(router, near)
    print(f"in other words: {len(near)}, kind, lecture and page right {sum(places)}")
    right = sum(result.is_right for result in results)
    routed = sum(result.actual is not None for result in results)
    print(f"questions about the course: {len(results)}, routed {routed}, rightly {right}")
    sets = [
        ("ordinary questions", router, [one["question"] for one in read(ORDINARY)]),
        (
            "like questions about the course",
            router,
            [one["question"] for one in phrasings if not one["route"]],
        ),
        ("questions of the corpus", router, corpus_questions()),
    ]
    if options.lectures:
        other = Router(Catalogue.of(Library(options.lectures)), encoder)
        sets += [
            (file.name, other, [one["question"] for one in read(file)])
            for file in options.questions
        ]
    for name, one, questions in sets:
        lost = routed_away(one, questions)
        print(f"{name}: {len(questions)}, routed away {len(lost)}")
        for question in lost:
            print(f"    {question}")


if __name__ == "__main__":
    main()
