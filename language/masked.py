"""Masked words: which words an encoder expects in place of `[MASK]`, seeing both sides of it.

A masked language model is an encoder with a head: the state of the masked token goes through a
linear layer, GELU and LayerNorm; its dot product with each row of the embedding table, plus a bias
for each token, is that token's logit. The package of the bundled encoder holds no head, and that
encoder was tuned to compare whole sentences: the state of its masked token knows little of the words
beside it. So a head and low-rank updates of the encoder were trained together
(`training/language/masked_encoder.py`) and come with the program; the head also reads the embeddings
of the tokens next to the mask.
Source: Devlin and others, BERT (2019), section 3.1; the head is that of the published code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ingest import resources
from language.errors import LanguageError
from language.low_rank import Updates, updated
from language.text import utf8
from language.weights_file import read_weights, write_weights

FOLDER = resources.package_file("models", "language", "masked")
MASK = "[MASK]"  # as the reader writes it; a model's own mask token may look different
_WEIGHTS, _CARD = "model.safetensors", "card.json"
_DOWN, _UP = "down.", "up."  # before the name of an update's layer


class MaskedHead(nn.Module):
    """States of an encoder in, a logit for each token of its vocabulary out.

    It reads the states after several layers and the embeddings of tokens nearby, side by side.
    """

    def __init__(
        self,
        layers: Sequence[int],
        offsets: Sequence[int],
        width: int,
        vocabulary: int,
        epsilon: float,
    ) -> None:
        """An untrained head.

        Args:
            layers: After which layers it reads the states; 0 is the embedding.
            offsets: Where the tokens nearby are: -1 is the token before, 1 the one behind.
            width: Of the encoder's states and of a row of its embedding table.
            vocabulary: Number of tokens.
            epsilon: Of the LayerNorm.
        """
        super().__init__()
        self.layers, self.offsets = tuple(layers), tuple(offsets)
        self.dense = nn.Linear((len(self.layers) + len(self.offsets)) * width, width)
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def transform(self, states: Tensor) -> Tensor:
        """States (..., inputs x width) as vectors (..., width) of the embedding table's space."""
        return self.norm(nn.functional.gelu(self.dense(states)))

    def forward(self, states: Tensor, table: Tensor) -> Tensor:
        """Logits (..., vocabulary) of states (..., inputs x width) and a table (vocabulary, width)."""
        return self.transform(states) @ table.T + self.bias


