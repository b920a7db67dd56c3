"""rag.evaluation.question_log and page_coverage: what is logged, and which pages questions reach."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from tiny_models import hit

from rag.evaluation import question_log
from rag.evaluation.page_coverage import found_by_readers, page_coverage, right_pages
from rag.evaluation.question_log import QuestionLog, grouped, log_question
from rag.evaluation.questions import Gold, Question
from rag.evaluation.run_file import PageReference
from rag.scope import Scope
from rag.settings import Settings
from rag.types import Answer, Source

HIT = hit("d-0001", "A cat sleeps sixteen hours a day.").with_stage("dense", 0.5, 1)
FILE = HIT.passage.file
ANSWERED = Answer(
    "And at night?",
    query="How long does a cat sleep at night?",
    sentences=(),
    sources=(Source(1, "sixteen", HIT, 0.8, 13, 20),),
    hits=(HIT,),
    grade="answered",
    confidence=0.81,
    scope=Scope("Animals", up_to="2"),
)
REFUSED = replace(ANSWERED, question="What is a dog?", query="what is a dog", grade="not_answered")


@pytest.fixture
def log(tmp_path):
    return QuestionLog(tmp_path / question_log.FILE)


def test_an_entry_has_pages_and_day_and_survives_the_program(log, tmp_path):
    log.add(ANSWERED, date(2026, 11, 30))
    log.add(REFUSED, date(2026, 12, 1))
    refused, answered = QuestionLog(tmp_path / question_log.FILE).questions()
    page = PageReference(FILE, HIT.passage.pages)
    assert (refused.found, refused.cited) == ((page,), ())  # its sources are the nearest pages
    assert answered.as_dict() == {
        "question": "And at night?",
        "query": "How long does a cat sleep at night?",
        "day": "2026-11-30",
        "lang": "en",
        "scope": {"course": "Animals", "up_to": "2"},
        "grade": "answered",
        "route": "",
        "confidence": 0.81,
        "found": [page.as_dict()],
        "cited": [page.as_dict()],
    }
    assert [one.question for one in log.questions(["not_answered"])] == ["What is a dog?"]
    assert log.clear() == 2
    assert log.questions() == []


def test_the_log_keeps_a_bounded_number_of_entries(tmp_path):
    log = QuestionLog(tmp_path / "bounded.sqlite", most=3)
    for number in range(5):
        log.add(replace(REFUSED, question=str(number)))
    assert [one.question for one in log.questions()] == ["4", "3", "2"]


def test_nothing_is_logged_unless_it_is_turned_on(tmp_path):
    log_question(ANSWERED, tmp_path, Settings())
    assert list(tmp_path.iterdir()) == []
    on = Settings().with_changes(app={"log_questions": True})
    log_question(ANSWERED, tmp_path, on)
    assert len(QuestionLog(tmp_path / question_log.FILE).questions()) == 1
    (tmp_path / "file").write_text("no folder")
    log_question(ANSWERED, tmp_path / "file", on)  # cannot be written; the answer is not lost


def test_repeats_are_counted_whatever_their_capitals(log):
    for query in ("What is a dog?", "How?", "what is  a DOG"):
        log.add(replace(REFUSED, query=query))
    asked = grouped(log.questions())
    assert [(one.last.query, one.times) for one in asked] == [("what is  a DOG", 2), ("How?", 1)]


def test_pages_that_no_question_reaches(library):
    """The small library: animals.pdf has two searched pages, physics.pdf three."""
    gold = [Gold("physics.pdf", (2,)), Gold("physics.pdf", (2, 3))]
    questions = [Question(str(n), "?", "how", "en", (one,)) for n, one in enumerate(gold)]
    coverage = {one.document.file: one for one in page_coverage(library, right_pages(questions))}
    physics = coverage["physics.pdf"]
    assert (physics.pages, physics.counts, physics.unreached) == ((1, 2, 3), {2: 2, 3: 1}, (1,))
    assert physics.share == pytest.approx(2 / 3)
    animals = coverage["animals.pdf"]
    assert animals.unreached == animals.pages != ()
    assert animals.share == 0


def test_a_page_found_late_is_not_reached(log):
    pages = [PageReference("a.pdf", (n,)) for n in range(1, 9)]
    log.add(ANSWERED)
    [entry] = log.questions()
    [reached] = found_by_readers([replace(entry, found=tuple(pages), cited=(pages[6],))])
    assert {page for one in reached for page in one.pages} == {1, 2, 3, 4, 5, 7}
