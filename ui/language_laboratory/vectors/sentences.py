"""Sentences as vectors: their similarity matrix, and one cosine worked out by hand."""

from __future__ import annotations

import numpy as np
import streamlit as st

from language import vectors
from language.errors import LanguageError
from ui.language_laboratory import cache
from ui.language_laboratory.vector_charts import similarity_map
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

EXAMPLE = """The cat sleeps on the sofa.
A kitten is napping on the couch.
The central bank raises interest rates.
Die Katze schläft auf dem Sofa.
The dog does not sleep on the sofa."""
MOST = 12


@st.cache_data(show_spinner=False, max_entries=50)
def vectors_of(sentences: tuple[str, ...]) -> np.ndarray:
    """Unit vectors of sentences by the bundled encoder, (n, 384)."""
    return vectors.sentence_vectors(sentences, *cache.encoder())


def show() -> None:
    """The matrix of sentences that the reader types, and the arithmetic of one pair."""
    notice(
        "Sentences about the same things have a large cosine even in other words, and a “not” "
        "changes it little; a language that the encoder does not know looks like another subject."
    )
    text = st.text_area(t("Sentences, one on each line"), EXAMPLE, key="sentence_text", height=150)
    sentences = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not 2 <= len(sentences) <= MOST:
        raise LanguageError(
            t("{count} sentences, expected 2 to {most}", count=len(sentences), most=MOST)
        )
    rows = vectors_of(sentences)
    matrix = vectors.similarity_matrix(rows)
    left, right = st.columns(2, gap="large")
    with left:
        st.altair_chart(
            similarity_map(sentences, matrix, t), width="stretch", alt=t("Similarity of sentences")
        )
        for number, sentence in enumerate(sentences, 1):
            st.caption(f"{number}: {escape(sentence)}")
    with right:
        choices = list(range(len(sentences)))
        first, second = st.columns(2)
        a = first.selectbox(t("Sentence a"), choices, 0, lambda n: str(n + 1), key="sentence_a")
        b = second.selectbox(t("Sentence b"), choices, 1, lambda n: str(n + 1), key="sentence_b")
        if a >= len(sentences) or b >= len(sentences):
            a, b = 0, 1
        by_hand(rows[a], rows[b], float(matrix[a, b]))
    think(
        "Both vectors have length 1. What is left of the formula of the cosine?",
        "The dot product alone: both lengths in the denominator are 1. That is why a search "
        "stores unit vectors and looks for the largest inner product.",
    )


def by_hand(a: np.ndarray, b: np.ndarray, library: float) -> None:
    """Dot product, lengths and angle, beside the value of the library."""
    from sklearn.metrics.pairwise import cosine_similarity

    steps = vectors.cosine_steps(a, b)
    st.table(
        {
            "i": [str(n + 1) for n in range(4)] + ["…"],
            "aᵢ": [f"{v:.4f}" for v in a[:4]] + ["…"],
            "bᵢ": [f"{v:.4f}" for v in b[:4]] + ["…"],
            "aᵢ · bᵢ": [f"{v:.5f}" for v in steps.products[:4]] + ["…"],
        }
    )
    lines = [
        t("Dot product: the sum of all {count} products", count=len(a)) + f" = {steps.dot:.4f}",
        t("Lengths") + f": |a| = {steps.norms[0]:.4f}, |b| = {steps.norms[1]:.4f}",
        t("Cosine")
        + f" = {steps.dot:.4f} / ({steps.norms[0]:.4f} · {steps.norms[1]:.4f}) = {steps.cosine:.4f}",
        t("Angle") + f" = {steps.angle:.1f}°",
        t("The same from scikit-learn") + f": {cosine_similarity(a[None], b[None])[0, 0]:.4f}",
    ]
    for line in lines:
        st.markdown(escape(line))
