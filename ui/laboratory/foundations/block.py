"""All topics: the first block of the course, each topic a link to where it can be tried."""

from __future__ import annotations

import streamlit as st

from ui.navigation import link_to
from ui.text import escape, t

# The topic's name, the page of the app, and what its address names; docs/generative.md has the same.
TOPICS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("What generative AI is", "generative", {"part": "sample"}),
    (
        "Discriminative and generative models",
        "generative",
        {"part": "foundations", "topic": "cars"},
    ),
    ("p(x) as a model", "generative", {"part": "toy"}),
    (
        "Why generation is hard, in pixels and words",
        "generative",
        {"part": "foundations", "topic": "difficulty"},
    ),
    (
        "Six families of generative models",
        "generative",
        {"part": "foundations", "topic": "taxonomy"},
    ),
    ("The variational autoencoder", "generative", {"part": "latent", "model": "vae"}),
    ("Generative adversarial networks", "generative", {"part": "sample", "model": "gan"}),
    ("Diffusion: scheduler, time step, U-Net", "generative", {"part": "denoise"}),
    ("Generation, density, representation", "generative", {"part": "compare"}),
    ("Image, word, sentence and graph node as a vector", "language", {"room": "vectors"}),
    ("The autoencoder", "generative", {"part": "latent", "model": "autoencoder"}),
    ("Three kinds of transformer, and self-attention", "language", {"room": "attention"}),
    ("Encoders: embeddings, fine-tuning, cross-encoder", "language", {"room": "encoders"}),
    ("Decoders: the next word, and size", "language", {"room": "streams"}),
    ("Tokenisation", "language", {"room": "tokens"}),
    ("Search and sampling strategies", "language", {"room": "next_word"}),
)


def show() -> None:
    """The list of links."""
    st.markdown(
        escape(
            t("The first block of the course in sixteen topics; each opens where it can be tried.")
        )
    )
    # Streamlit marks links to the open page, which most of these are.
    st.html(
        "<style>.st-key-topics_of_block a { background: none; }"
        ".st-key-topics_of_block a * { font-weight: 400; }</style>"
    )
    with st.container(key="topics_of_block", gap="xsmall"):
        for number, (name, module, values) in enumerate(TOPICS, start=1):
            link_to(module, f"{number}. {t(name)}", **values)
