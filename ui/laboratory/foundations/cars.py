"""Cars in front of a station: a discriminative and a generative model under another share of taxis."""

from __future__ import annotations

from dataclasses import dataclass

import altair as alt
import streamlit as st
import torch

from generative.cars import (
    COLOURS,
    COUNTS,
    Discriminative,
    Generative,
    board_mask,
    draw_car,
    fit_generative,
    joint_from_counts,
    sample_cars,
    taxi_share,
    train_discriminative,
)
from generative.errors import NotDefined
from generative.pictures import grid
from ui.laboratory import cache
from ui.text import escape, t

_COLOURS = ("#5f6b73", "#2f86a8", "#c77700")  # 3 : 1 and more on both themes
_CROWD = 1000


@dataclass(frozen=True)
class Models:
    """Both models, trained on the same pictures."""

    discriminative: Discriminative
    generative: Generative


@st.cache_resource(show_spinner=False)
def models() -> Models:
    """Trained once per process, on 2,000 pictures."""
    with cache.TURN:
        pictures = sample_cars(2000, seed=0)
        return Models(train_discriminative(pictures, seed=0), fit_generative(pictures))


def show() -> None:
    """The share of taxis as a slider, what both models make of it, and what only one can do."""
    st.markdown(
        escape(
            t(
                "200 cars in front of a station were counted by colour and use. Is the beige car a "
                "taxi? A discriminative model learns p(y|x), the use given the picture. A generative "
                "model learns p(y) and p(x|y), and so p(x, y)."
            )
        )
    )
    counted = {t("Use of the car"): [t("taxi"), t("private")]}
    counted |= {t(name): COUNTS[:, column].tolist() for column, name in enumerate(COLOURS)}
    st.dataframe(counted, hide_index=True, width="stretch")
    with st.spinner(t("Training both models …")):
        trained = models()
    share = st.slider(t("Share of taxis, p(taxi)"), 0.02, 0.98, 0.25, 0.01, key="cars_share")
    prior = (share, 1 - share)
    exact = joint_from_counts().with_prior(prior)
    reweighted = trained.discriminative.with_prior(prior)
    moved = trained.generative.with_prior(prior)
    values = {
        t("Exact, by Bayes' rule"): exact.posterior[0].tolist(),
        t("Discriminative, reweighted"): [taxi_share(reweighted, one) for one in COLOURS],
        t("Generative"): [taxi_share(moved, one) for one in COLOURS],
    }
    bars(values, t("p(taxi|colour)"))
    st.caption(
        escape(
            t(
                "Nothing is trained again. The generative model exchanges its p(y). The "
                "discriminative one multiplies p(y|x) by the new share and divides it by the share "
                "in training (Saerens et al., 2002)."
            )
        )
    )
    bars({t("p(colour)"): exact.evidence.tolist()}, t("p(colour), the density of the colours"))
    with st.spinner(t("Estimating …")):
        guess = estimate(round(share, 2))
    st.markdown(
        escape(
            t(
                "From {count} pictures without labels in which {share} % are taxis, the "
                "discriminative model estimates {guess} %, by expectation maximisation.",
                count=_CROWD,
                share=round(100 * share),
                guess=round(100 * guess),
            )
        )
    )
    only_generative(trained)


@st.cache_data(show_spinner=False, max_entries=100)
def estimate(share: float) -> float:
    """The share of taxis that the discriminative model estimates from pictures alone."""
    joint = joint_from_counts().with_prior((share, 1 - share))
    pictures = sample_cars(_CROWD, seed=1, joint=joint).pictures
    return float(models().discriminative.estimate_prior(pictures)[0])


def bars(values: dict[str, list[float]], name: str) -> None:
    """A bar for each colour of car and each model."""
    rows = [
        {"colour": t(colour), "model": model, "value": value}
        for model, column in values.items()
        for colour, value in zip(COLOURS, column, strict=True)
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("colour:N", title=None, sort=[t(one) for one in COLOURS]),
            yOffset=alt.YOffset("model:N", sort=list(values)),
            color=alt.Color(
                "model:N",
                title=None,
                sort=list(values),
                scale=alt.Scale(range=list(_COLOURS)),
                legend=alt.Legend(orient="bottom", direction="vertical", labelLimit=400)
                if len(values) > 1
                else None,
            ),
            tooltip=["colour:N", "model:N", alt.Tooltip("value:Q", format=".3f")],
        )
        .properties(height=360 if len(values) > 1 else 170)
    )
    st.altair_chart(chart, width="stretch", alt=name)
    st.caption(escape(name))


def only_generative(trained: Models) -> None:
    """A green car, an empty road, a car behind a board; and pictures that the model draws."""
    st.subheader(escape(t("What only the generative model can do")))
    cars = {
        t("a beige car"): (draw_car("beige", seed=0), None),
        t("a green car, which was never counted"): (draw_car("green", seed=0), None),
        t("no car"): (draw_car(None, seed=0), None),
        t("a beige car behind a board"): (draw_car("beige", seed=0), board_mask()),
    }
    usual = trained.generative.log_likelihood(sample_cars(200, seed=1).pictures)
    table: dict[str, list[str]] = {
        t("Picture"): list(cars),
        t("p(taxi|x), discriminative"): [],
        t("p(taxi|x), generative"): [],
        t("ln p(x) in nats"): [],
    }
    discriminative, generative, density = list(table.values())[1:]
    pictures = []
    for car, hidden in cars.values():
        shown = car.clone()
        if hidden is not None:
            shown[:, hidden] = 0.35
        pictures.append(shown)
        try:
            value = float(trained.discriminative.posterior(car[None], hidden)[0, 0])
            discriminative.append(f"{value:.3f}")
        except NotDefined:
            discriminative.append(t("not defined"))
        generative.append(f"{float(trained.generative.posterior(car[None], hidden)[0, 0]):.3f}")
        nats = float(trained.generative.log_likelihood(car[None]))
        density.append("–" if hidden is not None else f"{nats:.0f}")
    with st.container(horizontal=True, gap="small"):
        for picture, name in zip(pictures, cars, strict=True):
            st.image(grid(picture[None], 1, scale=8), caption=name, alt=name, width=150)
    st.dataframe(table, hide_index=True, width="stretch")
    st.caption(
        escape(
            t(
                "200 usual cars: ln p(x) from {low} to {high}. Behind the board nothing but p(y) is "
                "left: {prior}.",
                low=round(float(usual.min())),
                high=round(float(usual.max())),
                prior=f"{trained.generative.joint.prior[0]:.3f}",
            )
        )
    )
    sheet = trained.generative.sample(12, seed=0).pictures
    name = t("Twelve cars sampled from the generative model")
    st.image(grid(torch.as_tensor(sheet), 6, scale=3), alt=name, width="content")
    st.caption(escape(name))
