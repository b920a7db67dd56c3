"""LlamaIndex: SimpleDirectoryReader, SentenceSplitter, HuggingFaceEmbedding and VectorStoreIndex, each with its defaults."""

from __future__ import annotations

from llama_index.core import SimpleDirectoryReader, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.schema import MetadataMode
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from recipe import Recipe, measure


def load(folder: str) -> Recipe:
    """The recipe with a loaded encoder."""
    model = HuggingFaceEmbedding(model_name=folder)
    model.get_query_embedding("warm")

    def run(files: list[str]) -> tuple[int, list[str]]:
        pages = SimpleDirectoryReader(input_files=files).load_data()
        nodes = SentenceSplitter().get_nodes_from_documents(pages)
        VectorStoreIndex(nodes, embed_model=model)
        return len(pages), [node.get_content(MetadataMode.EMBED) for node in nodes]

    return run


measure(
    load,
    (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "pypdf",
        "sentence-transformers",
        "torch",
    ),
)
