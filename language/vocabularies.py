"""The vocabularies and texts that come with the laboratory: small models of the lectures, and pairs.

`training/language/subwords.py` makes the models and the list of words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest import resources
from language.errors import LanguageError

FOLDER = resources.models() / "language" / "sentencepiece"
KINDS = ("unigram", "bpe")


def sentencepiece_model(kind: str, folder: Path = FOLDER) -> Any:
    """The SentencePiece model of 4,000 tokens, `kind` unigram or bpe, trained on the lectures.

    Raises:
        LanguageError: there is no such model, or its file is not the one that was trained.
    """
    import sentencepiece

    pins = json.loads((folder / "sha256.json").read_text(encoding="utf-8"))
    if kind not in pins:
        raise LanguageError(f"There is no SentencePiece model {kind!r}, expected {', '.join(pins)}")
    model = (folder / f"{kind}.model").read_bytes()
    sha256 = hashlib.sha256(model).hexdigest()
    if sha256 != pins[kind]:
        raise LanguageError(
            f"{kind}.model has SHA-256 {sha256[:12]}, expected {pins[kind][:12]}; install Katheder "
            "again"
        )
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def lecture_words() -> list[str]:
    """The words and signs of the bundled lectures, most frequent first."""
    file = resources.package_file("language", "data", "words.txt")
    return file.read_text(encoding="utf-8").splitlines()


def lecture_characters() -> list[str]:
    """The characters of the lectures' words, a blank and a line break, in order of code points."""
    return sorted({" ", "\n"} | {letter for word in lecture_words() for letter in word})


def parallel_texts() -> list[tuple[str, str]]:
    """Sentences with the same meaning, English and German."""
    file = resources.package_file("language", "data", "parallel.jsonl")
    rows: Sequence[dict[str, str]] = [
        json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return [(row["en"], row["de"]) for row in rows]
