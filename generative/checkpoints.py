"""The trained models that come with the program, by name, each pinned by the hash of its file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from generative.errors import CheckpointMissing
from generative.model import GenerativeModel
from generative.train import load
from ingest import resources

FOLDER = resources.models() / "generative"
_PINS = "sha256.json"


def names(folder: Path = FOLDER) -> list[str]:
    """The models that come with the program, in alphabetical order."""
    return sorted(_pins(folder))


def pinned(name: str, folder: Path = FOLDER) -> str:
    """The hash that a model's file must have, "" where none of that name came."""
    return _pins(folder).get(name, "")


def shipped(name: str, folder: Path = FOLDER) -> GenerativeModel:
    """A model that came with the program, ready to use; `about` tells how it was trained.

    Raises:
        CheckpointMissing: none of that name came, or its file is not the pinned one.
    """
    pins = _pins(folder)
    if name not in pins:
        raise CheckpointMissing(
            f"No model {name!r} came with the program; there are {', '.join(sorted(pins))}. "
            f"Train one with `katheder generative train {name}`."
        )
    file = folder / name / "model.safetensors"
    found = sha256_of(file) if file.is_file() else "no file"
    if found != pins[name]:
        raise CheckpointMissing(
            f"{file} has SHA-256 {found[:12]}, wanted {pins[name][:12]}. Install katheder anew, "
            "or train all models with `make train-generative`."
        )
    return load(file.parent)


def pin(folder: Path = FOLDER) -> dict[str, str]:
    """Write down the hashes of all models in a folder, as they are now; returns them by name."""
    found = {
        file.parent.name: sha256_of(file) for file in sorted(folder.glob("*/model.safetensors"))
    }
    (folder / _PINS).write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found


def sha256_of(file: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _pins(folder: Path) -> dict[str, str]:
    file = folder / _PINS
    if not file.is_file():
        raise CheckpointMissing(
            f"{folder} holds no trained models. Install katheder anew, or train them with "
            "`make train-generative`."
        )
    pins: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return pins
