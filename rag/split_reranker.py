"""The bundled rerankers: split cross-encoders over the layers of a bundled bi-encoder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ingest import weights
from ingest.embed import Encoder
from ingest.encoders import open_encoder
from rag.pair_reranker import PairReranker

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

_FRAME_TOKENS = 5  # of each text: [CLS] and [SEP], and a base model's prompt


class SplitReranker(PairReranker):
    """Question and text have a window each, so a long question leaves a text no less room."""

    def room_beside(self, question: str) -> int:
        """The window of one text without its special tokens and prompt."""
        from rag.split_base import MAX_TOKENS

        return MAX_TOKENS - _FRAME_TOKENS

    def clear_cache(self) -> None:
        """As of every reranker, and the lower layers' states of the last texts."""
        from rag.split_cross_encoder import SplitCrossEncoder

        super().clear_cache()
        if "model" in self.__dict__:  # loaded
            reader = self.model[0]
            assert isinstance(reader, SplitCrossEncoder)
            reader.lower_states.clear()

    @cached_property
    def base(self) -> weights.Weights:
        """The bi-encoder whose lower layers it uses."""
        from rag.split_cross_encoder import base_name

        return weights.locate(base_name(self.weights.folder))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of the base model's tokens of each text, without special tokens."""
        return self._encoder.count_tokens(texts)

    @cached_property
    def _encoder(self) -> Encoder:
        return open_encoder(self.base.name)

    @cached_property
    def model(self) -> CrossEncoder:
        """The split cross-encoder, wrapped as a CrossEncoder."""
        from rag import split_cross_encoder

        device = weights.choose_device(self.settings.device)
        dtype = weights.choose_dtype(self.settings.dtype, device)
        return split_cross_encoder.load(self.weights.folder, self.base, device, dtype)