@dataclass(frozen=True)
class MaskedModel:
    """A tokeniser, and a function from token ids (1, tokens) to logits (1, tokens, vocabulary)."""

    name: str
    tokenizer: Any
    logits: Callable[[Mapping[str, Tensor]], Tensor]
    longest: int  # tokens


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token in place of a mask, and its probability there."""

    token: str
    id: int
    probability: float


def fill_mask(text: str, model: MaskedModel, count: int = 10) -> list[list[Candidate]]:
    """The likeliest tokens for each `[MASK]` of a text, in order; each list best first.

    With several masks, each is filled as if the others stayed masked.

    Raises:
        LanguageError: no mask, a text that is too long, or a count outside 1 to the vocabulary.
    """
    tokenizer = model.tokenizer
    if count < 1 or count > len(tokenizer):
        raise LanguageError(
            f"{count} words per mask, expected 1 to {len(tokenizer)}, the size of the vocabulary"
        )
    if MASK not in text:
        raise LanguageError(
            f'The text has no {MASK}; write one for the missing word, such as "The sun is a {MASK}."'
        )
    utf8(text)
    features = tokenizer(text.replace(MASK, tokenizer.mask_token), return_tensors="pt")
    length = features["input_ids"].shape[1]
    if length > model.longest:
        raise LanguageError(
            f"The text has {length} tokens, expected at most {model.longest}; shorten it"
        )
    with torch.inference_mode():
        logits = model.logits(features)[0]
    places = (features["input_ids"][0] == tokenizer.mask_token_id).nonzero()[:, 0]
    best = logits[places].softmax(dim=1).topk(count)
    return [
        [
            Candidate(tokenizer.convert_ids_to_tokens(number), number, probability)
            for number, probability in zip(ids, probabilities, strict=True)
        ]
        for ids, probabilities in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    ]


def bundled_model(encoder: Any, tokenizer: Any, folder: Path = FOLDER) -> MaskedModel:
    """The bundled encoder, as it was tuned for masked words, with its head; `encoder` stays as it is.

    Raises:
        LanguageError: the head's file is missing or not the pinned one, or of another encoder.
    """
    head, updates = read_head(folder)
    table = encoder.get_input_embeddings().weight
    if head.bias.shape[0] != table.shape[0]:
        raise LanguageError(
            f"The head knows {head.bias.shape[0]} tokens, the encoder has {table.shape[0]}; "
            "use the encoder all-MiniLM-L6-v2"
        )

    tuned = updated(encoder, updates)

    def logits(features: Mapping[str, Tensor]) -> Tensor:
        return head(head_inputs(tuned, features, head.layers, head.offsets), table)

    return MaskedModel(
        "all-MiniLM-L6-v2", tokenizer, logits, encoder.config.max_position_embeddings
    )


def head_inputs(
    encoder: Any, features: Mapping[str, Tensor], layers: Sequence[int], offsets: Sequence[int]
) -> Tensor:
    """What a head reads of each token: (batch, tokens, (layers + offsets) x width)."""
    states = encoder(**features, output_hidden_states=True).hidden_states
    nearby = [shifted(states[0], features["attention_mask"], offset) for offset in offsets]
    return torch.cat([*(states[layer] for layer in layers), *nearby], dim=-1)


def shifted(states: Tensor, mask: Tensor, offset: int) -> Tensor:
    """For each token the state (batch, tokens, width) some tokens away, 0 outside of the text."""
    inside = states * mask[:, :, None]
    moved = torch.zeros_like(states)
    if offset > 0:
        moved[:, :-offset] = inside[:, offset:]
    else:
        moved[:, -offset:] = inside[:, :offset]
    return moved


def hub_model(name: str) -> MaskedModel:
    """Any masked language model, from a folder or by its name on the hub.

    Raises:
        LanguageError: it is not to be had, or it predicts no masked words.
    """
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForMaskedLM.from_pretrained(name, dtype=torch.float32).eval()
    except (OSError, ValueError, ImportError) as error:
        raise LanguageError(
            f"No masked language model {name!r} ({str(error).splitlines()[0][:160]}). Expected a "
            "folder or a name on the hub, such as google-bert/bert-base-uncased; without a network "
            "download it first with `hf download NAME`"
        ) from error
    if tokenizer.mask_token is None:
        raise LanguageError(f"The tokeniser of {name!r} has no mask token; use a masked model")

    def logits(features: Mapping[str, Tensor]) -> Tensor:
        return model(**features).logits

    longest = getattr(model.config, "max_position_embeddings", 512)
    return MaskedModel(name, tokenizer, logits, longest)


# ---- the file of head and updates ----


def write_head(head: MaskedHead, updates: Updates, folder: Path, about: Mapping[str, Any]) -> None:
    """Write a head and its encoder's updates in half precision, and a card: inputs, facts, hash."""
    card = {
        "layers": head.layers,
        "offsets": head.offsets,
        "epsilon": head.norm.eps,
        "about": dict(about),
    }
    weights = {f"head.{name}": value for name, value in head.state_dict().items()}
    for name, (down, up) in updates.items():
        weights[f"{_DOWN}{name}"], weights[f"{_UP}{name}"] = down, up
    write_weights(folder / _WEIGHTS, folder / _CARD, weights, card)


def read_head(folder: Path = FOLDER) -> tuple[MaskedHead, Updates]:
    """A head and its encoder's updates from their folder, in single precision.

    Raises:
        LanguageError: a file is missing, or the weights are not those whose hash the card names.
    """
    weights, card = read_weights(folder / _WEIGHTS, folder / _CARD)
    own = {
        name.removeprefix("head."): value
        for name, value in weights.items()
        if name.startswith("head.")
    }
    width = own["norm.weight"].shape[0]
    head = MaskedHead(card["layers"], card["offsets"], width, own["bias"].shape[0], card["epsilon"])
    head.load_state_dict(own)
    updates = {
        name.removeprefix(_DOWN): (value, weights[name.replace(_DOWN, _UP, 1)])
        for name, value in weights.items()
        if name.startswith(_DOWN)
    }
    return head.eval(), updates


def card_of(folder: Path = FOLDER) -> dict[str, Any]:
    """What is known of the training: texts, steps, seed, accuracy on texts that it never saw."""
    about: dict[str, Any] = json.loads((folder / _CARD).read_text(encoding="utf-8"))["about"]
    return about
