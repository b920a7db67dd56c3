"""Maps of all heads: how much each token of a sentence looks at each other."""

from __future__ import annotations

import streamlit as st

from language.attention_maps import Maps, patterns
from language.errors import LanguageError
from ui.language_laboratory.attention import models
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import SLANTED, heat, overview
from ui.session import error_text
from ui.text import escape, t

SENTENCE = "The cat drank the milk because it was hungry."
PATTERNS = {
    "first": "the first token",
    "itself": "the token itself",
    "before": "the token before",
    "behind": "the token behind",
    "last": "the last token",
}


def show() -> None:
    """A sentence, a picture of all heads, and one head in large."""
    notice(
        "Most heads follow simple patterns (the token before, the token behind, the first or the "
        "last token); few of them look at the meaning."
    )
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        name = models.choose("maps_model")
    text = right.text_input(t("Sentence"), SENTENCE, key="maps_text")
    try:
        with st.spinner(t("Loading …")):
            maps = models.maps(name, text)
    except LanguageError as error:
        st.error(error_text(error))
        return
    layers, heads = maps.weights.shape[:2]
    start = (4, 2) if name == "encoder" else (1, 1)  # the encoder's looks from "it" at the cat
    left, right = st.columns([2, 3], gap="large")
    with left:
        layer = st.slider(t("Layer"), 1, layers, start[0], key=f"maps_layer_{name}")
        head = st.slider(t("Head"), 1, heads, start[1], key=f"maps_head_{name}")
        st.caption(escape(pattern(maps, layer, head)))
        _all_heads(maps, layer)
    with right:
        title = t("Layer {layer}, head {head}", layer=layer, head=head)
        chart = heat(
            maps.weights[layer - 1, head - 1],
            maps.tokens,
            maps.tokens,
            titles=(t("looks from"), t("to")),
        )
        size = max(300, min(620, 90 + 26 * len(maps.tokens)))
        chart = chart.properties(height=size, padding=SLANTED)
        st.altair_chart(chart, width="stretch", alt=title)
    think(
        "Why do so many heads look at [SEP] or at the first token?",
        "The weights of a row must sum to 1. A head that has nothing to say for a word puts its "
        "weight where the value is small and harms nothing: a place to rest.",
    )


def pattern(maps: Maps, layer: int, head: int) -> str:
    """In words: which simple pattern the head follows most."""
    if len(maps.tokens) < 3:
        return t("The sentence is too short for a pattern.")
    shares = {name: float(share[layer - 1, head - 1]) for name, share in patterns(maps).items()}
    name = max(shares, key=lambda one: shares[one])
    return t(
        "This head gives {share} % of its attention to {pattern}.",
        share=round(100 * shares[name]),
        pattern=t(PATTERNS[name]),
    )


def _all_heads(maps: Maps, layer: int) -> None:
    """The small maps: all layers of the encoder; of the decoder's many layers six around one."""
    layers = len(maps.weights)
    first = min(max(0, layer - 3), max(0, layers - 6))
    last = min(layers, first + 6)
    cell = max(1, min(4, 56 // len(maps.tokens)))
    caption = t(
        "Layers {first} to {last} from top to bottom, all heads from left to right",
        first=first + 1,
        last=last,
    )
    st.image(
        overview(maps.weights[first:last], cell), caption=caption, alt=caption, width="stretch"
    )
