"""The distribution of the next token as bars, and sliders that act on it at once."""

from __future__ import annotations

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from language.decoding import draw, goodness_of_fit
from language.next_word import candidates, next_logits, softmax_rows
from language.warpers import Stage, Warping, stages
from ui.laboratory.widgets import number
from ui.language_laboratory import cache, next_word_prompt
from ui.language_laboratory.next_word_charts import probability_bars, visible_token
from ui.language_laboratory.widgets import notice, number_table, think
from ui.text import escape, t

_TOP_K = (None, 1, 2, 3, 5, 10, 20, 50, 100, 500)
_DRAWS = 10_000
STAGES = {
    "softmax": "Softmax of the logits",
    "repetition penalty": "Repetition penalty",
    "temperature": "Temperature",
    "top-k": "Top-k",
    "top-p": "Top-p",
    "min-p": "Min-p",
}


def show() -> None:
    """The part of the room."""
    notice(
        "A language model does one thing: it gives each token of its vocabulary a probability of "
        "being the next. Everything else is the choice that is made of it."
    )
    ids = next_word_prompt.choose("bars")
    logits = logits_of(ids)
    warping = sliders()
    steps = stages(logits, warping, ids)
    show_stages(steps)
    left, right = st.columns([1, 1], gap="large")
    with left:
        draw_bars(logits, steps)
    with right:
        show_draws(steps[-1].probabilities)
    with st.expander(escape(t("By hand: from logits to probabilities"))):
        show_softmax(logits, warping.temperature)
    think(
        "What does a temperature change, and what can it not change?",
        "It divides the logits: below 1 the likely tokens gain, above 1 the unlikely ones. It "
        "never changes their order and removes none. Top-k, top-p and min-p remove tokens; what "
        "those had goes to the others in proportion.",
    )


@st.cache_data(max_entries=50, show_spinner=False)
def logits_of(ids: tuple[int, ...]) -> Tensor:
    """The logits behind a prompt, computed once."""
    return next_logits(cache.decoder()[0], ids)


def sliders() -> Warping:
    """The values of all warpers."""
    columns = st.columns(5, gap="medium")
    temperature = columns[0].slider(t("Temperature"), 0.1, 3.0, 1.0, 0.1, key="bars_temperature")
    top_k = columns[1].select_slider(
        t("Top-k"), _TOP_K, None, format_func=lambda k: t("off") if k is None else str(k),
        key="bars_top_k",
    )  # fmt: skip
    top_p = columns[2].slider(t("Top-p"), 0.05, 1.0, 1.0, 0.05, key="bars_top_p")
    min_p = columns[3].slider(t("Min-p"), 0.0, 0.5, 0.0, 0.01, key="bars_min_p")
    penalty = columns[4].slider(t("Repetition penalty"), 1.0, 2.0, 1.0, 0.05, key="bars_penalty")
    return Warping(
        temperature, top_k, top_p if top_p < 1 else None, min_p if min_p else None, penalty
    )


def draw_bars(logits: Tensor, steps: list[Stage]) -> None:
    """The fifteen likeliest tokens before and after the warpers."""
    last = steps[-1].probabilities
    rows: list[dict[str, Any]] = [
        {
            "rank": one.rank,
            "id": one.id,
            "token": visible_token(one.text),
            "probability": one.probability,
            "after the warpers": float(last[one.id]),
        }
        for one in candidates(logits, cache.decoder()[1], 15)
    ]
    chart = probability_bars(
        rows,
        bars_after=len(steps) > 1,
        before=t("Of the model"),
        after=t("After the sliders"),
    )
    best = rows[0]
    alt = t(
        "The likeliest next token is {token} with {percent} %",
        token=best["token"],
        percent=f"{100 * best['probability']:.1f}",
    )
    st.altair_chart(chart, width="stretch", alt=alt)


def show_stages(steps: list[Stage]) -> None:
    """What each slider cut, and how the mass is given back."""
    number_table(
        [
            {
                t("Step"): t(STAGES[step.name]),
                t("Tokens left"): step.tokens,
                t("Cut off"): f"{100 * step.mass:.2f} %",
                t("The others"): f"× {step.growth:.3g}",
                t("Entropy in bits"): f"{step.entropy:.2f}",
            }
            for step in steps
        ],
        {t("Tokens left"): 0},
    )
    last = steps[-1]
    st.markdown(
        escape(
            t(
                "{entropy} bits of entropy: as uncertain as a choice among {choices} tokens of equal "
                "probability. What is cut is given to the other tokens in proportion.",
                entropy=f"{last.entropy:.2f}",
                choices=f"{2**last.entropy:.1f}",
            )
        )
    )


def show_softmax(logits: Tensor, temperature: float) -> None:
    """The arithmetic of softmax and temperature, token by token."""
    rows, total = softmax_rows(logits, temperature, 5)
    tokenizer = cache.decoder()[1]
    number_table(
        [
            {
                t("Token"): visible_token(tokenizer.decode([row.id])),
                t("Logit z"): row.logit,
                "z / T": row.scaled,
                "exp(z / T − m)": f"{row.exponential:.3g}",
                t("Divided by the sum"): f"{row.probability:.3g}",
            }
            for row in rows
        ],
        {t("Logit z"): 2, "z / T": 2},
    )
    st.caption(
        escape(
            t(
                "T = {temperature}, and m = {largest} is the largest z / T, so that no number gets too "
                "large. The sum goes over all {count} tokens: {total}. The other sliders are not in it.",
                temperature=f"{temperature:g}",
                largest=f"{rows[0].scaled:.2f}",
                count=number(len(logits)),
                total=f"{total:.4f}",
            )
        )
    )


def show_draws(probabilities: Tensor) -> None:
    """Whether many draws follow the distribution."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    seed = int(right.number_input(t("Seed"), 0, 2**31 - 1, 0, key="bars_seed"))
    if not left.toggle(t("Draw {count} tokens", count=number(_DRAWS)), key="bars_draw"):
        return
    counts = draw(probabilities, _DRAWS, seed)
    fit = goodness_of_fit(counts, probabilities)
    tokenizer = cache.decoder()[1]
    best = torch.topk(probabilities, min(8, len(probabilities))).indices.tolist()
    rows = [token for token in best if probabilities[token] > 0]
    st.dataframe(
        {
            t("Token"): [visible_token(tokenizer.decode([token])) for token in rows],
            t("Expected"): [f"{_DRAWS * float(probabilities[token]):.1f}" for token in rows],
            t("Drawn"): [int(counts[token]) for token in rows],
        },
        hide_index=True,
        width="stretch",
    )
    if fit is None:
        st.caption(t("One token alone is left: there is nothing to test."))
        return
    st.caption(
        escape(
            t(
                "Chi-squared {statistic} with {freedom} degrees of freedom, p = {p}: a small p, below "
                "0.001, would say that the draws do not follow the distribution.",
                statistic=f"{fit.statistic:.1f}",
                freedom=fit.freedom,
                p=f"{fit.p_value:.3f}",
            )
        )
    )
