"""A jump, or the measure: sums, judged as a whole and digit by digit."""

from __future__ import annotations

import streamlit as st

from language import scaling
from ui.language_laboratory.stream_charts import marks_by_parameters
from ui.language_laboratory.streams.loss import curves
from ui.language_laboratory.widgets import notice, number_table, think
from ui.text import escape, t


def show() -> None:
    """Exact match beside the share of right digits and the loss, by size."""
    notice(
        "Judged by whole sums, small models can do nothing and a larger one can; judged by the loss "
        "per digit, already the smallest differ."
    )
    rows = scaling.sum_rows(curves())
    left, right = st.columns(2, gap="large")
    for place, measure, title in (
        (left, "exact", t("Share of sums that are right")),
        (right, "bits per digit", t("Loss per digit in bits")),
    ):
        with place:
            st.caption(escape(title))
            st.altair_chart(
                marks_by_parameters(rows, measure, title, t), width="stretch", alt=title
            )
    number_table(
        [
            {
                t("Parameters"): row["parameters"],
                t("Exact"): round(row["exact"], 3),
                t("Right digits"): round(row["right digits"], 3),
                t("Right digits, cubed"): round(row["right digits"] ** 3, 3),
                t("Bits per digit"): round(row["bits per digit"], 3),
                t("Sums seen"): row["sums seen"],
                t("Trainings"): row["seeds"],
            }
            for row in rows
        ],
        {
            t("Parameters"): 0,
            t("Sums seen"): 0,
            t("Exact"): 3,
            t("Right digits"): 3,
            t("Right digits, cubed"): 3,
            t("Bits per digit"): 3,
        },
    )
    st.caption(
        escape(
            t(
                "Sums of two numbers below 100, written from the last digit on (47+85=231 is 132), "
                "1,000 of 10,000 held out."
            )
        )
    )
    think(
        "Is the rise of exact match an ability that appears at a certain size?",
        "Partly it is the measure. A sum is right if all three digits are; with a share p of right "
        "digits that is about p^3, which stays near 0 for long and then rises steeply, although p "
        "rises evenly (Schaeffer et al. 2023). What the measure alone cannot make is a rise of p.",
    )
