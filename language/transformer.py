"""The three kinds of transformer, complete: encoder, decoder and encoder-decoder.

The encoder is BERT's (Devlin et al. 2018): every position sees every other. The decoder is Llama's
(Touvron et al. 2023): a position sees itself and those before it. The encoder-decoder is that of
Vaswani et al. (2017): a decoder that also reads the states of an encoder. `language.pretrained`
fills the first two with trained weights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from language.attention import MultiHeadAttention, causal_mask, padding_mask
from language.norms import layer_norm, rms_norm
from language.positions import rotations, sinusoids


@dataclass(frozen=True, slots=True)
class Config:
    """The sizes of a transformer."""

    vocabulary: int  # tokens
    width: int  # numbers per position
    layers: int  # blocks; of an encoder-decoder in each half
    heads: int
    inner: int  # width inside the feed-forward part
    positions: int = 512  # longest text, in tokens
    groups: int | None = None  # heads of keys and values; None: as many as heads
    segments: int = 2  # kinds of text that an encoder distinguishes, such as question and answer
    epsilon: float = 1e-5  # of the norms
    base: float = 10_000.0  # of rotary positions


@dataclass(frozen=True, slots=True)
class States:
    """What a model computes for a batch of texts."""

    hidden: tuple[Tensor, ...]  # before each block and after the last, (batch, length, width)
    weights: tuple[Tensor, ...]  # of each block's self-attention, (batch, heads, length, length)
    cross: tuple[Tensor, ...] = ()  # to the encoder's text, (batch, heads, length, source length)

    @property
    def last(self) -> Tensor:
        """The final states, (batch, length, width)."""
        return self.hidden[-1]


class LayerNorm(nn.Module):
    """`layer_norm` with trainable weight and bias."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """The normed x, of the same shape."""
        return layer_norm(x, self.weight, self.bias, self.epsilon)


class RMSNorm(nn.Module):
    """`rms_norm` with a trainable weight."""

    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x: Tensor) -> Tensor:
        """The normed x, of the same shape."""
        return rms_norm(x, self.weight, self.epsilon)


class FeedForward(nn.Module):
    """Two linear maps with a GELU between them; each position by itself."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.up = nn.Linear(width, inner)
        self.down = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """As x, (..., width)."""
        return self.down(functional.gelu(self.up(x)))


class SwiGLU(nn.Module):
    """A feed-forward part in which one linear map opens and closes another (Shazeer 2020)."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, inner, bias=False)
        self.up = nn.Linear(width, inner, bias=False)
        self.down = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """As x, (..., width)."""
        return self.down(functional.silu(self.gate(x)) * self.up(x))


# ---- encoder-only ----


class EncoderBlock(nn.Module):
    """Attention, then feed-forward; each is added to its input, and the sum is normed."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(config.width, config.heads)
        self.attention_norm = LayerNorm(config.width, config.epsilon)
        self.feed_forward = FeedForward(config.width, config.inner)
        self.feed_forward_norm = LayerNorm(config.width, config.epsilon)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The new states, as x, and the weights of the attention."""
        attended, weights = self.attention(x, mask=mask)
        x = self.attention_norm(x + attended)
        return self.feed_forward_norm(x + self.feed_forward(x)), weights


class Encoder(nn.Module):
    """Every position sees the whole text, to the left and to the right."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.positions, config.width)
        self.segments = nn.Embedding(config.segments, config.width)
        self.norm = LayerNorm(config.width, config.epsilon)
        self.blocks = nn.ModuleList(EncoderBlock(config) for _ in range(config.layers))

    def embed(self, ids: Tensor, segments: Tensor | None = None) -> Tensor:
        """The vectors before the first block, (batch, length, width)."""
        segments = torch.zeros_like(ids) if segments is None else segments
        places = self.positions(torch.arange(ids.shape[1]))
        return self.norm(self.tokens(ids) + self.segments(segments) + places)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> States:
        """Run the blocks.

        Args:
            x: Token ids, (batch, length), or vectors, (batch, length, width).
            lengths: Number of tokens of each text, (batch,), where texts are filled up.
        """
        mask = None if lengths is None else padding_mask(lengths, x.shape[1])
        hidden, weights = [x if x.is_floating_point() else self.embed(x)], []
        for block in self.blocks:
            state, seen = block(hidden[-1], mask)
            hidden.append(state)
            weights.append(seen)
        return States(tuple(hidden), tuple(weights))


# ---- decoder-only ----


