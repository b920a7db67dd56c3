"""Why generation is hard: random images, and distances in many dimensions."""

from __future__ import annotations

from collections.abc import Callable

import altair as alt
import streamlit as st
from torch import Tensor

from generative.data import digits
from generative.hardness import (
    Draws,
    contrast_by_dimension,
    random_pixels,
    search_digits,
    usual_distance,
)
from ui.laboratory import cache
from ui.laboratory.widgets import number, pictures
from ui.navigation import link_to
from ui.text import escape, t

SOURCES = {
    "even": "Each pixel black or white with equal probability",
    "ink": "Each pixel white as often as in the training images",
    "vae": "Samples of the variational autoencoder",
}
_DIMENSIONS = [1, 2, 4, 8, 16, 32, 64]
_COLOURS = ("#2f86a8", "#c77700")  # 3 : 1 and more on both themes


def show() -> None:
    """Random images and their judge, then the distances."""
    st.markdown(
        escape(
            t(
                "There are more black and white images of 28 x 28 pixels than atoms in the universe, "
                "and nearly all of them are noise. How many random images does it take until one "
                "looks like a digit?"
            )
        )
    )
    images = cache.images()
    left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
    source = left.selectbox(
        t("Random images"), list(SOURCES), format_func=lambda one: t(SOURCES[one]), key="hard_from"
    )
    least = middle.select_slider(
        t("Wanted probability"), [0.5, 0.9, 0.99, 0.999], 0.99, key="hard_least"
    )
    count = right.select_slider(
        t("Images drawn"), [1000, 5000, 20_000], 5000, format_func=number, key="hard_count"
    )
    with cache.TURN:
        draw = sampler(source, images.train.first(10_000).floats)
        sheet = draw(32)
    pictures(sheet, 16, t(SOURCES[source]), scale=1)
    with st.spinner(t("Drawing …")):
        found = search(source, least, count)
    first = (
        t("The first that the classifier takes for a digit is number {first}.", first=found.first)
        if found.first
        else t("The classifier takes none of them for a digit.")
    )
    accepted = t(
        "{accepted} of {tried} in all. As near to a training image as 99 % of real digits: {near}.",
        accepted=number(found.accepted),
        tried=number(found.tried),
        near=number(found.near),
    )
    st.markdown(escape(f"{first} {accepted}"))
    if found.example is not None:
        name = t("The first that the classifier takes for a digit")
        st.image(pictures_of(found.example), caption=name, alt=name, width=120)
    st.caption(
        escape(
            t(
                "The classifier knows ten digits and nothing else, so that it must name one for noise "
                "too: p(y|x) does not say whether x is a digit. The distance does."
            )
        )
    )
    distances()
    link_to("language", t("The same for words: the language laboratory"), room="generation")


def pictures_of(image: Tensor):  # type: ignore[no-untyped-def]
    """One image (1, size, size), enlarged."""
    from generative.pictures import grid

    return grid(image[None], 1, scale=4)


def sampler(source: str, training: Tensor) -> Callable[[int], Tensor]:
    """How images of a source are drawn."""
    if source == "vae":
        model = cache.model("vae")
        return lambda count: model.sample(count)
    mean = training.mean(dim=0) if source == "ink" else None
    return random_pixels(mean, training.shape[-1])


@st.cache_data(show_spinner=False, max_entries=40)
def search(source: str, least: float, count: int) -> Draws:
    """The outcome of a search; see `generative.hardness.search_digits`."""
    images = cache.images()
    references = images.train.first(10_000).floats
    near = usual_distance(images.test.first(500).floats, references)
    found = Draws(0, 0, 0, 0, None)
    with cache.TURN:
        for found in search_digits(  # noqa: B007  # the last one counts
            sampler(source, references),
            cache.classifier(),
            references,
            least=least,
            near=near,
            limit=count,
        ):
            pass
    return found


def distances() -> None:
    """The ratio of nearest to farthest neighbour by dimension."""
    st.subheader(escape(t("Near and far in many dimensions")))
    rows = [
        {"dimension": dimension, "kind": t(kind), "ratio": ratio}
        for dimension, *ratios in contrasts()
        for kind, ratio in zip(("Uniform noise", "Digits"), ratios, strict=True)
    ]
    chart = (
        alt.Chart(alt.Data(values=rows))
        .mark_line(point=True)
        .encode(
            x=alt.X(
                "dimension:Q", title=t("Dimensions"), scale=alt.Scale(type="log", base=2),
                axis=alt.Axis(values=_DIMENSIONS, format="d"),
            ),
            y=alt.Y("ratio:Q", title=None, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "kind:N",
                title=None,
                sort=None,
                scale=alt.Scale(range=list(_COLOURS)),
                legend=alt.Legend(orient="bottom", symbolType="stroke"),
            ),
            strokeDash=alt.StrokeDash("kind:N", sort=None, legend=None),
            tooltip=["dimension:Q", "kind:N", alt.Tooltip("ratio:Q", format=".3f")],
        )
        .properties(height=300)
    )  # fmt: skip
    name = t("Distance of the nearest point divided by that of the farthest, of 500 points")
    st.altair_chart(chart, width="stretch", alt=name)
    st.caption(escape(name))
    st.caption(
        escape(
            t(
                "In many dimensions all points of noise are nearly equally far from each other. "
                "Digits (their first principal components, of 8 x 8 pixels) keep near neighbours: "
                "they fill few directions of the space, and a model has to find these."
            )
        )
    )


@st.cache_data(show_spinner=False)
def contrasts() -> list[tuple[int, float, float]]:
    """The ratios for each dimension, of noise and of the small digits."""
    return contrast_by_dimension(digits().train.floats, _DIMENSIONS)
