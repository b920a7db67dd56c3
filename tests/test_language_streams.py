"""Streams of tokens: codes of sound, patches of images, letters, and the bits of counting."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from language import melodies, mu_law
from language.errors import LanguageError
from language.letters import UNKNOWN, Alphabet, alphabet_of
from language.patches import Codebook, fit_codebook, from_patches, to_patches
from language.token_streams import Stream, baseline_bits, images_of, windows


def test_mu_law_by_the_closed_form():
    signal = np.linspace(-1, 1, 2001)
    squeezed = [
        math.copysign(math.log(1 + 255 * abs(x)) / math.log(256), x) for x in signal.tolist()
    ]
    assert mu_law.encode(signal).tolist() == [round((y + 1) / 2 * 255) for y in squeezed]
    # by hand: F(1/255) = ln 2 / ln 256 = 1/8, half way up from 127.5 by an eighth of 127.5
    assert mu_law.encode(np.array([-1, 0.0039215686, 1])).tolist() == [0, 143, 255]
    assert mu_law.decode(np.array([0, 255])).tolist() == pytest.approx([-1, 1])


@given(st.integers(0, 255))
def test_a_code_is_the_code_of_its_value(code):
    assert mu_law.encode(mu_law.decode(np.array([code]))).tolist() == [code]


def test_the_error_of_a_code_is_a_share_of_the_loudness():
    signal = np.geomspace(1e-3, 1, 500)
    error = np.abs(mu_law.decode(mu_law.encode(signal)) - signal)
    # half a step in F, times the slope of its inverse: ln 256 (1 + 255 x) / 255
    assert np.all(error <= math.log(256) / 255 * (1 + 255 * signal) / 255 * 1.03)


@pytest.mark.parametrize("signal", [[1.5], [math.nan], [-math.inf]])
def test_a_signal_that_is_too_loud_is_named(signal):
    with pytest.raises(LanguageError, match="expected at most 1"):
        mu_law.encode(np.array(signal))


def test_codes_out_of_range_are_named():
    with pytest.raises(LanguageError, match="from 0 to 256, expected 0 to 255"):
        mu_law.decode(np.array([0, 256]))


def test_a_melody_has_the_frequencies_of_its_scale():
    one = melodies.melody(4, seed=3)
    assert one.shape == (4 * 1000,)
    assert np.abs(one).max() <= 1
    assert np.array_equal(one, melodies.melody(4, seed=3))
    assert not np.array_equal(one, melodies.melody(4, seed=4))
    tones = [melodies.LOWEST * 2 ** (step / 12) for step in melodies.SCALE]
    for note in one.reshape(4, -1):
        strongest = np.abs(np.fft.rfft(note)).argmax() * melodies.RATE / len(note)
        assert min(abs(strongest - tone) for tone in tones) <= melodies.RATE / len(note)


@given(arrays(np.uint8, st.tuples(st.integers(1, 3), st.sampled_from([4, 8]), st.sampled_from([4, 12]))))  # fmt: skip
def test_patches_give_the_image_back(images):
    assert np.array_equal(from_patches(to_patches(images), images.shape[2]), images)


def test_patches_by_hand():
    image = np.arange(32).reshape(1, 4, 8)
    first, second = to_patches(image)[0]
    assert first.tolist() == [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]
    assert second[0] == 4
    with pytest.raises(LanguageError, match="4 x 6 pixels cannot be cut"):
        to_patches(np.zeros((1, 4, 6)))


def test_a_patch_gets_the_nearest_code():
    chance = np.random.default_rng(0)
    codebook = Codebook(chance.random((7, 16)).astype(np.float32))
    images = chance.random((5, 8, 8)).astype(np.float32)
    distances = ((to_patches(images)[:, :, None] - codebook.codes) ** 2).sum(axis=-1)
    assert np.array_equal(codebook.encode(images), distances.argmin(axis=-1))
    drawn = codebook.decode(codebook.encode(images), 8)
    assert np.array_equal(codebook.encode(drawn), codebook.encode(images))


@pytest.mark.slow
def test_images_of_few_patches_are_drawn_back_exactly():
    chance = np.random.default_rng(0)
    kinds = chance.integers(0, 2, (6, 16)).astype(np.float32)
    images = from_patches(kinds[chance.integers(0, 6, (50, 4))], 8)
    codebook = fit_codebook(images, 6)
    tokens = np.concatenate([np.zeros((50, 1), int), codebook.encode(images)], axis=1)
    facts = {"codes": codebook.codes.tolist(), "size": 8}
    assert images_of(tokens, facts) == pytest.approx(images, abs=1e-5)


def test_rare_letters_share_a_token():
    alphabet = alphabet_of("abab" * 10 + "z", at_least=2)
    assert alphabet == Alphabet(UNKNOWN + "ab")
    assert alphabet.encode("abz") == [1, 2, 0]
    assert alphabet.decode([1, 2, 0]) == "ab" + UNKNOWN
    with pytest.raises(LanguageError, match="No character occurs 20 times"):
        alphabet_of("abc")


def test_bits_of_counting_by_hand():
    import torch

    train, held_out = [0, 1, 0, 1, 0, 0], [0, 1, 0, 0, 1]
    stream = Stream("letters", 2, torch.tensor([train]), torch.tensor([held_out]), 2, {})
    singles, pairs = Counter(train), Counter(itertools.pairwise(train))

    def one(token: int) -> float:
        return (singles[token] + 2 * 0.5) / (6 + 2)  # both tokens were seen: T = 2

    def two(first: int, second: int) -> float:
        after = {b: n for (a, b), n in pairs.items() if a == first}
        return (after.get(second, 0) + len(after) * one(second)) / (sum(after.values()) + len(after))  # fmt: skip

    places = list(itertools.pairwise(held_out))
    bits = baseline_bits(stream)
    assert bits["uniform"] == 1
    assert bits["unigram"] == pytest.approx(-sum(math.log2(one(b)) for _, b in places) / 4)
    assert bits["bigram"] == pytest.approx(-sum(math.log2(two(a, b)) for a, b in places) / 4)
    assert windows(stream.held_out, 2).tolist() == [[0, 1, 0], [0, 0, 1]]
    with pytest.raises(LanguageError, match="5 tokens, expected more than the context's 5"):
        windows(stream.held_out, 5)
