"""Trained weights for `language.transformer`, taken from models of the transformers library.

The parameters are shared with the model they come from, not copied.
"""

from __future__ import annotations

import re
from typing import Any

from language.errors import LanguageError
from language.transformer import Config, Decoder, Encoder

_ENCODER = {  # our name of a module: BERT's
    "tokens": "embeddings.word_embeddings",
    "positions": "embeddings.position_embeddings",
    "segments": "embeddings.token_type_embeddings",
    "norm": "embeddings.LayerNorm",
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_forward.up": "intermediate.dense",
    "feed_forward.down": "output.dense",
    "feed_forward_norm": "output.LayerNorm",
}
_DECODER = {  # our name of a module: Llama's
    "tokens": "embed_tokens",
    "norm": "norm",
    "attention_norm": "input_layernorm",
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.output": "self_attn.o_proj",
    "feed_forward_norm": "post_attention_layernorm",
    "feed_forward.gate": "mlp.gate_proj",
    "feed_forward.up": "mlp.up_proj",
    "feed_forward.down": "mlp.down_proj",
}


def encoder_of(model: Any) -> Encoder:
    """Our encoder with the weights of a BERT of transformers, such as the bundled encoder.

    Raises:
        LanguageError: the model is of another kind.
    """
    config = model.config
    if config.model_type != "bert" or config.hidden_act != "gelu":
        raise _other_kind(config, "a BERT with GELU")
    encoder = Encoder(
        Config(
            vocabulary=config.vocab_size,
            width=config.hidden_size,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            inner=config.intermediate_size,
            positions=config.max_position_embeddings,
            segments=config.type_vocab_size,
            epsilon=config.layer_norm_eps,
        )
    )
    return _fill(encoder, getattr(model, "bert", model), _ENCODER, "encoder.layer")


def decoder_of(model: Any) -> Decoder:
    """Our decoder with the weights of a Llama of transformers, such as the bundled decoder.

    Raises:
        LanguageError: the model is of another kind, or its positions are stretched.
    """
    config = model.config
    rotary = getattr(config, "rope_parameters", None) or {}
    if config.model_type != "llama" or rotary.get("rope_type", "default") != "default":
        raise _other_kind(config, "a Llama with plain rotary positions")
    if not config.tie_word_embeddings:
        raise _other_kind(config, "a Llama with one table for input and output")
    decoder = Decoder(
        Config(
            vocabulary=config.vocab_size,
            width=config.hidden_size,
            layers=config.num_hidden_layers,
            heads=config.num_attention_heads,
            inner=config.intermediate_size,
            positions=config.max_position_embeddings,
            groups=config.num_key_value_heads,
            epsilon=config.rms_norm_eps,
            base=rotary.get("rope_theta", 10_000.0),
        )
    )
    return _fill(decoder, model.model, _DECODER, "layers")


def _fill(ours: Any, theirs: Any, names: dict[str, str], blocks: str) -> Any:
    weights = theirs.state_dict()

    def their_name(name: str) -> str:
        block, inner, kind = re.fullmatch(r"(blocks\.\d+\.)?(.+)\.(\w+)", name).groups()  # type: ignore[union-attr]
        return f"{(block or '').replace('blocks', blocks)}{names[inner]}.{kind}"

    ours.load_state_dict(
        {name: weights[their_name(name)] for name in ours.state_dict()}, assign=True
    )
    return ours.eval().requires_grad_(False)


def _other_kind(config: Any, expected: str) -> LanguageError:
    return LanguageError(
        f"The model is of the kind {config.model_type!r}, expected {expected}; "
        "the bundled encoder and decoder are"
    )
