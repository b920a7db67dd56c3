"""The size of a transformer from its config: parameters, memory, operations and the KV cache.

Everything is arithmetic on a few numbers; no weights are needed. Operations are those of matrix
products, a multiplication and an addition counted as two; norms, softmax and positions are left
out, as torch's FlopCounterMode leaves them out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from language.errors import LanguageError

Kind = Literal["encoder", "decoder", "encoder-decoder"]
BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "int8": 1.0, "int4": 0.5}  # per number
ADAM_BYTES = 16  # per parameter in training: weight, gradient and Adam's two moments in float32


@dataclass(frozen=True, slots=True)
class Shape:
    """What a transformer's size depends on; `shape_of` reads it from a config."""

    kind: Kind
    layers: int  # of an encoder-decoder in each half
    width: int  # numbers per position
    heads: int
    groups: int  # heads of keys and values
    head: int  # width of a head
    inner: int  # width inside the feed-forward part
    vocabulary: int
    positions: int  # rows of a table of positions; 0: positions without parameters
    context: int | None  # longest text in tokens, where the config has one
    gated: bool  # three maps in the feed-forward part instead of two
    bias: Literal["all", "qkv", "none"]  # which linear maps add a bias
    norm: int  # vectors of a norm: 2 with a bias (LayerNorm), 1 without (RMSNorm)
    one_table: bool  # whether the output layer is the table of the input
    segments: int = 0  # rows of BERT's table of segments
    pooler: bool = False  # BERT's layer on the first token
    distances: int = 0  # rows of T5's table of distances, in each half


def shape_of(config: Mapping[str, Any]) -> Shape:
    """The shape from a config of the transformers library, as in a model's config.json.

    Raises:
        LanguageError: the kind of model is not known, or a number is missing or no whole number.
    """
    kind = config.get("model_type")
    if kind not in _READERS:
        raise LanguageError(
            f"The config's model_type is {kind!r}, expected one of {', '.join(sorted(_READERS))}"
        )
    try:
        return _READERS[kind](config)
    except KeyError as error:
        raise LanguageError(f"The config of this {kind} has no {error.args[0]!r}") from None


def read_config(path: Path) -> dict[str, Any]:
    """A config from a file, or from config.json in a folder.

    Raises:
        LanguageError: there is no such file, or it holds no JSON object.
    """
    file = path / "config.json" if path.is_dir() else path
    try:
        config = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise LanguageError(
            f"{file} cannot be read: {error.strerror}; give a config.json, or the name of a model "
            "such as gpt2-xl"
        ) from None
    except ValueError:
        raise LanguageError(f"{file} is no JSON, expected a model's config.json") from None
    if not isinstance(config, dict):
        raise LanguageError(f"{file} holds no JSON object, expected a model's config.json")
    return config


# ---- parameters and memory ----


def parameters(shape: Shape) -> dict[str, int]:
    """The number of parameters of each part; their sum is the whole model's."""
    s, both = shape, shape.kind == "encoder-decoder"
    attentions = s.layers * (3 if both else 1)  # of T5: encoder, decoder, and from one to the other
    blocks = s.layers * (2 if both else 1)
    query, narrow = s.heads * s.head, s.groups * s.head
    attention = s.width * (query + 2 * narrow) + query * s.width
    attention += {"all": query + 2 * narrow + s.width, "qkv": query + 2 * narrow, "none": 0}[s.bias]
    feed_forward = (3 if s.gated else 2) * s.width * s.inner
    if s.bias == "all":
        feed_forward += s.inner + s.width
    norms = attentions + blocks + (2 if both else 1)  # one a part, and a last one or BERT's first
    return {
        "token table": s.vocabulary * s.width,
        "position table": (s.positions + s.segments) * s.width
        + s.distances * s.heads * (2 if both else 1),
        "attention": attentions * attention,
        "feed-forward": blocks * feed_forward,
        "norms": norms * s.norm * s.width,
        "output": (0 if s.one_table else s.vocabulary * s.width)
        + (s.width * (s.width + 1) if s.pooler else 0),
    }


def memory(shape: Shape, number: str = "bfloat16") -> float:
    """Bytes of the weights, stored as one of `BYTES`.

    Raises:
        LanguageError: the format is not known.
    """
    return sum(parameters(shape).values()) * _bytes_of(number)


def training_memory(shape: Shape) -> int:
    """Bytes of weights, gradients and Adam's moments in float32; activations come on top."""
    return sum(parameters(shape).values()) * ADAM_BYTES


def kv_cache(shape: Shape, tokens: int, number: str = "bfloat16") -> float:
    """Bytes of the keys and values that a decoder keeps for one text of so many tokens.

    An encoder keeps none; an encoder-decoder also keeps those of a source of equal length.
    """
    _check_tokens(tokens)
    stacks = {"encoder": 0, "decoder": 1, "encoder-decoder": 2}[shape.kind]
    numbers = 2 * stacks * shape.layers * shape.groups * shape.head * tokens
    return numbers * _bytes_of(number)


# ---- operations ----


