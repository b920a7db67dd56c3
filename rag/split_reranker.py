"""The bundled rerankers: split cross-encoders over the layers of a bundled bi-encoder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest import weights
from ingest.embed import Encoder
from ingest.encoders import open_encoder
from rag.pair_reranker import CACHED_PAIRS, PairReranker
from rag.settings import ModelSettings

if TYPE_CHECKING:
    import numpy as np

    from rag.onnx_split_encoder import OnnxSplitEncoder
    from rag.split_cross_encoder import SplitCrossEncoder

MODEL_TYPE = "joint_reader"  # in a folder's config.json
_FRAME_TOKENS = 5  # of each text: [CLS] and [SEP], and a base model's prompt


class SplitReranker(PairReranker):
    """Question and text have a window each, so a long question leaves a text no less room."""

    def __init__(
        self,
        model: weights.Weights,
        settings: ModelSettings,
        *,
        by_onnx: bool = False,
        shares_with: SplitReranker | None = None,
        cached_pairs: int = CACHED_PAIRS,
    ) -> None:
        """As every `PairReranker`.

        Args:
            model: See `PairReranker`.
            settings: Likewise.
            by_onnx: Whether ONNX Runtime runs it in place of PyTorch, for a question or two.
            shares_with: A reranker with the same lower layers, run by the same engine, so that a text
                that one of them has read costs the other one the joint layers alone.
            cached_pairs: See `PairReranker`.
        """
        super().__init__(model, settings, cached_pairs=cached_pairs)
        self._by_onnx = by_onnx
        self._shares_with = shares_with

    def room_beside(self, question: str) -> int:
        """The window of one text without its special tokens and prompt."""
        from rag.split_tokens import MAX_TOKENS

        return MAX_TOKENS - _FRAME_TOKENS

    def clear_cache(self) -> None:
        """As of every reranker, and the lower layers' states of the last texts."""
        super().clear_cache()
        if "model" in self.__dict__:  # loaded
            self.model.lower_states.clear()

    def read_ahead(self, texts: Sequence[str], languages: Sequence[str]) -> bool:
        """See `rag.rerank.ReadsAhead`; texts are cut to the window as for a score."""
        room = self.room_beside("")
        parts = [text[start:end] for text in texts for start, end in self._cut(text, room)]
        return self.model.read_ahead(parts)

    @cached_property
    def base(self) -> weights.Weights:
        """The bi-encoder whose lower layers it uses."""
        return weights.locate(str(_config(self.weights.folder)["base"]))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of the base model's tokens of each text, without special tokens."""
        return self._encoder.count_tokens(texts)

    @cached_property
    def _encoder(self) -> Encoder:
        return open_encoder(self.base.name)

    def predict(self, pairs: list[tuple[str, str]], batch_size: int) -> np.ndarray:
        """See `PairReranker.predict`."""
        return self.model.predict(pairs, batch_size)

    @cached_property
    def model(self) -> SplitCrossEncoder | OnnxSplitEncoder:
        """The loaded model."""
        model: Any = self._loaded_model()
        if self._shares_with is not None:
            model.lower_states = self._shares_with.model.lower_states
        return model  # type: ignore[no-any-return]

    def _loaded_model(self) -> SplitCrossEncoder | OnnxSplitEncoder:
        if self._by_onnx:
            from rag.onnx_split_encoder import load

            return load(self.weights.folder, self.base)
        from rag import split_cross_encoder

        device = weights.choose_device(self.settings.device)
        dtype = weights.choose_dtype(self.settings.dtype, device)
        return split_cross_encoder.load(self.weights.folder, self.base, device, dtype)


def is_split_cross_encoder(folder: Path) -> bool:
    """Whether a model's folder holds a split cross-encoder; PyTorch is not imported for it."""
    return _config(folder).get("model_type") == MODEL_TYPE


def _config(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "config.json").read_text())
    return values
