"""The probability of a text: each token's surprise as colour, and which of two texts is likelier."""

from __future__ import annotations

from html import escape as escape_html

import streamlit as st

from language.next_word import Score, ScoredToken, score
from ui.laboratory.widgets import number
from ui.language_laboratory import cache
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

MAX_CHARS = 1000
_FIRST = "The keys to the cabinet are on the table."
_SECOND = "The keys to the cabinet is on the table."
_STRONGEST = 14  # bits of surprise that have the full colour


def show() -> None:
    """The part of the room."""
    notice(
        "The probability of a text is the product of the probabilities of its tokens, each behind "
        "all before it; the stronger a token's colour, the more it surprised the model."
    )
    left, right = st.columns(2, gap="large")
    scores: list[Score] = []
    for column, label, default, key in (
        (left, "A text", _FIRST, "text_first"),
        (right, "Another text", _SECOND, "text_second"),
    ):
        with column:
            text = st.text_area(t(label), default, max_chars=MAX_CHARS, height=90, key=key)
            if text:
                result = score_of(text)
                scores.append(result)
                show_score(result)
            else:
                st.info(t("Write a text; each of its tokens gets its probability."))
    st.caption(t("Colour: surprise in bits, none for 0 bits, full for 14 bits and more."))
    if len(scores) == 2:
        compare(*scores)
    if scores:
        with st.expander(escape(t("p(x) as a product: each token of the first text"))):
            show_tokens(scores[0])
    think(
        "Two texts differ in length. Can their probabilities be compared?",
        "Not fairly: each further token multiplies by a number below 1, so that the longer text "
        "is nearly always less likely. Bits per token and perplexity can be compared, as long as "
        "both texts are cut by the same tokeniser.",
    )


@st.cache_data(max_entries=50, show_spinner=False)
def score_of(text: str) -> Score:
    """A text's tokens with their probabilities, computed once."""
    return score(*cache.decoder(), text)


def show_score(result: Score) -> None:
    """The text in colours, and its figures."""
    st.html('<div style="line-height:2.1">' + "".join(map(span, result.tokens)) + "</div>")
    st.markdown(
        escape(
            t(
                "{tokens} tokens, −log₂ p = {bits} bits, {each} bits per token, perplexity {perplexity}",
                tokens=len(result.tokens),
                bits=f"{result.bits:.1f}",
                each=f"{result.bits / len(result.tokens):.2f}",
                perplexity=f"{result.perplexity:.1f}",
            )
        )
    )


def span(token: ScoredToken) -> str:
    """One token as HTML on the colour of its surprise."""
    strength = min(token.surprise / _STRONGEST, 1) * 0.55
    title = (
        f"p = {token.probability:.4g}, {token.surprise:.1f} bits, {t('rank')} {number(token.rank)}"
    )
    return (
        f'<span title="{escape_html(title)}" style="background:rgba(199,119,0,{strength:.3f});'
        f'border-radius:4px;padding:2px 1px;white-space:pre-wrap">{escape_html(token.text)}</span>'
    )


def compare(first: Score, second: Score) -> None:
    """Which of two texts is likelier, and how many times."""
    difference = second.bits - first.bits
    if abs(difference) < 0.01:
        st.markdown(escape(t("Both texts are equally likely.")))
        return
    pattern = (
        "The first text is likelier: p is 2^{bits} = {factor} times as large."
        if difference > 0
        else "The second text is likelier: p is 2^{bits} = {factor} times as large."
    )
    size = abs(difference)
    factor = f"{2**size:,.3g}" if size < 1000 else t("more than 10^300")
    st.markdown(f"**{escape(t(pattern, bits=f'{size:.1f}', factor=factor))}**")
    if len(first.tokens) != len(second.tokens):
        st.caption(t("The texts differ in length; a longer text has more factors, each at most 1."))


def show_tokens(result: Score) -> None:
    """The factors of p(x), and the product up to each token."""
    total = 0.0
    products = []
    for token in result.tokens:
        total += token.surprise
        products.append(f"2^−{total:.1f}")
    st.dataframe(
        {
            t("Token"): [repr(token.text)[1:-1] for token in result.tokens],
            "id": [token.id for token in result.tokens],
            t("Probability given what is before"): [
                f"{token.probability:.5f}" for token in result.tokens
            ],
            t("Rank"): [token.rank for token in result.tokens],
            t("Surprise in bits"): [f"{token.surprise:.2f}" for token in result.tokens],
            t("Entropy in bits"): [f"{token.entropy:.2f}" for token in result.tokens],
            t("Product so far"): products,
        },
        hide_index=True,
        width="stretch",
    )
