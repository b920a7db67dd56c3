"""The servers of this machine and their models; nothing is asked before a reader says so."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from rag.language_models.servers import (
    LM_STUDIO,
    OLLAMA,
    ListedModel,
    ServerKind,
    list_models,
    request_json,
)
from rag.writer_notes import WritingFailed

PORTS = (11434, 1234, 8080, 8000)
"""Of Ollama, LM Studio, llama.cpp and vLLM."""
_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model of a server; `generator` and `base_url` are the settings that name it.

    `size` is in bytes and `context` in tokens, None where the server does not say.
    """

    generator: str
    base_url: str
    server: str
    size: int | None
    context: int | None


def find_models(ports: Sequence[int] = PORTS, host: str = "127.0.0.1") -> list[LocalModel]:
    """Ask the usual ports of this machine for their models, all at the same time.

    A port at which no such server answers has none.
    """
    with ThreadPoolExecutor(len(ports)) as pool:
        lists = pool.map(lambda port: _models_at(f"http://{host}:{port}"), ports)
        return [model for models in lists for model in models]


def _models_at(root: str) -> list[LocalModel]:
    url = f"{root}/v1"
    try:
        models = list_models(url, seconds=_SECONDS)
    except WritingFailed:
        return []
    tags = _ollama_tags(root)
    kind = OLLAMA if tags is not None else models[0].kind if models else None
    described = [_described(root, model, kind, tags or {}) for model in models]
    return [
        LocalModel(
            f"{'ollama' if kind == OLLAMA else 'openai'}:{model.name}",
            url,
            kind.name if kind else "",
            model.size,
            model.context,
        )
        for model in described
    ]


def _ollama_tags(root: str) -> dict[str, Any] | None:
    """Ollama's own list, by name; None for another server."""
    try:
        return {
            row["name"]: row for row in request_json(f"{root}/api/tags", seconds=_SECONDS)["models"]
        }
    except (WritingFailed, KeyError, TypeError):
        return None


def _described(
    root: str, model: ListedModel, kind: ServerKind | None, tags: dict[str, Any]
) -> ListedModel:
    """A model with the size and the context that only the server's own interface tells."""
    try:
        if kind == OLLAMA:
            show = request_json(f"{root}/api/show", body={"model": model.name}, seconds=_SECONDS)
            lengths = [
                value
                for name, value in show["model_info"].items()
                if name.endswith(".context_length")
            ]
            size = tags.get(model.name, {}).get("size")
            return replace(model, size=size, context=lengths[0] if lengths else None)
        if kind == LM_STUDIO:
            row = request_json(f"{root}/api/v0/models/{model.name}", seconds=_SECONDS)
            return replace(model, context=row.get("max_context_length"))
    except (WritingFailed, KeyError, TypeError, AttributeError):
        pass
    return model
