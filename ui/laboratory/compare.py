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
GENERATION = {  # figure: heading, format of its numbers
    "Fréchet distance": ("Fréchet distance", "%.1f"),
    "digit drawn": ("Digit drawn as given", "%.3f"),
    "precision": ("Precision", "%.3f"),
    "recall": ("Recall", "%.3f"),
    "rarest digit": ("Share of the rarest digit", "%.3f"),
    "nats": ("ln p (nats)", "%.1f"),
    "bits": ("Bits per dimension", "%.2f"),
    "sampling": ("Images per second", "%.1f"),
}
DETECTION = {
    "AUROC letters": ("AUROC letters", "%.3f"),
    "AUROC fonts": ("AUROC printed digits", "%.3f"),
    "AUROC rotated": ("AUROC rotated", "%.3f"),
    "AUROC erased": ("AUROC erased", "%.3f"),
    "AUROC inverted": ("AUROC inverted", "%.3f"),
    "AUROC noisy": ("AUROC noisy", "%.3f"),
    "linear probe": ("Linear probe", "%.3f"),
    "reconstruction error": ("Reconstruction error", "%.4f"),
}
COLUMNS = GENERATION | DETECTION
_ROW = 116  # height in CSS pixels, of four images
NOT_GIVEN = "digit not given"  # in the names of samplers, `generative.figures`
_LINES = 72  # of a name in two lines; lower rows cut it


def show() -> None:
    """Two tables, of generation and of what else a model is for, and what the columns mean."""
    figures_by_model = figures.read() | own_figures()
    names = [name for name in [*cache.names(), *BASELINES] if name in figures_by_model]
    entries = [figures_by_model[name] for name in names]
    show_generation({name: figures_by_model[name] for name in names})
    show_detection({name: figures_by_model[name] for name in names})
    samplers(figures_by_model)
    show_measuring()
    keys = {
        name: (one.dataset, one.images, one.generated, one.seeds, one.date, one.machine)
        for name, one in zip(names, entries, strict=True)
    }
    for key in sorted(set(keys.values())):
        dataset, images, generated, seeds, date, machine = key
        same = [name for name in names if keys[name] == key]
        st.caption(
            escape(
                t(
                    "{names}: measured on {images} test images of {dataset}, with {generated} "
                    "generated images a seed (seeds: {seeds}), {date}, {machine}.",
                    names=", ".join(map(title, same)) if len(same) < len(names) else t("All"),
                    images=images,
                    generated=generated,
                    seeds=", ".join(map(str, seeds)),
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
        t(
            "Digit given: the model is told which digit to draw, the others choose themselves. The "
            "diffusion model can do both and has a row for each."
        ),
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
            "Precision: the share of samples in the region of real images (quality). Recall: the "
            "share of real images in the region of samples (variety)."
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


def show_generation(entries: Mapping[str, Figures]) -> None:
    """Samples, densities and facts: a row per model, two where it is measured with and without digit."""
    rows = [
        (name, entry, told)
        for name, entry in entries.items()
        for told in entry.tellings
        if any(value_of(entry, figure, told) is not None for figure in GENERATION)
    ]
    models = [entry for _, entry, _ in rows]
    table: dict[str, list[Any]] = {
        t("Model"): [title(name) for name, _, _ in rows],
        t("Samples"): [one.samples or None for one in models],
        t("Digit given"): [told if one.samples else None for _, one, told in rows],
    }
    columns = {
        t("Model"): st.column_config.TextColumn(width=135, pinned=True),
        t("Samples"): st.column_config.ImageColumn(width=_ROW),
        t("Parameters"): st.column_config.NumberColumn(format="localized"),
    }
    for figure, (heading, form) in GENERATION.items():
        table[t(heading)] = [value_of(one, figure, told) for _, one, told in rows]
        columns[t(heading)] = st.column_config.NumberColumn(format=form)
    table |= {
        t("Kind of ln p"): [kind_of(one, told) for _, one, told in rows],
        t("Parameters"): [one.parameters or None for one in models],
        t("Training time (minutes)"): [
            round(one.minutes) if one.parameters else None for one in models
        ],
        t("Images"): [t(DATASETS[one.dataset]) for one in models],
    }
    _show(table, columns, _ROW)


def show_detection(entries: Mapping[str, Figures]) -> None:
    """Anomaly detection and codes: a row per model that is measured for one of them."""
    rows = {
        name: [value_of(entry, figure, entry.told) for figure in DETECTION]
        for name, entry in entries.items()
    }
    rows = {name: values for name, values in rows.items() if set(values) != {None}}
    table: dict[str, list[Any]] = {t("Model"): [title(name) for name in rows]}
    columns = {t("Model"): st.column_config.TextColumn(width=170, pinned=True)}
    for at, (heading, form) in enumerate(DETECTION.values()):
        table[t(heading)] = [values[at] for values in rows.values()]
        columns[t(heading)] = st.column_config.NumberColumn(format=form)
    table[t("Images")] = [t(DATASETS[entries[name].dataset]) for name in rows]
    st.markdown(f"**{escape(t('Anomaly detection and codes'))}**")
    _show(table, columns, _LINES)


def _show(table: dict[str, list[Any]], columns: dict[str, Any], height: int) -> None:
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        row_height=height,
        height="content",
        column_config=columns,
        placeholder="–",
    )


def samplers(figures_by_model: Mapping[str, Figures]) -> None:
    """The ways to sample of the models that have several."""
    rows = figures.sampler_rows({name: figures_by_model[name] for name in figures_by_model})
    if not rows:
        return
    st.markdown(f"**{escape(t('Ways to sample'))}**")
    for row in rows:
        row[0] = sampler_title(row[0])
    headings = ("Sampler", *(COLUMNS[figure][0] for figure, _ in figures.SAMPLERS))
    st.dataframe(
        {t(heading): [row[at] for row in rows] for at, heading in enumerate(headings)},
        hide_index=True,
        width="stretch",
    )


def sampler_title(name: str) -> str:
    """A way to sample for readers, of its name in the figures: "diffusion, DDIM 25, digit not given"."""
    model, *options = name.split(", ")
    texts = [t(one) if one == NOT_GIVEN else one for one in options]
    return ", ".join([title(model), *texts])


def kind_of(entry: Figures, told: bool) -> str | None:
    """What the density is: exact or a bound, of which pixels, with its standard error and k."""
    row = entry.value("density", told=told)
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


def value_of(entry: Figures, figure: str, told: bool) -> float | None:
    """A figure's value; None where the family has none. The density is in nats or in bits."""
    if figure not in ("nats", "bits"):
        row = entry.value(figure, told=told)
        return None if row is None else row.value
    row = entry.value("density", told=told)
    in_bits = row is not None and row.unit == "bits per dimension"
    return row.value if row is not None and in_bits == (figure == "bits") else None
