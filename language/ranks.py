"""The six encodings of tiktoken without a network: their files, written into tiktoken's cache.

tiktoken reads each file from an address, or from a cache folder where the file's name is the SHA-1
of the address, and checks its SHA-256. The files of ranks lie compressed in `data/ranks`
(`training/language/ranks.py` makes them); the three others follow from them to the byte.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest import resources
from language import bpe
from language.errors import LanguageError

_HOST = "https://openaipublic.blob.core.windows.net/"
ADDRESSES: Mapping[str, str] = {  # file: where tiktoken looks for it
    "vocab.bpe": f"{_HOST}gpt-2/encodings/main/vocab.bpe",
    "encoder.json": f"{_HOST}gpt-2/encodings/main/encoder.json",
    "r50k_base.tiktoken": f"{_HOST}encodings/r50k_base.tiktoken",
    "p50k_base.tiktoken": f"{_HOST}encodings/p50k_base.tiktoken",
    "cl100k_base.tiktoken": f"{_HOST}encodings/cl100k_base.tiktoken",
    "o200k_base.tiktoken": f"{_HOST}encodings/o200k_base.tiktoken",
}
SHA256: Mapping[str, str] = {  # as tiktoken_ext/openai_public.py has them
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "r50k_base.tiktoken": "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    "p50k_base.tiktoken": "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    "cl100k_base.tiktoken": "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    "o200k_base.tiktoken": "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
}
ENCODINGS: Mapping[str, tuple[str, ...]] = {  # encoding: the files that it is made of
    "gpt2": ("vocab.bpe", "encoder.json"),
    "r50k_base": ("r50k_base.tiktoken",),
    "p50k_base": ("p50k_base.tiktoken",),
    "p50k_edit": ("p50k_base.tiktoken",),
    "cl100k_base": ("cl100k_base.tiktoken",),
    "o200k_base": ("o200k_base.tiktoken",),
}
_GPT2_TOKENS = 50_256  # without <|endoftext|>; p50k_base begins with the same ones
_CACHE_VARIABLE = "TIKTOKEN_CACHE_DIR"
_VARIABLE_LOCK = threading.Lock()  # the variable belongs to the whole process


def encoding(name: str, cache: Path) -> Any:
    """The `tiktoken.Encoding` of a name; tiktoken itself checks the files' SHA-256.

    Args:
        name: One of `ENCODINGS`.
        cache: The folder that tiktoken reads from; missing files are written there.

    Raises:
        LanguageError: there is no such encoding, or the folder cannot be written.
    """
    import tiktoken

    return tiktoken.Encoding(**_parameters(name, cache))


def vocabulary(name: str, cache: Path) -> bpe.Vocabulary:
    """An encoding's tokens, ranks and pattern for our own `bpe.Vocabulary.encode`; see `encoding`."""
    parameters = _parameters(name, cache)
    return bpe.Vocabulary(parameters["mergeable_ranks"], parameters["pat_str"])


def fill_cache(name: str, cache: Path) -> list[Path]:
    """Write the files of an encoding into tiktoken's cache folder, unless they are there, unharmed."""
    if name not in ENCODINGS:
        raise LanguageError(f"There is no encoding {name!r}, expected {', '.join(ENCODINGS)}")
    paths = []
    for file in ENCODINGS[name]:
        path = cache / hashlib.sha1(ADDRESSES[file].encode()).hexdigest()
        if not path.is_file() or _sha256(path.read_bytes()) != SHA256[file]:
            _write(path, content(file))
        paths.append(path)
    return paths


def content(file: str) -> bytes:
    """The bytes of one of the files in `ADDRESSES`, as tiktoken would fetch it."""
    if file == "vocab.bpe":
        return merges_file(read_ranks(content("r50k_base.tiktoken")))
    if file == "encoder.json":
        return ids_file(read_ranks(content("r50k_base.tiktoken")))
    if file == "r50k_base.tiktoken":
        lines = content("p50k_base.tiktoken").splitlines(keepends=True)
        return b"".join(lines[:_GPT2_TOKENS])
    packed = resources.package_file("language", "data", "ranks", f"{file}.xz")
    return lzma.decompress(packed.read_bytes())


def read_ranks(lines: bytes) -> dict[bytes, int]:
    """Tokens and ranks from lines of `base64 rank`."""
    from base64 import b64decode

    rows = (line.split() for line in lines.splitlines())
    return {b64decode(token): int(rank) for token, rank in rows}


def merges_file(ranks: Mapping[bytes, int]) -> bytes:
    """GPT-2's `vocab.bpe`: the two halves of each token of several bytes, in order of rank.

    The halves are what encoding finds in the token if the token itself were not there.
    """
    smaller: dict[bytes, int] = {}
    lines = ["#version: 0.2"]
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) > 1:
            left, right = bpe.merge(token, smaller)
            lines.append(f"{bpe.spell(left)} {bpe.spell(right)}")
        smaller[token] = rank
    return ("\n".join(lines) + "\n").encode()


def ids_file(ranks: Mapping[bytes, int]) -> bytes:
    """GPT-2's `encoder.json`: each token's id, the end marker last."""
    ids = {bpe.spell(token): rank for token, rank in ranks.items()}
    return json.dumps(ids | {"<|endoftext|>": len(ids)}).encode()


def _parameters(name: str, cache: Path) -> dict[str, Any]:
    """What tiktoken's own constructor of an encoding gives: name, pattern, ranks, markers."""
    from tiktoken_ext.openai_public import ENCODING_CONSTRUCTORS

    fill_cache(name, cache)
    with _VARIABLE_LOCK, _cache_variable(cache):
        return ENCODING_CONSTRUCTORS[name]()


@contextmanager
def _cache_variable(cache: Path) -> Iterator[None]:
    """tiktoken's cache folder, for a while."""
    before = os.environ.get(_CACHE_VARIABLE)
    os.environ[_CACHE_VARIABLE] = str(cache)
    try:
        yield
    finally:
        if before is None:
            del os.environ[_CACHE_VARIABLE]
        else:
            os.environ[_CACHE_VARIABLE] = before


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Write a file that another process sees whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        Path(file.name).replace(path)
    except OSError as error:
        raise LanguageError(
            f"The cache folder {path.parent} cannot be written ({error.strerror}), and tiktoken "
            "reads its files from there; name another one with the variable KATHEDER_CACHE"
        ) from None
