"""Image, word, sentence, node: each becomes a vector, and a cosine says what is similar."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
import torch

from generative.errors import DataMissing
from generative.latent import codes_of
from generative.pictures import grid
from language import graph as graphs
from language import vectors
from language.graph import WalkRecipe
from ui.laboratory import cache as images_cache
from ui.language_laboratory.vector_charts import neighbour_bars, number_strip
from ui.language_laboratory.vectors.nodes import karate
from ui.language_laboratory.vectors.sentences import EXAMPLE, vectors_of
from ui.language_laboratory.vectors.tokens import table_of
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

_WORDS = ("king", "queen", "paris", "berlin", "milk", "bread", "river", "mountain", "train", "car",
          "doctor", "teacher", "summer", "winter", "guitar", "piano")  # fmt: skip
_IMAGES = 200


@st.cache_resource(show_spinner=False)
def image_codes() -> tuple[torch.Tensor, np.ndarray, bool]:
    """Images of digits, their codes by the bundled autoencoder, and whether they are MNIST's.

    Without MNIST they are drawn by the bundled GAN.
    """
    try:
        images, real = images_cache.images().test.first(_IMAGES).floats, True
    except DataMissing:
        images, real = images_cache.samples("gan", _IMAGES, 0, None)[0], False
    return images, codes_of(images_cache.model("autoencoder"), images), real


@st.cache_resource(show_spinner=False)
def karate_vectors() -> np.ndarray:
    """node2vec of the karate club with the default recipe, (34, 16)."""
    return graphs.node_vectors(karate().graph, WalkRecipe())


def show() -> None:
    """The four kinds, in the same three steps: thing, vector, similarity."""
    notice(
        "An image, a word, a sentence and a node end as the same thing, a list of numbers, and "
        "the same cosine says what is similar."
    )
    st.markdown(
        escape(
            t("Four kinds of things, the same three steps: the thing, its vector, what is similar.")
        )
    )
    kinds: tuple[Callable[[], None], ...] = (_image, _word, _sentence, _node)
    for pair in (kinds[:2], kinds[2:]):
        for column, draw in zip(st.columns(2, gap="medium"), pair, strict=True):
            with column, st.container(border=True):
                draw()
    think(
        "Can the vector of the word cat be compared with the code of an image of a cat?",
        "Not here. Each model made a space of its own, in which the same place of a vector means "
        "something else. CLIP trains an encoder of images and one of texts together, so that an "
        "image and its caption get similar vectors.",
    )


def _steps(title: str, maker: str, vector: np.ndarray) -> None:
    st.markdown(escape(maker))
    st.altair_chart(
        number_strip(vector, t), width="stretch", alt=t("Vector of: {title}", title=title)
    )
    st.caption(escape(t("{count} numbers", count=len(vector))))


def _similar(names: Sequence[str], rows: np.ndarray, own: int, title: str) -> None:
    units = vectors.unit_rows(rows)
    near = [
        {"neighbour": names[one.row], "cosine": one.cosine}
        for one in vectors.neighbours(units[own], units, 4, {own})
    ]
    st.altair_chart(
        neighbour_bars(near, t), width="stretch", alt=t("Most similar to: {title}", title=title)
    )


def _image() -> None:
    st.markdown(f"**{escape(t('Image'))}**")
    images, codes, real = image_codes()
    number = int(st.number_input(t("Number of the image"), 0, _IMAGES - 1, 7, key="kinds_image"))
    st.image(grid(images[number][None], 1, scale=3), alt=t("The image"), width=84)
    _steps(t("Image"), t("The encoder of an autoencoder makes its code."), codes[number])
    units = vectors.unit_rows(codes - codes.mean(axis=0))
    near = vectors.neighbours(units[number], units, 4, {number})
    with st.container(width=4 * 90):  # on a phone as wide as the screen
        st.image(
            grid(images[[one.row for one in near]], 4, scale=3),
            caption=", ".join(f"{one.cosine:.2f}" for one in near),
            alt=t("The four most similar images"),
            width="stretch",
        )
    if not real:
        st.caption(escape(t("The images are drawn by the bundled GAN, since MNIST is not here.")))


def _word() -> None:
    st.markdown(f"**{escape(t('Word'))}**")
    word = st.selectbox(t("Word"), _WORDS, key="kinds_word")
    table, _, tokenizer = table_of("encoder")
    rows = table[[vectors.token_ids(name, tokenizer)[0] for name in _WORDS]]
    own = _WORDS.index(word)
    _steps(word, t("The embedding table of an encoder holds its row."), rows[own])
    _similar(_WORDS, rows, own, word)


def _sentence() -> None:
    st.markdown(f"**{escape(t('Sentence'))}**")
    sentences = tuple(EXAMPLE.splitlines())
    sentence = st.selectbox(t("Sentence"), sentences, key="kinds_sentence")
    rows, own = vectors_of(sentences), sentences.index(sentence)
    _steps(sentence, t("A bi-encoder makes the mean of its tokens' states."), rows[own])
    _similar(sentences, rows, own, sentence)


def _node() -> None:
    st.markdown(f"**{escape(t('Node of a graph'))}**")
    nodes, rows = karate(), karate_vectors()
    names = [f"{name} ({group})" for name, group in zip(nodes.names, nodes.groups, strict=True)]
    own = st.selectbox(
        t("Member of the karate club"), range(len(names)), format_func=names.__getitem__,
        key="kinds_node",
    )  # fmt: skip
    _steps(names[own], t("Random walks and skip-gram make it (node2vec)."), rows[own])
    _similar(names, rows, own, names[own])
