"""benchmarks.leads: marks that a reader gave to leads, by their place."""

from __future__ import annotations

import pytest
from tiny_models import hit

from benchmarks.leads import (
    MARKS,
    Mark,
    Place,
    draw,
    mean_mark,
    places_of,
    read_marks,
    still_marked,
    write_marks,
)
from rag.evaluation.questions import Gold, Question
from rag.types import Answer, Lead, Source

HERE, THERE = Place("deck.pdf", 4, 0, 9), Place("deck.pdf", 5, 0, 9)


def test_a_list_is_read_as_it_was_written(tmp_path):
    marks = [Mark("a", (HERE, THERE), 2), Mark("b", (), None), Mark("c", (HERE,), 0)]
    write_marks(marks, tmp_path / "marks.jsonl")
    assert read_marks(tmp_path / "marks.jsonl") == marks
    assert mean_mark(marks) == 1.0
    assert mean_mark([Mark("b", (), None)]) is None


def test_an_unknown_mark_is_named(tmp_path):
    write_marks([Mark("a", (HERE,), 3)], tmp_path / "marks.jsonl")
    with pytest.raises(ValueError, match=r"marks\.jsonl:1: mark 3; expected 0, 1, 2 or null"):
        read_marks(tmp_path / "marks.jsonl")


def test_a_mark_holds_only_for_its_place():
    mark = Mark("a", (HERE,), 2)
    assert still_marked(mark, [HERE]) == mark
    assert still_marked(mark, [THERE]) == Mark("a", (THERE,), None)
    assert still_marked(mark, [HERE, THERE]).mark is None


def test_the_place_of_a_lead_is_that_of_its_source():
    found = hit("p", "The cat sleeps.", pages=(4,))
    source = Source(1, "The cat sleeps.", found, end=15)
    lead = Lead(("The cat",), 1, 0, 7)
    answer = Answer("?", "?", (), (source,), (found,), "answered", leads=(lead,))
    assert places_of(answer) == (Place("deck.pdf", 4, 0, 7),)


def test_the_same_questions_are_drawn_each_time():
    gold = (Gold("deck.pdf", (1,)),)
    questions = [Question(f"q{n}", "?", "how", "en", gold if n % 3 else ()) for n in range(30)]
    drawn = draw(questions, 10)
    assert drawn == draw(questions, 10)
    assert len({question.id for question in drawn}) == 10
    assert all(question.answerable for question in drawn)
    assert len(draw(questions, 99)) == 20


def test_the_list_of_the_repository_has_a_mark_for_each_lead():
    marks = read_marks(MARKS)
    assert len(marks) == 100
    assert all(mark.mark is not None for mark in marks)
