"""A bi-encoder around another one, which is asked for all that a subclass does not do itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.embed import Encoder


class WrappedEncoder:
    """See `Encoder` for what each part gives."""

    def __init__(self, encoder: Encoder) -> None:
        """Ask this encoder."""
        self._encoder = encoder

    @property
    def identity(self) -> str:
        """That of the encoder within."""
        return self._encoder.identity

    @property
    def dimension(self) -> int:
        """That of the encoder within."""
        return self._encoder.dimension

    @property
    def window(self) -> int:
        """That of the encoder within."""
        return self._encoder.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the encoder within counts them."""
        return self._encoder.count_tokens(texts)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """As the encoder within encodes passages."""
        return self._encoder.encode(texts)

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        """As the encoder within encodes questions."""
        return self._encoder.encode_questions(questions)

    def across_languages(self, question: np.ndarray) -> np.ndarray | None:
        """As the encoder within gives it; None where it reads all languages alike."""
        across = getattr(self._encoder, "across_languages", None)
        return across(question) if across else None
