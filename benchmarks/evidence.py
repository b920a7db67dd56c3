"""How much does each number that chooses evidence matter? One is varied, the others stay.

    python -m benchmarks.evidence [--values FILE] [--only NAME] [--json FILE] [--library SET=DIR]

Two sets of development questions are asked: `corpus`, and `lectures`, real lectures that are not
part of the repository (../shared/lectures), where that folder exists. For each value it prints
the means and, in brackets, the 95 % interval of the mean difference from the default over the
questions that both answer (percentile bootstrap; Efron and Tibshirani, 1993, chapter 13).

The libraries are built in build/evidence unless --library names others. A question is read by the
models once; every further value takes its scores from their memory.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.evaluation.answers import answer_values
from rag.evaluation.questions import Question, read_questions
from rag.evaluation.run import answer_one
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
VALUES = ROOT / "benchmarks" / "evidence.toml"
#: By set: the folder of its lectures and the file of its development questions.
SETS = {
    "corpus": (ROOT / "corpus", ROOT / "corpus" / "questions" / "dev.jsonl"),
    "lectures": (
        ROOT.parent / "shared" / "lectures" / "pdfs",
        ROOT.parent / "shared" / "lectures" / "questions-dev.jsonl",
    ),
}
METRICS = ("lead keywords", "keywords", "citation precision", "citation recall", "token F1")
RESAMPLES = 4000

Point = tuple[str, Any]  # the dotted name of a setting and its value
PerQuestion = dict[str, dict[str, float]]  # the metrics of each question, by its id


def read_values(path: Path) -> list[Point]:
    """The points of a file of values, each a setting and one of its values, in order."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))["values"]
    return [(name, value) for name, values in table.items() for value in values]


def with_value(settings: Settings, point: Point) -> Settings:
    """The settings with one field changed."""
    section, field = point[0].split(".")
    return settings.with_changes(**{section: {field: point[1]}})


def default_value(settings: Settings, name: str) -> Any:
    """The value that the settings have for a dotted name."""
    section, field = name.split(".")
    return getattr(getattr(settings, section), field)


def measure_points(
    questions: Sequence[Question], pipeline: Pipeline, points: Sequence[Point]
) -> Iterator[tuple[int, list[dict[str, float]]]]:
    """Ask each question at the default and at every point.

    Yields:
        The position of the question, and the metrics of its answers: first at the default, then
        at each point in order. `answered` is 0 or 1.
    """
    pipelines = [
        pipeline,
        *(pipeline.with_settings(with_value(pipeline.settings, p)) for p in points),
    ]
    for position, question in enumerate(questions):
        rows = []
        for candidate in pipelines:
            line = answer_one(question, questions, candidate)
            if line.error:
                raise RuntimeError(f"question {question.id}: {line.error}")
            rows.append(answer_values(question, line) | {"answered": float(not line.abstained)})
        yield position, rows


def paired(
    base: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]], metric: str
) -> tuple[float, float, float, int]:
    """The mean difference in a metric, its 95 % interval, and the number of questions with both."""
    differences = np.array(
        [
            b[metric] - a[metric]
            for a, b in zip(base, other, strict=True)
            if metric in a and metric in b
        ]
    )
    if len(differences) < 2 or not differences.any():
        return 0.0, 0.0, 0.0, len(differences)
    interval = stats.bootstrap(
        (differences,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=0
    ).confidence_interval
    return float(differences.mean()), float(interval.low), float(interval.high), len(differences)


def summary(
    settings: Settings, points: Sequence[Point], columns: Sequence[Sequence[Mapping[str, float]]]
) -> list[dict[str, Any]]:
    """One row a point: its means, and each metric's paired difference from the default.

    Args:
        settings: The defaults.
        points: The values tried.
        columns: The questions' metrics, at the default and then at each point.
    """
    base = columns[0]
    rows = []
    for (name, value), column in zip(points, columns[1:], strict=True):
        row: dict[str, Any] = {
            "setting": name,
            "value": value,
            "default": value == default_value(settings, name),
        }
        for metric in METRICS:
            values = [question[metric] for question in column if metric in question]
            mean, low, high, n = paired(base, column, metric)
            row[metric] = {
                "mean": float(np.mean(values)) if values else float("nan"),
                "difference": mean,
                "low": low,
                "high": high,
                "n": n,
            }
        words = [question["answer words"] for question in column if "answer words" in question]
        row["median words"] = float(np.median(words)) if words else float("nan")
        row["answered"] = float(np.mean([question["answered"] for question in column]))
        rows.append(row)
    return rows


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as lines to print; an interval that excludes 0 has a star."""
    lines = []
    for name in dict.fromkeys(row["setting"] for row in rows):
        lines.append(f"\n{name:<12}" + "".join(f"{m:^29}" for m in METRICS) + " words  answered")
        for row in rows:
            if row["setting"] != name:
                continue
            cells = ""
            for metric in METRICS:
                cell = row[metric]
                star = "*" if cell["low"] > 0 or cell["high"] < 0 else " "
                cells += f" {cell['mean']:.3f} [{cell['low']:+.3f}, {cell['high']:+.3f}]{star}   "
            mark = " (default)" if row["default"] else ""
            lines.append(
                f"{row['value']!s:<12}{cells} {row['median words']:>5.0f}  "
                f"{row['answered']:.2f}{mark}"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--values", type=Path, default=VALUES, help="TOML file with the values")
    parser.add_argument("--only", action="append", help="vary this setting alone (repeatable)")
    parser.add_argument("--set", action="append", choices=SETS, help="ask this set alone")
    parser.add_argument("--library", action="append", default=[], metavar="SET=DIR")
    parser.add_argument("--limit", type=int, help="ask only the first questions of a set")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args(arguments)
    libraries = dict(entry.split("=", 1) for entry in options.library)
    points = [p for p in read_values(options.values) if not options.only or p[0] in options.only]
    settings = load_settings()
    results: dict[str, list[dict[str, Any]]] = {}
    for name in options.set or SETS:
        lectures, file = SETS[name]
        if not file.is_file():
            print(f"{name}: left out, there is no {file}")
            continue
        folder = Path(libraries.get(name, ROOT / "build" / "evidence" / name))
        pipeline = open_pipeline(folder, lectures, settings)
        questions = read_questions(file)[: options.limit]
        columns: list[list[dict[str, float]]] = [[] for _ in range(len(points) + 1)]
        for position, rows in measure_points(questions, pipeline, points):
            for column, row in zip(columns, rows, strict=True):
                column.append(row)
            print(f"\r{name} {position + 1}/{len(questions)}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        results[name] = summary(settings, points, columns)
        print(f"\n{name}: {len(questions)} questions of {file}")
        print(table(results[name]))
        if options.json:
            options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def open_pipeline(folder: Path, lectures: Path, settings: Settings) -> Pipeline:
    """The pipeline over a set's library, which is built from its lectures where there is none."""
    models = Models(settings.models)
    if not folder.is_dir():
        library = Library(folder, create=True)
        files = find_files([lectures])
        for report in ingest(files, library, models.encoder, **settings.chunking.model_dump()):
            if report.outcome == "failed":
                print(report.message, file=sys.stderr)
        library.close()
    return Pipeline.load(folder, settings, models)


if __name__ == "__main__":
    main()
