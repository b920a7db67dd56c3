"""LangChain: PyPDFLoader, RecursiveCharacterTextSplitter, HuggingFaceEmbeddings and FAISS, each with its defaults."""

from __future__ import annotations

from langchain_community.document_loaders import PyPDFLoader
from langchain_community.vectorstores import FAISS
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter
from recipe import Recipe, measure


def load(folder: str) -> Recipe:
    """The recipe with a loaded encoder."""
    embeddings = HuggingFaceEmbeddings(model_name=folder)
    embeddings.embed_query("warm")

    def run(files: list[str]) -> tuple[int, list[str]]:
        pages = [page for file in files for page in PyPDFLoader(file).load()]
        chunks = RecursiveCharacterTextSplitter().split_documents(pages)
        FAISS.from_documents(chunks, embeddings)
        return len(pages), [chunk.page_content for chunk in chunks]

    return run


measure(
    load,
    ("langchain-community", "langchain-huggingface", "pypdf", "sentence-transformers", "torch"),
)
