"""How long passages may be, and what counts their length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: Counts the encoder's tokens of each text, without the two special tokens of a sequence.
TokenCounter = Callable[[Sequence[str]], list[int]]

_MIN_WINDOW = 24  # tokens
_MIN_PASSAGE = 16  # tokens


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """How long passages may be, in tokens of the encoder.

    `window` is the encoder's longest input; `passage_tokens` the longest passage;
    `overlap_tokens` how much of a passage the next one repeats, in whole sentences.
    """

    window: int = 256
    passage_tokens: int = 200
    overlap_tokens: int = 0

    def check(self) -> None:
        """Check that the settings leave room for text.

        Raises:
            ValueError: they do not; the message names the smallest allowed value.
        """
        if self.window < _MIN_WINDOW:
            raise ValueError(
                f"the encoder's window must be at least {_MIN_WINDOW} tokens, got {self.window}"
            )
        if self.passage_tokens < _MIN_PASSAGE or self.overlap_tokens >= self.passage_tokens // 2:
            raise ValueError(
                f"passage_tokens must be at least {_MIN_PASSAGE} and over twice overlap_tokens, "
                f"got {self.passage_tokens} and {self.overlap_tokens}"
            )
