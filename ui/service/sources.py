"""Answers and passages as plain values, each source with the address of its page's image."""

from __future__ import annotations

from typing import Any

from rag.plain_values import hit_dict
from rag.types import Answer, Hit, Source
from ui.service.access import Access


def answer_values(answer: Answer, access: Access) -> dict[str, Any]:
    """An answer as `katheder ask --json` prints it, with an `image` for each source."""
    values = answer.as_dict()
    for source, row in zip(answer.sources, values["sources"], strict=True):
        row["image"] = source_image(answer.marked(source), access)
    return values


def hit_values(hit: Hit, access: Access) -> dict[str, Any]:
    """A passage as `katheder search --json` prints it, with the `image` of its page."""
    passage = hit.passage
    path = f"/pages/{passage.document}/{passage.page}.png"
    return {**hit_dict(hit), "image": access.link(path, {"passage": passage.id})}


def source_image(source: Source, access: Access) -> str:
    """The address of a source's page with its words marked, without scheme and host."""
    passage = source.hit.passage
    page = source.pages[0] if source.pages and not passage.is_build else passage.page
    query: dict[str, str | int] = {"passage": passage.id}
    if source.end > source.start:
        query |= {"start": source.start, "end": source.end}
    return access.link(f"/pages/{passage.document}/{page}.png", query)
