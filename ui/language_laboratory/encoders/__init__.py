"""The room Encoders at work: masked words, fine-tuning, frozen layers, bi- and cross-encoder."""

from __future__ import annotations

from ui.language_laboratory.widgets import open_part

PARTS = {  # module of this package: its name
    "mask": "Masked words",
    "tuning": "Fine-tuning",
    "curve": "Frozen or fine-tuned",
    "pairs": "Bi-encoder and cross-encoder",
}


def show() -> None:
    """The open part of the room."""
    open_part(__name__, PARTS, "encoders_part")
