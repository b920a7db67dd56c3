"""The vectors of questions, made once and kept on disk, so that a sweep's points share them."""

from __future__ import annotations

import hashlib
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.embed import Encoder
from ingest.wrapped_encoder import WrappedEncoder


class CachedEncoder(WrappedEncoder):
    """A bi-encoder with a cache of question vectors on disk.

    Single texts that were prepared are looked up; everything else is encoded as usual.
    """

    def __init__(self, encoder: Encoder, folder: Path, device: str = "", dtype: str = "") -> None:
        """Wrap a bi-encoder; each device and numeric type has a cache file of its own."""
        super().__init__(encoder)
        key = f"{encoder.identity} {device} {dtype}"
        name = hashlib.sha256(key.encode()).hexdigest()[:12]
        self._file = folder / f"questions-{name}.npz"
        self._vectors: dict[str, np.ndarray] = {}
        self._seconds: dict[str, float] = {}
        if self._file.is_file():
            with np.load(self._file) as arrays:
                texts = [str(text) for text in arrays["texts"]]
                self._vectors = dict(zip(texts, arrays["vectors"], strict=True))
                self._seconds = dict(zip(texts, map(float, arrays["seconds"]), strict=True))

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        """The vectors of questions; that of one prepared question is looked up."""
        if len(questions) == 1 and questions[0] in self._vectors:
            return self._vectors[questions[0]][None, :]
        return self._encoder.encode_questions(questions)

    def prepare(self, texts: Sequence[str]) -> None:
        """Encode questions one by one, as a pipeline does, and save vectors and seconds."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if not missing:
            return
        self._encoder.encode_questions(missing[:1])  # warm
        for text in missing:
            start = time.perf_counter()
            self._vectors[text] = self._encoder.encode_questions([text])[0]
            self._seconds[text] = time.perf_counter() - start
        partial = self._file.with_name(f"partial-{self._file.name}")
        np.savez(
            partial,
            texts=np.array(list(self._vectors)),
            vectors=np.array(list(self._vectors.values())),
            seconds=np.array(list(self._seconds.values())),
        )
        partial.replace(self._file)

    def seconds(self, texts: Sequence[str]) -> float:
        """The median time that encoding one of some prepared texts took."""
        return statistics.median(self._seconds[text] for text in texts)
