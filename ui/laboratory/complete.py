"""Image completion: samples of the lower rows of an image, given the upper ones."""

from __future__ import annotations

import streamlit as st

from ui.laboratory import cache, pixels
from ui.laboratory.widgets import choose_model, row, sentence
from ui.text import escape, t


def show() -> None:
    """A test image, its given upper rows, and four completions."""
    name = choose_model(cache.of_family("autoregressive"), "complete_model")
    st.markdown(escape(sentence("autoregressive")))
    dataset = cache.dataset_of(name)
    images = cache.images(dataset)
    size, last = images.image_size, len(images.test) - 1
    left, middle, right = st.columns(3)
    number = int(
        left.number_input(t("Number of a test image"), 0, last, 0, key=f"halved_{dataset}")
    )
    rows = middle.slider(
        t("Given rows (of {size})", size=size),
        2 * size // 7,
        6 * size // 7,
        size // 2,
        key=f"given_rows_{dataset}",
    )
    seed = int(right.number_input(t("Seed"), 0, 2**31 - 1, 0, key="half_seed"))
    image = (cache.digit_image(number, dataset) > 0.5).float()
    given = image.clone()
    given[:, :, rows:] = 0.35  # grey: not given to the model
    row([image, given], [t("Test image"), t("Input of the model")])
    drawn = pixels.draw(name, image.repeat(4, 1, 1, 1), rows, seed)
    if drawn is not None:
        labels = [t("Completion {number}", number=n) for n in range(1, 5)]
        row(list(drawn[0].split(1)), labels)
