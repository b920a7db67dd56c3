"""Word vectors: skip-gram with negative sampling, in numpy.

Each word has two vectors. The first, v, predicts the words around it; the second, u, is how it is
predicted. For a centre word c, a word o from its context and words n drawn at random, the loss is

    -ln s(u_o . v_c) - sum over n of ln s(-u_n . v_c),     s(x) = 1 / (1 + exp(-x)).

Sources: Mikolov and others, Distributed Representations of Words and Phrases (2013); the derivation
in Goldberg and Levy, word2vec Explained (2014).
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from language.errors import LanguageError
from language.vectors import Neighbour, neighbours, unit_rows

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How vectors are trained.

    `frequent` is the share of the text above which a word is left out at random the more often
    the more frequent it is (0: never); negative samples follow counts ** 0.75.
    """

    width: int = 64
    window: int = 5  # words on each side, at most; each time drawn from 1 to this
    negatives: int = 5
    epochs: int = 15
    rate: float = 0.2  # of Adagrad
    frequent: float = 1e-3
    batch: int = 512  # pairs
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a text that occur often enough, the most frequent first."""

    words: tuple[str, ...]
    counts: np.ndarray  # (words,)

    def row(self, word: str) -> int:
        """The number of a word.

        Raises:
            LanguageError: the text does not hold it often enough.
        """
        try:
            return self.words.index(word.lower().strip())
        except ValueError as error:
            raise LanguageError(
                f"{word!r} is not among the {len(self.words)} words of the training text; "
                f"expected one such as {', '.join(self.words[10:13]) or 'those of the text'}"
            ) from error


@dataclass(frozen=True, slots=True)
class Progress:
    """The state after a part of the training; `loss` is the mean for a pair, in nats."""

    share: float  # of the work, in (0, 1]
    loss: float
    seconds: float
    vectors: np.ndarray  # v, (words, width)


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, in order."""
    return [word.lower() for word in _WORD.findall(text)]


def read_sentences(
    texts: Sequence[str], least: int = 3, most: int = 20_000
) -> tuple[Vocabulary, list[np.ndarray]]:
    """The vocabulary of some texts, and each text as the numbers of its words.

    Args:
        texts: Any; a word's context ends where its text ends.
        least: How often a word must occur; others are left out.
        most: Size of the vocabulary at most.

    Raises:
        LanguageError: fewer than 10 words occur often enough.
    """
    rows = [words_of(text) for text in texts]
    frequent = [
        (word, count)
        for word, count in Counter(word for row in rows for word in row).most_common(most)
        if count >= least
    ]
    if len(frequent) < 10:
        raise LanguageError(
            f"{len(frequent)} words occur at least {least} times, expected 10 or more; "
            "give a longer text"
        )
    number = {word: n for n, (word, _) in enumerate(frequent)}
    sequences = [np.array([number[w] for w in row if w in number], dtype=np.int64) for row in rows]
    counts = np.array([count for _, count in frequent])
    return Vocabulary(tuple(number), counts), sequences


def context_pairs(sequence: np.ndarray, window: int, generator: np.random.Generator) -> np.ndarray:
    """(pairs, 2): each word with each word at most r places away, r drawn from 1 to the window.

    So nearer words count more often than farther ones.
    """
    reach = generator.integers(1, window + 1, len(sequence))
    parts = []
    for distance in range(1, min(window, len(sequence) - 1) + 1):
        left, right = sequence[:-distance], sequence[distance:]
        parts += [
            np.stack([left, right], 1)[reach[:-distance] >= distance],
            np.stack([right, left], 1)[reach[distance:] >= distance],
        ]
    return np.concatenate(parts) if parts else np.zeros((0, 2), dtype=np.int64)


