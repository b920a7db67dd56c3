"""Three streams of tokens for the same model: letters, patches of images, samples of sound.

A decoder predicts the next number of a sequence; it does not know what the numbers stand for.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from language import melodies, mu_law
from language.errors import LanguageError
from language.letters import Alphabet, alphabet_of
from language.ngrams import NGramModel
from language.patches import Codebook, fit_codebook

NAMES = ("letters", "digits", "sound")
CODES = 64  # patches in the vocabulary of digits
CLASSES = 10  # digits; the first token of an image says which one it is


@dataclass(frozen=True, slots=True)
class Stream:
    """Sequences of tokens to learn from, and others to be measured on.

    Attributes:
        name: One of `NAMES`.
        vocabulary: Number of tokens.
        train: int64 (sequences, length).
        held_out: int64 (sequences, length), of other texts, images or melodies.
        context: Tokens that the model reads at once.
        facts: What the tokens mean, for the model's card.
    """

    name: str
    vocabulary: int
    train: Tensor
    held_out: Tensor
    context: int
    facts: dict[str, Any]


def letter_stream(train: str, held_out: str, context: int = 128) -> Stream:
    """The characters of one text to learn from, and those of another to be measured on."""
    alphabet = alphabet_of(train)
    return Stream(
        "letters",
        len(alphabet.characters),
        torch.tensor([alphabet.encode(train)]),
        torch.tensor([alphabet.encode(held_out)]),
        context,
        {"alphabet": alphabet.characters},
    )


def digit_stream(
    train: tuple[np.ndarray, np.ndarray], held_out: tuple[np.ndarray, np.ndarray], seed: int = 0
) -> Stream:
    """Images as tokens: first the digit (`CODES` + 0 to 9), then the patches row by row.

    Args:
        train: Images (count, size, size) with grey levels in [0, 1], and their digits (count,).
        held_out: Others, to be measured on.
        seed: Of k-means.
    """
    codebook = fit_codebook(train[0], CODES, seed)
    rows = [digit_tokens(codebook, *part) for part in (train, held_out)]
    length = rows[0].shape[1]
    facts = {
        "codes": codebook.codes.astype(np.float64).round(4).tolist(),
        "size": int(train[0].shape[-1]),
    }
    return Stream("digits", CODES + CLASSES, rows[0], rows[1], length - 1, facts)


def digit_tokens(codebook: Codebook, images: np.ndarray, digits: np.ndarray) -> Tensor:
    """int64 (count, 1 + patches): the digit's token, then the patches'."""
    return torch.from_numpy(
        np.concatenate([CODES + digits[:, None], codebook.encode(images)], axis=1)
    )


def sound_stream(melody_count: int = 60, notes: int = 16, context: int = 128) -> Stream:
    """Melodies as mu-law codes; every sixth is held out. Seeds are 0 to melody_count - 1."""
    codes = torch.from_numpy(
        np.stack([mu_law.encode(melodies.melody(notes, seed)) for seed in range(melody_count)])
    )
    held_out = torch.arange(melody_count) % 6 == 5
    facts = {"rate": melodies.RATE}
    return Stream("sound", mu_law.LEVELS, codes[~held_out], codes[held_out], context, facts)


def windows(sequences: Tensor, context: int) -> Tensor:
    """Sequences cut into windows (count, context + 1) that share one token with their neighbours.

    Each token but a sequence's first is predicted once; tokens behind the last whole window are
    left out.
    """
    if sequences.shape[1] <= context:
        raise LanguageError(
            f"The sequences have {sequences.shape[1]} tokens, expected more than the context's {context}"
        )
    return sequences.unfold(1, context + 1, context).flatten(0, 1)


def baseline_bits(stream: Stream) -> dict[str, float]:
    """Bits per token of counting models on the tokens that a decoder is measured on."""
    tokens = stream.train.flatten().tolist()
    model = NGramModel(tokens, 2, stream.vocabulary)
    rows = windows(stream.held_out, stream.context)
    pairs = Counter(zip(rows[:, :-1].flatten().tolist(), rows[:, 1:].flatten().tolist(), strict=True))  # fmt: skip
    return {
        "uniform": math.log2(stream.vocabulary),
        "unigram": _bits(model.lower(1), pairs),
        "bigram": _bits(model, pairs),
    }


def _bits(model: NGramModel[int], pairs: Counter[tuple[int, int]]) -> float:
    """The mean of -log2 p(second | first) over counted pairs."""
    total = sum(
        -count * math.log2(model.probability(second, (first,)))
        for (first, second), count in pairs.items()
    )
    return total / pairs.total()


# ---- from tokens back to what they stand for ----


def text_of(tokens: Sequence[int], facts: dict[str, Any]) -> str:
    """The text of letters' tokens."""
    return Alphabet(facts["alphabet"]).decode(list(tokens))


def images_of(rows: np.ndarray, facts: dict[str, Any]) -> np.ndarray:
    """Images (count, size, size) in [0, 1] of digits' tokens (count, 1 + patches).

    A token of a digit behind the first place is drawn as the darkest patch.
    """
    patches = np.where(rows[:, 1:] < CODES, rows[:, 1:], 0)
    return Codebook(np.asarray(facts["codes"], dtype=np.float32)).decode(patches, facts["size"])


def signal_of(tokens: Sequence[int]) -> np.ndarray:
    """Samples in [-1, 1] of sound's tokens."""
    return mu_law.decode(np.asarray(tokens))
