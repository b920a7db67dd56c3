"""What is there and what is missing: models and hashes, device, numeric type, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ingest import weights
from ingest.errors import KathederError
from ingest.store import Library
from rag.settings import Settings

_PACKAGES = (
    "katheder",
    "torch",
    "sentence-transformers",
    "transformers",
    "faiss-cpu",
    "langchain-core",
    "pypdfium2",
    "streamlit",
)


@dataclass(frozen=True, slots=True)
class Report:
    """Lines by heading, and what is missing with the command that mends it."""

    sections: dict[str, dict[str, str]]
    missing: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    def render(self) -> str:
        """Lines to print."""
        lines = []
        for heading, entries in self.sections.items():
            lines.append(heading)
            lines.extend(f"  {name:<22} {value}" for name, value in entries.items())
        lines.append("missing" if self.missing else "nothing is missing")
        lines.extend(f"  {entry}" for entry in self.missing)
        return "\n".join(lines)


def examine(folder: Path, settings: Settings) -> Report:
    """Look at models, machine, versions and the library in `folder`."""
    missing: list[str] = []

    def model(name: str) -> str:
        if name == "none":
            return "none: passages keep the first stage's order"
        try:
            found = weights.locate(name)
        except KathederError as error:
            missing.append(str(error))
            return f"{name}: missing"
        return f"{found.name}, {found.source}, SHA-256 {found.sha256[:16] or 'not computed'}, {found.folder}"

    models = settings.models
    sections = {
        "models": {
            "encoder": model(models.encoder),
            "reranker": model(models.reranker),
            "generator": model(models.generator),
            "converted generator": _converted(models.generator),
        },
        "machine": _machine(settings),
        "versions": {name: _version(name, missing) for name in _PACKAGES},
        "library": _library(folder, missing),
    }
    return Report(sections, missing)


def _converted(name: str) -> str:
    try:
        found = weights.locate(name)
    except KathederError:
        return "-"
    if not found.file.endswith(".gguf"):
        return "not needed"
    folder = weights.cache_dir() / f"{found.name}-{found.sha256[:12]}"
    there = (folder / "config.json").is_file()
    return str(folder) if there else "not yet; the first answer converts it once (under a minute)"


def _machine(settings: Settings) -> dict[str, str]:
    device = weights.choose_device(settings.models.device)
    dtype = weights.choose_dtype(settings.models.dtype, device)
    entries = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processors": str(os.cpu_count()),
        "device": device,
        "numeric type": str(dtype).removeprefix("torch."),
    }
    if device == "cpu" and settings.models.dtype == "auto":
        entries["bfloat16 speed"] = f"{weights.probe():.2f} times float32"
    return entries


def _version(name: str, missing: list[str]) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        install = 'pip install "katheder[ui]"' if name == "streamlit" else "make setup"
        missing.append(f"{name} is not installed; install it with `{install}`")
        return "missing"


def _library(folder: Path, missing: list[str]) -> dict[str, str]:

    try:
        store = Library(folder)
    except KathederError as error:
        missing.append(str(error))
        return {"folder": f"{folder}: none yet"}
    recipe = store.config()
    return {
        "folder": str(folder),
        "holds": f"{len(store.documents())} documents, {store.count()} passages",
        "built with": f"{recipe.encoder}, {recipe.chunker}" if recipe else "nothing yet",
        "stamp": store.content_hash()[:16],
    }
