"""Names of language models with a reserved prefix: `ollama:NAME`, `openai:NAME`, `gguf:FILE`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from rag.errors import BadSettings

Prefix = Literal["ollama", "openai", "gguf"]
_IMPORTABLE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")
PREFIXES: tuple[Prefix, ...] = get_args(Prefix)


@dataclass(frozen=True, slots=True)
class ModelName:
    """A prefix and what follows it, which may hold colons: `ollama:llama3.2:3b`."""

    prefix: Prefix
    name: str


def model_name(generator: str) -> ModelName | None:
    """The parts of a name with a reserved prefix; None for any other name.

    Raises:
        BadSettings: nothing follows the prefix.
    """
    before, colon, name = generator.partition(":")
    for prefix in PREFIXES:
        if colon and before == prefix:
            if not name.strip():
                raise BadSettings(
                    f"models.generator = {generator!r} names no model; expected "
                    f"{prefix}:{'FILE' if prefix == 'gguf' else 'NAME'}. `katheder models find` "
                    "lists those of this machine's servers."
                )
            return ModelName(prefix, name)
    return None


def is_importable(name: str) -> bool:
    """Whether a model's name is `module:attribute` rather than a folder, a hub id or a reserved prefix."""
    importable = _IMPORTABLE.fullmatch(name) and model_name(name) is None
    return bool(importable) and not Path(name).exists()
