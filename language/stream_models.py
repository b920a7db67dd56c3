"""The trained models of the three streams: making one, and reading those that come with the program.

All three are the same decoder with the same recipe; only the tokens differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any

import torch
from torch import Tensor

from ingest import resources
from language import token_model
from language.errors import LanguageError
from language.letters import Alphabet
from language.token_model import Progress, Recipe
from language.token_streams import CODES, NAMES, Stream, baseline_bits
from language.transformer import Decoder
from language.weights_file import read_weights, write_weights

FOLDER = resources.package_file("models", "language", "streams")
WIDTH, LAYERS, HEADS = 64, 3, 4
RECIPE = Recipe(steps=400)
SAMPLE = {
    "letters": (1, 400),
    "digits": (10, 49),
    "sound": (1, 6000),
}  # rows, tokens behind the prompt


@dataclass(frozen=True)
class StreamModel:
    """A trained decoder, and its card: context, meaning of the tokens, training, bits."""

    decoder: Decoder
    card: dict[str, Any]

    @property
    def context(self) -> int:
        """Tokens that it reads at once."""
        return int(self.card["context"])


def new_decoder(stream: Stream, seed: int = 0) -> Decoder:
    """The untrained model of a stream."""
    return token_model.decoder(stream.vocabulary, WIDTH, LAYERS, HEADS, seed)


def train_stream(
    stream: Stream,
    file: Path,
    recipe: Recipe = RECIPE,
    *,
    checkpoint: Path | None = None,
    machine: str = "",
) -> Iterator[Progress]:
    """Train a stream's model, and write it to FILE.safetensors and FILE.json at the end."""
    model = new_decoder(stream, recipe.seed)
    for progress in token_model.train(
        model, stream.train, stream.context, recipe, checkpoint=checkpoint
    ):
        yield progress
    weights = {name: value.half().float() for name, value in model.state_dict().items()}
    model.load_state_dict(weights)  # measured as it is stored
    bits = token_model.window_bits(model.eval(), stream.held_out, stream.context)
    card: dict[str, Any] = {
        "stream": stream.name,
        "vocabulary": stream.vocabulary,
        "context": stream.context,
        "parameters": sum(value.numel() for value in model.parameters()),
        "recipe": asdict(recipe),
        "tokens seen": recipe.steps * recipe.batch * stream.context,
        "training tokens": stream.train.numel(),
        "held-out tokens": bits.numel() * stream.context,
        "bits per token": {
            **{name: round(value, 3) for name, value in baseline_bits(stream).items()},
            "decoder": round(float(bits.mean()), 3),
        },
        "seconds": round(progress.seconds),
        "machine": machine,
        "facts": stream.facts,
    }
    trained = StreamModel(model, card)
    *_, sample = draw(trained, sample_prompt(trained), SAMPLE[stream.name][1])
    card["sample"] = sample.tolist()
    write_weights(file.with_suffix(".safetensors"), file.with_suffix(".json"), weights, card)


def read_stream_model(name: str, folder: Path = FOLDER) -> StreamModel:
    """The model of a stream.

    Raises:
        LanguageError: there is no such stream, or its files are missing or changed.
    """
    if name not in NAMES:
        raise LanguageError(f"There is no stream {name!r}, expected one of {', '.join(NAMES)}")
    weights, card = read_weights(folder / f"{name}.safetensors", folder / f"{name}.json")
    model = token_model.decoder(card["vocabulary"], WIDTH, LAYERS, HEADS)
    model.load_state_dict(weights)
    return StreamModel(model.eval(), card)


def sample_prompt(model: StreamModel) -> Tensor:
    """The prompt of the shown samples: a line break, the digits 0 to 9, or silence."""
    if model.card["stream"] == "digits":
        return CODES + torch.arange(10)[:, None]
    return prompt_of(model, 1)


def prompt_of(
    model: StreamModel, rows: int, text: str = "", digit: int | None = None, seed: int = 0
) -> Tensor:
    """What a sample begins with, int64 (rows, length).

    Letters begin with the text, or a line break; images with a token that says which digit; sound
    begins with silence.

    Raises:
        LanguageError: the digit is outside of 0 to 9.
    """
    name = model.card["stream"]
    if name == "letters":
        tokens = Alphabet(model.card["facts"]["alphabet"]).encode(text or "\n")
        return torch.tensor([tokens] * rows)
    if name == "sound":
        return torch.full((rows, 1), 128)
    if digit is None:
        chance = torch.Generator().manual_seed(seed)
        return CODES + torch.randint(10, (rows, 1), generator=chance)
    if not 0 <= digit <= 9:
        raise LanguageError(f"The digit is {digit}, expected 0 to 9")
    return torch.full((rows, 1), CODES + digit)


def draw(
    model: StreamModel,
    prompts: Tensor,
    count: int,
    *,
    temperature: float = 1.0,
    seed: int = 0,
    stop: Event | None = None,
) -> Iterator[Tensor]:
    """Tokens (rows, length) so far, the prompts first; see `token_model.generate`."""
    return token_model.generate(
        model.decoder, prompts, count, model.context,
        temperature=temperature, seed=seed, stop=stop,
    )  # fmt: skip


def table(folder: Path = FOLDER) -> str:
    """The figures as Markdown, as docs/language.md has them; `python -m language.stream_models` prints them."""
    lines = [
        "| stream | tokens | context | parameters | tokens seen | uniform | unigram | bigram | decoder | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name in NAMES:
        card = read_stream_model(name, folder).card
        bits = " | ".join(f"{value:.2f}" for value in card["bits per token"].values())
        lines.append(
            f"| {name} | {card['vocabulary']} | {card['context']} | {card['parameters']:,} "
            f"| {card['tokens seen']:,} | {bits} | {card['seconds']} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
