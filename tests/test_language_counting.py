"""Counts of images and sentences, against exact integers and the numbers of the lecture."""

from __future__ import annotations

import math

import pytest

from language import counting
from language.errors import LanguageError


@pytest.mark.parametrize(("choices", "places"), [(2, 784), (30_000, 20), (10, 3), (7, 0), (1, 9)])
def test_powers_have_the_digits_of_the_exact_integer(choices, places):
    exact = str(choices**places)
    mantissa, exponent = counting.scientific(choices, places)
    assert exponent == len(exact) - 1
    assert f"{mantissa:.12f}".replace(".", "")[:12] == exact.ljust(12, "0")[:12]
    assert counting.log10_count(choices, places) == pytest.approx(math.log10(choices**places))


def test_the_numbers_of_the_lecture():
    assert counting.scientific(2, 784)[1] == 236
    assert round(counting.log10_count(30_000, 20)) == 90 > counting.ATOMS


@pytest.mark.parametrize("choices", [2, 10, 26, 30_000, 50_257, 200_019])
def test_the_number_of_places_is_the_first_beyond_the_atoms(choices):
    places = counting.places_beyond(choices)
    assert choices ** (places - 1) <= 10**80 < choices**places


def test_enormous_powers_do_not_end_in_an_overflow():
    mantissa, exponent = counting.scientific(128_256, 1_000_000)
    assert exponent == 5_108_077
    assert math.log10(mantissa) + exponent == pytest.approx(1e6 * math.log10(128_256), abs=1e-6)


def test_numbers_without_an_exponent_are_refused():
    for choices, places in ((2, 10**12 + 1), (10**12 + 1, 2)):
        with pytest.raises(LanguageError, match="expected at most 1,000,000,000,000"):
            counting.scientific(choices, places)
    assert counting.scientific(10, 10**12) == (1, 10**12)


def test_random_pixels_and_words_are_uniform_and_repeatable():
    images = [counting.random_image(28, seed) for seed in range(40)]
    assert images[0].shape == (28, 28)
    assert {int(value) for value in images[0].flat} == {0, 1}
    share = sum(float(image.mean()) for image in images) / 40
    assert abs(share - 0.5) < 4 * 0.5 / math.sqrt(40 * 784)  # four standard errors
    words = counting.random_words("abcd", 4000, seed=1)
    assert words == counting.random_words("abcd", 4000, seed=1)
    chi_squared = sum((words.count(letter) - 1000) ** 2 / 1000 for letter in "abcd")
    assert chi_squared < 16.27  # 3 degrees of freedom, p = 0.001


def test_impossible_numbers_are_named():
    with pytest.raises(LanguageError, match="0 choices at 3 places"):
        counting.log10_count(0, 3)
    with pytest.raises(LanguageError, match="1 choices, expected at least 2"):
        counting.places_beyond(1)
    with pytest.raises(LanguageError, match="vocabulary is empty"):
        counting.random_words([], 3, 0)
