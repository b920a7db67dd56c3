"""Three kinds side by side: what each position of a model sees, measured by gradients."""

from __future__ import annotations

import streamlit as st
import torch
from torch import Tensor

from language import seq2seq
from language.errors import LanguageError
from language.kinds import KINDS, visibility
from language.number_words import pieces
from language.text import check_text
from ui.language_laboratory.attention import models
from ui.language_laboratory.widgets import notice, think
from ui.presentation.attention_charts import SLANTED, heat
from ui.session import error_text
from ui.text import escape, t

TEXT = "The cat drank the milk"
_WORDS = "zweiundvierzig"
_MOST = 12  # tokens of the sentence
_BLOCKS = 8  # a mask is the same in each block; the decoder's 30 would take three times as long


def show() -> None:
    """A column for each kind."""
    notice(
        "An empty cell is a gradient of exactly zero: whatever stands there, the output cannot "
        "change. The decoder is empty above the diagonal, the encoder nowhere."
    )
    text = st.text_input(t("Sentence"), TEXT, key="kinds_text")
    st.caption(
        escape(
            t("Measured behind the first {number} blocks; each has the same mask.", number=_BLOCKS)
        )
    )
    try:
        with st.spinner(t("Loading …")):
            pictures = {
                "encoder": sight("encoder", text),
                "decoder": sight("decoder", text),
                "encoder-decoder": crossing(t("start"), t("end")),
            }
    except LanguageError as error:
        st.error(error_text(error))
        return
    for column, (name, kind) in zip(st.columns(3, gap="medium"), KINDS.items(), strict=True):
        with column:
            st.subheader(escape(t(kind.name)))
            rows, columns, matrix = pictures[name]
            shares = matrix / matrix.amax(dim=1, keepdim=True)
            shares = shares.masked_fill(matrix == 0, torch.nan)
            chart = heat(
                shares, rows, columns, numbers=False, titles=(t("output"), t("sees the input"))
            )
            st.altair_chart(
                chart.properties(height=260, padding=SLANTED),
                width="stretch",
                alt=t("What each output sees: {kind}", kind=t(kind.name)),
            )
            for label, value in (
                ("Sees", kind.sees),
                ("Trained on", kind.training),
                ("Good for", kind.good_for),
                ("Examples", kind.examples),
            ):
                st.markdown(f"**{escape(t(label))}:** {escape(t(value))}")
    think(
        "Why can the encoder not be trained to predict the next word?",
        "It sees the next word already: the task would be to copy it. A decoder is trained on all "
        "positions of a text at once because the mask hides what it must predict.",
    )


@st.cache_data(max_entries=32, show_spinner=False)
def sight(name: str, text: str) -> tuple[list[str], list[str], Tensor]:
    """Labels of rows and columns and the visibility in the first blocks of a bundled model."""
    check_text(text)
    model, tokenizer = models.first_blocks(name, _BLOCKS)
    ids = tokenizer(text[:2000], verbose=False)["input_ids"]
    if len(ids) > _MOST:
        raise LanguageError(f"The sentence has {len(ids)} tokens, expected at most {_MOST} here")
    names = [tokenizer.decode([one]).strip() or "␣" for one in ids]
    embed = model.embed if name == "encoder" else model.tokens
    with torch.no_grad():
        vectors = embed(torch.tensor([ids]))[0]
    return names, names, visibility(lambda x: model(x).last, vectors)


@st.cache_data(show_spinner=False)
def crossing(start: str, end: str) -> tuple[list[str], list[str], Tensor]:
    """The visibility in a small encoder-decoder: source and target side by side in the columns.

    `start` and `end` are the labels of the marks around the target.
    """
    model = seq2seq.build()
    source, _ = seq2seq.sources([_WORDS])
    read, _ = seq2seq.targets([42])
    with torch.no_grad():
        vectors = (
            model.encode(source).hidden[0][0],
            model.decode(read, model.encode(source).last).hidden[0][0],
        )
    length = len(vectors[0])

    def run(x: Tensor) -> Tensor:
        return model.decode(x[:, length:], model.encode(x[:, :length]).last).last

    columns = [*pieces(_WORDS), start, "4", "2"]
    return ["4", "2", end], columns, visibility(run, torch.cat(vectors))
