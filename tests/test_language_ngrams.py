"""n-gram models: worked by hand, probabilities that sum to one, and a source of known entropy."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from language.errors import LanguageError
from language.ngrams import NGramModel


def test_probabilities_worked_by_hand():
    # a b a b a c: c(a) = 3, c(b) = 2, c(c) = 1; after a: b twice, c once; vocabulary of 4
    model = NGramModel("ababac", 2, 4)
    p_a, p_b, p_d = ((n + 3 / 4) / (6 + 3) for n in (3, 2, 0))
    assert model.probability("a") == pytest.approx(p_a)
    assert model.probability("d") == pytest.approx(p_d)
    assert model.probability("b", "a") == pytest.approx((2 + 2 * p_b) / (3 + 2))
    assert model.probability("a", "b") == pytest.approx((2 + 1 * p_a) / (2 + 1))
    assert model.probability("b", "xya") == model.probability("b", "a")  # only the last one counts
    assert model.probability("b", "d") == pytest.approx(p_b)  # a context that was never seen


@settings(max_examples=80, deadline=None)
@given(st.text("abcde", max_size=30), st.text("abcdef", max_size=4), st.integers(0, 4))
def test_probabilities_sum_to_one(text, context, order):
    model = NGramModel(text, order, 6)
    assert sum(model.probability(token, context) for token in "abcdef") == pytest.approx(1)
    assert all(model.probability(token, context) > 0 for token in "abcdef")


def test_the_uniform_model_needs_log2_of_the_vocabulary():
    bits = NGramModel("abc", 0, 49_152).bits("cab", characters=12)
    assert bits.per_token == pytest.approx(math.log2(49_152))
    assert bits.per_character == pytest.approx(3 * math.log2(49_152) / 12)
    assert bits.perplexity == pytest.approx(49_152)


def markov(length: int, seed: int) -> list[int]:
    """A chain on 0 and 1 that stays with probability 0.9."""
    generator = random.Random(seed)
    states = [0]
    while len(states) < length:
        states.append(states[-1] if generator.random() < 0.9 else 1 - states[-1])
    return states


def test_a_bigram_reaches_the_entropy_rate_of_a_markov_chain_and_a_unigram_does_not():
    rate = -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1))  # 0.469 bits
    train, test = markov(20_000, 0), markov(20_000, 1)
    per_token = [NGramModel(train, order, 2).bits(test, len(test)).per_token for order in range(4)]
    assert per_token[0] == pytest.approx(1)
    assert per_token[1] == pytest.approx(1, abs=0.02)
    assert per_token[2] == pytest.approx(rate, abs=0.02)
    assert per_token[3] == pytest.approx(rate, abs=0.02)


def test_draws_follow_the_probabilities():
    model = NGramModel("ababac", 2, 4)
    draws = model.sample(20_000, "abcd", seed=3)
    after_a = Counter(second for first, second in pairwise(draws) if first == "a")
    total = sum(after_a.values())
    expected = {token: total * model.probability(token, "a") for token in "abcd"}
    chi_squared = sum((after_a[token] - n) ** 2 / n for token, n in expected.items())
    assert chi_squared < 16.27  # 3 degrees of freedom, p = 0.001
    assert draws == model.sample(20_000, "abcd", seed=3)


def test_a_lower_order_is_the_model_fitted_with_it():
    text = "the cat drank the milk because the cat was hungry"
    for order in range(4):
        lower, fitted = NGramModel(text, 3, 99).lower(order), NGramModel(text, order, 99)
        assert lower.bits("the dog", 7) == fitted.bits("the dog", 7)


def test_bad_input_is_named():
    with pytest.raises(LanguageError, match="order is -1"):
        NGramModel("ab", -1, 2)
    with pytest.raises(LanguageError, match="3 different tokens, but the vocabulary 2"):
        NGramModel("abc", 1, 2)
    with pytest.raises(LanguageError, match="text is empty"):
        NGramModel("ab", 1, 2).bits("", 0)
    with pytest.raises(LanguageError, match="expected 0 to 1"):
        NGramModel("ab", 1, 2).lower(2)
    with pytest.raises(LanguageError, match="has 1 tokens, expected 2"):
        NGramModel("ab", 1, 2).sample(3, "a", 0)
