"""Tasks and measures: spans and F1 worked by hand, and scikit-learn's accuracy and confusion."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from language.errors import LanguageError
from language.tasks import (
    TASKS,
    accuracy,
    accuracy_interval,
    confusion,
    read_task,
    span_score,
    spans,
    words_of,
)

KINDS = ("PER", "LOC")


def test_spans_of_tags_by_hand():
    tags = ["B-PER", "I-PER", "O", "B-LOC", "B-LOC", "I-PER", "O", "I-LOC"]
    #        Ada      Lovelace  in  London   Rome     an I- of another kind begins one, as does
    #        an I- behind O
    assert spans(tags) == {
        (0, 2, "PER"),
        (3, 4, "LOC"),
        (4, 5, "LOC"),
        (5, 6, "PER"),
        (7, 8, "LOC"),
    }


@given(st.lists(st.tuples(st.sampled_from(["", *KINDS]), st.integers(1, 3))))
def test_spans_are_the_inverse_of_writing_tags(parts):
    tags, expected = [], set()
    for kind, length in parts:
        if kind:
            expected.add((len(tags), len(tags) + length, kind))
            tags += [f"B-{kind}"] + [f"I-{kind}"] * (length - 1)
        else:
            tags += ["O"] * length
    assert spans(tags) == expected


def test_f1_by_hand():
    right = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-DATE"]]
    # The person is cut short, the place is right, the date is missed, and a place is made up.
    predicted = [["B-PER", "O", "O", "B-LOC"], ["B-LOC", "O"]]
    score = span_score(right, predicted)
    assert (score.right, score.predicted, score.there) == (1, 3, 3)
    assert (score.precision, score.recall, score.f1) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert span_score(right, right).f1 == 1
    assert span_score([["O"]], [["O"]]).f1 == 0


def test_accuracy_and_confusion_equal_those_of_scikit_learn():
    generator = np.random.default_rng(0)
    right, predicted = generator.integers(0, 4, (2, 200))
    assert accuracy(right, predicted) == pytest.approx(metrics.accuracy_score(right, predicted))
    assert np.array_equal(
        confusion(right, predicted, 4), metrics.confusion_matrix(right, predicted)
    )


def test_the_interval_of_an_accuracy_by_hand():
    # Wilson, 8 of 10 right, z = 1.96: centre .7166, half .2264
    assert accuracy_interval(8, 10) == pytest.approx((0.4902, 0.9433), abs=2e-4)
    assert accuracy_interval(0, 10)[0] == 0
    assert accuracy_interval(10, 10)[1] == 1


@pytest.mark.parametrize("name", TASKS)
def test_the_data_is_balanced_and_its_parts_share_no_sentence(name):
    task = read_task(name)
    assert len(task.train) + len(task.test) >= (400 if task.per_word else 600)
    assert {one.language for one in task.test} == {"de", "en"}
    assert not {one.text for one in task.train} & {one.text for one in task.test}
    assert max(task.rows(task.train)) == len(task.labels) - 1
    assert all(len(one.words) == len(one.labels) for one in task.train if task.per_word)


@pytest.mark.parametrize("count", [10, 25, 200])
def test_a_small_task_has_labels_and_languages_in_equal_parts(count):
    task = read_task("topics")
    small = task.small(count, seed=1)
    assert len(small.train) == count
    assert small.test == task.test
    groups = Counter((one.labels[0], one.language) for one in small.train)
    assert max(groups.values()) - min(groups.values()) <= 1
    assert len(groups) == 10
    assert small.train != task.small(count, seed=2).train
    assert set(task.small(10, seed=1).train) <= set(task.small(25, seed=1).train)


def test_what_is_no_task_is_refused():
    with pytest.raises(LanguageError, match="expected topics, sentiment, entities"):
        read_task("colours")
    with pytest.raises(LanguageError, match="expected 5 to 600"):
        read_task("topics").small(601, 0)
    for text, message in ((" ", "empty"), ("a\udc00", "surrogate"), ("x" * 1_000_000, "shorten")):
        with pytest.raises(LanguageError, match=message):
            words_of(text, True)


def test_words_of_a_sentence_are_apart_from_its_marks():
    assert words_of("Curie's prize, in Paris.", True) == (
        "Curie",
        "'s",
        "prize",
        ",",
        "in",
        "Paris",
        ".",
    )
    assert words_of("Curie's prize.", False) == ("Curie's", "prize.")
