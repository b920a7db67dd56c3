"""Compare all families: the figures that came with the models."""

from __future__ import annotations

import streamlit as st

from generative import checkpoints, figures
from generative.figures import Figures
from ui.laboratory import cache
from ui.laboratory.widgets import number, title
from ui.text import escape, t

_COLUMNS = {  # of the figures: heading, number of decimals
    "reconstruction error": ("Reconstruction error", 4),
    "Fréchet distance": ("Fréchet distance", 1),
    "rarest digit": ("Share of the rarest digit", 3),
    "sampling": ("Images a second", 1),
    "AUROC letters": ("AUROC letters", 3),
    "AUROC inverted": ("AUROC inverted", 3),
    "AUROC noisy": ("AUROC noisy", 3),
    "linear probe": ("Linear probe", 3),
}


def show() -> None:
    """One row a model, and what the columns mean."""
    found = figures.read()
    names = [name for name in cache.names() if name in found]
    entries = [found[name] for name in names]
    table: dict[str, list[str]] = {
        t("Model"): [title(name) for name in names],
        t("Parameters"): [number(one.parameters) for one in entries],
        t("Minutes of training"): [str(round(one.minutes)) for one in entries],
        t("Density"): [density(one) for one in entries],
        t("What ln p is"): [
            f"{t(one.kind)}, {t(one.pixels)}" if one.kind else "–" for one in entries
        ],
    }
    for figure, (heading, decimals) in _COLUMNS.items():
        rows = [one.value(figure) for one in entries]
        table[t(heading)] = [f"{row.value:.{decimals}f}" if row else "–" for row in rows]
    st.dataframe(table, hide_index=True, width="stretch")
    for images, date, machine in sorted({(one.images, one.date, one.machine) for one in entries}):
        alike = [one for one in names if (found[one].images, found[one].date) == (images, date)]
        st.caption(
            escape(
                t(
                    "{names}: {images} drawn and {images} of MNIST's test images, {date}, {machine}.",
                    names=", ".join(map(title, alike)) if len(alike) < len(names) else t("All"),
                    images=images,
                    date=date,
                    machine=machine,
                )
            )
        )
    missing = [title(name) for name in cache.names() if name not in found]
    old = [title(name) for name in names if found[name].sha256 != checkpoints.pinned(name)]
    if missing:
        st.warning(escape(t("Not measured yet: {names}.", names=", ".join(missing))))
    if old:
        said = t("Measured on other weights than those here: {names}.", names=", ".join(old))
        st.warning(escape(said))
    st.markdown(escape(t("How to read it")))
    lines = (
        t("A dash: the family does not have it."),
        t("Density: nats an image, larger is better; bits a dimension of the flow, smaller is."),
        t("Only densities over the same pixels, grey or binary, can be compared."),
        t("Fréchet distance in our digit classifier's features: 0 is equal, smaller is better."),
        t("Share of the rarest digit among the samples: 0.1 is even, 0 is one that never comes."),
        t("AUROC: how surely strange pictures score above digits; 0.5 is chance, 1 always."),
        t("Linear probe: how often a linear model reads the digit off the code."),
    )
    st.markdown("\n".join(f"- {escape(line)}" for line in lines))


def density(entry: Figures) -> str:
    """The density with its unit."""
    row = entry.value("density")
    if row is None:
        return "–"
    unit = "bits" if row.unit == "bits per dimension" else row.unit
    return f"{row.value:.2f} {unit}"
