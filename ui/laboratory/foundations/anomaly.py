"""Density and anomalies: the scores of digits and of other images, and a threshold between them."""

from __future__ import annotations

import altair as alt
import numpy as np
import streamlit as st

from generative import figures
from generative.anomalies import KINDS as CHANGES
from generative.anomalies import anomaly_scores, auroc
from generative.baselines import FAMILY, random_part
from ui.laboratory import cache
from ui.laboratory.widgets import choose_model, pictures, title
from ui.text import escape, t

KINDS = {
    "letters": "Printed letters",
    "fonts": "Printed digits",
    "rotated": "Rotated digits",
    "erased": "Partly erased digits",
    "inverted": "Inverted digits",
    "noisy": "Noisy digits",
}
_FAMILIES = ("vae", "autoencoder", "flow", "gan", "energy", "autoregressive")
_COLOURS = ("#2f86a8", "#c77700")  # 3 : 1 and more on both themes
_COUNT = 200


def show() -> None:
    """A model and a kind of images, their scores as histograms, and a threshold."""
    st.markdown(
        escape(
            t(
                "A model of p(x) says how usual an image is: −ln p(x) is an anomaly score. A family "
                "without a density has another score: the reconstruction error, the energy, or the "
                "discriminator's score."
            )
        )
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        name = choose_model(cache.of_family(*_FAMILIES), "anomaly_model", "vae")
    kind = right.selectbox(
        t("Other images"), list(KINDS), format_func=lambda one: t(KINDS[one]), key="anomaly_kind"
    )
    with st.spinner(t("Measuring …")):
        usual, unusual = scores(name, cache.version(name), kind)
    share = st.slider(
        t("Digits that may be reported by mistake (%)"), 0, 50, 5, key="anomaly_share"
    )
    threshold = float(np.quantile(usual, 1 - share / 100))
    caught = float((unusual > threshold).mean())
    low, high = np.quantile(np.concatenate([usual, unusual]), [0.0, 0.99])
    edges = np.linspace(low, high, 41)
    groups = {t("Digits"): usual, t(KINDS[kind]): unusual}
    rows = [
        {"start": float(edges[at]), "end": float(edges[at + 1]), "kind": group, "count": int(n)}
        for group, values in groups.items()
        for at, n in enumerate(np.histogram(values.clip(low, high), edges)[0])
    ]
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(opacity=0.65)
        .encode(
            x=alt.X("start:Q", bin="binned", title=t("Anomaly score")),
            x2="end:Q",
            y=alt.Y("count:Q", title=None, stack=None),
            color=alt.Color(
                "kind:N",
                title=None,
                sort=list(groups),
                scale=alt.Scale(range=list(_COLOURS)),
                legend=alt.Legend(orient="bottom"),
            ),
        )
        .properties(height=300)
    )
    rule = alt.Chart(alt.Data(values=[{"at": min(threshold, float(high))}])).mark_rule(
        strokeDash=[4, 4], size=2, color="#8a8a8a"
    )
    st.altair_chart(
        bars + rule.encode(x="at:Q"), width="stretch", alt=t("Anomaly scores of both kinds")
    )
    st.markdown(
        escape(
            t(
                "Above the threshold: {caught} % of the other images, {share} % of the digits. AUROC "
                "{auroc}, {count} images of each kind.",
                caught=round(100 * caught),
                share=share,
                auroc=f"{auroc(usual, unusual):.2f}",
                count=len(unusual),
            )
        )
    )
    baselines(cache.dataset_of(name), kind)
    test, others = examples(name, kind)
    pictures(test[:12], 12, t("Digits"), scale=56 // test.shape[-1])
    pictures(others[:12], 12, t(KINDS[kind]), scale=56 // test.shape[-1])
    st.caption(
        escape(
            t(
                "A high density is not the same as being typical: a flow gives printed letters a "
                "higher density than digits, because of their large even areas (Nalisnick et al., "
                "2019)."
            )
        )
    )


def baselines(dataset: str, kind: str) -> None:
    """What does without a trained model, by the stored figures of MNIST."""
    if dataset != "mnist":
        return
    rows = {
        title(name): entry.value(f"AUROC {kind}")
        for name, entry in figures.read().items()
        if entry.family == FAMILY
    }
    values = ", ".join(f"{name} {row.value:.2f}" for name, row in rows.items() if row is not None)
    st.caption(escape(t("AUROC without a trained model: {values}.", values=values)))


def examples(name: str, kind: str):  # type: ignore[no-untyped-def]
    """Digits and other images of the size that a model has learned."""
    test = cache.images(cache.dataset_of(name)).test
    count = min(_COUNT, len(test) // 2)
    usual, others = random_part(test, 2 * count).floats.split(count)
    return usual, CHANGES[kind](others, 0)


@st.cache_data(show_spinner=False, max_entries=60)
def scores(name: str, version: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """The anomaly scores of digits and of other images under a model."""
    usual, others = examples(name, kind)
    with cache.TURN:
        model = cache.model(name)
        return anomaly_scores(model, usual), anomaly_scores(model, others)
