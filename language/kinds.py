"""The three kinds of transformer side by side: what each output can see, measured by gradients.

An output that a position cannot influence has a gradient of exactly zero there. So the mask of a
model is seen from outside, whatever its code says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class TransformerKind:
    """What distinguishes a kind of transformer, in words."""

    name: str
    sees: str
    training: str
    good_for: str
    examples: str


KINDS = {
    "encoder": TransformerKind(
        "Encoder-only",
        "Every position sees the whole text, left and right.",
        "Masked words: 15 % of the tokens are hidden and must be guessed.",
        "Understanding: classification, named entities, search by sentence vectors.",
        "BERT, all-MiniLM",
    ),
    "decoder": TransformerKind(
        "Decoder-only",
        "Each position sees itself and what is before it.",
        "The next word: at each position the following token must be guessed.",
        "Writing: completion, dialogue, code.",
        "GPT, Llama, SmolLM2",
    ),
    "encoder-decoder": TransformerKind(
        "Encoder-decoder",
        "The encoder sees the whole source; the decoder sees the source and what it has written.",
        "Sequence to sequence: a source and the target that belongs to it.",
        "Rewriting: translation, summaries, numbers in words to digits.",
        "The first transformer, T5, BART",
    ),
}


def visibility(run: Callable[[Tensor], Tensor], vectors: Tensor) -> Tensor:
    """How strongly each output depends on each input position.

    Args:
        run: A model on vectors, (batch, inputs, width), to (batch, outputs, any width).
        vectors: The inputs' vectors, (inputs, width).

    Returns:
        (outputs, inputs): the length of the gradient of a random direction of each output; 0 where
        the output cannot see the input at all.
    """
    outputs = run(vectors[None]).shape[1]
    copies = vectors.repeat(outputs, 1, 1).requires_grad_()
    with torch.enable_grad():
        result = run(copies)
        chance = torch.Generator().manual_seed(0)
        direction = torch.randn(result.shape[-1], generator=chance)
        places = torch.arange(outputs)
        # copy i is asked for output i alone, so that one backward pass gives all rows
        (gradient,) = torch.autograd.grad((result[places, places] @ direction).sum(), copies)
    return gradient.norm(dim=-1)
