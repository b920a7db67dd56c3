"""Train byte-pair encoding live: the pair counts, the next merge, the text, and its length."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import streamlit as st

from language import bpe, tokens, vocabularies
from ui.laboratory.widgets import number
from ui.language_laboratory import chips
from ui.language_laboratory.token_charts import merge_curve
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

TEXTBOOK = "aaabdaaabac"
TEXTS = ("Textbook example", "English sentences", "German sentences")
_MOST_MERGES = 1000
_LONGEST = 20_000
_PAIRS = 8  # of the table of counts


def show() -> None:
    """The text, the number of merges, and the state after them."""
    notice(
        "Training looks at nothing but counts: the most frequent pair of neighbours becomes a new "
        "token, again and again. Frequent words become whole, rare ones stay in pieces."
    )
    st.session_state.setdefault("bpe_text", TEXTBOOK)
    st.pills(
        t("Examples"),
        TEXTS,
        format_func=lambda name: t(name),
        key="bpe_example",
        on_change=_take_example,
    )
    text = st.text_area(t("Training text"), key="bpe_text", max_chars=_LONGEST, height=100)
    within = st.toggle(
        t("Merges stay within words (pattern of GPT-2)"), value=True, key="bpe_within"
    )
    pattern = bpe.PATTERN if within else bpe.NO_PATTERN
    merges = _merges(text, pattern)
    if not merges:
        st.info(t("No pair of neighbours occurs twice, so there is nothing to merge."))
        return
    steps = st.session_state.get("bpe_steps", 2)  # of another text, it may be too many
    st.session_state.bpe_steps = min(steps, len(merges))
    steps = st.slider(t("Merges"), 0, len(merges), key="bpe_steps")
    vocabulary = bpe.vocabulary(merges[:steps], pattern)
    left, right = st.columns(2, gap="large")
    with left:
        if steps:
            st.markdown(_sentence("Merge {step}", merges[steps - 1], steps))
        row = tokens.trained("bpe", vocabulary).tokenize(text)
        st.markdown(
            escape(
                t(
                    "The text after it: {tokens} tokens, vocabulary {size}",
                    tokens=number(len(row)),
                    size=number(len(vocabulary.ids)),
                )
            )
        )
        chips.show(text, row, tokens.kinds(text, row), ids=False, underline=False)
    with right:
        _counts(text, vocabulary)
        if steps < len(merges):
            st.markdown(_sentence("Next, merge {step}", merges[steps], steps + 1))
        elif steps < _MOST_MERGES:
            st.markdown(escape(t("No pair occurs twice any more: training ends.")))
    lengths = [len(text.encode()), *(merge.length for merge in merges)]
    st.altair_chart(
        merge_curve(lengths, steps, t).properties(height=260),
        width="stretch",
        alt=t("Length of the text in tokens by vocabulary size"),
    )
    with st.expander(t("All merges in order")):
        st.dataframe(
            [
                {
                    t("Merge"): place,
                    t("Left token"): tokens.readable(merge.left),
                    t("Right token"): tokens.readable(merge.right),
                    t("New token"): tokens.readable(merge.token),
                    "id": merge.id,
                    t("Count"): merge.count,
                    t("Tokens after it"): merge.length,
                }
                for place, merge in enumerate(merges, 1)
            ],
            hide_index=True,
            width="stretch",
        )
    think(
        "The curve falls steeply and then flattens. Why does no one train until it is flat?",
        "The first merges are of pairs that occur everywhere; the last ones shorten the text by two "
        "tokens each, since their pair occurs twice. Such tokens are whole rare words of this one "
        "text. They cost a row in the embedding table, are hardly trained, and do not help with "
        "another text.",
    )


@st.cache_data(show_spinner=False, max_entries=20)
def _merges(text: str, pattern: str) -> list[bpe.Merge]:
    size = len(bpe.BYTES) + _MOST_MERGES
    return list(islice(bpe.train(text, size, pattern, minimum_count=2), _MOST_MERGES))


def _take_example() -> None:
    example = st.session_state.bpe_example
    if not example:
        return
    pairs = vocabularies.parallel_texts()
    column = TEXTS.index(example) - 1
    text = TEXTBOOK if column < 0 else "\n".join(pair[column] for pair in pairs)
    st.session_state.bpe_text = text


def _sentence(english: str, merge: bpe.Merge, step: int) -> str:
    left, right, token = map(tokens.readable, (merge.left, merge.right, merge.token))
    head = escape(t(english, step=step))
    tail = escape(t("{count} times", count=number(merge.count)))
    return f"**{head}:** {escape(left)} + {escape(right)} → {escape(token)} ({tail})"


def _counts(text: str, vocabulary: bpe.Vocabulary) -> None:
    """The most frequent pairs of neighbours in the text as it is now."""
    pieces = Counter(bpe.split(text, vocabulary.pattern))
    words = [(bpe.merge(piece, vocabulary.ids), times) for piece, times in pieces.items()]
    counts = bpe.pair_counts(words)
    ids = vocabulary.ids
    order = sorted(counts, key=lambda pair: (-counts[pair], ids[pair[0]], ids[pair[1]]))
    st.markdown(escape(t("The most frequent pairs of neighbours in it")))
    st.dataframe(
        [
            {
                t("Left token"): tokens.readable(left),
                t("Right token"): tokens.readable(right),
                t("Count"): counts[left, right],
            }
            for left, right in order[:_PAIRS]
        ],
        hide_index=True,
        width="stretch",
    )
