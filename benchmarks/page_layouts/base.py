"""A page whose text is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Sentences of about ten words that differ in each word's neighbours, so that no order is ambiguous.
SENTENCES = (
    "Gradient descent follows the slope of the loss downhill.",
    "Momentum remembers earlier steps and smooths the noisy path.",
    "Dropout silences random units while the network is training.",
    "Pooling keeps the strongest answer of each small window.",
    "Attention weighs every token by how much it matters.",
    "Clustering groups similar points without looking at any label.",
    "Boosting corrects mistakes that earlier trees left behind.",
    "Kernels compare objects as if they lived elsewhere.",
    "Entropy measures surprise, averaged over all possible outcomes.",
    "Validation data decide when further training would hurt.",
    "Embeddings place words with related meanings close together.",
    "Sampling draws outcomes in proportion to their probability.",
)


@dataclass(frozen=True, slots=True)
class PageLayout:
    """A page: what it tests, the program that makes it, its text as read aloud, and how to make it.

    `make` gives the bytes of a PDF; browser pages are printed together, so theirs is HTML.
    """

    name: str
    kind: str
    expected: str
    make: Callable[[], bytes]
