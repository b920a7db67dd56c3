"""Skip-gram: gradients against finite differences, and what it learns from a made text."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from language.errors import LanguageError
from language.vectors import neighbours, unit_rows
from language.word2vec import (
    Recipe,
    analogy,
    analogy_scores,
    context_pairs,
    loss_and_gradients,
    read_sentences,
    train,
)


def test_the_loss_of_a_pair_worked_out_by_hand():
    centre, context = np.array([[1.0, 0.0]]), np.array([[2.0, 5.0]])
    negative = np.array([[[-1.0, 0.0], [0.0, 9.0]]])
    loss, *_ = loss_and_gradients(centre, context, negative)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    assert loss[0] == pytest.approx(-np.log(sigmoid(2)) - np.log(sigmoid(1)) - np.log(sigmoid(0)))


def test_the_gradients_equal_finite_differences():
    generator = np.random.default_rng(0)
    inputs = [generator.normal(size=shape) for shape in ((3, 4), (3, 4), (3, 5, 4))]
    _, *gradients = loss_and_gradients(*inputs)
    for which, gradient in enumerate(gradients):
        numeric = np.zeros_like(gradient)
        for place in np.ndindex(gradient.shape):
            for sign in (1, -1):
                moved = [value.copy() for value in inputs]
                moved[which][place] += sign * 1e-6
                numeric[place] += sign * loss_and_gradients(*moved)[0].sum() / 2e-6
        assert np.allclose(gradient, numeric, atol=1e-8)


def test_each_word_meets_those_in_its_window_alone():
    generator = np.random.default_rng(1)
    sequence = np.arange(100)
    pairs = np.concatenate([context_pairs(sequence, 3, generator) for _ in range(200)])
    distance, count = np.unique(np.abs(pairs[:, 0] - pairs[:, 1]), return_counts=True)
    assert distance.tolist() == [1, 2, 3]
    # Distance d is within a reach drawn from 1 to 3 with probability (4 - d) / 3.
    assert count / 200 == pytest.approx([2 * 99, 2 * 98 * 2 / 3, 2 * 97 / 3], rel=0.03)
    assert len(context_pairs(np.array([4]), 3, generator)) == 0


def test_words_of_the_same_contexts_become_neighbours():
    generator = np.random.default_rng(2)
    groups = [("cat", "dog", "cow"), ("car", "bus", "tram")]
    places = [("barn", "meadow", "fur"), ("street", "wheel", "motor")]
    texts = [
        f"{generator.choice(groups[g])} {generator.choice(places[g])} {generator.choice(places[g])}"
        for g in generator.integers(0, 2, 1500)
    ]
    vocabulary, sequences = read_sentences(texts)
    recipe = Recipe(width=16, epochs=4, frequent=0)
    steps = list(train(sequences, len(vocabulary.words), recipe))
    assert steps[-1].share == 1
    assert steps[-1].loss < steps[0].loss
    units = unit_rows(steps[-1].vectors)
    cat = vocabulary.row("cat")
    near = {vocabulary.words[one.row] for one in neighbours(units[cat], units, 5, {cat})}
    assert near == {"dog", "cow", "barn", "meadow", "fur"}
    again = list(train(sequences, len(vocabulary.words), recipe))[-1].vectors
    assert np.array_equal(again, steps[-1].vectors)


def test_training_stops_when_it_is_told_to():
    vocabulary, sequences = read_sentences(["a b c d e f g h i j " * 300])
    stop = threading.Event()
    stop.set()
    assert len(list(train(sequences, len(vocabulary.words), Recipe(frequent=0), stop))) == 1


def test_analogies_of_a_table_that_holds_them():
    words = ("man", "woman", "king", "queen", "he", "she", "stone")
    royal, female, person, other = np.eye(4)
    rows = np.array([person, person + female, person + royal, person + royal + female,
                     person * 3, person * 3 + female, other])  # fmt: skip
    units = unit_rows(rows)
    assert words[analogy(units, 0, 1, 2)[0].row] == "queen"
    [score] = analogy_scores(words, rows)
    assert (score.relation, score.questions) == ("man and woman", 6)
    random = np.random.default_rng(0).normal(size=rows.shape)
    assert analogy_scores(words, random)[0].right < score.right


def test_a_text_that_is_too_short_and_an_unknown_word_are_refused():
    with pytest.raises(LanguageError, match="longer text"):
        read_sentences(["one two three"])
    vocabulary, _ = read_sentences(["a b c d e f g h i j k l m n " * 3])
    with pytest.raises(LanguageError, match="'zebra' is not among the 14 words"):
        vocabulary.row("zebra")
