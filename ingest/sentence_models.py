"""Models that turn texts into unit vectors: the bundled ones by PyTorch alone, all others by their library.

`sentence_transformers` takes longer to import than a search takes, so that it is imported for models
that need it alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from ingest.bert import Bert
from ingest.model_threads import map_in_threads

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceModel(Protocol):
    """A loaded model of `BiEncoder`."""

    @property
    def window(self) -> int | None:
        """The longest input in tokens; None where it has no limit."""

    def prompt(self, *names: str) -> str:
        """What the model expects before a text: the first of these prompts that it has, else ""."""

    def encode(self, texts: Sequence[str], prompt: str, batch_size: int) -> np.ndarray:
        """Unit vectors of texts with a prompt before each, float32, (len(texts), dimension)."""


class MeanOfTokens:
    """A BERT whose vector of a text is the mean of its tokens' last states."""

    def __init__(
        self,
        bert: Bert,
        tokens: Callable[[Sequence[str]], Sequence[Sequence[int]]],
        words: Callable[[Tensor], Tensor] | None = None,
        prompts: dict[str, str] | None = None,
    ) -> None:
        """Join a BERT and its tokens.

        Args:
            bert: On its device, in its data type.
            tokens: The ids of each text, not longer than the window, special tokens included.
            words: The word embeddings of ids, (..., width); by default the BERT's own.
            prompts: By name.
        """
        self._bert, self._tokens = bert, tokens
        self._words = words or bert.embeddings.word_embeddings
        self._prompts = prompts or {}

    window = None  # the tokens are cut already

    def prompt(self, *names: str) -> str:
        """See `SentenceModel.prompt`."""
        return next((self._prompts[name] for name in names if name in self._prompts), "")

    def encode(self, texts: Sequence[str], prompt: str, batch_size: int) -> np.ndarray:
        """See `SentenceModel.encode`."""
        inputs = self._tokens([prompt + text for text in texts])
        order = sorted(range(len(inputs)), key=lambda row: len(inputs[row]), reverse=True)
        longest_first = [inputs[row] for row in order]
        if self._bert.device.type == "cpu":
            encoded = torch.cat(map_in_threads(lambda ids: self._vectors([ids]), longest_first))
        else:
            starts = range(0, len(order), batch_size)
            batches = [self._vectors(longest_first[start : start + batch_size]) for start in starts]
            encoded = torch.cat(batches).cpu()
        vectors = np.empty(encoded.shape, dtype=np.float32)
        vectors[order] = encoded.numpy()
        return vectors

    @torch.inference_mode()
    def _vectors(self, batch: Sequence[Sequence[int]]) -> Tensor:
        """The unit vectors of some texts' tokens, float32, (texts, width)."""
        rows = [torch.tensor(ids, device=self._bert.device) for ids in batch]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
        lengths = torch.tensor([len(row) for row in rows], device=ids.device)[:, None]
        mask = torch.arange(ids.shape[1], device=ids.device) < lengths
        states: Tensor = self._bert(
            inputs_embeds=self._words(ids), attention_mask=None if len(rows) == 1 else mask
        )
        sums = (states.float() * mask[:, :, None]).sum(dim=1)
        return normalize(sums / lengths, dim=1)


class LibraryModel:
    """A model of sentence-transformers."""

    def __init__(self, model: SentenceTransformer) -> None:
        """Use a loaded model."""
        self._model = model

    @classmethod
    def read(cls, folder: Path, device: str, dtype: torch.dtype) -> LibraryModel:
        """Load the model of a folder."""
        from sentence_transformers import SentenceTransformer

        return cls(
            SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs={"dtype": dtype}
            )
        )

    @property
    def window(self) -> int | None:
        """See `SentenceModel.window`."""
        length = self._model.max_seq_length  # static models have no limit: infinity
        return int(length) if length and math.isfinite(length) else None

    def prompt(self, *names: str) -> str:
        """The first of these prompts that the model has, else its default one."""
        prompts = self._model.prompts
        prompt = next((prompts[name] for name in names if prompts.get(name)), None)
        return prompt or prompts.get(self._model.default_prompt_name or "") or ""

    def encode(self, texts: Sequence[str], prompt: str, batch_size: int) -> np.ndarray:
        """See `SentenceModel.encode`."""
        # Whether a prompt's tokens count for a vector as the text's own do.
        pools_prompts = all(getattr(module, "include_prompt", True) for module in self._model)
        if len(texts) > 1 and self._model.device.type == "cpu" and pools_prompts:
            order = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
            inputs = [self._model.preprocess([texts[row]], prompt=prompt) for row in order]
            encoded = torch.cat(map_in_threads(self._forward, inputs))
            vectors = np.empty(encoded.shape, dtype=np.float32)
            vectors[order] = encoded.numpy()
            return vectors
        vectors = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=batch_size,  # sorted by length inside, longest first
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    @torch.inference_mode()
    def _forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """A tokenised text's unit vector, float32, shape (1, dimension)."""
        return normalize(self._model(inputs)["sentence_embedding"].float(), dim=1)
