"""Sizes from configs against transformers' own models and torch's counter of operations."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM

from language.errors import LanguageError
from language.known_models import KNOWN_MODELS, known_model
from language.size import (
    doubling,
    kv_cache,
    memory,
    operations,
    operations_per_token,
    parameters,
    read_config,
    shape_of,
    training_memory,
)

# A small model of each kind, with numbers that no two dimensions share.
SMALL = {
    "gpt2": {"n_layer": 3, "n_embd": 48, "n_head": 4, "n_positions": 70, "vocab_size": 301},
    "bert": {
        "num_hidden_layers": 3,
        "hidden_size": 48,
        "num_attention_heads": 4,
        "intermediate_size": 100,
        "max_position_embeddings": 70,
        "type_vocab_size": 3,
        "vocab_size": 301,
    },
    "llama": {
        "num_hidden_layers": 3,
        "hidden_size": 48,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 10,
        "intermediate_size": 100,
        "vocab_size": 301,
        "tie_word_embeddings": False,
    },
    "qwen2": {
        "num_hidden_layers": 3,
        "hidden_size": 48,
        "num_attention_heads": 4,
        "num_key_value_heads": 1,
        "intermediate_size": 100,
        "vocab_size": 301,
        "tie_word_embeddings": True,
    },
    "t5": {
        "num_layers": 3,
        "d_model": 48,
        "num_heads": 4,
        "d_kv": 10,
        "d_ff": 100,
        "vocab_size": 301,
        "tie_word_embeddings": True,
    },
}


def built(config, device="meta"):
    """transformers' model of a config; on the device "meta" its weights take no memory."""
    kind = {"bert": AutoModel, "t5": AutoModelForSeq2SeqLM}.get(
        config["model_type"], AutoModelForCausalLM
    )
    with torch.device(device):
        theirs = AutoConfig.for_model(**config)
        return kind.from_config(theirs, attn_implementation="eager").eval()


def counted(model, tokens):
    """Operations of one forward pass by torch's counter."""
    ids = torch.zeros(1, tokens, dtype=torch.long)
    more = {"decoder_input_ids": ids} if model.config.model_type == "t5" else {}
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=ids, use_cache=False, **more)
    return counter.get_total_flops()


@pytest.mark.parametrize("kind", SMALL)
def test_parameters_and_operations_of_small_models_are_exact(kind):
    config = {"model_type": kind, **SMALL[kind]}
    model, shape = built(config, "cpu"), shape_of(config)
    assert sum(parameters(shape).values()) == model.num_parameters()
    for tokens in (1, 16, 64):
        ours = sum(operations(shape, tokens).values())
        assert ours == pytest.approx(counted(model, tokens), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN_MODELS)
def test_parameters_of_known_models_are_exact(name):
    config = KNOWN_MODELS[name].config
    assert sum(parameters(shape_of(config)).values()) == built(config).num_parameters()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gpt2", "minilm-l6", "smollm2-135m", "t5-small"])
def test_operations_of_known_models_agree_with_torch(name):
    config = KNOWN_MODELS[name].config
    model = built(config, "cpu")
    for tokens in (64, 256):
        ours = sum(operations(shape_of(config), tokens).values())
        assert ours == pytest.approx(counted(model, tokens), rel=0.03)


@pytest.mark.parametrize(
    ("name", "millions"),
    [("gpt2", 124), ("gpt2-medium", 355), ("gpt2-large", 774), ("gpt2-xl", 1558)],
)
def test_the_published_sizes_of_gpt2(name, millions):
    assert sum(parameters(shape_of(known_model(name).config)).values()) == pytest.approx(
        millions * 1e6, rel=0.01
    )


@pytest.mark.parametrize("name", KNOWN_MODELS)
def test_published_sizes_are_near(name):
    """Authors round; BERT-large's 340 million are 335 with the base model's vocabulary."""
    model = KNOWN_MODELS[name]
    count = sum(parameters(shape_of(model.config)).values())
    assert count == pytest.approx(model.published, rel=0.015)


def test_the_cache_is_as_large_as_that_of_transformers():
    config = {"model_type": "llama", **SMALL["llama"]}
    with torch.device("cpu"):
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(**config))
    with torch.no_grad():
        cache = model(torch.zeros(1, 9, dtype=torch.long), use_cache=True).past_key_values
    held = sum(
        tensor.numel() * tensor.element_size()
        for layer in cache.layers
        for tensor in (layer.keys, layer.values)
    )
    assert kv_cache(shape_of(config), 9, "float32") == held


def test_by_hand():
    """GPT-3: 4.5 MB of cache per token, as 2 x 96 layers x 12,288 numbers x 2 bytes."""
    shape = shape_of(known_model("gpt3").config)
    assert kv_cache(shape, 1) == 2 * 96 * 12_288 * 2
    assert memory(shape, "float32") == 2 * memory(shape, "bfloat16") == 8 * memory(shape, "int4")
    assert training_memory(shape) == 4 * memory(shape, "float32")
    # grouped queries: Llama 3 70B keeps an eighth of what 64 heads would need
    grouped = shape_of(known_model("llama-3-70b").config)
    assert kv_cache(grouped, 8192) == 2 * 80 * 8 * 128 * 8192 * 2


def test_doubling_the_context_doubles_the_cache_and_quadruples_the_scores():
    costs = doubling(shape_of(known_model("gpt2").config), 512)
    assert costs["KV cache"][1] == 2 * costs["KV cache"][0]
    assert costs["attention scores"][1] == 4 * costs["attention scores"][0]
    once, twice = costs["operations"]
    assert 2 * once < twice < 4 * once


def test_token_by_token_costs_as_much_as_at_once_but_for_the_mask():
    """With a cache the half of the scores that the mask forbids is never computed."""
    shape, tokens = shape_of(known_model("smollm2-135m").config), 50
    single = sum(operations_per_token(shape, place) for place in range(1, tokens + 1))
    whole = operations(shape, tokens)
    seen = whole["attention scores"] * (tokens + 1) / (2 * tokens)
    assert single == pytest.approx(sum(whole.values()) - whole["attention scores"] + seen)


def test_bad_configs_are_named(tmp_path):
    with pytest.raises(LanguageError, match="model_type is 'mamba', expected one of bert, gpt2"):
        shape_of({"model_type": "mamba"})
    with pytest.raises(LanguageError, match="gpt2 has no 'n_head'"):
        shape_of({"model_type": "gpt2", "n_embd": 8, "n_positions": 8})
    with pytest.raises(LanguageError, match="n_embd is 0, expected a whole number above 0"):
        shape_of({"model_type": "gpt2", "n_embd": 0, "n_head": 8})
    with pytest.raises(LanguageError, match=r"no model 'gpt9'; give a config\.json or one of gpt2"):
        known_model("gpt9")
    assert known_model("openai-community/GPT2") is KNOWN_MODELS["gpt2"]
    with pytest.raises(LanguageError, match="cannot be read"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(LanguageError, match="holds no JSON object"):
        read_config(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(LanguageError, match="is no JSON"):
        read_config(tmp_path / "config.json")
    shape = shape_of(known_model("bert-base").config)
    with pytest.raises(LanguageError, match="0 tokens, expected at least 1"):
        operations(shape, 0)
    with pytest.raises(LanguageError, match="'int3', expected one of float32"):
        memory(shape, "int3")
    with pytest.raises(LanguageError, match="An encoder is not counted token by token"):
        operations_per_token(shape, 5)
    assert kv_cache(shape, 100) == 0
