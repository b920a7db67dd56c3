"""Size and loss: the same decoder in several sizes on the same letters."""

from __future__ import annotations

import streamlit as st

from language import scaling
from language.power_law import PowerLaw
from language.scaling import Curves
from ui.laboratory.widgets import number
from ui.language_laboratory.stream_charts import loss_by_parameters, loss_by_tokens
from ui.language_laboratory.widgets import notice, number_table, think
from ui.text import escape, t


@st.cache_resource(show_spinner=False)
def curves() -> Curves:
    """The stored curves."""
    return scaling.read_curves()


@st.cache_data(show_spinner=False)
def laws() -> tuple[dict[str, float], dict[str, tuple[float, float, float]]]:
    """The law of parameters, and of each size the exponent of tokens with its interval."""
    law = scaling.law_of_parameters(curves())
    of_tokens = {}
    for row in scaling.text_rows(curves()):
        one = scaling.law_of_tokens(curves(), row["size"])
        of_tokens[row["size"]] = (one.exponent, one.low, one.high)
    return {
        "factor": law.factor, "exponent": law.exponent, "low": law.low, "high": law.high
    }, of_tokens  # fmt: skip


def show() -> None:
    """The two charts, the fitted law, and the table."""
    notice(
        "On logarithmic axes the losses lie near a straight line: a doubling of the parameters, "
        "or of the tokens seen, takes off a small share of the loss, here 2 to 10 %."
    )
    values, of_tokens = laws()
    law = PowerLaw(**values)
    left, right = st.columns(2, gap="large")
    with left:
        title = t("Loss by parameters, with the fitted law")
        st.caption(escape(title))
        st.altair_chart(loss_by_parameters(curves(), law, t), width="stretch", alt=title)
    with right:
        title = t("Loss by tokens seen")
        st.caption(escape(title))
        st.altair_chart(loss_by_tokens(curves(), t), width="stretch", alt=title)
    st.latex(
        rf"\begin{{gathered}} L(N) = {law.factor:.3g} \cdot N^{{-\alpha}}, \quad "
        rf"\alpha = {law.exponent:.3f} \\ "
        rf"{law.low:.3f} \le \alpha \le {law.high:.3f} \end{{gathered}}"
    )
    number_table(
        [
            {
                t("Parameters"): row["parameters"],
                t("Bits per letter"): round(row["bits per letter"], 3),
                t("Exponent of tokens"): "{:.3f} [{:.3f}, {:.3f}]".format(*of_tokens[row["size"]]),
                t("Tokens seen"): row["tokens seen"],
                t("Operations"): f"{row['operations']:.2g}",
                t("Seconds"): row["seconds"],
                t("Trainings"): row["seeds"],
            }
            for row in scaling.text_rows(curves())
        ],
        {t("Parameters"): 0, t("Tokens seen"): 0, t("Bits per letter"): 3, t("Seconds"): 0},
    )
    about = curves().about
    st.caption(
        escape(
            t(
                "Measured on {windows} windows of {context} letters of a lecture that no model saw. "
                "For comparison: unigram {unigram} bits, bigram {bigram}. The interval of the law is "
                "the bootstrap's over windows and trainings.",
                windows=about["held-out windows"],
                context=number(about["context"]),
                unigram=about["baselines"]["unigram"],
                bigram=about["baselines"]["bigram"],
            )
        )
    )
    think(
        "By this line, how many parameters would halve the loss? Would they?",
        "The line says N times 2^(1/α), a factor above 10^10 with the α found here. But all sizes saw "
        "the same few letters here: with more parameters the text would be the limit, and the line "
        "would bend. Language also has a rest that no model can predict, below which no loss falls.",
    )