def loss_and_gradients(
    centre: np.ndarray, context: np.ndarray, negative: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The loss of each pair, (batch,), and its gradients with respect to the three inputs.

    Args:
        centre: v_c, (batch, width).
        context: u_o, (batch, width).
        negative: u_n, (batch, negatives, width).
    """
    right = (centre * context).sum(axis=1)  # (batch,)
    wrong = (negative @ centre[:, :, None])[:, :, 0]  # (batch, negatives)
    loss = np.logaddexp(0, -right) + np.logaddexp(0, wrong).sum(axis=1)
    pull = _sigmoid(right)[:, None] - 1  # d loss / d right
    push = _sigmoid(wrong)[:, :, None]  # d loss / d wrong
    to_centre = pull * context + (push * negative).sum(axis=1)
    return loss, to_centre, pull * centre, push * centre[:, None, :]


def train(
    sequences: Sequence[np.ndarray],
    size: int,
    recipe: Recipe = Recipe(),
    stop: threading.Event | None = None,
) -> Iterator[Progress]:
    """Train, and yield the state about ten times an epoch; the last one is the result.

    Args:
        sequences: Numbers of words (or of nodes) in order, each below `size`.
        size: Of the vocabulary.
        recipe: Its seed makes the result the same on the same machine.
        stop: Ends the training where it is, once it is set.
    """
    generator = np.random.default_rng(recipe.seed)
    counts = np.bincount(np.concatenate(list(sequences)), minlength=size)
    shares = counts / counts.sum()
    noise = np.cumsum(shares**0.75 / (shares**0.75).sum())
    # In small text as in large, a pair changes few rows: Adagrad gives each row a rate of its own.
    inner = (generator.random((size, recipe.width), dtype=np.float32) - 0.5) / recipe.width
    outer = np.zeros((size, recipe.width), dtype=np.float32)
    memory = np.full(size, 1e-6, np.float32), np.full(size, 1e-6, np.float32)
    started = time.perf_counter()
    for epoch in range(recipe.epochs):
        pairs = np.concatenate(
            [
                context_pairs(_thinned(one, shares, recipe, generator), recipe.window, generator)
                for one in sequences
            ]
        )
        generator.shuffle(pairs)
        losses: list[float] = []
        every = max(1, len(pairs) // recipe.batch // 10)
        for number, first in enumerate(range(0, len(pairs), recipe.batch)):
            centre, context = pairs[first : first + recipe.batch].T
            draws = generator.random((len(centre), recipe.negatives))
            negative = np.minimum(np.searchsorted(noise, draws), size - 1)
            loss, to_centre, to_context, to_negative = loss_and_gradients(
                inner[centre], outer[context], outer[negative]
            )
            _descend(inner, memory[0], centre, to_centre, recipe.rate)
            rows = np.concatenate([context, negative.ravel()])
            to_outer = np.concatenate([to_context, to_negative.reshape(-1, recipe.width)])
            _descend(outer, memory[1], rows, to_outer, recipe.rate)
            losses.append(float(loss.mean()))
            last = first + recipe.batch >= len(pairs)
            ended = stop is not None and stop.is_set()
            if last or ended or number % every == every - 1:
                share = (epoch + min(1, (first + recipe.batch) / len(pairs))) / recipe.epochs
                seconds = time.perf_counter() - started
                yield Progress(share, float(np.mean(losses[-every:])), seconds, inner.copy())
            if ended:
                return


# ---- analogies ----

#: Pairs with the same relation; a question is made of two pairs: a is to b as c is to d.
RELATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "one and several": (
        ("token", "tokens"), ("word", "words"), ("image", "images"), ("model", "models"),
        ("vector", "vectors"), ("layer", "layers"), ("text", "texts"), ("sentence", "sentences"),
        ("question", "questions"), ("answer", "answers"),
    ),
    "opposites": (
        ("encoder", "decoder"), ("encoding", "decoding"), ("small", "large"), ("low", "high"),
        ("short", "long"), ("first", "last"), ("more", "less"), ("before", "after"),
    ),
    "forms of a verb": (
        ("train", "training"), ("learn", "learning"), ("sample", "sampling"), ("add", "adding"),
        ("model", "modelling"), ("encode", "encoding"), ("decode", "decoding"),
    ),
    "man and woman": (
        ("man", "woman"), ("king", "queen"), ("boy", "girl"), ("father", "mother"),
        ("brother", "sister"), ("son", "daughter"), ("he", "she"), ("his", "her"),
    ),
    "country and capital": (
        ("france", "paris"), ("germany", "berlin"), ("italy", "rome"), ("spain", "madrid"),
        ("japan", "tokyo"), ("russia", "moscow"), ("england", "london"), ("austria", "vienna"),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """How many analogies of a relation a table answers with its first word."""

    relation: str
    right: int
    questions: int


def analogy(units: np.ndarray, a: int, b: int, c: int, count: int = 5) -> list[Neighbour]:
    """The rows d nearest to b - a + c: "a is to b as c is to d"; a, b and c are left out.

    Without leaving them out, the nearest is mostly b or c itself.
    """
    return neighbours(units[b] - units[a] + units[c], units, count, {a, b, c})


def analogy_scores(words: Sequence[str], rows: np.ndarray) -> list[Score]:
    """The scores of a table (words, width) in each relation of which it knows two pairs."""
    units = unit_rows(rows)
    number = {word: n for n, word in enumerate(words)}
    scores = []
    for relation, pairs in RELATIONS.items():
        known = [(number[x], number[y]) for x, y in pairs if x in number and y in number]
        questions = [(a, b, c, d) for a, b in known for c, d in known if {a, b} != {c, d}]
        if questions:
            right = sum(analogy(units, a, b, c, 1)[0].row == d for a, b, c, d in questions)
            scores.append(Score(relation, right, len(questions)))
    return scores


# ---- inner working ----


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return np.exp(-np.logaddexp(0, -x))


def _thinned(
    sequence: np.ndarray, shares: np.ndarray, recipe: Recipe, generator: np.random.Generator
) -> np.ndarray:
    """A sequence without some occurrences of its most frequent words."""
    if not recipe.frequent or not len(sequence):
        return sequence
    stays = np.sqrt(recipe.frequent / np.maximum(shares[sequence], recipe.frequent))
    return sequence[generator.random(len(sequence)) < stays]


def _descend(
    table: np.ndarray, memory: np.ndarray, rows: np.ndarray, gradients: np.ndarray, rate: float
) -> None:
    """One step of Adagrad in place, with one memory for each row."""
    distinct, place = np.unique(rows, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(distinct)))
    total = np.add.reduceat(gradients[order], starts, axis=0)
    memory[distinct] += (total**2).mean(axis=1)
    table[distinct] -= rate * total / np.sqrt(memory[distinct])[:, None]
