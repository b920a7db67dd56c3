"""One small decoder for any stream of tokens: how it is trained, measured, and drawn from.

The loss is the cross-entropy of the next token; nothing here knows what a token stands for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn import functional

from language.attention import attention, causal_mask, join_heads, split_heads
from language.errors import LanguageError
from language.positions import rotate, rotations
from language.token_streams import windows
from language.transformer import Config, Decoder, DecoderBlock


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained."""

    steps: int
    batch: int = 16  # windows per step
    rate: float = 3e-3  # of AdamW, after 20 steps of warm-up
    seed: int = 0  # of the weights and the windows
    falling: bool = (
        True  # whether the rate falls to a twentieth; a curve by steps needs it constant
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training is."""

    step: int
    steps: int
    loss: float  # mean since the last report, in bits per token
    seconds: float  # of processor time
    model: Decoder = field(repr=False)


def decoder(vocabulary: int, width: int, layers: int, heads: int, seed: int = 0) -> Decoder:
    """An untrained decoder of `language.transformer`; its feed-forward part is 8/3 as wide.

    Weights start small, so that the first predictions are nearly uniform.
    """
    config = Config(vocabulary, width, layers, heads, inner=8 * width // 24 * 8)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Decoder(config)
        for weight in model.parameters():
            if weight.dim() == 2:
                torch.nn.init.normal_(weight, std=0.02 if weight is model.tokens.weight else width**-0.5 / 2)  # fmt: skip
    return model


def train(
    model: Decoder,
    sequences: Tensor,
    context: int,
    recipe: Recipe,
    *,
    stop: Event | None = None,
    reports: Sequence[int] = (),
    checkpoint: Path | None = None,
) -> Iterator[Progress]:
    """Train in place on random windows of the sequences, int64 (count, length).

    Args:
        model: Is changed.
        sequences: Longer than the context.
        context: Tokens that the model reads at once.
        recipe: Steps, batch and rate.
        stop: Ends the training early when set.
        reports: Steps after which to yield; () is every twentieth part. The last one always is.
        checkpoint: A file from which an interrupted training continues to the same result.

    Raises:
        LanguageError: steps or batch are below 1, or the sequences too short.
    """
    if min(recipe.steps, recipe.batch) < 1:
        raise LanguageError(
            f"steps and batch are {recipe.steps} and {recipe.batch}, expected 1 or more"
        )
    if sequences.shape[1] <= context:
        raise LanguageError(
            f"The sequences have {sequences.shape[1]} tokens, expected more than the context's {context}"
        )
    chance = torch.Generator().manual_seed(recipe.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.01)  # fmt: skip
    step, spent, losses = 0, 0.0, []
    if checkpoint is not None and checkpoint.exists():
        state: dict[str, Any] = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        chance.set_state(state["chance"])
        step, spent, losses = state["step"], state["seconds"], state["losses"]
    due = set(reports) or {math.ceil(recipe.steps * part / 20) for part in range(1, 21)}
    begin = time.process_time() - spent
    while step < recipe.steps:
        share = step / recipe.steps if recipe.falling else 0.0
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min((step + 1) / 20, 1.0 - 0.95 * share)
        losses.append(_step(model, sequences, context, recipe.batch, chance))
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        ended = step == recipe.steps or (stop is not None and stop.is_set())
        if step in due or ended:
            mean, losses = sum(losses) / len(losses), []
            if checkpoint is not None:
                _save(checkpoint, model, optimizer, chance, step, time.process_time() - begin)
            yield Progress(step, recipe.steps, mean, time.process_time() - begin, model)
        if ended:
            return


def _step(
    model: Decoder, sequences: Tensor, context: int, batch: int, chance: torch.Generator
) -> float:
    """Gradients of one batch of windows at random places; returns its loss in bits per token."""
    rows = torch.randint(len(sequences), (batch,), generator=chance)
    places = torch.randint(sequences.shape[1] - context, (batch,), generator=chance)
    tokens = torch.stack(
        [
            sequences[row, place : place + context + 1]
            for row, place in zip(rows, places, strict=True)
        ]
    )
    loss = functional.cross_entropy(
        model.logits(model(tokens[:, :-1])).flatten(0, 1), tokens[:, 1:].flatten()
    )
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return loss.item() / math.log(2)


def _save(
    file: Path, model: Decoder, optimizer: Any, chance: torch.Generator, step: int, seconds: float
) -> None:
    draft = file.with_suffix(".draft")
    torch.save(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "chance": chance.get_state(),
            "step": step,
            "seconds": seconds,
            "losses": [],
        },
        draft,
    )
    draft.rename(file)


@torch.inference_mode()
def window_bits(model: Decoder, sequences: Tensor, context: int, batch: int = 32) -> Tensor:
    """Bits per token of each window of the sequences, (windows,); see `windows`."""
    losses = []
    for tokens in windows(sequences, context).split(batch):
        logits = model.logits(model(tokens[:, :-1]))
        nats = functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")  # fmt: skip
        losses.append(nats.view(len(tokens), -1).mean(dim=1) / math.log(2))
    return torch.cat(losses)


@torch.inference_mode()
def generate(
    model: Decoder,
    prompts: Tensor,
    count: int,
    context: int,
    *,
    temperature: float = 1.0,
    seed: int = 0,
    every: int = 64,
    stop: Event | None = None,
) -> Iterator[Tensor]:
    """Draw tokens one by one; yields all so far, (rows, length), after each `every` and at the end.

    Keys and values of what was read are kept. When the context is full, the model reads the later
    half again as a new text, because it has learned no longer one.

    Args:
        model: A trained decoder.
        prompts: int64 (rows, length), at least one token each.
        count: Tokens to draw for each row.
        context: Tokens that the model reads at once.
        temperature: Divides the logits; above 0.
        seed: Of the draws.
        every: Tokens between two reports.
        stop: Ends the drawing when set.

    Raises:
        LanguageError: the temperature is not above 0, or count or the prompt's length below 1.
    """
    if not temperature > 0:
        raise LanguageError(f"The temperature is {temperature}, expected above 0, such as 0.8")
    if count < 1 or prompts.shape[1] < 1:
        raise LanguageError(
            f"{count} tokens behind a prompt of {prompts.shape[1]}, expected at least 1 of each"
        )
    chance = torch.Generator().manual_seed(seed)
    tokens, cache = prompts, None
    unread = prompts[:, -context:]
    for drawn in range(1, count + 1):
        if cache is not None and cache.length >= context:
            cache, unread = None, tokens[:, -(context // 2 or 1) :]
        if cache is None:
            cache = _Cache(model)
        logits = cache.read(unread)
        probabilities = (logits / temperature).softmax(dim=-1)
        unread = torch.multinomial(probabilities, 1, generator=chance)
        tokens = torch.cat([tokens, unread], dim=1)
        if stop is not None and stop.is_set():
            break
        if drawn % every == 0 and drawn < count:
            yield tokens
    yield tokens


class _Cache:
    """Keys and values of each block for the tokens that were read."""

    def __init__(self, model: Decoder) -> None:
        self.model, self.length = model, 0
        self.kept: list[tuple[Tensor, Tensor]] = []

    def read(self, ids: Tensor) -> Tensor:
        """Read ids (rows, length), and return the logits behind the last, (rows, vocabulary)."""
        config = self.model.config
        whole = self.length + ids.shape[1]
        turns = rotations(whole, config.width // config.heads, config.base)
        turns = (turns[0][self.length :], turns[1][self.length :])
        mask = causal_mask(whole)[self.length :]
        x, kept, blocks = self.model.tokens(ids), [], cast(list[DecoderBlock], self.model.blocks)
        for place, block in enumerate(blocks):
            maps, normed = block.attention, block.attention_norm(x)
            query = rotate(split_heads(maps.query(normed), maps.heads), *turns)
            key = rotate(split_heads(maps.key(normed), maps.groups), *turns)
            value = split_heads(maps.value(normed), maps.groups)
            if self.kept:
                key = torch.cat([self.kept[place][0], key], dim=2)
                value = torch.cat([self.kept[place][1], value], dim=2)
            kept.append((key, value))
            x = x + maps.output(join_heads(attention(query, key, value, mask).output))
            x = x + block.feed_forward(block.feed_forward_norm(x))
        self.kept, self.length = kept, whole
        return self.model.norm(x[:, -1]) @ self.model.tokens.weight.T
