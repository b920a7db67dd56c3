"""Masked words: what the encoder expects in place of [MASK]."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from language import masked
from ui.language_laboratory import cache
from ui.language_laboratory.encoder_charts import candidate_bars
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

EXAMPLES = (
    "The [MASK] drank the milk because it was hungry.",
    "An autoencoder compresses an image into a small [MASK].",
    "The capital of France is [MASK].",
    "Photosynthesis turns light into chemical [MASK].",
)


@st.cache_resource(show_spinner=False)
def bundled() -> masked.MaskedModel:
    """The bundled encoder with its head."""
    return masked.bundled_model(*cache.encoder())


@st.cache_resource(show_spinner=False, max_entries=2)
def from_hub(name: str) -> masked.MaskedModel:
    """A masked model from a folder or the hub."""
    return masked.hub_model(name)


def show() -> None:
    """A text with masks, and the likeliest words for each."""
    notice(
        "The encoder sees both sides of the gap: change a word behind [MASK], and the words for "
        "the gap change too."
    )
    example = st.selectbox(t("Example"), EXAMPLES, key="mask_example")
    text = st.text_input(
        t("Text with [MASK]"), example, key=f"mask_text_{EXAMPLES.index(example)}", max_chars=2000
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    name = left.text_input(
        t("Model"), "", placeholder="all-MiniLM-L6-v2", key="mask_model",
        help=t("Empty: the bundled encoder. Else a folder or a name on the hub, such as "
               "google-bert/bert-base-uncased."),
    )  # fmt: skip
    count = right.slider(t("Words for each mask"), 3, 20, 8, key="mask_count")
    model = from_hub(name.strip()) if name.strip() else bundled()
    for place, candidates in enumerate(masked.fill_mask(text, model, count), 1):
        if text.count(masked.MASK) > 1:
            st.markdown(f"**{escape(t('Mask {number}', number=place))}**")
        rows = [{"mask": 1, **asdict(one)} for one in candidates]
        st.altair_chart(
            candidate_bars(rows, t), width="stretch", alt=t("Likeliest words for the mask")
        )
    if not name.strip():
        test = masked.card_of()["test"]
        st.caption(
            escape(
                t(
                    "This encoder was made to compare sentences; for masked words a head and "
                    "low-rank updates of all its layers were trained for this program, on few texts. "
                    "On texts that it never saw, its first word is right for {first} % of the masks, "
                    "and one of ten for {ten} %.",
                    first=round(100 * test["first"]),
                    ten=round(100 * test["first ten"]),
                )
            )
        )
    think(
        "Why can an encoder fill a gap in the middle, and not write on at the end?",
        "It was trained with both sides of the gap in view. When it writes, the right side does "
        "not exist yet; a decoder is trained with the left side alone.",
    )
