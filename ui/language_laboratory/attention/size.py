"""Size and cost: parameters, memory, operations and the KV cache of well-known models."""

from __future__ import annotations

import streamlit as st

from language.known_models import KNOWN_MODELS
from language.size import (
    BYTES,
    Shape,
    doubling,
    kv_cache,
    memory,
    operations,
    operations_per_token,
    parameters,
    shape_of,
    training_memory,
)
from ui.laboratory.widgets import number
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import lines, parts
from ui.text import escape, t

_CONTEXTS = [2**power for power in range(5, 18)]  # 32 to 131,072


def show() -> None:
    """A model, a context, and what they cost."""
    notice(
        "Parameters do not grow with the text, but the cache grows with its length and the scores "
        "with its square: doubling the context more than doubles the work."
    )
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    name = left.selectbox(t("Model"), list(KNOWN_MODELS), 3, key="size_model")
    known = KNOWN_MODELS[name]
    shape = shape_of(known.config)
    contexts = [one for one in _CONTEXTS if one <= (shape.context or 4096)]
    context = middle.select_slider(
        t("Context (tokens)"),
        contexts,
        min(1024, contexts[-1]),
        format_func=number,
        key=f"size_context_{contexts[-1]}",
    )
    precision = right.selectbox(t("Number format"), list(BYTES), 1, key="size_format")
    counts, work = parameters(shape), operations(shape, context)
    total = sum(counts.values())
    cells = {
        t("Parameters"): amount(total),
        t("Weights"): size(memory(shape, precision)),
        t("Training (Adam)"): size(training_memory(shape)),
        t("Operations, one pass"): amount(sum(work.values())),
        t("KV cache"): size(kv_cache(shape, context, precision)),
    }
    if shape.kind == "decoder":
        cells[t("Operations, one more token")] = amount(operations_per_token(shape, context))
    with st.container(horizontal=True, gap="medium"):
        for label, value in cells.items():
            st.metric(label, value, width="content")
    st.caption(
        escape(
            t(
                "Exactly {total} parameters; published: {published} ({source}).",
                total=number(total),
                published=amount(known.published),
                source=known.source,
            )
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        bars = {
            t("Parameters"): _shares(counts),
            t("Operations"): _shares(work),
        }
        title = t("Shares of the parts")
        st.caption(escape(title))
        st.altair_chart(
            parts(bars, percent=True).properties(height=230), width="stretch", alt=title
        )
        _doubled(shape, context)
    with right:
        title = t("Operations of one pass by length of the text, beyond what the model reads too")
        st.caption(escape(title))
        values = [
            {"series": t(series), "x": one, "y": value}
            for one in _CONTEXTS
            for series, value in (
                ("Attention scores", operations(shape, one)["attention scores"]),
                (
                    "All else",
                    sum(operations(shape, one).values())
                    - operations(shape, one)["attention scores"],
                ),
            )
        ]
        chart = lines(values, t("Context (tokens)"), "", log=True)
        st.altair_chart(chart.properties(height=300), width="stretch", alt=title)
    think(
        "Why do newer models share keys and values between several heads?",
        "The KV cache must be read for every new token and grows with each user and each token. "
        "With 8 instead of 64 heads of keys and values, as in Llama 3 70B, it is an eighth as "
        "large.",
    )


def _shares(values: dict[str, int]) -> dict[str, float]:
    total = sum(values.values())
    return {t(part.capitalize()): value / total for part, value in values.items() if value}


def _doubled(shape: Shape, context: int) -> None:
    """What a text twice as long costs."""
    costs = {
        name: f"{twice / once:.2f} ×" if once else "–"
        for name, (once, twice) in doubling(shape, context).items()
    }
    st.markdown(
        escape(
            t(
                "{twice} tokens instead of {context}: operations {operations}, attention scores "
                "{scores}, KV cache {cache}.",
                twice=number(2 * context),
                context=number(context),
                operations=costs["operations"],
                scores=costs["attention scores"],
                cache=costs["KV cache"],
            )
        )
    )


def amount(count: float) -> str:
    """A number with three digits and a word: 1.56 billion."""
    for limit, word in (
        (1e15, "quadrillion"),
        (1e12, "trillion"),
        (1e9, "billion"),
        (1e6, "million"),
    ):
        if count >= limit:
            return f"{count / limit:.3g} {t(word)}"
    return f"{count:,.0f}".replace(",", "\u202f")


def size(count: float) -> str:
    """Bytes for readers, in powers of 1,000."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"
