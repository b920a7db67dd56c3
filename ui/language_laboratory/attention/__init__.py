"""The room "Attention": attention and the transformer, in parts that fit one screen each."""

from __future__ import annotations

from ui.language_laboratory.widgets import open_part

PARTS = {  # module of this package: its name
    "step": "One step by hand",
    "maps": "Maps of all heads",
    "search": "Who is it?",
    "layers": "Positions, residuals, norms",
    "kinds": "Three kinds",
    "numbers": "Encoder-decoder, live",
    "size": "Size and cost",
}


def show() -> None:
    """The open part of the room."""
    open_part(__name__, PARTS, "attention_part")
