"""Checkpoint files: write and read one, and find those that come with the program.

A checkpoint is `model.safetensors` in a folder of its own: the weights and, in the file's
metadata, the family, the config and facts about the training run. Those that come with the
program are pinned: `sha256.json` beside them holds the hash of each file.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from generative.data import SIZES
from generative.errors import CheckpointMissing
from generative.families import family
from generative.model import GenerativeModel
from ingest import resources

FOLDER = resources.models() / "generative"
_PINS = "sha256.json"


# ---- files ----


def save(
    model: GenerativeModel, folder: Path, about: dict[str, Any], *, half: bool = False
) -> Path:
    """Write `model.safetensors`, weights and config in one file; returns its path.

    Args:
        model: Of any family.
        folder: Created where it is missing.
        about: Facts about the training run, JSON values.
        half: Store the weights in half precision, which halves the file.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value.half() if half and value.dtype == torch.float32 else value).contiguous()
        for name, value in model.state_dict().items()
    }
    metadata = {
        "family": model.family,
        "config": json.dumps(asdict(model.config)),
        "about": json.dumps(about),
    }
    draft, target = folder / "model.draft", folder / "model.safetensors"
    save_file(weights, draft, metadata)
    os.replace(draft, target)
    return target


def load(folder: Path, device: str = "cpu") -> GenerativeModel:
    """A trained model from its folder, in evaluation mode and single precision.

    Its attribute `about` holds what `save` was given.

    Raises:
        CheckpointMissing: no checkpoint is there, or it does not fit its own config.
    """
    from safetensors import SafetensorError, safe_open

    file = folder / "model.safetensors"
    if not file.is_file():
        raise CheckpointMissing(
            f"No checkpoint at {file}. Train one with `katheder generative train FAMILY "
            f"--output {folder}`."
        )
    try:
        with safe_open(file, "pt") as opened:
            metadata = opened.metadata() or {}
            weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
        model_family = family(metadata["family"])
        model = model_family.build(model_family.config(**json.loads(metadata["config"])))
        model.load_state_dict(
            {k: v.float() if v.dtype == torch.float16 else v for k, v in weights.items()}
        )
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
        raise CheckpointMissing(
            f"{file} is no checkpoint of this version ({str(error).splitlines()[0][:160]}). "
            "Train it again with `katheder generative train`."
        ) from error
    model.about = json.loads(metadata.get("about", "{}"))
    return model.eval().to(device)


def facts(folder: Path) -> tuple[str, dict[str, Any]] | None:
    """A checkpoint's family and what `save` was given, without its weights; None if unreadable."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / "model.safetensors", "pt") as opened:
            metadata = opened.metadata() or {}
        return metadata["family"], json.loads(metadata.get("about", "{}"))
    except (OSError, SafetensorError, KeyError, ValueError):
        return None


def dataset_of(model: GenerativeModel) -> str:
    """The name of the data set that a model learned; of an unknown one that of its image size.

    Raises:
        CheckpointMissing: no data set has images of the model's size.
    """
    size = model.image_shape[-1]
    name = str(model.about.get("dataset", ""))
    if name in SIZES:
        return name
    for name, pixels in SIZES.items():
        if pixels == size:
            return name
    raise CheckpointMissing(
        f"The model is made for {size} x {size} pixels; the data sets have "
        f"{' and '.join(f'{pixels} x {pixels} ({name})' for name, pixels in SIZES.items())}. "
        "Train a model with one of those."
    )


def sha256_of(file: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


# ---- those that come with the program ----


def names(folder: Path = FOLDER) -> list[str]:
    """The models that come with the program, in alphabetical order."""
    return sorted(_pins(folder))


def pinned(name: str, folder: Path = FOLDER) -> str:
    """The pinned hash of a model's file, "" where there is no model of that name."""
    return _pins(folder).get(name, "")


def shipped(name: str, folder: Path = FOLDER) -> GenerativeModel:
    """A model that comes with the program, ready to use; see `load`.

    Raises:
        CheckpointMissing: there is none of that name, or its file is not the pinned one.
    """
    pins = _pins(folder)
    if name not in pins:
        raise CheckpointMissing(
            f"No model {name!r} came with the program; there are {', '.join(sorted(pins))}. "
            f"Train one with `katheder generative train {name}`."
        )
    file = folder / name / "model.safetensors"
    digest = sha256_of(file) if file.is_file() else "no file"
    if digest != pins[name]:
        raise CheckpointMissing(
            f"{file} has SHA-256 {digest[:12]}, expected {pins[name][:12]}. Install katheder "
            "again, or train all models with `make train-generative`."
        )
    return load(file.parent)


def pin(folder: Path = FOLDER) -> dict[str, str]:
    """Write the current hashes of all models in a folder to its `sha256.json`; returns them."""
    hashes = {
        file.parent.name: sha256_of(file) for file in sorted(folder.glob("*/model.safetensors"))
    }
    (folder / _PINS).write_text(json.dumps(hashes, indent=2) + "\n", encoding="utf-8")
    return hashes


def _pins(folder: Path) -> dict[str, str]:
    file = folder / _PINS
    if not file.is_file():
        raise CheckpointMissing(
            f"{folder} holds no trained models. Install katheder again, or train them with "
            "`make train-generative`."
        )
    pins: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return pins
