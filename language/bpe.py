"""Byte-pair encoding: train merges on a text, encode text with them, and decode ids.

The text is a sequence of UTF-8 bytes, cut by a pattern into pieces (words with the blank before
them). Training counts all pairs of neighbours and merges the most frequent pair into a new token,
again and again. Encoding makes the same merges in the same order.

Source: Sennrich, Haddow and Birch (2016); over bytes: Radford et al. (2019), GPT-2.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

import regex

from language.errors import LanguageError
from language.text import utf8

# GPT-2's pattern: contractions, words, numbers and signs, each with the blank before it, and blanks.
PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
NO_PATTERN = ""  # the whole text is one piece

# GPT-2 numbers the bytes in this order, those with a visible letter first, and its files write each
# byte as one visible letter. The ids of our trained vocabularies begin with the same 256 tokens.
_VISIBLE = [byte for byte in range(256) if chr(byte).isprintable() and chr(byte) != " "]
_OTHER = [byte for byte in range(256) if byte not in _VISIBLE]
BYTES: tuple[bytes, ...] = tuple(bytes([byte]) for byte in _VISIBLE + _OTHER)
LETTERS: Mapping[int, str] = {
    **{byte: chr(byte) for byte in _VISIBLE},
    **{byte: chr(256 + number) for number, byte in enumerate(_OTHER)},
}
_BYTE_OF = {letter: byte for byte, letter in LETTERS.items()}

Pair = tuple[int, int]  # the ids of two neighbours


def spell(token: bytes) -> str:
    """A token as the files of GPT-2 write it, one visible letter for each byte (a blank is Ġ)."""
    return "".join(LETTERS[byte] for byte in token)


def unspell(letters: str) -> bytes:
    """The bytes of a token that `spell` wrote.

    Raises:
        KeyError: a letter stands for no byte.
    """
    return bytes(_BYTE_OF[letter] for letter in letters)


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and their ids; a pair of neighbours with a smaller id is merged earlier.

    Attributes:
        ids: The id of each token; every single byte has one.
        pattern: A regular expression (module `regex`) whose matches are the pieces; "" for none.
    """

    ids: Mapping[bytes, int]
    pattern: str = PATTERN

    @cached_property
    def tokens(self) -> dict[int, bytes]:
        """The token of each id."""
        return {number: token for token, number in self.ids.items()}

    def encode(self, text: str) -> list[int]:
        """The ids of a text's tokens; markers such as <|endoftext|> are plain text."""
        pieces: dict[bytes, list[int]] = {}  # a word of a text comes again and again
        ids: list[int] = []
        for piece in split(text, self.pattern):
            if piece not in pieces:
                pieces[piece] = [self.ids[token] for token in merge(piece, self.ids)]
            ids.extend(pieces[piece])
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; bytes that are no UTF-8 become U+FFFD, as part of an emoji does.

        Raises:
            LanguageError: an id has no token.
        """
        tokens = self.tokens
        try:
            return b"".join(tokens[number] for number in ids).decode("utf-8", errors="replace")
        except KeyError as error:
            raise LanguageError(
                f"Id {error.args[0]} has no token, expected one from 0 to {max(tokens)}"
            ) from None


@dataclass(frozen=True, slots=True)
class Merge:
    """One step of a training.

    Attributes:
        left, right: The two neighbours that became one token.
        token: The new token's bytes.
        id: Its id.
        count: How often the pair stood in the text.
        length: The text's length in tokens after the step.
    """

    left: bytes
    right: bytes
    token: bytes
    id: int
    count: int
    length: int


def vocabulary(merges: Iterable[Merge], pattern: str = PATTERN) -> Vocabulary:
    """The vocabulary of 256 bytes and the tokens of some merges."""
    ids = {byte: number for number, byte in enumerate(BYTES)}
    return Vocabulary(ids | {merge.token: merge.id for merge in merges}, pattern)


def split(text: str, pattern: str = PATTERN) -> list[bytes]:
    """The pieces of a text; no merge crosses the border of a piece."""
    utf8(text)  # refuses what cannot be encoded
    if not pattern:
        return [text.encode()] if text else []
    return [match.group().encode() for match in _compile(pattern).finditer(text)]


def merge(piece: bytes, ids: Mapping[bytes, int]) -> list[bytes]:
    """The tokens of one piece: the pair with the smallest id is merged first, the left one of equals.

    A heap of candidates keeps it at n log n steps for n bytes, so that a piece of a million bytes
    is encoded too.
    """
    size = len(piece)
    end = list(range(1, size + 1))  # of the token that starts at a byte; 0 inside a token
    before = list(range(-1, size))  # the start of the token before the one that starts at a byte
    heap: list[tuple[int, int, int]] = []  # (id, start and end of the pair)

    def offer(start: int) -> None:
        """Add the pair of the token at `start` and its right neighbour, if it is a token."""
        if start >= 0 and end[start] < size:
            stop = end[end[start]]
            if (number := ids.get(piece[start:stop])) is not None:
                heapq.heappush(heap, (number, start, stop))

    for start in range(size):
        offer(start)
    while heap:
        _, start, stop = heapq.heappop(heap)
        middle = end[start]
        if not middle or middle >= stop or end[middle] != stop:
            continue  # one of the two has become part of another token
        end[start], end[middle] = stop, 0
        before[stop] = start
        offer(start)
        offer(before[start])
    starts = [start for start in range(size) if end[start]]
    return [piece[start : end[start]] for start in starts]


def pair_counts(words: Iterable[tuple[Sequence[bytes], int]]) -> Counter[tuple[bytes, bytes]]:
    """How often each pair of neighbours occurs in words, each (tokens, times it stands in the text)."""
    counts: Counter[tuple[bytes, bytes]] = Counter()
    for tokens, times in words:
        for pair in pairwise(tokens):
            counts[pair] += times
    return counts


def train(
    text: str, vocabulary_size: int, pattern: str = PATTERN, minimum_count: int = 1
) -> Iterator[Merge]:
    """Yield the merges that grow a vocabulary of 256 bytes to a size, most frequent pair first.

    Of pairs with equal counts, the one whose tokens have the smaller ids is merged, as in the
    library `tokenizers`. The end comes early if no pair occurs `minimum_count` times.

    Raises:
        LanguageError: the text is empty, or the size is below 256.
    """
    if vocabulary_size < len(BYTES):
        raise LanguageError(
            f"The vocabulary size is {vocabulary_size}, expected at least {len(BYTES)}, since every "
            "byte is a token"
        )
    pieces = Counter(split(text, pattern))
    if not pieces:
        raise LanguageError("The text is empty; training needs at least two characters")
    return _Training(pieces).run(vocabulary_size, minimum_count)


@dataclass
class _Training:
    """The state of a training: every distinct piece as ids, and where each pair occurs."""

    pieces: Mapping[bytes, int]  # piece: how often it occurs
    tokens: list[bytes] = field(default_factory=lambda: list(BYTES))  # by id

    def __post_init__(self) -> None:
        first = {token: number for number, token in enumerate(BYTES)}
        self.words = [[first[piece[i : i + 1]] for i in range(len(piece))] for piece in self.pieces]
        self.times = list(self.pieces.values())
        self.counts: Counter[Pair] = Counter()
        self.places: dict[Pair, set[int]] = {}  # pair: the numbers of the words that hold it
        for number, word in enumerate(self.words):
            self._count(number, word, 1)
        self.length = sum(len(word) * n for word, n in zip(self.words, self.times, strict=True))

    def run(self, vocabulary_size: int, minimum_count: int) -> Iterator[Merge]:
        ids = {token: number for number, token in enumerate(self.tokens)}
        heap = [(-count, pair) for pair, count in self.counts.items()]
        heapq.heapify(heap)
        while len(self.tokens) < vocabulary_size and heap:
            negative, pair = heapq.heappop(heap)
            count = self.counts[pair]
            if count != -negative:  # it has changed since the pair was added
                if 0 < count < -negative:
                    heapq.heappush(heap, (-count, pair))
                continue
            if count < max(1, minimum_count):
                return
            left, right = self.tokens[pair[0]], self.tokens[pair[1]]
            token = left + right
            if token not in ids:  # two pairs can make one token: a + bc, ab + c
                ids[token] = len(self.tokens)
                self.tokens.append(token)
            for increased in self._replace(pair, ids[token]):
                heapq.heappush(heap, (-self.counts[increased], increased))
            yield Merge(left, right, token, ids[token], count, self.length)

    def _replace(self, pair: Pair, new: int) -> set[Pair]:
        """Replace a pair by a token in all words; returns the pairs that now occur there."""
        neighbours: set[Pair] = set()
        for number in self.places.pop(pair):
            old = self.words[number]
            self._count(number, old, -1)
            word: list[int] = []
            position = 0
            while position < len(old):
                if position + 1 < len(old) and (old[position], old[position + 1]) == pair:
                    word.append(new)
                    position += 2
                else:
                    word.append(old[position])
                    position += 1
            self.length -= (len(old) - len(word)) * self.times[number]
            self.words[number] = word
            self._count(number, word, 1)
            neighbours.update(two for two in pairwise(word) if new in two)
        return neighbours

    def _count(self, number: int, word: Sequence[int], sign: int) -> None:
        for pair in pairwise(word):
            self.counts[pair] += sign * self.times[number]
            if sign > 0:
                self.places.setdefault(pair, set()).add(number)


@lru_cache(maxsize=32)
def _compile(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)
