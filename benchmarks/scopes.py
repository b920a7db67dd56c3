"""Searches within some lectures, compared with those of a library of these lectures alone.

    python -m benchmarks.scopes LIBRARY QUESTIONS --size 5

The library's documents are parted into courses of so many. Each question with gold pages in one
course is asked of that course: in the whole library within a scope, in a library of the course
alone, and in the whole library with the others left out afterwards, as if BM25 had no statistics of
the course. No reranker. RR@10 is by the first passage that shows a gold page.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ingest.courses import order_key
from ingest.store import Library
from ingest.tracking import stored_document
from ingest.types import Document, Passage
from rag.evaluation.bootstrap import mean_interval
from rag.evaluation.questions import Question, read_questions
from rag.models import Models
from rag.scope import Scope, ScopedStore
from rag.search import find
from rag.settings import Settings
from rag.types import Hit

_DEPTH = 10  # of the reciprocal rank


_ALL = 10**6  # more passages than a library has


class FilteredAfterwards(ScopedStore):
    """A scope whose BM25 has the statistics of the whole library."""

    def search_lexical(
        self, question: str, k: int, documents: Collection[str] | None = None
    ) -> list[tuple[Passage, float]]:
        """The k passages of the scope of the largest BM25 in the whole library."""
        ids = {document.id for document in self.documents()}
        ranking = self.whole.search_lexical(question, _ALL)
        return [(passage, score) for passage, score in ranking if passage.document in ids][:k]


def main() -> None:
    """Measure, and print a line for each way of asking."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--size", type=int, default=5, help="documents of a course")
    arguments = parser.parse_args()
    whole, settings = Library(arguments.library), Settings()
    encoder = Models(settings.models).encoder
    documents = sorted(whole.documents(), key=order_key)
    size = arguments.size
    groups = [documents[start : start + size] for start in range(0, len(documents), size)]
    questions = [question for question in read_questions(arguments.questions) if question.gold]
    ranks: defaultdict[str, list[float]] = defaultdict(list)
    seconds: defaultdict[str, float] = defaultdict(float)
    equal = 0
    with TemporaryDirectory() as folder:
        for number, group in enumerate(groups):
            files = {document.file for document in group}
            scope = Scope(lectures=tuple(document.id for document in group))
            stores = {
                "within the scope": ScopedStore(whole, scope),
                "the course alone": copied(whole, group, Path(folder) / str(number)),
                "filtered afterwards": FilteredAfterwards(whole, scope),
                "without a scope": whole,
            }
            for question in questions:
                if not all(gold.doc in files for gold in question.gold):
                    continue
                rankings: dict[str, list[Hit]] = {}
                for name, store in stores.items():
                    for event in find([question.question], store, settings, encoder):
                        rankings[name] = list(event.hits)
                    seconds[name] += event.seconds
                    ranks[name].append(reciprocal_rank(question, rankings[name]))
                equal += rankings["within the scope"] == rankings["the course alone"]
    count = len(ranks["within the scope"])
    print(f"{count} questions, {len(groups)} courses of at most {size} documents")
    print(f"{equal} rankings within the scope are those of the course alone, with their scores")
    for name, values in ranks.items():
        milliseconds = 1000 * seconds[name] / count
        print(f"{name}: RR@{_DEPTH} {np.mean(values):.4f}, {milliseconds:.1f} ms a search")
    for name in ("the course alone", "filtered afterwards", "without a scope"):
        differences = np.subtract(ranks["within the scope"], ranks[name])
        low, high = mean_interval(differences)
        print(f"within the scope - {name}: {differences.mean():+.4f} [{low:+.4f}, {high:+.4f}]")


def copied(whole: Library, documents: list[Document], folder: Path) -> Library:
    """A library of some documents of another."""
    library = Library(folder, create=True)
    config = whole.config()
    assert config is not None
    library.check_or_set_config(config)
    for document in documents:
        vectors = whole.stored_vectors(document.id)
        library.add(stored_document(whole, document), whole.passages(document.id), vectors)
    return library


def reciprocal_rank(question: Question, hits: list[Hit]) -> float:
    """1 / rank of the first passage that shows a gold page; 0 beyond rank 10."""
    for rank, hit in enumerate(hits[:_DEPTH], start=1):
        if any((hit.passage.file, page) in question.gold_pages for page in hit.passage.pages):
            return 1 / rank
    return 0.0


if __name__ == "__main__":
    main()
