"""How often a relevant page is retrieved first: dense, lexical and fused search compared.

    python -m benchmarks.retrieval corpus [--questions FILE-OR-FOLDER] [--library DIR]

It uses every answerable question that is not a follow-up; a passage is relevant if it is on a page
in the question's `gold`. Prints Success@1, @5 and @10 (the number of questions with a relevant
passage among the first 1, 5 and 10), RR@10 (the mean of 1 / rank of the first relevant passage, 0
beyond rank 10) and the seconds per question with loaded models.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.embed import Encoder
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models
from rag.retrieve import rank_of, retrieve, vector_across_languages
from rag.settings import load_settings

SETUPS = {"dense": (1.0, 0.0), "lexical": (0.0, 1.0), "fused": (1.0, 1.0)}


def read_questions(path: Path) -> list[dict[str, Any]]:
    """The answerable questions of a JSON-lines file, or of a folder of them, without follow-ups."""
    questions = [
        json.loads(line)
        for file in ([path] if path.is_file() else sorted(path.glob("*.jsonl")))
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    return [question for question in questions if question["gold"] and not question.get("after")]


def first_rank(
    library: Library, encoder: Encoder, question: dict[str, Any], weights: tuple[float, float]
) -> tuple[int | None, float]:
    """The rank of the first relevant passage, None if there is none, and the seconds taken."""
    settings = load_settings().retrieval.model_copy(
        update={"dense_weight": weights[0], "lexical_weight": weights[1]}
    )
    start = time.perf_counter()
    vector = encoder.encode_questions([question["question"]])[0] if weights[0] else None
    across = vector_across_languages(encoder, library, question["question"], vector)
    hits = retrieve(library, question["question"], vector, settings, across)
    seconds = time.perf_counter() - start
    ranks = [rank_of(hits, gold["doc"], set(gold["pages"])) for gold in question["gold"]]
    return min((rank for rank in ranks if rank), default=None), seconds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path, help="the lectures to index")
    parser.add_argument("--questions", type=Path, default=Path("corpus/questions"))
    parser.add_argument(
        "--library", type=Path, help="store the library here instead of in a temporary folder"
    )
    parser.add_argument(
        "--misses", action="store_true", help="list the questions whose page is not in the first 5"
    )
    options = parser.parse_args(arguments)
    questions = read_questions(options.questions)
    with tempfile.TemporaryDirectory() as scratch:
        library = Library(options.library or Path(scratch) / "library", create=True)
        encoder = Models().encoder
        chunking = load_settings().chunking.model_dump()
        for report in ingest(find_files(options.paths), library, encoder, **chunking):
            if report.outcome == "failed":
                raise SystemExit(report.message)
        print(
            f"{len(questions)} questions over {library.count()} passages of {len(library.documents())} documents"
        )
        first_rank(library, encoder, questions[0], (1.0, 1.0))  # warm
        print(f"{'':>8}  Success@1  Success@5  Success@10  RR@10  seconds (median)")
        for name, weights in SETUPS.items():
            ranks, seconds = zip(
                *(first_rank(library, encoder, q, weights) for q in questions), strict=True
            )
            counts = [sum(rank is not None and rank <= k for rank in ranks) for k in (1, 5, 10)]
            reciprocal = sum(1 / rank for rank in ranks if rank and rank <= 10) / len(ranks)
            print(
                f"{name:>8}  {counts[0]:>6}/{len(ranks)}  {counts[1]:>6}/{len(ranks)}  {counts[2]:>7}/{len(ranks)}"
                f"  {reciprocal:.3f}  {statistics.median(seconds):.3f}"
            )
            if options.misses and name == "fused":
                for question, rank in zip(questions, ranks, strict=True):
                    if rank is None or rank > 5:
                        print(f"    rank {rank}: {question['id']} {question['question']}")


if __name__ == "__main__":
    main()
