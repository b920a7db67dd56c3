"""Codes and similarity: the training images whose codes are most similar, by three measures."""

from __future__ import annotations

import numpy as np
import streamlit as st

from generative.latent import Measure, codes_of, neighbours
from ui.laboratory import cache
from ui.laboratory.widgets import pictures, title
from ui.text import escape, t

MEASURES: dict[Measure, str] = {
    "euclidean": "Euclidean distance",
    "cosine": "Cosine",
    "dot": "Scalar product",
}
_PIXELS = "pixels"
_SHOWN, _REFERENCES, _QUERIES = 8, 5000, 200


def show() -> None:
    """A digit, codes and a measure; the most similar images, and how often they agree."""
    st.markdown(
        escape(
            t(
                "A code is a vector, and similar images have similar codes: a search compares codes "
                "instead of pixels. What is similar depends on the code and on the measure."
            )
        )
    )
    images = cache.images()
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    spaces = [*cache.of_family("vae", "autoencoder"), _PIXELS]
    spaces = [one for one in spaces if one == _PIXELS or cache.dataset_of(one) == "mnist"]
    space = left.selectbox(t("Codes"), spaces, format_func=name_of, key="similarity_codes")
    measure = middle.selectbox(
        t("Measure"), list(MEASURES), format_func=lambda one: t(MEASURES[one]), key="measure"
    )
    row = int(
        right.number_input(
            t("Number of a test image"), 0, len(images.test) - 1, 4, key="similarity_query"
        )
    )
    query = cache.digit_image(row)
    with st.spinner(t("Encoding …")):
        codes = training_codes(space)
        of_query = encode(space, query)[0]
        rows = neighbours(codes, of_query, _SHOWN, measure)
    pictures(query, 1, t("The test image"), scale=4)
    train = images.train.first(_REFERENCES)
    label = t("The most similar of {count} training images", count=_REFERENCES)
    pictures(train.floats[rows], _SHOWN, label, scale=3)
    st.caption(escape(label))
    st.markdown(escape(t("Share of the nearest image that shows the same digit")))
    with st.spinner(t("Measuring …")):
        table = {
            t("Measure"): [t(one) for one in MEASURES.values()],
            **{name_of(one): [agreement(one, each) for each in MEASURES] for one in spaces},
        }
    st.dataframe(table, hide_index=True, width="stretch")
    st.caption(
        escape(
            t(
                "Of {queries} test images. The scalar product prefers long codes, whatever "
                "they show; the cosine compares directions alone.",
                queries=_QUERIES,
            )
        )
    )


def name_of(space: str) -> str:
    """The name of a space of codes for readers."""
    return t("Pixels") if space == _PIXELS else title(space)


def encode(space: str, images) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The codes of images, (images, dimensions)."""
    if space == _PIXELS:
        return images.flatten(1).numpy()
    return codes_of(cache.model(space), images)


def training_codes(space: str) -> np.ndarray:
    """The codes of the training images that are searched."""
    if space == _PIXELS:
        return encode(space, cache.images().train.first(_REFERENCES).floats)
    return cache.training_codes(space)[:_REFERENCES]


@st.cache_data(show_spinner=False, max_entries=60)
def agreement(space: str, measure: Measure) -> float:
    """The share of test images whose most similar training image shows the same digit."""
    images = cache.images()
    test, labels = images.test.first(_QUERIES), images.train.labels.numpy()
    codes = training_codes(space)
    nearest = [neighbours(codes, one, 1, measure)[0] for one in encode(space, test.floats)]
    return round(float((labels[nearest] == test.labels.numpy()).mean()), 3)
