"""A small model on the disk: weights in half precision, and a card with facts and their hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from language.errors import LanguageError


def write_weights(
    file: Path, card_file: Path, weights: Mapping[str, Tensor], card: Mapping[str, Any]
) -> None:
    """Write weights as safetensors, and the card with their SHA-256 as JSON."""
    from safetensors.torch import save_file

    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: value.half().contiguous() for name, value in weights.items()}, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    lines = [
        f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in {**card, "sha256": digest}.items()
    ]
    card_file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def read_weights(file: Path, card_file: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights in single precision, and their card.

    Raises:
        LanguageError: a file is missing, or the weights are not those whose hash the card names.
    """
    from safetensors.torch import load

    try:
        card: dict[str, Any] = json.loads(card_file.read_text(encoding="utf-8"))
        content = file.read_bytes()
        expected = card["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LanguageError(
            f"No model at {file} ({type(error).__name__}); install katheder again"
        ) from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != expected:
        raise LanguageError(
            f"{file} has SHA-256 {digest[:12]}, expected {expected[:12]}; install katheder again"
        )
    return {name: value.float() for name, value in load(content).items()}, card
