"""A tiny encoder-decoder, trained live: it reads a number in words and writes it in digits.

The encoder reads the pieces of the words, the decoder writes one digit at a time, and its
cross-attention shows which piece each digit comes from. German swaps the last two digits
("zweiundvierzig" is 42), so the model must learn where to look.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

import torch
from torch import Tensor
from torch.nn import functional

from language.errors import LanguageError
from language.number_words import LANGUAGES, LARGEST, PIECES, in_words, pieces
from language.transformer import Config, EncoderDecoder

START, END = 10, 11  # targets beside the digits 0 to 9
_FILLING = 0  # behind the end of a shorter text
_IDS = {piece: number for number, piece in enumerate(PIECES)}
_SOURCE = Config(vocabulary=len(PIECES), width=64, layers=2, heads=4, inner=192)
_TARGET = Config(vocabulary=12, width=64, layers=2, heads=4, inner=192)
_MOST_DIGITS = len(str(LARGEST))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers for training and others, held out, for testing: no number is in both."""

    training: tuple[int, ...]
    test: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training is."""

    step: int
    seconds: float
    loss: float  # cross-entropy per digit, in nats, on the last batch
    exact: dict[str, float]  # by language: share of 100 held-out numbers that are right
    model: EncoderDecoder = field(repr=False)


@dataclass(frozen=True, slots=True)
class Translation:
    """A number in words, in digits, and where each digit looked."""

    pieces: tuple[str, ...]
    digits: str
    cross: Tensor  # (layers, heads, digits + 1, pieces); the last row wrote the end


def split(seed: int = 0, test: int = 2000) -> Numbers:
    """All numbers from 0 to 99,999, of which `test` at random are held out."""
    order = torch.randperm(LARGEST + 1, generator=torch.Generator().manual_seed(seed)).tolist()
    return Numbers(tuple(order[test:]), tuple(order[:test]))


def build(seed: int = 0) -> EncoderDecoder:
    """The untrained model."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return EncoderDecoder(_SOURCE, _TARGET)


def sources(words: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The ids of the pieces, filled up to (batch, longest), and the number of each, (batch,)."""
    ids = [torch.tensor([_IDS[piece] for piece in pieces(text)]) for text in words]
    lengths = torch.tensor([len(row) for row in ids])
    return torch.nn.utils.rnn.pad_sequence(ids, batch_first=True, padding_value=_FILLING), lengths


def targets(numbers: Sequence[int]) -> tuple[Tensor, Tensor]:
    """What the decoder reads (start, digits) and what it must write (digits, end, then -100)."""
    rows = [[int(digit) for digit in str(number)] for number in numbers]
    longest = max(map(len, rows))
    read = [[START, *row, *[END] * (longest - len(row))] for row in rows]
    write = [[*row, END, *[-100] * (longest - len(row))] for row in rows]
    return torch.tensor(read), torch.tensor(write)


def train(
    stop: Event | None = None,
    *,
    steps: int = 400,
    seconds: float = 60.0,
    batch: int = 128,
    rate: float = 2e-3,
    seed: int = 0,
) -> Iterator[Progress]:
    """Train a new model; yields its progress about 15 times and at the end.

    Args:
        stop: Ends the training early when set.
        steps: Batches, if the time suffices.
        seconds: The training ends after this time; the learning rate falls towards its end.
        batch: Numbers per step, half of them in each language.
        rate: Highest learning rate, of AdamW.
        seed: Of the weights, the batches and the numbers held out.

    Raises:
        LanguageError: steps, seconds or batch are below 1.
    """
    if min(steps, seconds, batch) < 1:
        raise LanguageError(
            f"steps, seconds and batch are {steps}, {seconds} and {batch}, expected 1 or more"
        )
    numbers, model = split(seed), build(seed)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # tensors this small lose more by sharing work than they gain
    try:
        yield from _train(model, numbers, stop or Event(), steps, seconds, batch, rate, seed)
    finally:
        torch.set_num_threads(threads)


def _train(
    model: EncoderDecoder,
    numbers: Numbers,
    stop: Event,
    steps: int,
    seconds: float,
    batch: int,
    rate: float,
    seed: int,
) -> Iterator[Progress]:
    chance = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98))
    short = [number for number in numbers.training if number < 1000]
    start, step, report = time.monotonic(), 0, 0.0
    done = False
    while not done:
        share = max(step / steps, (time.monotonic() - start) / seconds)  # of the training
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 100, max(0.02, 1.5 * (1 - share)))
        loss = _step(model, numbers.training, short, batch, chance)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        passed = time.monotonic() - start
        share = max(step / steps, passed / seconds)
        done = share >= 1 or stop.is_set()
        if share >= report or done:
            report = share + 1 / 15
            exact = {
                language: accuracy(model, numbers.test[:100], language) for language in LANGUAGES
            }
            yield Progress(step, time.monotonic() - start, loss, exact, model)


def _step(
    model: EncoderDecoder,
    numbers: Sequence[int],
    short: Sequence[int],
    batch: int,
    chance: torch.Generator,
) -> float:
    """Gradients of one batch, its rows English and German in turn; returns its loss.

    Nine of ten numbers have five digits, so every fourth is taken from those below 1,000.
    """
    model.train()
    places = torch.rand(batch, generator=chance).tolist()
    rows: list[int] = []
    for row, place in enumerate(places):
        pool = short if row // 2 % 4 == 0 else numbers
        rows.append(pool[int(place * len(pool))])
    words = [
        in_words(number, LANGUAGES[row % 2], joined=row % 3 == 0) for row, number in enumerate(rows)
    ]
    source, lengths = sources(words)
    read, write = targets(rows)
    logits = model(source, read, lengths)
    loss = functional.cross_entropy(logits.flatten(0, 1), write.flatten(), ignore_index=-100)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return loss.item()


@torch.no_grad()
def translate(model: EncoderDecoder, words: Sequence[str]) -> list[Translation]:
    """Write each number in digits, one digit at a time, the likeliest each time.

    Raises:
        LanguageError: a text holds a word that is no number word.
    """
    model.eval()
    source, lengths = sources(words)
    encoded = model.encode(source, lengths).last
    written = torch.full((len(words), 1), START)
    for _ in range(_MOST_DIGITS + 1):
        states = model.decode(written, encoded, lengths)
        following = model.output(states.last[:, -1]).argmax(dim=-1)
        written = torch.cat([written, following[:, None]], dim=1)
        if ((written == END).any(dim=1)).all():
            break
    cross = torch.stack(states.cross, dim=1)  # (batch, layers, heads, positions, source length)
    results = []
    for row, text in enumerate(words):
        tokens = written[row, 1:].tolist()
        end = tokens.index(END) if END in tokens else len(tokens)
        digits = "".join(str(token) for token in tokens[:end] if token < START)
        parts = tuple(pieces(text))
        results.append(Translation(parts, digits, cross[row, :, :, : end + 1, : len(parts)]))
    return results


def accuracy(model: EncoderDecoder, numbers: Sequence[int], language: str) -> float:
    """The share of numbers of which every digit is right."""
    results = translate(model, [in_words(number, language) for number in numbers])
    right = [result.digits == str(number) for result, number in zip(results, numbers, strict=True)]
    return sum(right) / len(right)
