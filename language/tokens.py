"""Tokens: one text through several tokenisers, what each token stands for, and what it costs.

A tokeniser turns a text into ids. Which pieces have ids is its vocabulary: characters, words, or
pieces of words. Every function here that is named after a kind of tokeniser makes a `Tokenizer`
from what that kind needs; the caller loads models and names folders.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal

import regex

from language import bpe
from language.errors import LanguageError
from language.text import utf8

_WORD = regex.compile(r"\w+")
_WORD_OR_SIGN = regex.compile(r"\w+|[^\w\s]")
_VISIBLE = {" ": "␣", "\n": "⏎", "\r": "␍", "\t": "⇥"}
UNKNOWN = "[UNK]"

Kind = Literal["word", "part", "mixed", "sign", "blank"]


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a text.

    Attributes:
        id: Its number in the vocabulary.
        form: As the vocabulary writes it: `##ing`, `▁the`; of bytes the text, with ␣ for a blank.
        start, end: The bytes of the text, in UTF-8, that it stands for: from `start` up to `end`.
    """

    id: int
    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A name, the number of tokens that have an id, the unknown's id or None, and the function."""

    name: str
    vocabulary_size: int
    unknown: int | None
    tokenize: Callable[[str], list[Token]]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a tokeniser makes of a text.

    Attributes:
        tokens: The text's length in tokens.
        bytes_per_token: Mean number of bytes of UTF-8 that a token stands for.
        characters_per_token: The same in characters.
        words: How many tokens are a whole word, with or without the blank before it.
        parts: How many are part of a word, or letters with signs: tokens that are no words.
        unknown: How many stand for what has no id.
        words_in_text: The text's length in words; a word is a run of letters and digits.
    """

    tokens: int
    bytes_per_token: float
    characters_per_token: float
    words: int
    parts: int
    unknown: int
    words_in_text: int

    def words_in_window(self, window: int) -> float:
        """How many words of such a text a context window of some tokens holds."""
        return window * self.words_in_text / self.tokens


@dataclass(frozen=True, slots=True)
class Lengths:
    """The same content in two languages, in tokens; `ratio` is the second over the first."""

    first: int
    second: int

    @property
    def ratio(self) -> float:
        """How many times longer the second text is."""
        return self.second / self.first


# ---- tokenisers ----


def characters(vocabulary: Sequence[str]) -> Tokenizer:
    """One token a character; those that are not in the vocabulary are unknown."""
    return _by_pattern("characters", regex.compile(r"(?s)."), vocabulary)


def words(vocabulary: Sequence[str]) -> Tokenizer:
    """One token a word or sign, none for blanks; those that are not in the vocabulary are unknown."""
    return _by_pattern("words", _WORD_OR_SIGN, vocabulary)


def wordpiece(name: str, tokenizer: Any) -> Tokenizer:
    """The WordPiece model of a BERT, a `tokenizers.Tokenizer`, without [CLS] and [SEP]."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True  # "[MASK]" in a text is text

    def tokenize(text: str) -> list[Token]:
        offsets = byte_offsets(text)
        encoding = tokenizer.encode(text, add_special_tokens=False)
        return [
            Token(number, form, offsets[start], offsets[end])
            for number, form, (start, end) in zip(
                encoding.ids, encoding.tokens, encoding.offsets, strict=True
            )
        ]

    return Tokenizer(name, tokenizer.get_vocab_size(), tokenizer.token_to_id(UNKNOWN), tokenize)


def byte_level(name: str, tokenizer: Any) -> Tokenizer:
    """The byte-level BPE of a `tokenizers.Tokenizer`; its markers in a text are plain text.

    Bytes that the vocabulary lacks, as SmolLM2's does some that are rare, are left out of the tokens.
    """
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True

    def tokenize(text: str) -> list[Token]:
        encoding = tokenizer.encode(text, add_special_tokens=False)
        pieces = [bpe.unspell(letters) for letters in encoding.tokens]
        return _in_a_row(encoding.ids, pieces, text.encode())

    return Tokenizer(name, tokenizer.get_vocab_size(), None, tokenize)


def tiktoken_encoding(encoding: Any) -> Tokenizer:
    """An encoding of tiktoken; its markers in a text are plain text."""

    def tokenize(text: str) -> list[Token]:
        ids = encoding.encode_ordinary(text)
        return _in_a_row(ids, encoding.decode_tokens_bytes(ids), text.encode())

    return Tokenizer(encoding.name, encoding.n_vocab, None, tokenize)


def trained(name: str, vocabulary: bpe.Vocabulary) -> Tokenizer:
    """Our own byte-pair encoding."""

    def tokenize(text: str) -> list[Token]:
        ids = vocabulary.encode(text)
        return _in_a_row(ids, [vocabulary.tokens[number] for number in ids], text.encode())

    return Tokenizer(name, len(vocabulary.ids), None, tokenize)


