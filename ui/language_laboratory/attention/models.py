"""Our transformers with the bundled weights, and maps of sentences, computed once."""

from __future__ import annotations

from copy import copy
from typing import Any

import streamlit as st

from language.attention_maps import Maps, attention_maps
from language.pretrained import decoder_of, encoder_of
from language.text import check_text
from ui.language_laboratory import cache
from ui.text import t

MODELS = {  # name: how readers see it
    "encoder": "Encoder (all-MiniLM-L6-v2)",
    "decoder": "Decoder (SmolLM2-135M)",
}


@st.cache_resource(show_spinner=False)
def model(name: str) -> tuple[Any, Any]:
    """Our encoder or decoder, which shares the weights of the page's, and its tokeniser."""
    if name == "encoder":
        theirs, tokenizer = cache.encoder()
        return encoder_of(theirs), tokenizer
    theirs, tokenizer = cache.decoder()
    return decoder_of(theirs), tokenizer


@st.cache_resource(show_spinner=False)
def first_blocks(name: str, number: int) -> tuple[Any, Any]:
    """The same model without the blocks behind the first ones, and its tokeniser."""
    whole, tokenizer = model(name)
    part = copy(whole)
    part._modules = dict(whole._modules)  # the copy's own; the blocks are shared
    part.blocks = whole.blocks[:number]
    return part, tokenizer


@st.cache_data(max_entries=64, show_spinner=False)
def maps(name: str, text: str) -> Maps:
    """The attention maps of a sentence in a model.

    Raises:
        LanguageError: the text cannot be shown.
    """
    check_text(text)
    return attention_maps(*model(name), text)


def choose(key: str) -> str:
    """Let the reader choose a model."""
    return st.segmented_control(
        t("Model"),
        list(MODELS),
        default="encoder",
        required=True,
        format_func=lambda name: t(MODELS[name]),
        key=key,
        wrap=True,
    )
