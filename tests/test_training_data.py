"""training.data: what keeps the training texts apart from what answers are measured on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.data import (
    Asked,
    Text,
    compare,
    corpus_questions,
    faults,
    leaks,
    read_texts,
    sample,
    shared_words,
)

CATS = Text(
    "cats-01",
    "en",
    "slide",
    "Cats",
    ("A cat sleeps sixteen hours.", "It hunts at night."),
    (
        Asked("cats-01.q1", "cats-01", "hours of sleep", "en", (("Sixteen.", 1),)),
        Asked("cats-01.q2", "cats-01", "sleeping hours", "en", (("Sixteen.", 1),)),
        Asked(
            "cats-01.f1", "cats-01", "and at night?", "en", (("It hunts.", 2),), "hours of sleep"
        ),
    ),
)
DOGS = replace(
    CATS, id="dogs-01", asked=(Asked("dogs-01.q1", "dogs-01", "barking volume", "en", ()),)
)


class Letters:
    """Unit vectors of how often each letter stands in a text."""

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
    kept = {"dev-1": "sleep hours", "dev-2": "Hours, of sleep!"}
    lines = list(leaks([CATS], kept))
    assert "cats-01.q1: the same as dev-2 of the corpus: 'hours of sleep'" in lines
    assert any(line.startswith("cats-01.q2: shares 100% of its words with dev-1") for line in lines)
    assert not list(leaks([DOGS], kept))


def test_close_pairs_are_found_where_they_count():
    found = {
        each.kind: each
        for each in compare(
            [CATS, DOGS], Letters(), {"dev-1": "volume barking"}, {"a.pdf, p. 1": "zzz"}
        )
    }
    [twins] = found["passages"].pairs  # the same units and title under two names
    assert (twins.one, twins.other, round(twins.cosine, 3)) == ("cats-01", "dogs-01", 1.0)
    same = found["questions about the same passage"]
    assert {(p.one, p.other) for p in same.pairs} == {("cats-01.q1", "cats-01.q2")}  # no follow-up
    [leak] = found["a question and one of the corpus"].faults()
    assert leak.startswith("dogs-01.q1: cosine 1.00 with dev-1, wanted under 0.70")
    assert not list(found["a passage and a page of the corpus"].faults())


def test_a_sample_is_fixed_by_its_seed_and_goes_through_the_subjects():
    drawn = [asked.id for _, asked in sample([CATS, DOGS], 3, seed=1)]
    assert drawn == [asked.id for _, asked in sample([CATS, DOGS], 3, seed=1)]
    assert len(set(drawn)) == 3
    assert sum(id.startswith("dogs") for id in drawn) == 1


def test_an_id_without_a_number_is_a_fault():
    assert any("cats" in line for line in faults([replace(CATS, id="cats")]))


def test_no_question_of_the_evaluation_is_among_the_texts():
    assert list(leaks(read_texts(), corpus_questions())) == []


@pytest.mark.slow
def test_nothing_is_close_to_another_or_to_the_lectures():
    from ingest.embed import BiEncoder
    from training.data import corpus_pages

    found = compare(read_texts(), BiEncoder(), corpus_questions(), corpus_pages())
    assert [line for each in found for line in each.faults()] == []
