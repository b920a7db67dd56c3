"""Haystack: PyPDFToDocument, DocumentCleaner, DocumentSplitter and SentenceTransformersDocumentEmbedder, each with its defaults."""

from __future__ import annotations

import sys

from haystack.components.converters import PyPDFToDocument
from haystack.components.preprocessors import DocumentCleaner, DocumentSplitter
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
)
from pypdf import PdfReader
from recipe import Recipe, measure


def load(folder: str) -> Recipe:
    """The recipe with a loaded encoder."""
    embedder = SentenceTransformersDocumentEmbedder(model=folder, progress_bar=False)
    embedder.warm_up()
    splitter = DocumentSplitter()
    splitter.warm_up()

    # A document is a whole file here, so pages are counted apart, before the time is taken.
    pages = sum(len(PdfReader(file).pages) for file in sys.argv[2:])

    def run(files: list[str]) -> tuple[int, list[str]]:
        documents = PyPDFToDocument().run(sources=files)["documents"]
        documents = DocumentCleaner().run(documents=documents)["documents"]
        documents = splitter.run(documents=documents)["documents"]
        embedded = embedder.run(documents=documents)["documents"]
        InMemoryDocumentStore().write_documents(embedded)
        return pages, [document.content or "" for document in embedded]

    return run


measure(load, ("haystack-ai", "pypdf", "sentence-transformers", "torch"))
