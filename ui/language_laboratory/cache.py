"""What the page loads once for all readers: the bundled models and their tokenisers."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.language_laboratory.models import decoder_folder, encoder_folder


@st.cache_resource(show_spinner=False)
def encoder() -> tuple[Any, Any]:
    """The bundled encoder in float32, and its tokeniser."""
    from language.loading import load_encoder

    return load_encoder(encoder_folder())


@st.cache_resource(show_spinner=False)
def decoder() -> tuple[Any, Any]:
    """The bundled decoder in float32, and its tokeniser."""
    from language.loading import load_decoder

    return load_decoder(decoder_folder())
