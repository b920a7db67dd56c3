"""A library's retrieval as a retriever of LlamaIndex.

retriever = LibraryRetriever(Pipeline.load(folder, settings), k=5)
RetrieverQueryEngine.from_args(retriever, llm=...).query("What is attention?")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.pipeline import Pipeline
from rag.plain_values import hit_dict
from rag.scope import Scope
from rag.types import Hit


class LibraryRetriever(BaseRetriever):
    """Finds passages as `katheder search` does; scores are comparable within one call alone."""

    def __init__(
        self, pipeline: Pipeline, k: int | None = None, filter: Mapping[str, Any] | None = None
    ) -> None:
        """Wrap a pipeline.

        Args:
            pipeline: Where to search.
            k: How many passages come back at most, from 1; None as the pipeline's settings say.
            filter: The lectures to search; see `Scope.of`.

        Raises:
            BadSettings: k is less than 1.
        """
        if k is not None:
            changed = pipeline.settings.with_changes(retrieval={"top_k": k})
            pipeline = pipeline.with_settings(changed)
        self._pipeline = pipeline
        self._scope = Scope.of(dict(filter or {}))
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._pipeline.search(query_bundle.query_str, scope=self._scope)
        return [to_node(hit, rank) for rank, hit in enumerate(hits, start=1)]


def to_node(hit: Hit, rank: int) -> NodeWithScore:
    """A hit as a node with its place as metadata, and 1 / rank as its score in (0, 1].

    The last stage's own score is a logit or a fused one, as the settings have it; `stages` keeps it.
    """
    passage = hit.passage
    metadata = {"file_name": passage.file, "page_label": str(passage.page), **hit_dict(hit)}
    text = metadata.pop("text")
    hidden = sorted(set(metadata) - {"file_name", "page_label"})
    node = TextNode(
        id_=passage.id,
        text=text,
        metadata=metadata,
        excluded_embed_metadata_keys=sorted(metadata),
        excluded_llm_metadata_keys=hidden,
    )
    return NodeWithScore(node=node, score=1 / rank)
