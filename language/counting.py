"""Why generation is hard: how many images and sentences there are, and what random ones look like.

An image of n pixels with two values each is one of 2^n; a sentence of n words over a vocabulary of
V is one of V^n. Nearly all of them are noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Context, Decimal

import numpy as np

from language.errors import LanguageError

LARGEST = 10**12  # choices or places; far beyond, `decimal` has no exponent for the power
ATOMS = 80  # the observable universe has about 10^80 atoms


def log10_count(choices: int, places: int) -> float:
    """log10 of `choices` to the power of `places`: how many strings of that length there are.

    Raises:
        LanguageError: there is no choice, a negative number of places, or more than 10^12 of either.
    """
    if choices < 1 or places < 0:
        raise LanguageError(
            f"{choices} choices at {places} places, expected at least 1 choice and 0 places"
        )
    if max(choices, places) > LARGEST:
        raise LanguageError(
            f"{choices:,} choices at {places:,} places, expected at most {LARGEST:,} of either"
        )
    return places * math.log10(choices)


def scientific(choices: int, places: int) -> tuple[float, int]:
    """Mantissa in [1, 10) and exponent of `choices` to the power of `places`."""
    log10_count(choices, places)
    context = Context(prec=30, Emax=10**17)
    power = context.power(Decimal(choices), Decimal(places))
    exponent = power.adjusted()
    return float(context.scaleb(power, -exponent)), exponent


def places_beyond(choices: int, exponent: int = ATOMS) -> int:
    """The smallest number of places with more than 10^exponent strings.

    Raises:
        LanguageError: there are fewer than two choices.
    """
    if choices < 2:
        raise LanguageError(f"{choices} choices, expected at least 2")
    places = max(0, math.floor(exponent / math.log10(choices)) - 1)  # floats may be off by one
    while choices**places <= 10**exponent:
        places += 1
    return places


def random_image(side: int, seed: int) -> np.ndarray:
    """Uniformly random black and white pixels, 0 or 1, uint8, shape (side, side)."""
    return np.random.default_rng(seed).integers(0, 2, (side, side), dtype=np.uint8)


def random_words(vocabulary: Sequence[str], count: int, seed: int) -> list[str]:
    """Uniformly random words of a vocabulary, each draw independent of the others.

    Raises:
        LanguageError: the vocabulary is empty.
    """
    if not vocabulary:
        raise LanguageError("The vocabulary is empty, expected at least one word")
    numbers = np.random.default_rng(seed).integers(0, len(vocabulary), count)
    return [vocabulary[number] for number in numbers]
