"""Who is it? A search over all heads for those that look elsewhere when one word changes."""

from __future__ import annotations

import streamlit as st

from language.attention_maps import HeadChange, compare
from language.errors import LanguageError
from ui.language_laboratory.attention import models
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import changes, heat
from ui.text import escape, t

FIRST = "The cat drank the milk because it was hungry."
SECOND = "The cat drank the milk because it was sweet."
_TOP = 8


def show() -> None:
    """Two sentences, and the heads that look from a word at another in the second one."""
    notice(
        "A head that resolves “it” must look at the cat in the first sentence and at the milk in "
        "the second; very few heads do, and by little."
    )
    left, right = st.columns(2)
    first = left.text_input(t("First sentence"), FIRST, key="search_first")
    second = right.text_input(t("Second sentence"), SECOND, key="search_second")
    one, two, three, four = st.columns([2, 1, 1, 1], vertical_alignment="bottom")
    with one:
        name = models.choose("search_model")
    word = two.text_input(t("From"), "it", key="search_word").strip()
    targets = (
        three.text_input(t("to"), "cat", key="search_target").strip(),
        four.text_input(t("or to"), "milk", key="search_other").strip(),
    )
    try:
        with st.spinner(t("Loading …")):
            maps = models.maps(name, first), models.maps(name, second)
            words = (word, word)
            heads = compare(*maps, words, targets)
            if all(abs(head.shift) < 1e-4 for head in heads):
                st.warning(
                    escape(
                        t(
                            "No head changes: this model reads from left to right, and at “{word}” "
                            "it has not seen the word that differs. Below, the last word looks.",
                            word=word,
                        )
                    )
                )
                words = maps[0].words()[-1], maps[1].words()[-1]
                heads = compare(*maps, words, targets)
    except LanguageError as error:
        st.error(escape(str(error)))
        return
    st.markdown(escape(verdict(heads, targets)))
    left, right = st.columns([3, 2], gap="large")
    chart = changes(heads[:_TOP], targets, (first, second)).properties(height=300)
    caption = t("Where the heads look, each as layer.head")
    with left:
        st.caption(escape(caption))
        st.altair_chart(chart, width="stretch", alt=caption)
    with right:
        best = heads[0]
        title = t("Layer {layer}, head {head}", layer=best.layer, head=best.head)
        st.caption(escape(title))
        for sentence, source in zip(maps, words, strict=True):
            row = sentence.weights[best.layer - 1, best.head - 1][sentence.places(source)].mean(
                dim=0
            )
            picture = heat(row[None], [source], sentence.tokens, numbers=False, titles=("", ""))
            st.altair_chart(picture.properties(height=130), width="stretch", alt=sentence.text)
    think(
        "Does a head that switches prove that the model understands who is hungry?",
        "No. Attention says what is read, not what is done with it; with many heads some switch by "
        "chance, and the answer may be spread over many of them. Try other pairs of sentences and "
        "see whether the same head switches again.",
    )


def verdict(heads: list[HeadChange], targets: tuple[str, str]) -> str:
    """How many heads switch; it says so when none does."""
    count = sum(head.switches() for head in heads)
    most = heads[0]
    values = {
        "count": count,
        "heads": len(heads),
        "first": targets[0],
        "second": targets[1],
        "layer": most.layer,
        "head": most.head,
        "shift": f"{most.shift:.2f}",
    }
    if not count:
        return t(
            "None of the {heads} heads switches from “{first}” to “{second}”. The one that moves "
            "most in this direction is head {head} of layer {layer}, by {shift} of 2.",
            **values,
        )
    return t(
        "{count} of {heads} heads switch from “{first}” to “{second}”; most of all head {head} of "
        "layer {layer}, by {shift} of 2.",
        **values,
    )
