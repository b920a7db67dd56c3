"""Find a model by its name, and check the weights of those that come with the program.

A name is one of the bundled or trained models, a local folder, or an id of the Hugging Face hub.
The weights of bundled and trained models are hashed when they are first located, which takes about
0.1 s for the largest.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ingest.errors import ModelMissing
from ingest.weights.bundled import (
    BUNDLED,
    DECODER,
    ENCODER,
    JOINT_RERANKER,
    TRAINED,
    Bundled,
    Trained,
)


@dataclass(frozen=True, slots=True)
class Weights:
    """A model on this machine; `sha256` is that of its weights, "" if it was not computed."""

    name: str
    folder: Path
    source: Literal["bundled", "folder", "hub"]
    sha256: str = ""
    file: str = ""

    @property
    def identity(self) -> str:
        """What a library stores of its encoder: the name, and the first digits of the hash."""
        return f"{self.name}@{self.sha256[:12]}" if self.sha256 else self.name


def locate(name: str) -> Weights:
    """Find the folder with a model's weights.

    Raises:
        ModelMissing: there is no such model, or a bundled model's file has another hash.
    """
    for bundled_name, bundled in BUNDLED.items():
        if name == bundled_name or name in bundled.aliases:
            return _locate_bundled(bundled_name, bundled)
    if name in TRAINED:
        return _locate_trained(name, TRAINED[name])
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        return _locate_folder(folder)
    if folder.exists() or name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise ModelMissing(
            f"No model at {name!r}: expected a folder with a config.json, a hub id such as "
            f"`owner/name`, or one of {', '.join([ENCODER, JOINT_RERANKER, *BUNDLED, *TRAINED])}"
        )
    return _locate_on_hub(name)


def _locate_bundled(name: str, bundled: Bundled) -> Weights:
    spec = importlib.util.find_spec(bundled.module)
    if spec is None or spec.origin is None:
        raise ModelMissing(
            f"The model {name} is not installed. Install it with `{bundled.install}`."
        )
    folder = Path(spec.origin).parent / bundled.folder
    file = folder / bundled.file
    sha256 = sha256_of(file) if file.is_file() else "no file"
    if sha256 != bundled.sha256:
        raise ModelMissing(
            f"{bundled.file} of {name} has SHA-256 {sha256[:12]}, expected {bundled.sha256[:12]}. "
            f"Install it again with `{bundled.install} --force-reinstall`."
        )
    return Weights(name, folder, "bundled", sha256, bundled.file)


def _locate_trained(name: str, trained: Trained) -> Weights:
    folder, file = trained.folder, trained.folder / trained.file
    try:
        expected = str(json.loads((folder / trained.config).read_text())["sha256"])
        sha256 = sha256_of(file)
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissing(
            f"The model {name} is not in {folder} ({error}). Install katheder again, "
            f"or train it with `make train-{folder.name}`."
        ) from error
    if sha256 != expected:
        raise ModelMissing(
            f"{file.name} of {name} has SHA-256 {sha256[:12]}, expected {expected[:12]}. "
            f"Install katheder again, or train it with `make train-{folder.name}`."
        )
    return Weights(name, folder, "bundled", sha256, file.name)


def _locate_folder(folder: Path) -> Weights:
    """A model of the user; hashed if its weights are one file."""
    files = sorted(folder.glob("*.safetensors"))
    sha256 = sha256_of(files[0]) if len(files) == 1 else ""
    return Weights(str(folder), folder.resolve(), "folder", sha256, files[0].name if files else "")


def _locate_on_hub(name: str) -> Weights:
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            name, allow_patterns=["*.json", "*.txt", "*.safetensors", "*.model", "*.jinja"]
        )
    except Exception as error:  # the hub's client raises a dozen kinds, which all mean the same
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelMissing(
            f"The model {name} is not on this machine and the hub did not give it ({reason[:160]}). "
            f"Connect once to download it, give a local folder, or use {ENCODER} and {DECODER}."
        ) from error
    return Weights(name, Path(folder), "hub")


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes; a file that has not changed is read once in a process."""
    state = path.stat()
    return _sha256(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _sha256(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
