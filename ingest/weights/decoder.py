"""The language model in a form that transformers loads quickly: converted once, into the cache."""

from __future__ import annotations

import logging
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import ModelMissing
from ingest.weights.cache import cache_dir
from ingest.weights.gguf_metadata import read_gguf_metadata
from ingest.weights.location import Weights

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_BYTE_LEVEL = "gpt2"  # GGUF's name of a vocabulary of a byte-level BPE
_CONTROL = 3  # GGUF's kind of tokens that stand for no text

logger = logging.getLogger(__name__)


def converted_folder(weights: Weights) -> Path:
    """Where the converted form of a GGUF file is kept, whether it is there or not."""
    return cache_dir() / f"{weights.name}-{weights.sha256[:12]}"


def decoder_folder(weights: Weights) -> Path:
    """The folder from which transformers loads a decoder.

    A GGUF file is dequantised once and saved as bfloat16 safetensors in the cache, in a folder
    with the source's hash in its name. One process does it while others wait. One rename puts the
    folder in place, so that a run that was killed leaves no half of it.
    """
    if not weights.file.endswith(".gguf"):
        return weights.folder
    target = converted_folder(weights)
    if (target / "config.json").is_file():
        return target
    from filelock import FileLock

    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f"{target.name}.lock")):
        if not (target / "config.json").is_file():
            _convert(weights, target)
    return target


def decoder_tokenizer(weights: Weights) -> Tokenizer:
    """The tokenizer of a decoder with a byte-level BPE; its weights are neither read nor converted.

    Raises:
        ModelMissing: its GGUF file has a vocabulary of another kind.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    if not weights.file.endswith(".gguf"):
        return Tokenizer.from_file(str(weights.folder / "tokenizer.json"))
    values = read_gguf_metadata(weights.folder / weights.file)
    if (kind := values.get("tokenizer.ggml.model")) != _BYTE_LEVEL:
        raise ModelMissing(
            f"The vocabulary of {weights.name} is of the kind {kind!r}, expected {_BYTE_LEVEL!r}; "
            "name a model with a byte-level BPE"
        )
    names = values["tokenizer.ggml.tokens"]
    kinds = values["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ", 1)) for merge in values["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({name: id for id, name in enumerate(names)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [
            AddedToken(name, normalized=False, special=True)
            for name, kind in zip(names, kinds, strict=True)
            if kind == _CONTROL
        ]
    )
    return tokenizer


def _convert(weights: Weights, target: Path) -> None:
    """Save the dequantised model and its tokenizer in a new folder."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    logger.info("dequantising %s once into %s", weights.name, target)
    draft = Path(tempfile.mkdtemp(prefix="converting-", dir=target.parent))
    try:
        model: Any = AutoModelForCausalLM.from_pretrained(
            weights.folder,
            gguf_file=weights.file,
            dtype=torch.bfloat16,
            quantization_config=GgufConfig(dequantize=True),
        )
        # Its weights are plain numbers now; these flags would make save_pretrained refuse.
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
