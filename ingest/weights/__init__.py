"""Where models come from: a name becomes a folder of checked weights, a device and a data type.

`bundled` lists the models that come with the program and their hashes, `location` finds and checks
a model, `decoder` converts the quantised language model once, `gguf_metadata` reads its vocabulary, `device` chooses the device and the
data type for this machine, `cache` is the folder of what is computed once.
"""

from ingest.weights.bundled import (
    BUNDLED,
    DECODER,
    E5,
    ENCODER,
    JOINT_RERANKER,
    LEAD_JUDGE,
    MINILM,
    MULTILINGUAL_RERANKER,
    RERANKER,
    TRAINED,
    WRITER,
    Bundled,
    Trained,
    default_encoder,
    default_reranker,
    is_installed,
)
from ingest.weights.cache import cache_dir
from ingest.weights.decoder import converted_folder, decoder_folder, decoder_tokenizer
from ingest.weights.device import Numeric, bfloat16_speedup, choose_device, choose_dtype
from ingest.weights.location import Weights, locate, sha256_of

__all__ = [
    "BUNDLED",
    "DECODER",
    "E5",
    "ENCODER",
    "JOINT_RERANKER",
    "LEAD_JUDGE",
    "MINILM",
    "MULTILINGUAL_RERANKER",
    "RERANKER",
    "TRAINED",
    "WRITER",
    "Bundled",
    "Numeric",
    "Trained",
    "Weights",
    "bfloat16_speedup",
    "cache_dir",
    "choose_device",
    "choose_dtype",
    "converted_folder",
    "decoder_folder",
    "decoder_tokenizer",
    "default_encoder",
    "default_reranker",
    "is_installed",
    "locate",
    "sha256_of",
]
