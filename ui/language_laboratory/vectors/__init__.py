"""The room Vectors: tokens, words, sentences, nodes of a graph and images as points in space."""

from __future__ import annotations

from ui.language_laboratory.widgets import open_part

PARTS = {  # module of this package: its name
    "tokens": "From one-hot to dense",
    "words": "Word vectors",
    "sentences": "Sentences",
    "nodes": "Nodes of a graph",
    "kinds": "Everything becomes a vector",
}


def show() -> None:
    """The open part of the room."""
    open_part(__name__, PARTS, "vectors_part")
