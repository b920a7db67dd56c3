"""Compare: a table of the bundled figures of all models."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from generative import checkpoints, figures
from generative.figures import Figures
from ui.laboratory import cache
from ui.laboratory.widgets import number, title
from ui.text import escape, t

COLUMNS = {  # figure: heading, number of decimals
    "reconstruction error": ("Reconstruction error", 4),
    "Fréchet distance": ("Fréchet distance", 1),
    "rarest digit": ("Share of the rarest digit", 3),
    "sampling": ("Images per second", 1),
    "AUROC letters": ("AUROC letters", 3),
    "AUROC inverted": ("AUROC inverted", 3),
    "AUROC noisy": ("AUROC noisy", 3),
    "linear probe": ("Linear probe", 3),
}


def show() -> None:
    """One row per model, and what the columns mean."""
    figures_by_model = figures.read()
    names = [name for name in cache.names() if name in figures_by_model]
    entries = [figures_by_model[name] for name in names]
    table: dict[str, list[str]] = {
        t("Model"): [title(name) for name in names],
        t("Parameters"): [number(one.parameters) for one in entries],
        t("Training time (minutes)"): [str(round(one.minutes)) for one in entries],
        t("Density"): [density(one) for one in entries],
        t("Kind of ln p"): [
            f"{t(one.kind)}, {t(one.pixels)}" if one.kind else "–" for one in entries
        ],
    }
    for figure, (heading, decimals) in COLUMNS.items():
        rows = [one.value(figure) for one in entries]
        table[t(heading)] = [f"{row.value:.{decimals}f}" if row else "–" for row in rows]
    st.dataframe(table, hide_index=True, width="stretch")
    for images, date, machine in sorted({(one.images, one.date, one.machine) for one in entries}):
        same = [
            one
            for one in names
            if (figures_by_model[one].images, figures_by_model[one].date) == (images, date)
        ]
        st.caption(
            escape(
                t(
                    "{names}: measured on {images} samples and {images} MNIST test images, "
                    "{date}, {machine}.",
                    names=", ".join(map(title, same)) if len(same) < len(names) else t("All"),
                    images=images,
                    date=date,
                    machine=machine,
                )
            )
        )
    missing = list(map(title, missing_figures(figures_by_model)))
    old = list(map(title, outdated_figures(figures_by_model)))
    if missing:
        st.warning(escape(t("Not measured yet: {names}.", names=", ".join(missing))))
    if old:
        text = t(
            "Measured with weights that differ from the bundled ones: {names}.",
            names=", ".join(old),
        )
        st.warning(escape(text))
    st.markdown(escape(t("How to read this table")))
    lines = (
        t("A dash (–): not defined for this family."),
        t(
            "Density: in nats per image, larger is better; for the flow in bits per "
            "dimension, smaller is better."
        ),
        t("Compare only densities for the same kind of pixels, grey or binary."),
        t(
            "Fréchet distance between the features of our digit classifier: smaller is "
            "better, 0 means equal distributions."
        ),
        t(
            "Share of the rarest digit among the samples: 0.1 means that all digits are "
            "equally frequent, 0 that one is missing."
        ),
        t(
            "AUROC: probability that an unusual image has a higher anomaly score than a "
            "digit; 0.5 is chance, 1 is perfect."
        ),
        t("Linear probe: accuracy of a linear classifier that predicts the digit from the code."),
    )
    st.markdown("\n".join(f"- {escape(line)}" for line in lines))


def missing_figures(figures_by_model: Mapping[str, Figures]) -> list[str]:
    """The bundled models without figures."""
    return [name for name in cache.names() if name not in figures_by_model]


def outdated_figures(figures_by_model: Mapping[str, Figures]) -> list[str]:
    """The models whose figures were measured with other weights than the bundled ones."""
    return [
        name
        for name in cache.names()
        if name in figures_by_model and figures_by_model[name].sha256 != checkpoints.pinned(name)
    ]


def density(entry: Figures) -> str:
    """The density with its unit."""
    row = entry.value("density")
    if row is None:
        return "–"
    unit = "bits" if row.unit == "bits per dimension" else row.unit
    return f"{row.value:.2f} {unit}"
