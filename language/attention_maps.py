"""Attention maps: how much each token of a sentence looks at each other, in every layer and head.

`compare` searches all heads for those that look elsewhere when one word of a sentence changes:
in "The cat drank the milk because it was hungry" *it* is the cat, with "sweet" it is the milk.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from language.errors import LanguageError
from language.text import check_text
from language.transformer import Decoder, Encoder

MOST_TOKENS = 128  # a map of all heads grows with the square


@dataclass(frozen=True, slots=True)
class Maps:
    """The attention of all layers and heads on one sentence."""

    text: str
    tokens: tuple[str, ...]  # as the text has them; special tokens by their names
    spans: tuple[tuple[int, int], ...]  # of each token in the text; (0, 0) for special ones
    weights: Tensor = field(repr=False)  # (layers, heads, from, to), in [0, 1]
    norms: Tensor = field(repr=False)  # (layers + 1, tokens): lengths of the hidden states

    def words(self) -> list[str]:
        """The words of the text, in order."""
        return re.findall(r"\w+", self.text)

    def places(self, word: str) -> list[int]:
        """The tokens of a word where it first stands in the text.

        Raises:
            LanguageError: the text has no such word.
        """
        match = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", self.text, re.IGNORECASE)
        if match is None or not word.strip():
            words = ", ".join(dict.fromkeys(self.words()))
            raise LanguageError(f"The text has no word {word[:40]!r}; choose one of {words[:200]}")
        return [
            place
            for place, (start, end) in enumerate(self.spans)
            if start < match.end() and end > match.start() and self.text[start:end].strip()
        ]


@dataclass(frozen=True, slots=True)
class HeadChange:
    """How much a head looks from one word at two targets, in two sentences."""

    layer: int  # from 1
    head: int  # from 1
    first: tuple[float, float]  # weights to the two targets in the first sentence
    second: tuple[float, float]  # and in the second

    @property
    def shift(self) -> float:
        """How much further the first sentence leans to the first target, in [-2, 2]."""
        return (self.first[0] - self.first[1]) - (self.second[0] - self.second[1])

    def switches(self, margin: float = 0.05) -> bool:
        """Whether it prefers the first target in the first sentence, the second in the second."""
        return self.first[0] - self.first[1] >= margin and self.second[1] - self.second[0] >= margin


@torch.no_grad()
def attention_maps(model: Encoder | Decoder, tokenizer: Any, text: str) -> Maps:
    """The maps of our encoder or decoder on a sentence.

    Raises:
        LanguageError: the text is empty, no Unicode, or longer than MOST_TOKENS tokens.
    """
    check_text(text)
    encoded = tokenizer(text, return_offsets_mapping=True, verbose=False)
    ids, spans = encoded["input_ids"], [(int(a), int(b)) for a, b in encoded["offset_mapping"]]
    if len(ids) > MOST_TOKENS:
        raise LanguageError(
            f"The text has {len(ids):,} tokens, expected at most {MOST_TOKENS}; shorten it"
        )
    names = tokenizer.convert_ids_to_tokens(ids)
    tokens = [
        text[start:end].strip() or name for name, (start, end) in zip(names, spans, strict=True)
    ]
    states = model(torch.tensor([ids]))
    return Maps(
        text,
        tuple(tokens),
        tuple(spans),
        torch.stack([layer[0] for layer in states.weights]),
        torch.stack([layer[0].norm(dim=-1) for layer in states.hidden]),
    )


def looks(maps: Maps, word: str, target: str) -> Tensor:
    """(layers, heads): the attention from a word, the mean of its tokens, to all tokens of another."""
    return maps.weights[:, :, maps.places(word)][..., maps.places(target)].sum(-1).mean(-1)


def compare(
    first: Maps, second: Maps, words: tuple[str, str], targets: tuple[str, str]
) -> list[HeadChange]:
    """All heads, those that move most from the first target to the second before the others.

    Args:
        first: The first sentence.
        second: The second one.
        words: The word that looks in the first sentence, and in the second.
        targets: The words that it may look at, in both sentences.

    Raises:
        LanguageError: a word is missing, or the sentences come from different models.
    """
    if first.weights.shape[:2] != second.weights.shape[:2]:
        raise LanguageError(
            f"The first map has {tuple(first.weights.shape[:2])} layers and heads, the second "
            f"{tuple(second.weights.shape[:2])}; compare sentences in one model"
        )
    one, two = (
        torch.stack([looks(maps, word, target) for target in targets], dim=-1).tolist()
        for maps, word in zip((first, second), words, strict=True)
    )
    changes = [
        HeadChange(
            layer + 1,
            head + 1,
            (one[layer][head][0], one[layer][head][1]),
            (two[layer][head][0], two[layer][head][1]),
        )
        for layer in range(len(one))
        for head in range(len(one[layer]))
    ]
    return sorted(changes, key=lambda change: (not change.switches(), -change.shift))


def verdict(changes: Sequence[HeadChange], targets: tuple[str, str], margin: float = 0.05) -> str:
    """One sentence: how many heads switch from one target to the other, or that none does."""
    count = sum(change.switches(margin) for change in changes)
    most = max((abs(change.shift) for change in changes), default=0.0)
    if most == 0:
        return f"No head changes at all: none of the {len(changes)} sees the word that differs."
    if not count:
        return (
            f"None of the {len(changes)} heads switches from {targets[0]!r} to {targets[1]!r} "
            f"(by {margin:g} each); the largest shift is {most:.3f}."
        )
    return (
        f"{count} of the {len(changes)} heads "
        f"{'switches' if count == 1 else 'switch'} from {targets[0]!r} to {targets[1]!r} "
        f"(by {margin:g} each)."
    )


def patterns(maps: Maps) -> dict[str, Tensor]:
    """How much each head follows a simple pattern: name to shares, (layers, heads), in [0, 1].

    The share is the mean over tokens of the attention to the first token, the token itself, the
    one before, the one behind, and the last one; a token without such a neighbour is left out.
    """
    weights = maps.weights
    return {
        "first": weights[:, :, 1:, 0].mean(-1),
        "itself": weights.diagonal(0, -2, -1).mean(-1),
        "before": weights.diagonal(-1, -2, -1)[..., 1:].mean(-1),
        "behind": weights.diagonal(1, -2, -1)[..., :-1].mean(-1),
        "last": weights[:, :, :-1, -1].mean(-1),
    }
