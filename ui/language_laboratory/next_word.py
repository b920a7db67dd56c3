"""Room "Next word": the distribution of the next token, a text's probability, three strategies."""

from __future__ import annotations

from ui.language_laboratory import next_word_bars, next_word_strategies, next_word_text
from ui.language_laboratory.widgets import notice, think
from ui.session import lazy_tabs
from ui.text import t


def show() -> None:
    """The room."""
    notice(
        "A language model does one thing: it gives each token of its vocabulary a probability of "
        "being the next. Everything else is the choice that is made of it."
    )
    lazy_tabs(
        "next-word",
        {
            t("Next token"): next_word_bars.show,
            t("Probability of a text"): next_word_text.show,
            t("Greedy, beam, sampling"): next_word_strategies.show,
        },
    )
    think(
        "Why does the likeliest text often bore, although each of its words was the likeliest?",
        "People do not write the likeliest next word: their texts have surprises, some bits at "
        "every few words. A search for the likeliest text avoids all of them, and a repeated "
        "phrase makes its next repetition likelier still, so greedy decoding and beam search fall "
        "into loops. Sampling has surprises at the rate that the model expects, but it also "
        "draws from the long tail of unlikely tokens; top-k, top-p and min-p cut that tail off.",
    )
