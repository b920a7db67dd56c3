"""Bi-encoder against cross-encoder on the same pairs."""

from __future__ import annotations

import math
from textwrap import shorten

import streamlit as st

from language.errors import LanguageError
from language.pairs import Comparison, compare
from ui.language_laboratory.encoder_charts import growth_chart
from ui.language_laboratory.widgets import notice, number_table, think
from ui.text import escape, t

QUESTION = "Why do we add noise to an image in a diffusion model?"
TEXTS = """The forward process adds a little noise in each step until the image is pure noise.
A network learns to undo the noise, so that sampling can start from noise and end in an image.
Noise in an image is a random change of its pixels, often by a bad camera.
A diffusion model was used for an image of a cat.
Gradient descent follows the negative gradient.
The cost of noise near airports is paid by the people who live there."""
MOST = 20
DOCUMENTS = (10, 100, 1_000, 10_000, 100_000, 1_000_000)


@st.cache_resource(show_spinner=False)
def readers():  # type: ignore[no-untyped-def]
    """The bundled bi-encoder and the bundled cross-encoder, without stored scores."""
    from ingest import weights
    from ingest.embed import BiEncoder
    from rag.settings import ModelSettings
    from rag.split_reranker import SplitReranker

    encoder = BiEncoder(dtype="float32")
    reranker = SplitReranker(weights.locate(weights.RERANKER), ModelSettings(), cached_pairs=1)
    compare("Ready?", ["Yes.", "No."], encoder.encode, reranker.score)  # loads both
    return encoder, reranker


@st.cache_data(show_spinner=False, max_entries=50)
def comparison(question: str, texts: tuple[str, ...]) -> Comparison:
    """Scores and times of the pairs."""
    encoder, reranker = readers()
    return compare(question, texts, encoder.encode, reranker.score)


def show() -> None:
    """A question, texts, both scores with ranks, times, and how they grow."""
    notice(
        "The bi-encoder reads each text alone, the cross-encoder reads question and text "
        "together: look where their orders differ, and at the time of a pair."
    )
    question = st.text_input(t("Question"), QUESTION, key="pairs_question", max_chars=1000)
    text = st.text_area(t("Texts, one on each line"), TEXTS, key="pairs_texts", height=190)
    texts = tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    if not 2 <= len(texts) <= MOST:
        raise LanguageError(t("{count} texts, expected 2 to {most}", count=len(texts), most=MOST))
    result = comparison(question, texts)
    number_table(
        [
            {
                t("Rank (cross)"): one.cross_rank,
                t("Cross-encoder"): round(one.cross, 3),
                t("Rank (bi)"): one.bi_rank,
                t("Bi-encoder"): round(one.bi, 3),
                t("Text"): one.text,
            }
            for one in sorted(result.scores, key=lambda one: one.cross_rank)
        ],
        {t("Cross-encoder"): 3, t("Bi-encoder"): 3},
    )
    st.markdown(
        escape(
            t(
                "Scores are in [0, 1]: (1 + cosine) / 2 for the bi-encoder, a probability for the "
                "cross-encoder. Agreement of the two orders (Kendall's tau): {tau}.",
                tau="–" if math.isnan(result.agreement) else f"{result.agreement:.2f}",
            )
        )
    )
    reads(question, result.scores[0].text)
    growth(result)
    think(
        "Why does a search not use the cross-encoder alone?",
        "It must read each pair of a question and a document: a million documents are a million "
        "readings for each question. The bi-encoder reads the documents once and before; a "
        "question then costs one reading and the dot products.",
    )


def reads(question: str, text: str) -> None:
    """What each of the two models reads of a pair."""
    st.markdown(f"**{escape(t('What each model reads'))}**")
    q, d = (shorten(one, 22, placeholder=" …") for one in (question, text))
    lines = [
        "Bi-encoder",
        f"  [CLS] {q} [SEP] → q",
        f"  [CLS] {d} [SEP] → d",
        "  (1 + cos(q, d)) / 2",
        "Cross-encoder",
        f"  [CLS] {q} [SEP]",  # two lines, for a phone
        f"  {d} [SEP] → p",
    ]
    st.code("\n".join(lines), language=None)
    st.caption(
        escape(
            t(
                "The bundled cross-encoder reads both apart in its lower four layers, whose states it "
                "stores, and together in the last two."
            )
        )
    )


def growth(result: Comparison) -> None:
    """Time of a question over the number of documents, from the times just measured."""
    count = len(result.scores)
    left, right = st.columns(2)
    left.metric(
        t("Bi-encoder: a pair, once the texts are encoded"),
        milliseconds((result.encode_question + result.dot_products) / count),
    )
    right.metric(t("Cross-encoder: a pair"), milliseconds(result.read_pairs / count))
    points = []
    for documents in DOCUMENTS:
        ready, bi, cross = result.seconds(documents)
        for kind, seconds in (
            ("Bi-encoder, a question", bi),
            ("Cross-encoder, a question", cross),
            ("Bi-encoder, all documents once", ready),
        ):
            points.append({"documents": documents, "seconds": seconds, "kind": t(kind)})
    st.altair_chart(
        growth_chart(points, t), width="stretch", alt=t("Seconds by number of documents")
    )
    st.caption(
        escape(
            t(
                "Measured on these pairs and multiplied. Search therefore uses both: the bi-"
                "encoder "
                "finds some dozens of candidates, the cross-encoder orders them."
            )
        )
    )


def milliseconds(seconds: float) -> str:
    """A time for readers."""
    return f"{1000 * seconds:.3g} ms"
