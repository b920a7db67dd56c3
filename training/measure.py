"""Compare rerankers with the first stage, on sets that none of them was trained on.

    python -m training.measure MODEL... [--sets NAME...] [--limit N] [--library DIR]

The sets are `dev` (corpus/questions/dev.jsonl over the lectures), `held-out` (the subjects that
are excluded from training) and any folder in BEIR's format. For each set it prints RR@10 and
nDCG@10 of the first stage, and of its first 20 candidates reranked, with the first stage's score
added at several weights; then the difference from the first stage with its 95 % bootstrap
interval. Candidates are computed once and cached.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ingest import weights
from ingest.chunk import embedding_text
from ingest.embed import Encoder
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.evaluation.beir import fill, read_beir
from rag.evaluation.bootstrap import mean_interval
from rag.evaluation.questions import read_questions
from rag.models import Models
from rag.rerank import Reranker, logits, standardised
from rag.retrieve import retrieve, vector_across_languages
from rag.settings import ModelSettings, Settings
from rag.types import Hit
from training.candidates import HELD_OUT, FirstStage
from training.texts import TrainingText, read_texts

_CANDIDATES = 20
_WEIGHTS = (0.0, 0.25, 0.5, 1.0, 1.25, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Ranking:
    """A question's candidates in the first stage's order.

    `grades` are their relevance judgements, 0 for irrelevant; `ideal` are all judgements of the
    question, whether retrieved or not.
    """

    question: str
    texts: tuple[str, ...]
    fused: tuple[float, ...]
    grades: tuple[float, ...]
    ideal: tuple[float, ...]


def reciprocal_rank(grades: Sequence[float]) -> float:
    """1 / rank of the first relevant candidate, 0 if none of the first ten is."""
    return next((1 / rank for rank, grade in enumerate(grades[:10], 1) if grade > 0), 0.0)


def ndcg(grades: Sequence[float], ideal: Sequence[float]) -> float:
    """nDCG@10 with the judgements as gains. Source: Järvelin and Kekäläinen (2002)."""
    discounts = 1 / np.log2(np.arange(2, 12))

    def dcg(values: Sequence[float]) -> float:
        first = np.array(values[:10])
        return float((first * discounts[: len(first)]).sum())

    best = dcg(sorted(ideal, reverse=True))
    return dcg(grades) / best if best else 0.0


def rankings(name: str, library: Path | None, limit: int | None) -> list[Ranking]:
    """The candidates of a set, from the cache if they were computed before."""
    encoder = Models().encoder
    state = hashlib.sha256(f"{name} {encoder.identity} {Settings().retrieval}".encode())
    if name == "held-out":
        state.update("".join(text.text for text in _held_out()).encode())
    file = weights.cache_dir() / "training" / f"candidates-{state.hexdigest()[:16]}.json"
    if file.is_file():
        raw = json.loads(file.read_text())
    else:
        if name == "held-out":
            computed = _held_out_rankings(encoder)
        else:
            computed = _dev(encoder, library) if name == "dev" else _beir(encoder, Path(name))
        raw = [[r.question, r.texts, r.fused, r.grades, r.ideal] for r in computed]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(raw))
    every = max(1, len(raw) // limit) if limit else 1
    return [Ranking(q, *map(tuple, rest)) for q, *rest in raw[::every]]


def _held_out() -> list[TrainingText]:
    return [text for text in read_texts() if text.subject in HELD_OUT]


def _held_out_rankings(encoder: Encoder) -> list[Ranking]:
    texts = read_texts()
    questions = [
        (text, question) for text in _held_out() for question in text.questions if question.answer
    ]
    with TemporaryDirectory() as scratch:
        first_stage = FirstStage(texts, [], encoder, Path(scratch))
        candidates = first_stage.search([question.query for _, question in questions])
        return [
            _ranking(
                question.query,
                hits,
                [float(first_stage.owners[hit.passage.id] == text.id) for hit in hits],
                [1.0],
            )
            for (text, question), hits in zip(questions, candidates, strict=True)
        ]


def _dev(encoder: Encoder, folder: Path | None) -> list[Ranking]:
    questions = read_questions(Path("corpus/questions/dev.jsonl"))
    with TemporaryDirectory() as scratch:
        library = Library(folder or Path(scratch) / "library", create=True)
        chunking = Settings().chunking.model_dump()
        for report in ingest(find_files([Path("corpus")]), library, encoder, **chunking):
            if report.outcome == "failed":
                raise SystemExit(report.message)
        result = []
        for question in questions:
            if not question.gold or question.after:
                continue
            vector = encoder.encode_questions([question.question])[0]
            across = vector_across_languages(encoder, library, question.question, vector)
            hits = retrieve(library, question.question, vector, Settings().retrieval, across)
            relevant = [
                any(
                    hit.passage.file == gold.doc and set(hit.passage.pages) & set(gold.pages)
                    for gold in question.gold
                )
                for hit in hits
            ]
            result.append(
                _ranking(
                    question.question,
                    hits,
                    list(map(float, relevant)),
                    [1.0] * max(1, sum(relevant)),
                )
            )
        return result


def _beir(encoder: Encoder, folder: Path) -> list[Ranking]:
    collection = read_beir(folder)
    with TemporaryDirectory() as scratch:
        library = Library(Path(scratch), create=True)
        owners = fill(library, collection, encoder, lambda *_: None)
        vectors = encoder.encode_questions(list(collection.queries.values()))
        result = []
        for (query, text), vector in zip(collection.queries.items(), vectors, strict=True):
            judged = collection.judgements[query]
            hits = retrieve(library, text, vector, Settings().retrieval)
            first: dict[str, Hit] = {}
            for hit in hits:
                first.setdefault(owners[hit.passage.id], hit)
            grades = [float(judged.get(document, 0)) for document in first]
            result.append(
                _ranking(text, list(first.values()), grades, [float(g) for g in judged.values()])
            )
        return result


def _ranking(
    question: str, hits: Sequence[Hit], grades: Sequence[float], ideal: Sequence[float]
) -> Ranking:
    return Ranking(
        question,
        tuple(embedding_text(hit.passage) for hit in hits[:_CANDIDATES]),
        tuple(hit.score("fused") or 0.0 for hit in hits[:_CANDIDATES]),
        tuple(grades[:_CANDIDATES]),
        tuple(ideal),
    )


def table(name: str, rankings: Sequence[Ranking], reranker: Reranker) -> str:
    """The lines of one set and one model."""
    started = time.perf_counter()
    scored = [logits(reranker.score(r.question, r.texts)) for r in rankings]
    seconds = time.perf_counter() - started
    base = np.array([[reciprocal_rank(r.grades), ndcg(r.grades, r.ideal)] for r in rankings])
    lines = [
        f"{name}: {len(rankings)} questions, {seconds / len(rankings):.2f} s each; "
        f"first stage RR@10 {base[:, 0].mean():.3f}, nDCG@10 {base[:, 1].mean():.3f}"
    ]
    for weight in _WEIGHTS:
        rows = []
        for ranking, values in zip(rankings, scored, strict=True):
            total = standardised(values) + weight * standardised(np.array(ranking.fused))
            grades = [ranking.grades[i] for i in np.argsort(-total, kind="stable")]
            rows.append([reciprocal_rank(grades), ndcg(grades, ranking.ideal)])
        gains = np.array(rows) - base
        cells = []
        for column, metric in enumerate(("RR@10", "nDCG@10")):
            low, high = mean_interval(gains[:, column])
            mean = np.array(rows)[:, column].mean()
            cells.append(
                f"{metric} {mean:.3f} ({gains[:, column].mean():+.3f} [{low:+.3f}, {high:+.3f}])"
            )
        lines.append(f"  weight {weight:<4}  " + "  ".join(cells))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--sets", nargs="+", default=["dev", "held-out"])
    parser.add_argument("--limit", type=int, help="the approximate number of questions of each set")
    parser.add_argument("--library", type=Path, help="an existing library of corpus/")
    options = parser.parse_args(arguments)
    for name in options.sets:
        candidates = rankings(name, options.library, options.limit)
        for model in options.models:
            reranker = Models(ModelSettings(reranker=model)).reranker
            assert reranker is not None  # "none" is no reranker to measure
            print(f"{model}\n{table(Path(name).name, candidates, reranker)}", flush=True)


if __name__ == "__main__":
    main()
