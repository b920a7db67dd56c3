"""Pages a second from PDFs to a searchable library, compared with plain LangChain components.

    python -m benchmarks.ingest corpus [--rounds 3]

The baseline is PyPDFLoader, RecursiveCharacterTextSplitter, HuggingFaceEmbeddings and FAISS, each
with its defaults and with the same encoder weights. Ours reads, chunks, embeds and stores in
SQLite and FAISS. Both have their models loaded; they alternate, and the result is the median of
the rounds' ratios. The baseline gives the encoder texts of up to 4,000 characters, of which it
reads the first 256 tokens; ours embeds the whole text. Tokens are printed too, since embedding
takes most of the time.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import warnings
from pathlib import Path

from ingest import weights
from ingest.chunk import embedding_text
from ingest.embed import Encoder
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models

warnings.filterwarnings("ignore")


def ours(files: list[Path], encoder: Encoder) -> tuple[float, int, int]:
    """Seconds, pages and embedded tokens."""
    with tempfile.TemporaryDirectory() as scratch:
        start = time.perf_counter()
        library = Library(Path(scratch) / "library", create=True)
        pages = sum(report.pages for report in ingest(files, library, encoder))
        library.search_dense(encoder.encode(["warm"])[0], 1)  # builds and saves the index
        seconds = time.perf_counter() - start
        texts = [embedding_text(p) for d in library.documents() for p in library.passages(d.id)]
        return seconds, pages, sum(encoder.count_tokens(texts))


def baseline(files: list[Path], embeddings: object, encoder: Encoder) -> tuple[float, int, int]:
    """Seconds, pages and embedded tokens; the encoder truncates longer texts."""
    from langchain_community.document_loaders import PyPDFLoader
    from langchain_community.vectorstores import FAISS
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    start = time.perf_counter()
    pages = [page for file in files for page in PyPDFLoader(str(file)).load()]
    chunks = RecursiveCharacterTextSplitter().split_documents(pages)
    FAISS.from_documents(chunks, embeddings)  # type: ignore[arg-type]
    seconds = time.perf_counter() - start
    tokens = encoder.count_tokens([chunk.page_content for chunk in chunks])
    return seconds, len(pages), sum(min(count, encoder.window - 2) for count in tokens)


def main() -> None:
    """Measure and print."""
    from langchain_huggingface import HuggingFaceEmbeddings

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    files = find_files(options.paths)
    encoder = Models().encoder
    embeddings = HuggingFaceEmbeddings(model_name=str(weights.locate(weights.ENCODER).folder))
    encoder.encode(["warm", "up"])
    embeddings.embed_query("warm")
    ratios = []
    for number in range(1, options.rounds + 1):
        a_seconds, a_pages, a_tokens = ours(files, encoder)
        b_seconds, b_pages, b_tokens = baseline(files, embeddings, encoder)
        ratios.append((a_pages / a_seconds) / (b_pages / b_seconds))
        print(
            f"round {number}: ours {a_pages / a_seconds:.1f} pages/s ({a_tokens} tokens), "
            f"baseline {b_pages / b_seconds:.1f} pages/s ({b_tokens} tokens), ratio {ratios[-1]:.2f}",
            flush=True,
        )
    print(f"median ratio {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
