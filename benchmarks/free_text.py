"""Compare the marks of free-text answers with a person's: right, partly right or wrong.

    python -m benchmarks.free_text --library DIR [--answers FILE]

Each line of `benchmarks/free_text.jsonl` has the place of a definition (file, page, passage and
characters), an answer in words of our own, and the mark that a person gave it before the program did.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ingest.store import Library
from rag.evidence import judge_of
from rag.models import Models
from rag.settings import load_settings
from rag.study.cards import definitions_of
from rag.study.definitions import Definition
from rag.study.marking import mark_answer

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = ROOT / "benchmarks" / "free_text.jsonl"


def definitions_at(library: Library, files: set[str]) -> dict[tuple[str, int, int], Definition]:
    """The definitions of some files by passage and characters."""
    places: dict[tuple[str, int, int], Definition] = {}
    for document in library.documents():
        if document.file in files:
            for one in definitions_of(library, [document.id]):
                if one.kind != "abbreviation":
                    places[one.passage.id, one.start, one.end] = one
    return places


def compare(library: Library, file: Path) -> Iterator[str]:
    """A line for each answer, then the agreement with its 95 % interval and the confusions."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    definitions = definitions_at(library, {row["doc"] for row in rows})
    models = Models(load_settings().models)
    judge = judge_of(models.reranker, models.encoder)
    pairs: list[tuple[str, str]] = []
    for row in rows:
        definition = definitions.get((row["passage"], row["start"], row["end"]))
        if definition is None:
            yield f"{row['doc']}, p. {row['page']}: no such definition any more"
            continue
        mark = mark_answer(row["answer"], definition, judge)
        pairs.append((row["mark"], mark.verdict))
        same = "     " if mark.verdict == row["mark"] else "OTHER"
        yield (
            f"{same} {row['mark']:6s} {mark.verdict:6s} coverage {mark.coverage:5.1f} support "
            f"{mark.support:5.1f} words {mark.words:.2f}  {definition.term}: {row['answer']}"
        )
    agreements = np.array([first == second for first, second in pairs], dtype=float)
    rng = np.random.default_rng(0)
    means = rng.choice(agreements, (10_000, len(agreements))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    yield (
        f"{int(agreements.sum())} of {len(pairs)} marks are the same: {agreements.mean():.2f} "
        f"({low:.2f} to {high:.2f})"
    )
    for (person, program), count in sorted(Counter(pairs).items()):
        yield f"  {person:6s} marked {program:6s} {count:3d}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--library", type=Path, required=True)
    parser.add_argument("--answers", type=Path, default=ANSWERS)
    options = parser.parse_args()
    for line in compare(Library(options.library), options.answers):
        print(line)


if __name__ == "__main__":
    main()
