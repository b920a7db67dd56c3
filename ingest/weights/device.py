"""The device and the data type on which a model runs fastest on this machine."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.weights.cache import cache_dir

if TYPE_CHECKING:
    import torch

logger = logging.getLogger(__name__)

# PyTorch's threads wait for one another by spinning. Where anything else runs on the machine, that
# made a question's encoding 5 to 15 times and writing 2 times slower (2 cores). PyTorch reads it
# when it is first imported, so it is set here, before any model is loaded.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# oneDNN keeps the code that it made for each length of a text, 1024 of them by default, in two caches:
# half a gigabyte after fourteen questions. With so few, a question takes 2 % more of the processor.
for _cache in ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY"):
    os.environ.setdefault(_cache, "32")

Numeric = Literal["auto", "float32", "bfloat16"]

_MIN_SPEEDUP = 1.2  # of bfloat16 over float32, for which its lower precision is accepted


def choose_device(name: str = "auto") -> str:
    """The named device; for "auto" the fastest of `cuda`, `mps` and `cpu` that this machine has."""
    import torch

    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(name: Numeric, device: str) -> torch.dtype:
    """The named data type of weights; for "auto" the faster one on the device.

    A GPU always gets bfloat16. On a processor `bfloat16_speedup` decides, since bfloat16 is
    several times faster with the right instructions and far slower without.
    """
    import torch

    if name != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]
    if device != "cpu":
        return torch.bfloat16
    return torch.bfloat16 if bfloat16_speedup() > _MIN_SPEEDUP else torch.float32


@lru_cache(maxsize=1)
def bfloat16_speedup() -> float:
    """How many times faster this processor multiplies bfloat16 than float32 matrices.

    Measured once on a layer of the encoder's size (64 x 384 by 384 x 1536, best of three) and
    kept in the cache under the names of the processor and of PyTorch's version.
    """
    import torch

    key = f"{_processor()} torch-{torch.__version__}"
    file = cache_dir() / "bfloat16-speed.json"
    try:
        return float(json.loads(file.read_text())[key])
    except (OSError, ValueError, KeyError, TypeError):  # not measured, or a broken file
        speedup = _seconds(torch.float32) / _seconds(torch.bfloat16)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({key: speedup}))
    except OSError:
        logger.info("the measured speed of bfloat16 cannot be kept in %s", file)
    return speedup


def _seconds(dtype: torch.dtype) -> float:
    """The time of one matrix product, the best of three after one to warm up."""
    import torch

    left, right = torch.ones(64, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
    left @ right
    times = []
    for _ in range(3):
        start = time.perf_counter()
        left @ right
        times.append(time.perf_counter() - start)
    return min(times)


def _processor() -> str:
    """The processor's name and a hash of its instruction sets, as far as the system tells them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    flags = next((line for line in lines if line.startswith("flags")), "")
    return f"{name} {hashlib.sha256(flags.encode()).hexdigest()[:8]}"
