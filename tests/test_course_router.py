"""`rag.course.router`: which questions are about the course, and what they ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import routing
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from ingest.text.languages import LANGUAGES
from rag.course.catalogue import Catalogue
from rag.course.router import Router
from rag.scope import Scope, ScopedStore
from rag.types import Turn

ROOT = Path(__file__).parents[1]


def route(library: Library, question: str, *history: str):
    turns = [Turn(earlier, "") for earlier in history]
    router = Router(Catalogue.of(library))
    return router.route(question, LANGUAGES["en"], turns)


def file_of(library: Library, id: str) -> str:
    return next(document.file for document in library.documents() if document.id == id)


def test_a_lecture_is_named_by_number_title_and_file(library):
    for question in (
        "Summarise lecture 2",
        "What was the second lecture about?",
        "summarize the physcis lecture",  # a typing error
        "Summarise physics.pdf",
        "What was the last lecture about?",
        "Worum ging es in der zweiten Vorlesung?",
    ):
        found = route(library, question)
        assert found is not None, question
        assert (found.kind, file_of(library, found.lecture)) == ("summary", "physics.pdf"), question


def test_a_lecture_that_does_not_exist_is_not_routed(library):
    assert route(library, "Summarise lecture 7") is None
    assert route(library, "Summarise the lecture on chemistry") is None


def test_a_page_is_read_in_figures_and_words(library):
    pages = [
        route(library, question).page
        for question in (
            "What is on page 2 of lecture 2?",
            "p. 2 of the physics lecture",
            "Show me the second page of physics.pdf",
            "Was steht auf Seite 2 von Vorlesung 2?",
        )
    ]
    assert pages == [2, 2, 2, 2]


def test_a_follow_up_asks_again_of_another_lecture_or_page(library):
    first = "What is on page 2 of lecture 2?"
    again = route(library, "And lecture 1?", first)
    assert (again.kind, again.page, file_of(library, again.lecture)) == ("page", 2, "animals.pdf")
    page = route(library, "and page 3?", first)
    assert (page.page, file_of(library, page.lecture)) == (3, "physics.pdf")
    assert route(library, "the next page", first).page == 3
    third = route(library, "and the next page?", first, "and lecture 1?")
    assert (third.page, file_of(library, third.lecture)) == (3, "animals.pdf")


def test_a_follow_up_of_an_ordinary_question_is_left_to_the_search(library):
    assert route(library, "And lecture 1?", "Why do dogs bark?") is None
    assert route(library, "And for cats?", "Summarise lecture 2") is None


def test_what_comes_after_needs_a_heading_of_that_name(library):
    found = route(library, "What comes after gravity?")
    assert (found.kind, found.heading) == ("after", "Gravity")
    assert route(library, "What comes after the apple falls?") is None


def test_only_lectures_in_scope_are_counted(library):
    physics = next(d.id for d in library.documents() if d.file == "physics.pdf")
    scope = ScopedStore(library, Scope(lectures=("physics.pdf",)))
    router = Router(Catalogue.of(scope))
    assert router.route("Summarise lecture 1", LANGUAGES["en"]).lecture == physics
    assert router.route("Summarise lecture 2", LANGUAGES["en"]) is None


def test_the_order_of_a_course_and_its_numbers_count(library):
    animals, physics = (document.id for document in library.documents())
    library.add_course("Nature")
    library.set_course("Nature", [physics, animals])
    catalogue = Catalogue.of(library)
    assert [(one.document.id, one.number, one.course) for one in catalogue.lectures] == [
        (physics, 1, "Nature"),
        (animals, 2, "Nature"),
    ]
    assert file_of(library, route(library, "Summarise lecture 2").lecture) == "animals.pdf"


def test_a_number_of_several_courses_needs_the_courses_name(library):
    animals, physics = (document.id for document in library.documents())
    for name, id in (("Zoology", animals), ("Matter", physics)):
        library.add_course(name)
        library.set_course(name, [id])
    choice = route(library, "Summarise lecture 1")
    assert (choice.kind, set(choice.lectures)) == ("choice", {animals, physics})
    for question in ("Summarise lecture 1 of Matter", "Summarise Matter, lecture 1"):
        assert route(library, question).lecture == physics, question


@pytest.fixture(scope="module")
def corpus_catalogue(tmp_path_factory) -> Catalogue:
    """The lectures of the corpus, read for real; their vectors only count words."""
    from tests.conftest import WordEncoder

    library = Library(tmp_path_factory.mktemp("corpus") / "library", create=True)
    reports = list(ingest(find_files([ROOT / "corpus"]), library, WordEncoder()))
    assert {report.outcome for report in reports} == {"added"}
    return Catalogue.of(library)


@pytest.mark.slow
def test_at_least_90_of_100_questions_about_the_course_are_routed_rightly(corpus_catalogue):
    results = routing.course_results(Router(corpus_catalogue), routing.read(routing.COURSE))
    assert len(results) == 100
    assert sum(result.is_right for result in results) >= 90
    assert [one.question for one in results if one.actual and not one.is_right] == []


@pytest.mark.slow
def test_no_ordinary_question_is_routed_away(corpus_catalogue):
    router = Router(corpus_catalogue)
    ordinary = [one["question"] for one in routing.read(routing.ORDINARY)]
    assert len(ordinary) >= 60
    assert routing.routed_away(router, [*ordinary, *routing.corpus_questions()]) == []


@pytest.mark.slow
def test_questions_in_the_words_of_a_writer_who_had_not_seen_the_rules(corpus_catalogue):
    router = Router(corpus_catalogue)
    questions = routing.read(routing.PHRASINGS)
    course = [one for one in questions if one["route"]]
    assert len(course) == 100
    assert sum(routing.place_results(router, course)) >= 92
    subject = [one["question"] for one in questions if not one["route"]]
    assert len(subject) == 60
    assert routing.routed_away(router, subject) == []


@pytest.mark.parametrize(
    ("question", "kind", "count"),
    [
        ("I missed lecture 2, can you sum it up for me?", "summary", 0),
        ("war krank, was war in VL 2 wichtig?", "summary", 0),
        ("toc of lec 2 pls", "outline", 0),
        ("Inhaltsverzeichnis der zweiten VL bitte", "outline", 0),
        ("give me 4 hard questions to practise lecture 2 before the exam", "exam", 4),
        ("ich will für die Prüfung üben, gib mir drei Fragen zur zweiten Vorlesung", "exam", 3),
        ("is lecture 2 in german or english?", "language", 0),
        ("physics.pdf, how many slides?", "length", 0),
        ("I'm studying for the physics exam, make up 4 questions they could ask", "exam", 4),
        ("make up two questions about physics", "exam", 2),
        ("give me 3 exam questions about physics, with answers", "exam", 3),
        ("Gib mir drei Prüfungsfragen zu Physics mit Lösungen", "exam", 3),
        ("Where in the physics lecture is gravity introduced?", "first", 0),
    ],
)
def test_a_question_is_read_by_its_cues_in_any_order(library, question, kind, count):
    found = route(library, question)
    assert found is not None
    assert (found.kind, found.count) == (kind, count)
    assert file_of(library, found.lecture) == "physics.pdf"


def test_courses_and_slides_are_lectures(library):
    found = route(library, "what courses/slides are in here?")
    assert found is not None
    assert found.kind == "lectures"


def test_a_cue_with_its_term_is_a_question_about_the_course(library):
    found = route(library, "Is entropy mentioned anywhere in the slides?")
    assert found is not None
    assert (found.kind, found.term) == ("mentions", "entropy")
    found = route(library, "wann kam die Entropie das erste Mal dran?")
    assert found is not None
    assert (found.kind, found.term) == ("first", "Entropie")


@pytest.mark.parametrize(
    "question",
    [
        "What does lecture 2 say about entropy?",  # more than the cue
        "Why is lecture 2 about entropy?",
        "How many points can one score in the mock exam?",
        "Which week is about entropy and what should be read for it?",
        "Which energy does the first photon have?",
        "Think of two numbers that sum to 5.",
        "Where in an atom is the electron found?",
        "Who introduced entropy first?",
        "In welche Phasen gliedert man einen guten Vortrag?",
    ],
)
def test_a_question_that_says_more_than_its_cue_is_left_to_the_search(library, question):
    assert route(library, question) is None
