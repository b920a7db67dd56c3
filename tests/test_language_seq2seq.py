"""Numbers in words, and the encoder-decoder that learns to write them in digits."""

from __future__ import annotations

import re
import time
from threading import Event

import pytest
import torch

from language import seq2seq
from language.errors import LanguageError
from language.number_words import LARGEST, PIECES, in_words, pieces

VALUES = {
    **dict(zip(PIECES[:20], range(20), strict=True)),
    **dict(zip(PIECES[20:28], range(20, 100, 10), strict=True)),
    **dict(zip(PIECES[31:51], range(20), strict=True)),
    **dict(zip(PIECES[51:59], range(20, 100, 10), strict=True)),
    "ein": 1,
}
FACTORS = {"hundred": 100, "thousand": 1000, "hundert": 100, "tausend": 1000}


def value_of(parts: list[str]) -> int:
    """The number that pieces stand for: the inverse of `in_words`, by another way."""
    total = current = 0
    for part in parts:
        factor = FACTORS.get(part)
        if factor == 1000:
            total, current = current * 1000, 0
        elif factor == 100:
            current *= 100
        elif part not in ("and", "und"):
            current += VALUES[part]
    return total + current


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [
        (0, "zero", "null"),
        (1, "one", "eins"),
        (17, "seventeen", "siebzehn"),
        (42, "forty-two", "zweiundvierzig"),
        (101, "one hundred one", "einhunderteins"),
        (531, "five hundred thirty-one", "fünfhunderteinunddreißig"),
        (1000, "one thousand", "eintausend"),
        (21_001, "twenty-one thousand one", "einundzwanzigtausendeins"),
        (
            98_765,
            "ninety-eight thousand seven hundred sixty-five",
            "achtundneunzigtausendsiebenhundertfünfundsechzig",
        ),
    ],
)
def test_words_by_hand(number, english, german):
    assert in_words(number) == english
    assert in_words(number, "de") == german


def test_british_english_joins_with_and():
    assert in_words(307, joined=True) == "three hundred and seven"
    assert in_words(4007, joined=True) == "four thousand and seven"
    assert in_words(4107, joined=True) == "four thousand one hundred and seven"


def test_the_pieces_give_the_number_back():
    for number in (*range(2000), *range(2000, LARGEST + 1, 37)):
        for language in ("en", "de"):
            assert value_of(pieces(in_words(number, language))) == number
        assert value_of(pieces(in_words(number, joined=True))) == number


def test_pieces_of_other_spellings():
    assert pieces("Dreissig") == ["dreißig"]
    assert pieces("fu\u0308nf Hundert") == ["fünf", "hundert"]
    assert pieces(" Twenty - One ") == ["twenty", "one"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "There is no number word"),
        ("forty-dog", "'dog' is no number word"),
        ("\ud800", "is no number word"),
        ("x" * 1_000_000, "'x{40}' is no number word"),
        ("one " * 100, "100 pieces, expected at most 20"),
    ],
)
def test_other_words_are_named(words, message):
    with pytest.raises(LanguageError, match=message):
        pieces(words)


def test_numbers_out_of_range_are_named():
    with pytest.raises(LanguageError, match="100000, expected 0 to 99999"):
        in_words(100_000)
    with pytest.raises(LanguageError, match="'fr', expected one of en, de"):
        in_words(1, "fr")
    with pytest.raises(LanguageError, match="steps, seconds and batch are 0"):
        next(seq2seq.train(steps=0))


def test_no_number_is_in_both_parts():
    numbers = seq2seq.split(seed=3)
    assert len(numbers.test) == 2000
    assert set(numbers.training) | set(numbers.test) == set(range(LARGEST + 1))
    assert not set(numbers.training) & set(numbers.test)


def test_targets_by_hand():
    read, write = seq2seq.targets([42, 7])
    assert read.tolist() == [[seq2seq.START, 4, 2], [seq2seq.START, 7, seq2seq.END]]
    assert write.tolist() == [[4, 2, seq2seq.END], [7, seq2seq.END, -100]]


@pytest.mark.slow
def test_the_loss_falls_and_a_seed_repeats_it():
    runs = [[step.loss for step in seq2seq.train(steps=12, batch=16)] for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0][-1] < runs[0][0] < 3.5


def test_a_training_stops():
    stop = Event()
    steps = seq2seq.train(stop, steps=10_000, batch=8)
    next(steps)
    stop.set()
    assert len(list(steps)) == 1


def test_a_translation_is_the_same_alone_and_in_company():
    model = seq2seq.build()
    alone = seq2seq.translate(model, ["forty-two"])[0]
    together = seq2seq.translate(model, ["forty-two", "one thousand two hundred thirty-four"])[0]
    assert alone.digits == together.digits
    torch.testing.assert_close(alone.cross, together.cross)
    torch.testing.assert_close(
        alone.cross.sum(-1), torch.ones(2, 4, alone.cross.shape[2]), atol=1e-5, rtol=0
    )
    assert re.fullmatch(r"\d*", alone.digits)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_after_a_minute_99_of_100_held_out_numbers_are_exact():
    start = time.thread_time()
    *_, progress = seq2seq.train(seconds=2700)  # waits on a busy machine do not count
    seconds = time.thread_time() - start
    print(f"{seconds:.1f} s on one core, {progress.step} steps")
    assert seconds < 60
    numbers = seq2seq.split().test
    for language in ("en", "de"):
        exact = seq2seq.accuracy(progress.model, numbers, language)
        print(language, exact)
        assert exact >= 0.99
    [result] = seq2seq.translate(progress.model, ["zweiundvierzig"])
    assert result.digits == "42"
