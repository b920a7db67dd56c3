"""Configs of well-known models, with the number of parameters that their authors published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from language.errors import LanguageError


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model of the literature."""

    config: Mapping[str, Any]  # as in its config.json
    published: float  # parameters, as its authors round them
    source: str


def _gpt2(layers: int, width: int, heads: int, positions: int = 1024) -> dict[str, Any]:
    return {
        "model_type": "gpt2",
        "n_layer": layers,
        "n_embd": width,
        "n_head": heads,
        "n_positions": positions,
        "vocab_size": 50257,
    }


def _bert(layers: int, width: int, heads: int) -> dict[str, Any]:
    return {
        "model_type": "bert",
        "num_hidden_layers": layers,
        "hidden_size": width,
        "num_attention_heads": heads,
        "intermediate_size": 4 * width,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "vocab_size": 30522,
    }


def _llama(
    layers: int,
    width: int,
    heads: int,
    groups: int,
    inner: int,
    vocabulary: int,
    context: int,
    *,
    one_table: bool = False,
    model_type: str = "llama",
) -> dict[str, Any]:
    return {
        "model_type": model_type,
        "num_hidden_layers": layers,
        "hidden_size": width,
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "intermediate_size": inner,
        "vocab_size": vocabulary,
        "max_position_embeddings": context,
        "tie_word_embeddings": one_table,
    }


def _t5(layers: int, width: int, heads: int) -> dict[str, Any]:
    return {
        "model_type": "t5",
        "num_layers": layers,
        "d_model": width,
        "num_heads": heads,
        "d_kv": 64,
        "d_ff": 4 * width,
        "relative_attention_num_buckets": 32,
        "vocab_size": 32128,
        "tie_word_embeddings": True,
    }


_GPT2 = "openai/gpt-2, download_model.py"
_GPT3 = "Brown et al. 2020, table 2.1"
_BERT = "Devlin et al. 2018, section 3"
_LLAMA = "Touvron et al. 2023 (LLaMA), table 2"
_LLAMA3 = "Grattafiori et al. 2024 (The Llama 3 herd of models), table 3"
_SMOLLM = "Ben Allal et al. 2025 (SmolLM2) and the model card"
_QWEN = "Qwen2.5 model card"
_T5 = "Raffel et al. 2020, section 3.7"

KNOWN_MODELS: dict[str, KnownModel] = {
    "gpt2": KnownModel(_gpt2(12, 768, 12), 124e6, _GPT2),
    "gpt2-medium": KnownModel(_gpt2(24, 1024, 16), 355e6, _GPT2),
    "gpt2-large": KnownModel(_gpt2(36, 1280, 20), 774e6, _GPT2),
    "gpt2-xl": KnownModel(_gpt2(48, 1600, 25), 1558e6, _GPT2),
    "gpt3": KnownModel(_gpt2(96, 12288, 96, 2048), 175e9, _GPT3),
    "minilm-l6": KnownModel(_bert(6, 384, 12), 22.7e6, "all-MiniLM-L6-v2, model card"),
    "bert-base": KnownModel(_bert(12, 768, 12), 110e6, _BERT),
    "bert-large": KnownModel(_bert(24, 1024, 16), 340e6, _BERT),
    "t5-small": KnownModel(_t5(6, 512, 8), 60e6, _T5),
    "t5-base": KnownModel(_t5(12, 768, 12), 220e6, _T5),
    "smollm2-135m": KnownModel(
        _llama(30, 576, 9, 3, 1536, 49152, 8192, one_table=True), 135e6, _SMOLLM
    ),
    "smollm2-360m": KnownModel(
        _llama(32, 960, 15, 5, 2560, 49152, 8192, one_table=True), 360e6, _SMOLLM
    ),
    "smollm2-1.7b": KnownModel(
        _llama(24, 2048, 32, 32, 8192, 49152, 8192, one_table=True), 1.7e9, _SMOLLM
    ),
    "qwen2.5-0.5b": KnownModel(
        _llama(24, 896, 14, 2, 4864, 151936, 32768, one_table=True, model_type="qwen2"),
        0.49e9,
        _QWEN,
    ),
    "qwen2.5-7b": KnownModel(
        _llama(28, 3584, 28, 4, 18944, 152064, 131072, model_type="qwen2"), 7.61e9, _QWEN
    ),
    "llama-7b": KnownModel(_llama(32, 4096, 32, 32, 11008, 32000, 2048), 6.7e9, _LLAMA),
    "llama-65b": KnownModel(_llama(80, 8192, 64, 64, 22016, 32000, 2048), 65.2e9, _LLAMA),
    "mistral-7b": KnownModel(
        _llama(32, 4096, 32, 8, 14336, 32000, 32768, model_type="mistral"),
        7.3e9,
        "Mistral AI, announcement of Mistral 7B, September 2023",
    ),
    "llama-3-8b": KnownModel(_llama(32, 4096, 32, 8, 14336, 128256, 8192), 8e9, _LLAMA3),
    "llama-3-70b": KnownModel(_llama(80, 8192, 64, 8, 28672, 128256, 8192), 70e9, _LLAMA3),
    "llama-3.1-405b": KnownModel(_llama(126, 16384, 128, 8, 53248, 128256, 131072), 405e9, _LLAMA3),
}


def known_model(name: str) -> KnownModel:
    """The model of a name, such as "gpt2-xl" or "openai-community/gpt2-xl".

    Raises:
        LanguageError: there is no such model.
    """
    model = KNOWN_MODELS.get(name.rsplit("/", 1)[-1].lower())
    if model is None:
        raise LanguageError(
            f"There is no model {name[:60]!r}; give a config.json or one of "
            f"{', '.join(KNOWN_MODELS)}"
        )
    return model
