"""The second stage: a CrossEncoder reads question and passage together and scores the pair."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ingest import weights
from ingest.chunk import embedding_text
from rag.settings import ModelSettings, RerankSettings
from rag.types import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Reranker:
    """A sentence-transformers CrossEncoder with one output, loaded when first used."""

    def __init__(self, models: ModelSettings, settings: RerankSettings) -> None:
        """Locate the model; raises ModelMissing where it is not to be had."""
        self._weights = weights.locate(models.reranker)
        self._models = models
        self._settings = settings

    @property
    def name(self) -> str:
        """Name and hash of the weights."""
        return self._weights.identity

    def with_settings(self, settings: RerankSettings) -> Reranker:
        """The same loaded model under other settings."""
        if settings == self._settings:
            return self
        _ = self._model  # loaded before the copy is made, so that both share it
        other = copy.copy(self)
        other._settings = settings
        return other

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Order the first candidates by the CrossEncoder's score; the others follow as they were.

        The scores are sigmoids of its logits, in [0, 1]; ties keep the first stage's order.
        """
        head = list(hits[: self._settings.candidates])
        if not head:
            return []
        scores = self.score(question, [embedding_text(hit.passage) for hit in head])
        order = sorted(range(len(head)), key=lambda position: -scores[position])
        ranked = [
            head[position].with_stage("reranked", scores[position], rank)
            for rank, position in enumerate(order, start=1)
        ]
        return ranked + list(hits[len(head) :])

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """The probability in [0, 1] that each text answers the question."""
        import torch

        scores = self._model.predict(
            [(question, text) for text in texts],
            batch_size=self._settings.batch_size,
            activation_fn=torch.nn.Sigmoid(),
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return [float(score) for score in scores.reshape(len(texts))]

    @cached_property
    def _model(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        device = weights.choose_device(self._models.device)
        return CrossEncoder(
            str(self._weights.folder),
            device=device,
            num_labels=1,
            local_files_only=True,
            model_kwargs={"dtype": weights.choose_dtype(self._models.dtype, device)},
        )
