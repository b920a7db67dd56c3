"""rag.study.marking and rag.study.quiz with the judge that comes with the program."""

from __future__ import annotations

import random

import pytest
from conftest import WordEncoder
from tiny_models import passage

from rag.evidence import CosineJudge, judge_of
from rag.models import Models
from rag.study.definitions import Definition, definitions_in
from rag.study.marking import mark_answer
from rag.study.quiz import choice_for

TEXTS = [
    "A queue is a list whose elements leave in the order in which they arrived.",
    "A waiting line is a list from which the element that came first leaves first.",
    "A stack is a container from which the newest element leaves first.",
    "A heap is a tree in which no parent is larger than its children.",
    "A graph is a collection of nodes that are joined by edges.",
    "Perplexity measures how surprised a model is by each word. The perplexity falls.",
]


@pytest.fixture(scope="module")
def definitions() -> dict[str, Definition]:
    found = definitions_in([passage(f"p{n}", text, language="en") for n, text in enumerate(TEXTS)])
    return {one.term: one for one in found}


def test_an_answer_without_words_of_its_own_is_wrong(definitions):
    judge = CosineJudge(WordEncoder())
    for answer in ("", "a queue", "it is a queue"):
        assert mark_answer(answer, definitions["queue"], judge).verdict == "wrong"


def test_the_definition_itself_is_right_and_its_words_are_counted(definitions):
    queue = definitions["queue"]
    mark = mark_answer(queue.meaning, queue, CosineJudge(WordEncoder()))
    assert (mark.verdict, mark.words) == ("right", 1.0)
    half = mark_answer("a list of elements", queue, CosineJudge(WordEncoder()))
    assert half.words == pytest.approx(2 / 5)  # of list, elements, leave, order, arrived


@pytest.mark.slow
def test_the_judge_marks_as_a_person_does(definitions):
    models = Models()
    judge = judge_of(models.reranker, models.encoder)
    answers = {
        ("Perplexity", "tells how much every new word surprises the model"): "right",
        ("Perplexity", "something about a model"): "partly",
        ("Perplexity", "the number of layers of a network"): "wrong",
        ("stack", "the element that was added last is the first to leave"): "right",
        ("stack", "a table of names and numbers"): "wrong",
        ("graph", "nodes and the edges between them"): "right",
        ("graph", "a picture of a function"): "wrong",
    }
    marks = {
        (term, answer): mark_answer(answer, definitions[term], judge).verdict
        for term, answer in answers
    }
    same = [key for key, verdict in marks.items() if verdict == answers[key]]
    assert len(same) >= 5, marks
    for key, verdict in marks.items():  # what is right is never called wrong, nor the reverse
        assert {verdict, answers[key]} != {"right", "wrong"}, key
    question = choice_for(definitions["queue"], list(definitions.values()), judge, random.Random(0))
    assert question is not None
    assert "Queue" in question.choices
    assert "Waiting line" not in question.choices  # the judge reads that it means the same
