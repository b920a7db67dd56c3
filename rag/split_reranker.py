"""The bundled reranker: a split cross-encoder over the layers of the bundled bi-encoder."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ingest import weights
from rag.pair_reranker import PairReranker, open_tokenizer

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer

_SPECIAL_TOKENS = 2  # [CLS] and [SEP] around each text


class SplitReranker(PairReranker):
    """Question and text have a window each, so a long question leaves a text no less room."""

    def room_beside(self, question: str) -> int:
        """The window of one text without its special tokens."""
        from rag.split_cross_encoder import MAX_TOKENS

        return MAX_TOKENS - _SPECIAL_TOKENS

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
        return weights.locate(weights.MINILM)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The bi-encoder's."""
        return open_tokenizer(self.base)

    @cached_property
    def model(self) -> CrossEncoder:
        """The split cross-encoder, wrapped as a CrossEncoder."""
        from rag import split_cross_encoder

        device = weights.choose_device(self.settings.device)
        dtype = weights.choose_dtype(self.settings.dtype, device)
        return split_cross_encoder.load(self.weights.folder, self.base.folder, device, dtype)
