"""BERT's encoder in PyTorch alone, for the bundled models: without transformers a process starts in half the time.

Parameters, parts and calls have the names that they have in transformers' BertModel, so that its
weights fit and either can be taken apart in the same way.
Source: Devlin and others, BERT (2019); its activation is GELU, its normalisation behind the sum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from ingest.packed_linear import Linear

Visible = Tensor | Sequence[int] | None
"""Which token attends to which.

A mask as `scaled_dot_product_attention` takes it, broadcast to (texts, heads, tokens, tokens); or the
lengths of the texts that are one sequence, (1, tokens), in which each attends to itself alone; None
lets each token attend to all.
"""


@dataclass(frozen=True, slots=True)
class BertConfig:
    """The sizes of a BERT, under the names of its `config.json`."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1


class Bert(nn.Module):
    """Tokens in, their last states out; dropout in training alone."""

    def __init__(self, config: BertConfig) -> None:
        """Build the layers, whose weights have no values yet; see `holding`."""
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.encoder = Layers(config)

    @classmethod
    def holding(cls, config: BertConfig, values: Mapping[str, Tensor]) -> Bert:
        """The model with these weights, which are not copied; names that it lacks are left out.

        Raises:
            RuntimeError: a weight is missing or has another shape.
        """
        with torch.device("meta"):
            bert = cls(config)
        names = bert.state_dict().keys()
        bert.load_state_dict({name: values[name] for name in names & values.keys()}, assign=True)
        return bert.requires_grad_(True).eval()

    @property
    def dtype(self) -> torch.dtype:
        """The data type of the weights."""
        return self.embeddings.LayerNorm.weight.dtype

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embeddings.LayerNorm.weight.device

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
    ) -> Tensor:
        """The last states, (texts, tokens, width).

        Args:
            input_ids: Tokens, (texts, tokens).
            attention_mask: 1 for a token and 0 for padding, (texts, tokens); None pads nothing.
            inputs_embeds: Embeddings in place of `input_ids`, (texts, tokens, width).
        """
        states = self.embeddings(input_ids, inputs_embeds=inputs_embeds)
        visible = None if attention_mask is None else attention_mask[:, None, None, :].bool()
        return cast(Tensor, self.encoder(states, visible))


class Embedding(nn.Embedding):
    """PyTorch's, without random weights, as `Linear`."""

    def reset_parameters(self) -> None:
        """Leave the weights without values."""


class Embeddings(nn.Module):
    """The sum of the embeddings of words, token types and positions, normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.word_embeddings = Embedding(config.vocab_size, width)
        self.position_embeddings = Embedding(config.max_position_embeddings, width)
        self.token_type_embeddings = Embedding(config.type_vocab_size, width)
        self.LayerNorm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
    ) -> Tensor:
        """States of tokens, or of word embeddings in their place; positions count from 0 by default."""
        if inputs_embeds is None:
            inputs_embeds = self.word_embeddings(input_ids)
        assert inputs_embeds is not None
        if position_ids is None:
            position_ids = torch.arange(inputs_embeds.shape[1], device=inputs_embeds.device)[None]
        states = inputs_embeds + self.token_type_embeddings(torch.zeros_like(position_ids))
        states = states + self.position_embeddings(position_ids)
        return cast(Tensor, self.dropout(self.LayerNorm(states)))


class Layers(nn.Module):
    """The layers, one after the other."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))

    def forward(self, states: Tensor, visible: Visible = None) -> Tensor:
        """The last layer's states; see `Layer.forward`."""
        for layer in self.layer:
            states = layer(states, visible)
        return states


class Layer(nn.Module):
    """Attention, then a network over each token, each added to its input and normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config.hidden_size, config.intermediate_size)
        self.output = Residual(config.intermediate_size, config)

    def forward(self, states: Tensor, visible: Visible = None) -> Tensor:
        """New states, (texts, tokens, width).

        Args:
            states: (texts, tokens, width).
            visible: Which token attends to which.
        """
        attended = self.attention(states, visible)
        return cast(Tensor, self.output(self.intermediate(attended), attended))


class Attention(nn.Module):
    """Multi-head attention of tokens to tokens, added to its input and normalised."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Residual(config.hidden_size, config)

    def forward(self, states: Tensor, visible: Visible) -> Tensor:
        """See `Layer.forward`."""
        return cast(Tensor, self.output(self.self(states, visible), states))


class SelfAttention(nn.Module):
    """The heads of attention, side by side."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.dropout = config.attention_probs_dropout_prob
        self.query, self.key, self.value = (Linear(width, width) for _ in range(3))

    def forward(self, states: Tensor, visible: Visible) -> Tensor:
        """See `Layer.forward`."""
        query, key, value = (
            part(states).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        dropout = self.dropout if self.training else 0.0
        if visible is None or isinstance(visible, Tensor):
            heads = scaled_dot_product_attention(query, key, value, visible, dropout)
        else:
            texts = zip(*(part.split(visible, dim=2) for part in (query, key, value)), strict=True)
            heads = torch.cat(
                [scaled_dot_product_attention(q, k, v, None, dropout) for q, k, v in texts], dim=2
            )
        return heads.transpose(1, 2).flatten(2)


class Dense(nn.Module):
    """A linear map under the name that it has in BERT's files."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.dense = Linear(inputs, outputs)

    def forward(self, states: Tensor) -> Tensor:
        """(..., inputs) to (..., outputs)."""
        return cast(Tensor, self.dense(states))


class Intermediate(Dense):
    """A linear map with GELU of its values."""

    def forward(self, states: Tensor) -> Tensor:
        """(..., inputs) to (..., outputs)."""
        return cast(Tensor, self.dense(states, with_gelu=True))


class Residual(Dense):
    """A linear map back to the width, added to what went in and normalised."""

    def __init__(self, inputs: int, config: BertConfig) -> None:
        super().__init__(inputs, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, states: Tensor, before: Tensor | None = None) -> Tensor:
        """(..., inputs), and (..., width) that is added to the result."""
        mapped = self.dropout(self.dense(states))
        return cast(Tensor, self.LayerNorm(mapped if before is None else mapped + before))


@lru_cache(maxsize=4)
def shared_bert(folder: Path, device: str, dtype: torch.dtype) -> Bert:
    """The BERT of a folder, which encoder and reranker share: its weights must not be changed."""
    return read_bert(folder).to(device, dtype)


def read_bert(folder: Path) -> Bert:
    """The BERT in a folder's `config.json` and `model.safetensors`, as transformers writes them.

    A pooler or a head in the file is left out.
    """
    values = json.loads((folder / "config.json").read_text("utf-8"))
    config = BertConfig(**{name: values[name] for name in BertConfig.__slots__ if name in values})
    return Bert.holding(config, load_file(folder / "model.safetensors"))