class DecoderBlock(nn.Module):
    """As the encoder's, but the input of each part is normed, and the sum is left alone."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention_norm = RMSNorm(config.width, config.epsilon)
        self.attention = MultiHeadAttention(
            config.width, config.heads, groups=config.groups, bias=False
        )
        self.feed_forward_norm = RMSNorm(config.width, config.epsilon)
        self.feed_forward = SwiGLU(config.width, config.inner)

    def forward(
        self, x: Tensor, mask: Tensor, rotation: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """The new states, as x, and the weights of the attention."""
        attended, weights = self.attention(self.attention_norm(x), mask=mask, rotation=rotation)
        x = x + attended
        return x + self.feed_forward(self.feed_forward_norm(x)), weights


class Decoder(nn.Module):
    """Every position sees itself and what is before it, and predicts the next token."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.layers))
        self.norm = RMSNorm(config.width, config.epsilon)

    def forward(self, x: Tensor) -> States:
        """Run the blocks on token ids, (batch, length), or vectors, (batch, length, width).

        Of the hidden states the last one is normed; those before are the inputs of the blocks.
        """
        length, head = x.shape[1], self.config.width // self.config.heads
        mask, rotation = causal_mask(length), rotations(length, head, self.config.base)
        hidden, weights = [x if x.is_floating_point() else self.tokens(x)], []
        for block in self.blocks:
            state, seen = block(hidden[-1], mask, rotation)
            hidden.append(state)
            weights.append(seen)
        return States((*hidden[:-1], self.norm(hidden[-1])), tuple(weights))

    def logits(self, states: States) -> Tensor:
        """(batch, length, vocabulary): the scores of the next token behind each position."""
        return states.last @ self.tokens.weight.T  # the table of the input serves the output too


# ---- encoder-decoder ----


class CrossBlock(nn.Module):
    """A decoder's block that also reads the encoder's states, by cross-attention."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(config.width, config.heads)
        self.attention_norm = LayerNorm(config.width, config.epsilon)
        self.cross = MultiHeadAttention(config.width, config.heads)
        self.cross_norm = LayerNorm(config.width, config.epsilon)
        self.feed_forward = FeedForward(config.width, config.inner)
        self.feed_forward_norm = LayerNorm(config.width, config.epsilon)

    def forward(
        self, x: Tensor, source: Tensor, mask: Tensor, source_mask: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The new states, as x, the weights of self-attention and those of cross-attention."""
        attended, weights = self.attention(x, mask=mask)
        x = self.attention_norm(x + attended)
        attended, cross = self.cross(x, source, mask=source_mask)
        x = self.cross_norm(x + attended)
        return self.feed_forward_norm(x + self.feed_forward(x)), weights, cross


class EncoderDecoder(nn.Module):
    """The encoder reads the whole source; the decoder writes the target token by token."""

    def __init__(self, source: Config, target: Config) -> None:
        super().__init__()
        self.width = target.width
        self.source_tokens = nn.Embedding(source.vocabulary, source.width)
        self.target_tokens = nn.Embedding(target.vocabulary, target.width)
        for table in (self.source_tokens, self.target_tokens):
            nn.init.normal_(table.weight, std=self.width**-0.5)
        self.encoder = nn.ModuleList(EncoderBlock(source) for _ in range(source.layers))
        self.decoder = nn.ModuleList(CrossBlock(target) for _ in range(target.layers))
        self.output = nn.Linear(target.width, target.vocabulary)

    def encode(self, source: Tensor, lengths: Tensor | None = None) -> States:
        """The states of source ids, (batch, source length), or of vectors in their place."""
        mask = None if lengths is None else padding_mask(lengths, source.shape[1])
        hidden, weights = [self._embed(source, self.source_tokens)], []
        for block in self.encoder:
            state, seen = block(hidden[-1], mask)
            hidden.append(state)
            weights.append(seen)
        return States(tuple(hidden), tuple(weights))

    def decode(self, target: Tensor, source: Tensor, lengths: Tensor | None = None) -> States:
        """The states of the target's ids or vectors, given the encoder's last states.

        Args:
            target: Ids, (batch, length), or vectors, (batch, length, width).
            source: The last states of `encode`.
            lengths: Number of source tokens of each text, (batch,).
        """
        mask = causal_mask(target.shape[1])
        source_mask = None if lengths is None else padding_mask(lengths, source.shape[1])
        hidden, weights, cross = [self._embed(target, self.target_tokens)], [], []
        for block in self.decoder:
            state, seen, read = block(hidden[-1], source, mask, source_mask)
            hidden.append(state)
            weights.append(seen)
            cross.append(read)
        return States(tuple(hidden), tuple(weights), tuple(cross))

    def forward(self, source: Tensor, target: Tensor, lengths: Tensor | None = None) -> Tensor:
        """The scores of the next target token behind each position, (batch, length, vocabulary)."""
        states = self.decode(target, self.encode(source, lengths).last, lengths)
        return self.output(states.last)

    def _embed(self, x: Tensor, table: nn.Embedding) -> Tensor:
        if x.is_floating_point():
            return x
        return table(x) * math.sqrt(self.width) + sinusoids(x.shape[1], self.width)
