"""n-gram models: the next token given the n - 1 before it, by counting, and the bits that it costs.

A context that was never seen says nothing, so each order is mixed with the next lower one, down to
the uniform distribution: p(w | h) = (c(h w) + T(h) p(w | h')) / (c(h) + T(h)), where c counts in
the training text, T(h) is the number of different tokens seen after h, and h' is h without its
first token.

Source: Witten and Bell (1991), interpolated as in Chen and Goodman (1999), section 2.4.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Generic, TypeVar

from language.errors import LanguageError

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Bits:
    """What a model makes of a text that it was not trained on.

    Attributes:
        total: Bits of the whole text, the sum of -log2 p of its tokens.
        tokens: Its length in the model's tokens.
        characters: Its length in characters, the same for all models.
    """

    total: float
    tokens: int
    characters: int

    @property
    def per_token(self) -> float:
        """The cross-entropy; models with different vocabularies cannot be compared by it."""
        return self.total / self.tokens

    @property
    def per_character(self) -> float:
        """By this, models with different vocabularies can be compared."""
        return self.total / self.characters

    @property
    def perplexity(self) -> float:
        """Among how many equally likely tokens the model would choose at each place."""
        return 2**self.per_token


class NGramModel(Generic[T]):
    """Counts of the tokens after each context of up to `order` - 1 tokens.

    Args:
        tokens: The training text; may be empty.
        order: 0 for the uniform distribution, 1 for single tokens, 2 for pairs, 3 for triples.
        vocabulary_size: How many tokens there are; more than the training text shows.

    Raises:
        LanguageError: the order is negative, or the vocabulary smaller than that of the text.
    """

    def __init__(self, tokens: Sequence[T], order: int, vocabulary_size: int) -> None:
        if order < 0:
            raise LanguageError(f"The order is {order}, expected 0, 1, 2 or more")
        if (different := len(set(tokens))) > vocabulary_size:
            raise LanguageError(
                f"The text has {different} different tokens, but the vocabulary {vocabulary_size}"
            )
        self.order = order
        self.vocabulary_size = vocabulary_size
        self._followers: defaultdict[tuple[T, ...], Counter[T]] = defaultdict(Counter)
        for length in range(order):
            windows = zip(*(tokens[shift:] for shift in range(length + 1)), strict=False)
            for (*context, token), count in Counter(windows).items():
                self._followers[tuple(context)][token] = count
        self._totals = {context: sum(row.values()) for context, row in self._followers.items()}

    def lower(self, order: int) -> NGramModel[T]:
        """The model of a lower order with the same counts.

        Raises:
            LanguageError: the order is negative or above this model's.
        """
        if not 0 <= order <= self.order:
            raise LanguageError(f"The order is {order}, expected 0 to {self.order}")
        model = copy(self)
        model.order = order
        return model

    def probability(self, token: T, context: Sequence[T] = ()) -> float:
        """p(token | context); only the last `order` - 1 tokens of the context count."""
        probability = 1 / self.vocabulary_size
        for length in range(min(self.order, len(context) + 1)):  # from no context to the longest
            suffix = tuple(context[len(context) - length :])
            if suffix not in self._totals:
                break  # longer ones were not seen either
            row, total = self._followers[suffix], self._totals[suffix]
            probability = (row[token] + len(row) * probability) / (total + len(row))
        return probability

    def bits(self, tokens: Sequence[T], characters: int) -> Bits:
        """The bits of a text of some characters, each token given those before it.

        Raises:
            LanguageError: the text is empty.
        """
        if not tokens or characters < 1:
            raise LanguageError("The text is empty; give at least one character")
        reach = max(0, self.order - 1)
        total = -sum(
            math.log2(self.probability(token, tokens[max(0, place - reach) : place]))
            for place, token in enumerate(tokens)
        )
        return Bits(total, len(tokens), characters)

    def sample(self, count: int, vocabulary: Sequence[T], seed: int) -> list[T]:
        """Random tokens by the model's probabilities; `vocabulary` are all tokens there are.

        Raises:
            LanguageError: the vocabulary has another size than the model's.
        """
        if len(vocabulary) != self.vocabulary_size:
            raise LanguageError(
                f"The vocabulary has {len(vocabulary)} tokens, expected {self.vocabulary_size}"
            )
        generator = random.Random(seed)
        tokens: list[T] = []
        for _ in range(count):
            tokens.append(self._draw(tokens, vocabulary, generator))
        return tokens

    def _draw(self, tokens: list[T], vocabulary: Sequence[T], generator: random.Random) -> T:
        """The mixture as a draw: from a context's followers, or with T / (c + T) one order lower."""
        for length in range(min(self.order - 1, len(tokens)), -1, -1):
            context = tuple(tokens[len(tokens) - length :])
            if self.order == 0 or context not in self._totals:
                continue
            row, total = self._followers[context], self._totals[context]
            if generator.random() * (total + len(row)) < total:
                return generator.choices(list(row), weights=list(row.values()))[0]
        return generator.choice(vocabulary)
