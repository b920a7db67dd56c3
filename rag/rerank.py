"""The second stage: a CrossEncoder reads question and passage together and scores the pair."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ingest import weights
from ingest.chunk import embedding_text, windows
from rag.settings import ModelSettings, RerankSettings
from rag.types import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer

_FRAME_TOKENS = 3  # [CLS], and [SEP] after each text
_MIN_ROOM = 16  # tokens; a question so long that less is left for the text is cut instead
_KEPT = 1000  # scores of the last pairs, enough for a few questions and all their sentences


class Reranker:
    """A sentence-transformers CrossEncoder with one output, loaded when first used."""

    def __init__(self, models: ModelSettings, settings: RerankSettings) -> None:
        """Locate the model; raises ModelMissing where it is not to be had."""
        self._weights = weights.locate(models.reranker)
        self._models = models
        self._settings = settings
        self._kept: dict[tuple[str, str], float] = {}  # the oldest first
        self._lock = threading.Lock()

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
        """Order the first candidates anew; the others follow as they were.

        The order goes by the CrossEncoder's logit plus `first_stage_weight` times the first
        stage's score, both standardised over the candidates that were scored; ties keep the
        first stage's order. What a hit gets as its `reranked` score is the CrossEncoder's alone,
        a probability in [0, 1].
        """
        head = list(hits[: self._settings.candidates])
        if not head:
            return []
        scores = self.score(question, [embedding_text(hit.passage) for hit in head])
        order = np.argsort(-self._combined(head, scores), kind="stable")
        ranked = [
            head[position].with_stage("reranked", scores[position], rank)
            for rank, position in enumerate(map(int, order), start=1)
        ]
        return ranked + list(hits[len(head) :])

    def _combined(self, hits: Sequence[Hit], scores: Sequence[float]) -> np.ndarray:
        """The scores that order the hits, shape (hits,), larger first."""
        weight = self._settings.first_stage_weight
        before = np.array([hit.score("fused") or 0.0 for hit in hits])
        return standardised(logits(scores)) + weight * standardised(before)

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """The probability in [0, 1] that each text answers the question.

        A text that does not fit the model's window beside the question is read in pieces, and
        its best piece counts. The scores of the last pairs are kept, so that other settings of
        the same question are tried without reading again.
        """
        with self._lock:
            known = {
                text: self._kept[question, text] for text in texts if (question, text) in self._kept
            }
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            known |= zip(missing, self._read(question, missing), strict=True)
            with self._lock:
                self._kept |= {(question, text): known[text] for text in missing}
                for oldest in list(self._kept)[: max(0, len(self._kept) - _KEPT)]:
                    del self._kept[oldest]
        return [known[text] for text in texts]

    def _read(self, question: str, texts: Sequence[str]) -> list[float]:
        import torch

        pieces, owners = self._pieces(question, texts)
        scores = self._model.predict(
            [(question, piece) for piece in pieces],
            batch_size=self._settings.batch_size,
            activation_fn=torch.nn.Sigmoid(),
            show_progress_bar=False,
            convert_to_numpy=True,
        ).reshape(len(pieces))
        best = np.zeros(len(texts))
        np.maximum.at(best, owners, scores)
        return [float(score) for score in best]

    def _pieces(self, question: str, texts: Sequence[str]) -> tuple[list[str], list[int]]:
        """The texts cut to the window, and the text that each piece belongs to."""
        asked = 0 if self._reads_apart else self._count([question])[0]
        room = max(self._window - asked - _FRAME_TOKENS, _MIN_ROOM)
        pieces, owners = [], []
        for number, text in enumerate(texts):
            # No token is shorter than a letter, so most texts need not be counted.
            cuts = [(0, len(text))] if len(text) <= room else windows(text, room, self._count)
            pieces += [text[start:end] for start, end in cuts]
            owners += [number] * len(cuts)
        return pieces, owners

    @cached_property
    def _reads_apart(self) -> bool:
        """Whether question and text have a window each."""
        from rag.split_cross_encoder import is_split_cross_encoder

        return is_split_cross_encoder(self._weights.folder)

    @cached_property
    def _window(self) -> int:
        return int(self._model.max_length or 512) if not self._reads_apart else 256

    def _count(self, texts: Sequence[str]) -> list[int]:
        batch = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in batch]

    @cached_property
    def _base(self) -> weights.Weights:
        """The model that the bundled reranker builds on; the model itself for others."""
        return weights.locate(weights.ENCODER) if self._reads_apart else self._weights

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._base.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> CrossEncoder:
        from sentence_transformers import CrossEncoder

        device = weights.choose_device(self._models.device)
        dtype = weights.choose_dtype(self._models.dtype, device)
        if self._reads_apart:
            from rag import split_cross_encoder

            return split_cross_encoder.load(self._weights.folder, self._base.folder, device, dtype)
        return CrossEncoder(
            str(self._weights.folder),
            device=device,
            num_labels=1,
            local_files_only=True,
            model_kwargs={"dtype": dtype},
        )


def logits(probabilities: Sequence[float]) -> np.ndarray:
    """log(p / (1 - p)) of each, with p kept a millionth away from 0 and 1."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def standardised(values: np.ndarray) -> np.ndarray:
    """Mean 0 and deviation 1; all 0 where the values are the same."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 1e-12 else np.zeros_like(values)
