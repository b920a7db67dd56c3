"""The room Streams and size: other tokens than words, and the same model in several sizes."""

from __future__ import annotations

from ui.language_laboratory.widgets import open_part

PARTS = {  # module of this package: its name
    "samples": "Three streams",
    "loss": "Size and loss",
    "sums": "A jump, or the measure",
}


def show() -> None:
    """The open part of the room."""
    open_part(__name__, PARTS, "streams_part")
