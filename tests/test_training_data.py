"""training: checks that the training texts are separate from the evaluation texts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.checks import faults, leaks
from training.corpus import corpus_pages, corpus_questions
from training.near_duplicates import find_near_duplicates
from training.statistics import sample
from training.texts import TrainingQuestion, TrainingText, read_texts
from training.words import shared_words

CATS = TrainingText(
    "cats-01",
    "en",
    "slide",
    "Cats",
    ("A cat sleeps sixteen hours.", "It hunts at night."),
    (
        TrainingQuestion("cats-01.q1", "cats-01", "hours of sleep", "en", (("Sixteen.", 1),)),
        TrainingQuestion("cats-01.q2", "cats-01", "sleeping hours", "en", (("Sixteen.", 1),)),
        TrainingQuestion(
            "cats-01.f1", "cats-01", "and at night?", "en", (("It hunts.", 2),), "hours of sleep"
        ),
    ),
)
DOGS = replace(
    CATS,
    id="dogs-01",
    questions=(TrainingQuestion("dogs-01.q1", "dogs-01", "barking volume", "en", ()),),
)


class Letters:
    """Unit vectors of how often each letter occurs in a text."""

    def encode(self, texts):
        rows = np.array(
            [[text.lower().count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        )
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_shared_words_by_hand():
    # sleep and hours of sleep, hours and winter: stems of five letters
    assert shared_words("hours of sleeping", "sleep hours in winter") == pytest.approx(2 / 3)
    assert shared_words("of", "the") == 0.0


def test_a_question_of_the_evaluation_in_other_order_leaks():
    evaluation_questions = {"dev-1": "sleep hours", "dev-2": "Hours, of sleep!"}
    lines = list(leaks([CATS], evaluation_questions))
    assert "cats-01.q1: the same as dev-2 of the corpus: 'hours of sleep'" in lines
    assert any(line.startswith("cats-01.q2: shares 100% of its words with dev-1") for line in lines)
    assert not list(leaks([DOGS], evaluation_questions))


def test_close_pairs_are_found_where_they_count():
    similarities = {
        each.kind: each
        for each in find_near_duplicates(
            [CATS, DOGS], Letters(), {"dev-1": "volume barking"}, {"a.pdf, p. 1": "zzz"}
        )
    }
    [pair] = similarities["passages"].pairs  # the same units and title under two names
    assert (pair.one, pair.other, round(pair.cosine, 3)) == ("cats-01", "dogs-01", 1.0)
    same = similarities["questions about the same passage"]
    assert {(p.one, p.other) for p in same.pairs} == {("cats-01.q1", "cats-01.q2")}  # no follow-up
    [leak] = similarities["a question and one of the corpus"].faults()
    assert leak.startswith("dogs-01.q1: cosine 1.00 with dev-1, expected under 0.70")
    assert not list(similarities["a passage and a page of the corpus"].faults())


def test_a_sample_is_fixed_by_its_seed_and_goes_through_the_subjects():
    ids = [question.id for _, question in sample([CATS, DOGS], 3, seed=1)]
    assert ids == [question.id for _, question in sample([CATS, DOGS], 3, seed=1)]
    assert len(set(ids)) == 3
    assert sum(id.startswith("dogs") for id in ids) == 1


def test_an_id_without_a_number_is_a_fault():
    assert any("cats" in line for line in faults([replace(CATS, id="cats")]))


@pytest.mark.slow
def test_no_question_of_the_evaluation_is_among_the_texts():
    assert list(leaks(read_texts(), corpus_questions())) == []


@pytest.mark.collection
@pytest.mark.timeout(1200)  # some 16,000 questions are encoded
def test_nothing_is_close_to_another_or_to_the_lectures():
    from ingest.embed import BiEncoder

    similarities = find_near_duplicates(
        read_texts(), BiEncoder(), corpus_questions(), corpus_pages()
    )
    assert [line for each in similarities for line in each.faults()] == []
