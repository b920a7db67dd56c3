"""A LoRA adapter of peft in the form that llama.cpp reads: converted once, into the cache."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ingest.errors import ModelMissing
from ingest.weights import Weights, cache_dir

_PEFT_PREFIX = "base_model.model."


def gguf_adapter(adapter: Weights, base: Path) -> Path:
    """The GGUF form of an adapter.

    The rows of the queries' and keys' matrices of a Llama stand in another order in GGUF than in
    transformers, and so do those of the adapter's B. Source: `permute` and `LoraTorchTensor` in
    llama.cpp, conversion scripts.

    Args:
        adapter: A folder in peft's form.
        base: The GGUF file of the model that it is for, of the architecture llama.

    Raises:
        ModelMissing: the adapter is no plain LoRA, or the model no Llama.
    """
    target = cache_dir() / f"{adapter.name}-{adapter.sha256[:12]}.gguf"
    if target.is_file():
        return target
    import gguf
    from safetensors.numpy import load_file

    config = json.loads((adapter.folder / "adapter_config.json").read_text(encoding="utf-8"))
    unusual = [
        name
        for name in ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern", "modules_to_save")
        if config.get(name)
    ]
    reader = gguf.GGUFReader(base)
    architecture = _field(reader, "general.architecture")
    if unusual or architecture != "llama":
        what = ", ".join(unusual) or f"a model of the architecture {architecture}"
        raise ModelMissing(
            f"llama.cpp cannot use the adapter at {adapter.folder} ({what}); expected a plain LoRA "
            'of a Llama. Set models.engine = "transformers".'
        )
    heads = {
        "attn_q": _field(reader, "llama.attention.head_count"),
        "attn_k": _field(reader, "llama.attention.head_count_kv"),
    }
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, _field(reader, "llama.block_count"))
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    writer = gguf.GGUFWriter(draft, architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(config["lora_alpha"]))
    for key, tensor in load_file(adapter.folder / adapter.file).items():
        module, part, _ = key.removeprefix(_PEFT_PREFIX).rsplit(".", 2)
        name = names.get_name(module)
        if name is None:
            raise ModelMissing(
                f"The adapter at {adapter.folder} changes {module}, which no Llama has"
            )
        side = {"lora_A": "lora_a", "lora_B": "lora_b"}[part]
        kind = name.rsplit(".", 1)[-1]
        if side == "lora_b" and kind in heads:
            tensor = permuted(tensor, heads[kind])
        writer.add_tensor(f"{name}.weight.{side}", np.ascontiguousarray(tensor, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    draft.replace(target)
    return target


def permuted(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows (heads * d, n) of a projection in GGUF's order: in each head the two halves interleaved."""
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(rows.shape)


def _field(reader: Any, name: str) -> Any:
    field = reader.get_field(name)
    return None if field is None else field.contents()
