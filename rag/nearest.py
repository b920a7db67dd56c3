"""What an abstention shows: the first passages as they are."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import replace

from rag.types import Hit, Source

_PAGES = 3
_QUOTE_CHARS = 200  # of a page that no evidence was taken from


def nearest_sources(hits: Sequence[Hit], evidence: Sequence[Source]) -> tuple[Source, ...]:
    """The first three hits as sources, each with its best evidence or its beginning."""
    best = {source.hit.passage.id: source for source in reversed(evidence)}
    nearest = []
    for number, hit in enumerate(hits[:_PAGES], start=1):
        source = best.get(hit.passage.id)
        if source is None:
            text = " ".join(hit.passage.text.split())
            source = Source(number, textwrap.shorten(text, _QUOTE_CHARS, placeholder=" …"), hit)
        nearest.append(replace(source, number=number))
    return tuple(nearest)
