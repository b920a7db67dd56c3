"""How much texts repeat themselves and one another: distinct-n, repetition and self-BLEU.

A text is a sequence of tokens: ids or words. Each measure is in [0, 1].
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

Tokens = Sequence[Hashable]
_EPSILON = 0.1  # stands for zero matches: method 1 of Chen and Cherry (2014)


def ngrams(tokens: Tokens, n: int) -> list[tuple[Hashable, ...]]:
    """All runs of n tokens, in order; none where the text is shorter."""
    return [tuple(tokens[begin : begin + n]) for begin in range(len(tokens) - n + 1)]


def distinct(texts: Sequence[Tokens], n: int) -> float:
    """Different n-grams divided by all n-grams of all texts; 1 where no text has one.

    Source: Li et al. (2016), A Diversity-Promoting Objective Function.
    """
    runs = [run for text in texts for run in ngrams(text, n)]
    return len(set(runs)) / len(runs) if runs else 1.0


def repetition(text: Tokens, n: int = 3) -> float:
    """The share of a text's n-grams that stood earlier in the same text."""
    return 1 - distinct([text], n)


def bleu(candidate: Tokens, references: Sequence[Tokens], n: int = 4) -> float:
    """How far the n-grams of a text are those of some reference: BLEU with uniform weights.

    The geometric mean of the clipped precisions of 1-grams to n-grams, times the brevity penalty.
    Without any match of one token it is 0; other precisions without a match count as 0.1 matches.

    Source: Papineni et al. (2002); smoothing: Chen and Cherry (2014), method 1.
    """
    if not candidate or not references:
        return 0.0
    logs = 0.0
    for size in range(1, n + 1):
        counts = Counter(ngrams(candidate, size))
        most: Counter[tuple[Hashable, ...]] = Counter()
        for reference in references:
            most |= Counter(ngrams(reference, size))
        matches = (counts & most).total()
        if matches == 0 and size == 1:
            return 0.0
        logs += math.log((matches or _EPSILON) / max(counts.total(), 1)) / n
    length = len(candidate)
    nearest = min((len(one) for one in references), key=lambda other: (abs(other - length), other))
    return math.exp(logs + min(0.0, 1 - nearest / length))


def self_bleu(texts: Sequence[Tokens], n: int = 4) -> float:
    """The mean BLEU of each text against all others: 1 where all are the same; 0 for one text.

    Source: Zhu et al. (2018), Texygen.
    """
    if len(texts) < 2:
        return 0.0
    scores = [
        bleu(text, [*texts[:place], *texts[place + 1 :]], n) for place, text in enumerate(texts)
    ]
    return sum(scores) / len(scores)