def sentencepiece(name: str, processor: Any) -> Tokenizer:
    """A SentencePiece model that leaves the text as it is and spells the unknown in bytes.

    It writes ▁ for a blank and puts one before the text; that one stands for no byte.
    """

    def tokenize(text: str) -> list[Token]:
        offsets = byte_offsets(text)
        tokens: list[Token] = []
        start, character = 0, -1  # -1: the blank before the text
        for number in processor.encode(text):
            form = processor.id_to_piece(number)
            if processor.is_byte(number):
                end = start + 1
            else:
                character = bisect_right(offsets, start) - 1 if tokens else -1
                end = offsets[character + len(form)]
            tokens.append(Token(number, form, start, end))
            start = end
        return tokens

    return Tokenizer(name, processor.get_piece_size(), None, tokenize)


# ---- what the tokens stand for ----


def tokenize(text: str, tokenizer: Tokenizer) -> list[Token]:
    """The tokens of a text.

    Raises:
        LanguageError: the text is empty, blank or has half of a surrogate pair.
    """
    utf8(text)
    if not text.strip():
        raise LanguageError("The text is empty; type at least one character")
    return tokenizer.tokenize(text)


def byte_offsets(text: str) -> list[int]:
    """The byte, in UTF-8, at which each character starts, and the text's length at the end."""
    if text.isascii():
        return list(range(len(text) + 1))
    return list(accumulate((len(character.encode()) for character in text), initial=0))


@lru_cache(maxsize=100_000)  # the tokens of a text come again and again
def readable(data: bytes) -> str:
    """Bytes as a reader sees them: text with visible blanks, or hexadecimal if they are no text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return f"<{data.hex(' ').upper()}>"
    return "".join(_VISIBLE.get(letter, letter) for letter in text)


def kinds(text: str, tokens: Iterable[Token]) -> list[Kind]:
    """For each token: a whole word, part of one, letters mixed with signs, signs, or blanks."""
    offsets = byte_offsets(text)
    data = text.encode()
    spans = [(offsets[m.start()], offsets[m.end()]) for m in _WORD.finditer(text)]
    starts = [start for start, _ in spans]
    return [_kind(data, token, spans, starts) for token in tokens]


def summarise(text: str, tokens: Sequence[Token], unknown: int | None = None) -> Summary:
    """Counts of a text's tokens; `unknown` is the id of the unknown token.

    Raises:
        LanguageError: there is no token.
    """
    if not tokens:
        raise LanguageError("The text has no token of this tokeniser; type at least one letter")
    of_kind = kinds(text, tokens)
    return Summary(
        tokens=len(tokens),
        bytes_per_token=len(text.encode()) / len(tokens),
        characters_per_token=len(text) / len(tokens),
        words=of_kind.count("word"),
        parts=of_kind.count("part") + of_kind.count("mixed"),
        unknown=sum(token.id == unknown for token in tokens),
        words_in_text=sum(1 for _ in _WORD.finditer(text)),
    )


def lengths(pairs: Iterable[tuple[str, str]], tokenizer: Tokenizer) -> Lengths:
    """How many tokens the first and the second texts of pairs have in all."""
    counts = [[len(tokenizer.tokenize(text)) for text in pair] for pair in pairs]
    if not counts:
        raise LanguageError("There is no pair of texts, expected at least one")
    return Lengths(sum(first for first, _ in counts), sum(second for _, second in counts))


def embedding_parameters(vocabulary_size: int, width: int) -> int:
    """The size of an embedding table: one vector of `width` numbers for each token."""
    return vocabulary_size * width


def _by_pattern(name: str, pattern: regex.Pattern[str], vocabulary: Sequence[str]) -> Tokenizer:
    ids: Mapping[str, int] = {form: number for number, form in enumerate(vocabulary)}
    unknown = len(ids)

    def tokenize(text: str) -> list[Token]:
        offsets = byte_offsets(text)
        tokens = []
        for match in pattern.finditer(text):
            number = ids.get(match.group(), unknown)
            form = UNKNOWN if number == unknown else readable(match.group().encode())
            tokens.append(Token(number, form, offsets[match.start()], offsets[match.end()]))
        return tokens

    return Tokenizer(name, len(ids) + 1, unknown, tokenize)


def _in_a_row(ids: Iterable[int], pieces: Iterable[bytes], data: bytes) -> list[Token]:
    """Tokens of bytes that stand one after the other in a text's bytes."""
    tokens = []
    end = 0
    for number, piece in zip(ids, pieces, strict=True):
        start = data.index(piece, end)  # behind `end` only where a byte has no token
        end = start + len(piece)
        tokens.append(Token(number, readable(piece), start, end))
    return tokens


def _kind(data: bytes, token: Token, spans: Sequence[tuple[int, int]], starts: list[int]) -> Kind:
    piece = data[token.start : token.end]
    start = token.start + len(piece) - len(piece.lstrip())
    end = token.end - (len(piece) - len(piece.rstrip()))
    if start >= end:
        return "blank"
    place = bisect_right(starts, start) - 1
    first, last = spans[place] if place >= 0 else (0, 0)
    if (start, end) == (first, last):
        return "word"
    if first <= start and end <= last:
        return "part"
    following = starts[place + 1] if place + 1 < len(starts) else math.inf
    return "sign" if start >= last and end <= following else "mixed"
