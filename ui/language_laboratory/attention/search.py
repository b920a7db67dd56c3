"""Who is it? A search over all heads for those that look elsewhere when one word changes."""

from __future__ import annotations

import streamlit as st

from language.attention_maps import HeadChange, compare
from language.errors import LanguageError
from ui.language_laboratory.attention import models
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import SLANTED, changes, heat
from ui.session import error_text
from ui.text import escape, t

EXAMPLES = {  # name: two sentences, the word that looks, and two that it may look at
    "cat and milk": (
        "The cat drank the milk because it was hungry.",
        "The cat drank the milk because it was sweet.",
        "it",
        "cat",
        "milk",
    ),
    "trophy and suitcase": (
        "The trophy did not fit in the suitcase because it was too big.",
        "The trophy did not fit in the suitcase because it was too small.",
        "it",
        "trophy",
        "suitcase",
    ),
    "teacher and student": (
        "The teacher helped the student because she was kind.",
        "The teacher helped the student because she was lost.",
        "she",
        "teacher",
        "student",
    ),
}
_TOP = 8


def show() -> None:
    """Two sentences, and the heads that look from a word at another in the second one."""
    notice(
        "Only the last word differs, and yet one head of the encoder looks from “it” at the cat in "
        "one sentence and at the milk in the other; for the trophy and the suitcase no head does."
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        example = st.segmented_control(
            t("Example"),
            list(EXAMPLES),
            default=next(iter(EXAMPLES)),
            required=True,
            format_func=t,
            key="search_example",
            wrap=True,
        )
    with right:
        name = models.choose("search_model")
    texts = EXAMPLES[example]
    one, two = st.columns(2)  # wide enough for the word that differs
    three, four, five = st.columns(3)
    first = one.text_input(t("First sentence"), texts[0], key=f"search_first {example}")
    second = two.text_input(t("Second sentence"), texts[1], key=f"search_second {example}")
    word = three.text_input(t("From"), texts[2], key=f"search_word {example}").strip()
    targets = (
        four.text_input(t("to"), texts[3], key=f"search_target {example}").strip(),
        five.text_input(t("or to"), texts[4], key=f"search_other {example}").strip(),
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
        st.error(error_text(error))
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
            picture = picture.properties(height=130, padding=SLANTED)
            st.altair_chart(picture, width="stretch", alt=sentence.text)
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
            "most in this direction is head {head} of layer {layer}, by {shift}; 2 is the most "
            "possible.",
            **values,
        )
    return t(
        "Heads that switch from “{first}” to “{second}”: {count} of {heads}; most of all head "
        "{head} of layer {layer}, by {shift}; 2 is the most possible.",
        **values,
    )
