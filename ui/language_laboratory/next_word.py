"""Room "Next word": the distribution of the next token, a text's probability, three strategies."""

from __future__ import annotations

from ui.language_laboratory import next_word_bars, next_word_strategies, next_word_text
from ui.language_laboratory.widgets import choose_part

PARTS = {
    "bars": "Next token",
    "text": "Probability of a text",
    "strategies": "Greedy, beam, sampling",
}


def show() -> None:
    """The choice of a part, and the part."""
    part = choose_part(PARTS, "next_word_part")
    {
        "bars": next_word_bars.show,
        "text": next_word_text.show,
        "strategies": next_word_strategies.show,
    }[part]()
