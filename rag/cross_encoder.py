"""A reranker over any CrossEncoder of sentence-transformers with one output."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ingest import weights
from ingest.abandonment import check_abandoned
from rag.pair_reranker import PairReranker

if TYPE_CHECKING:
    import numpy as np
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer

_SPECIAL_TOKENS = 3  # [CLS], and [SEP] after each text
_MIN_ROOM = 16  # tokens; beside a longer question the pair is truncated
_DEFAULT_WINDOW = 512  # tokens, where the model names none


class CrossEncoderReranker(PairReranker):
    """Question and text share the model's window."""

    def room_beside(self, question: str) -> int:
        """What the question and the special tokens leave of the window, at least 16 tokens."""
        window = int(self.model.max_length or _DEFAULT_WINDOW)
        return max(window - self.count_tokens([question])[0] - _SPECIAL_TOKENS, _MIN_ROOM)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, without special tokens."""
        batch = self.tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in batch]

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The model's own, without truncation and padding."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.weights.folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def predict(self, pairs: list[tuple[str, str]], batch_size: int) -> np.ndarray:
        """See `PairReranker.predict`."""
        import torch

        return self.model.predict(
            pairs,
            batch_size=batch_size,
            activation_fn=torch.nn.Sigmoid(),
            show_progress_bar=False,
            convert_to_numpy=True,
        ).reshape(len(pairs))

    @cached_property
    def model(self) -> CrossEncoder:
        """The CrossEncoder from its folder."""
        from sentence_transformers import CrossEncoder

        device = weights.choose_device(self.settings.device)
        model = CrossEncoder(
            str(self.weights.folder),
            device=device,
            num_labels=1,
            local_files_only=True,
            model_kwargs={"dtype": weights.choose_dtype(self.settings.dtype, device)},
        )
        model.register_forward_pre_hook(lambda *_: check_abandoned())  # before each batch
        return model