def operations(shape: Shape, tokens: int) -> dict[str, int]:
    """Operations of each part for one forward pass over a text, without a cache.

    An encoder-decoder reads a source and writes a target of so many tokens each. A causal mask
    saves nothing here: the whole square of scores is computed.

    Raises:
        LanguageError: tokens is below 1.
    """
    _check_tokens(tokens)
    s, both = shape, shape.kind == "encoder-decoder"
    attentions = s.layers * (3 if both else 1)
    blocks = s.layers * (2 if both else 1)
    query, narrow = s.heads * s.head, s.groups * s.head
    maps = s.width * (query + 2 * narrow) + query * s.width
    return {
        "attention maps": 2 * tokens * attentions * maps,
        "attention scores": 2 * tokens * attentions * 2 * query * tokens,
        "feed-forward": 2 * tokens * blocks * (3 if s.gated else 2) * s.width * s.inner,
        "output": 2 * s.width * s.width * s.pooler
        if s.kind == "encoder"
        else 2 * tokens * s.width * s.vocabulary,
    }


def operations_per_token(shape: Shape, context: int) -> int:
    """Operations for one more token when the keys and values before it are in the cache.

    Raises:
        LanguageError: the shape is an encoder's, which writes no tokens.
    """
    _check_tokens(context)
    if shape.kind != "decoder":
        raise LanguageError(
            f"An {shape.kind} is not counted token by token; choose a decoder such as gpt2"
        )
    one = operations(shape, 1)
    return sum(one.values()) + one["attention scores"] * (context - 1)


def doubling(shape: Shape, tokens: int) -> dict[str, tuple[float, float]]:
    """What a text costs, and one twice as long: operations, bytes of the scores, of the cache."""
    return {
        "operations": (
            float(sum(operations(shape, tokens).values())),
            float(sum(operations(shape, 2 * tokens).values())),
        ),
        "attention scores": (
            float(operations(shape, tokens)["attention scores"]),
            float(operations(shape, 2 * tokens)["attention scores"]),
        ),
        "KV cache": (kv_cache(shape, tokens), kv_cache(shape, 2 * tokens)),
    }


def _bytes_of(number: str) -> float:
    if number not in BYTES:
        raise LanguageError(f"The number format is {number!r}, expected one of {', '.join(BYTES)}")
    return BYTES[number]


def _check_tokens(tokens: int) -> None:
    if tokens < 1:
        raise LanguageError(f"The text has {tokens} tokens, expected at least 1")


# ---- reading configs ----


def _whole(config: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = config.get(name)
    if value is None:
        if default is None:
            raise KeyError(name)
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise LanguageError(f"The config's {name} is {value!r}, expected a whole number above 0")
    return value


def _gpt2(config: Mapping[str, Any]) -> Shape:
    width, heads = _whole(config, "n_embd"), _whole(config, "n_head")
    positions = _whole(config, "n_positions")
    return Shape(
        kind="decoder",
        layers=_whole(config, "n_layer"),
        width=width,
        heads=heads,
        groups=heads,
        head=width // heads,
        inner=_whole(config, "n_inner", 4 * width),
        vocabulary=_whole(config, "vocab_size"),
        positions=positions,
        context=positions,
        gated=False,
        bias="all",
        norm=2,
        one_table=True,
    )


def _bert(config: Mapping[str, Any]) -> Shape:
    width, heads = _whole(config, "hidden_size"), _whole(config, "num_attention_heads")
    positions = _whole(config, "max_position_embeddings")
    return Shape(
        kind="encoder",
        layers=_whole(config, "num_hidden_layers"),
        width=width,
        heads=heads,
        groups=heads,
        head=width // heads,
        inner=_whole(config, "intermediate_size"),
        vocabulary=_whole(config, "vocab_size"),
        positions=positions,
        context=positions,
        gated=False,
        bias="all",
        norm=2,
        one_table=True,
        segments=_whole(config, "type_vocab_size", 2),
        pooler=True,
    )


def _llama(config: Mapping[str, Any]) -> Shape:
    width, heads = _whole(config, "hidden_size"), _whole(config, "num_attention_heads")
    return Shape(
        kind="decoder",
        layers=_whole(config, "num_hidden_layers"),
        width=width,
        heads=heads,
        groups=_whole(config, "num_key_value_heads", heads),
        head=_whole(config, "head_dim", width // heads),
        inner=_whole(config, "intermediate_size"),
        vocabulary=_whole(config, "vocab_size"),
        positions=0,
        context=config.get("max_position_embeddings"),
        gated=True,
        bias="qkv" if config["model_type"] == "qwen2" else "none",
        norm=1,
        one_table=bool(config.get("tie_word_embeddings", False)),
    )


def _t5(config: Mapping[str, Any]) -> Shape:
    heads = _whole(config, "num_heads")
    return Shape(
        kind="encoder-decoder",
        layers=_whole(config, "num_layers"),
        width=_whole(config, "d_model"),
        heads=heads,
        groups=heads,
        head=_whole(config, "d_kv"),
        inner=_whole(config, "d_ff"),
        vocabulary=_whole(config, "vocab_size"),
        positions=0,
        context=None,
        gated=str(config.get("feed_forward_proj", "relu")).startswith("gated"),
        bias="none",
        norm=1,
        one_table=bool(config.get("tie_word_embeddings", True)),
        distances=_whole(config, "relative_attention_num_buckets", 32),
    )


_READERS = {
    "gpt2": _gpt2,
    "bert": _bert,
    "llama": _llama,
    "mistral": _llama,
    "qwen2": _llama,
    "t5": _t5,
}
