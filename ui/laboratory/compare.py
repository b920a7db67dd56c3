"""Compare: a table of the bundled figures of all models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from generative import available, checkpoints, figures
from generative.figures import Figures
from ui.laboratory import cache
from ui.laboratory.measuring import own_figures, show_measuring
from ui.laboratory.widgets import BASELINES, title
from ui.text import escape, t

DATASETS = {"mnist": "MNIST, 28 x 28", "digits": "small digits, 8 x 8"}
COLUMNS = {  # figure: heading, format of its numbers
    "Fréchet distance": ("Fréchet distance", "%.1f"),
    "digit drawn": ("Digit drawn as given", "%.3f"),
    "rarest digit": ("Share of the rarest digit", "%.3f"),
    "nats": ("ln p (nats)", "%.1f"),
    "bits": ("Bits per dimension", "%.2f"),
    "AUROC letters": ("AUROC letters", "%.3f"),
    "AUROC fonts": ("AUROC printed digits", "%.3f"),
    "AUROC rotated": ("AUROC rotated", "%.3f"),
    "AUROC erased": ("AUROC erased", "%.3f"),
    "AUROC inverted": ("AUROC inverted", "%.3f"),
    "AUROC noisy": ("AUROC noisy", "%.3f"),
    "linear probe": ("Linear probe", "%.3f"),
    "reconstruction error": ("Reconstruction error", "%.4f"),
    "sampling": ("Images per second", "%.1f"),
}
_ROW = 116  # height in CSS pixels, of four images


def show() -> None:
    """One row per model or baseline with sixteen samples, and what the columns mean."""
    figures_by_model = figures.read() | own_figures()
    names = [name for name in [*cache.names(), *BASELINES] if name in figures_by_model]
    entries = [figures_by_model[name] for name in names]
    table: dict[str, list[Any]] = {
        t("Model"): [title(name) for name in names],
        t("Samples"): [one.samples or None for one in entries],
        t("Digit given"): [one.told if one.samples else None for one in entries],
    }
    columns = {
        t("Model"): st.column_config.TextColumn(width=120, pinned=True),
        t("Samples"): st.column_config.ImageColumn(width=_ROW),
        t("Parameters"): st.column_config.NumberColumn(format="localized"),
    }
    for figure, (heading, form) in COLUMNS.items():
        table[t(heading)] = [value_of(one, figure) for one in entries]
        columns[t(heading)] = st.column_config.NumberColumn(format=form)
    table |= {
        t("Kind of ln p"): [kind_of(one) for one in entries],
        t("Parameters"): [one.parameters or None for one in entries],
        t("Training time (minutes)"): [
            round(one.minutes) if one.parameters else None for one in entries
        ],
        t("Images"): [t(DATASETS[one.dataset]) for one in entries],
    }
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        row_height=_ROW,
        height="content",
        column_config=columns,
        placeholder="–",
    )
    samplers(figures_by_model)
    show_measuring()
    keys = {
        name: (one.dataset, one.images, one.generated, len(one.seeds), one.date, one.machine)
        for name, one in zip(names, entries, strict=True)
    }
    for key in sorted(set(keys.values())):
        dataset, images, generated, seeds, date, machine = key
        same = [name for name in names if keys[name] == key]
        st.caption(
            escape(
                t(
                    "{names}: measured on {images} test images of {dataset}, with {generated} "
                    "generated images for each of {seeds} seeds, {date}, {machine}.",
                    names=", ".join(map(title, same)) if len(same) < len(names) else t("All"),
                    images=images,
                    generated=generated,
                    seeds=seeds,
                    dataset=t(DATASETS[dataset]),
                    date=date,
                    machine=machine,
                )
            )
        )
    first = [
        name for name, one in zip(names, entries, strict=True) if any(r.first for r in one.rows)
    ]
    if first:
        text = t(
            "Some figures of these models are of the first 2,000 test images, which are no random "
            "sample: {names}.",
            names=", ".join(map(title, first)),
        )
        st.caption(escape(text))
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
        t("ln p of an image in nats: larger is better. Bits per dimension: smaller is better."),
        t("Digit given: the model is told which digit to draw, the others choose themselves."),
        t("Compare only densities for the same kind of pixels, grey or binary."),
        t(
            "Fréchet distance between the features of our digit classifier: smaller is "
            "better, 0 means equal distributions."
        ),
        t(
            "Digit drawn as given: the share of images in which our classifier reads the digit that "
            "was given."
        ),
        t(
            "Share of the rarest digit among the samples: 0.1 means that all digits are "
            "equally frequent, 0 that one is missing."
        ),
        t(
            "AUROC: probability that an unusual image has a higher anomaly score than a "
            "digit; 0.5 is chance, 1 is perfect."
        ),
        t("The last rows do without a trained model: what a model must be compared with."),
        t("Linear probe: accuracy of a linear classifier that predicts the digit from the code."),
    )
    st.markdown("\n".join(f"- {escape(line)}" for line in lines))


def samplers(figures_by_model: Mapping[str, Figures]) -> None:
    """The ways to sample of the models that have several."""
    rows = figures.sampler_rows({name: figures_by_model[name] for name in figures_by_model})
    if not rows:
        return
    st.markdown(f"**{escape(t('Ways to sample'))}**")
    headings = ("Sampler", "Fréchet distance", "Digit drawn as given", "Images per second")
    st.dataframe(
        {t(heading): [row[at] for row in rows] for at, heading in enumerate(headings)},
        hide_index=True,
        width="stretch",
    )


def kind_of(entry: Figures) -> str | None:
    """What the density is: exact or a bound, of which pixels, with its standard error and k."""
    row = entry.value("density")
    if row is None:
        return None
    parts = [t(entry.kind), t(entry.pixels)]
    parts += [f"± {row.error:.2g}"] if row.error else []
    parts += [f"k = {row.k}"] if row.k else []
    return ", ".join(parts)


def missing_figures(figures_by_model: Mapping[str, Figures]) -> list[str]:
    """The bundled models without figures."""
    return [name for name in available.bundled() if name not in figures_by_model]


def outdated_figures(figures_by_model: Mapping[str, Figures]) -> list[str]:
    """The models whose figures were measured with other weights than the bundled ones."""
    return [
        name
        for name in available.bundled()
        if name in figures_by_model and figures_by_model[name].sha256 != checkpoints.pinned(name)
    ]


def value_of(entry: Figures, figure: str) -> float | None:
    """A figure's value; None where the family has none. The density is in nats or in bits."""
    if figure not in ("nats", "bits"):
        row = entry.value(figure)
        return None if row is None else row.value
    row = entry.value("density")
    in_bits = row is not None and row.unit == "bits per dimension"
    return row.value if row is not None and in_bits == (figure == "bits") else None
