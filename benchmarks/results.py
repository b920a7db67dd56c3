"""Measure every set-up on the question sets and write docs/results.md; `make evaluate` runs it.

    python -m benchmarks.results [--work DIR] [--beir DIR ...] [--without-writer] [--ablations] [--output FILE]

The runs are kept in the work folder and go on where they stopped; delete a run to make it anew.
Tuning looks at `dev` alone; `test` is about other lectures.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ingest.embed import Encoder
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.evaluation.beir import BeirResult, evaluate_beir
from rag.evaluation.compare import bootstrap_mean
from rag.evaluation.metrics import Report, measure
from rag.evaluation.questions import Question, read_questions
from rag.evaluation.run import Run, evaluate, read_run
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import Settings, load_settings

SETS = ("dev", "test")
QUESTIONS = Path("corpus/questions")
_NO_RERANKER = {"models": {"reranker": "none"}}


@dataclass(frozen=True, slots=True)
class Setup:
    """Settings to measure, by a name, and whether answers are wanted."""

    name: str
    changes: Mapping[str, Mapping[str, Any]]
    answers: bool = False

    @property
    def file(self) -> str:
        """The name in files."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name)


FINDING = (
    Setup("dense", {**_NO_RERANKER, "retrieval": {"lexical_weight": 0.0}}),
    Setup("lexical", {**_NO_RERANKER, "retrieval": {"dense_weight": 0.0}}),
    Setup("fused", _NO_RERANKER),
    Setup("reranked", {}),
)
DEPTHS = (
    Setup("always 6", {"rerank": {"candidates": 6}}),
    Setup("always 40", {"rerank": {"candidates": 40}}),
)
QUOTING = (
    Setup("quotes, no reranker", {**_NO_RERANKER, "answer": {"writer": False}}, answers=True),
    Setup("quotes, whole passages", {"answer": {"writer": False, "select": False}}, answers=True),
    Setup("quotes, single pieces", {"answer": {"writer": False, "span_words": 0}}, answers=True),
    Setup("quotes", {"answer": {"writer": False}}, answers=True),
)
WRITING = (Setup("writer", {"answer": {"writer": True}}, answers=True),)
ABLATIONS = (
    Setup("writer, whole passages", {"answer": {"writer": True, "select": False}}, answers=True),
    Setup("writer, unchecked", {"answer": {"writer": True, "check": False}}, answers=True),
)

FOUND = ("Success@1", "Success@5", "R@5", "RR@10", "nDCG@10")
SAID = (
    "keywords",
    "token F1",
    "citation precision",
    "citation recall",
    "abstention precision",
    "abstention recall",
    "abstention F1",
    "seconds p50",
    "seconds p95",
)


def run_setup(
    setup: Setup,
    name: str,
    questions: Sequence[Question],
    base: Pipeline,
    work: Path,
    limit: int | None = None,
) -> Run:
    """The run of a set-up on a set or its first so many questions, made or read."""
    output = work / f"{name}-{setup.file}.jsonl"
    pipeline = _pipeline(base, base.settings.with_changes(**setup.changes))  # type: ignore[arg-type]
    for progress in evaluate(questions, pipeline, output, generate=setup.answers, limit=limit):
        if progress.done % 20 == 0 or progress.done == progress.total:
            print(f"{name}, {setup.name}: {progress.done} of {progress.total}", file=sys.stderr)
    return read_run(output)


def _pipeline(base: Pipeline, settings: Settings) -> Pipeline:
    """The base's library and loaded models under other settings."""
    models = base.models.with_settings(settings.models)
    return Pipeline(base.store, models, settings, base.calibration if models.reranker else None)


def library_of(work: Path, encoder: Encoder) -> Path:
    """The library of the six lectures, brought up to date."""
    folder = work / "library"
    library = Library(folder, create=True)
    chunking = load_settings().chunking.model_dump()
    for report in ingest(find_files([Path("corpus")]), library, encoder, **chunking):
        if report.outcome == "failed":
            raise SystemExit(report.message)
    library.close()
    return folder


def table(reports: Mapping[str, Report], metrics: Sequence[str], prefix: str = "") -> list[str]:
    """A Markdown table: a line a set-up, the interval behind each figure."""
    there = [m for m in metrics if any(_row(r, prefix + m) for r in reports.values())]
    lines = ["| | " + " | ".join(there) + " |", "|---" * (len(there) + 1) + "|"]
    for name, report in reports.items():
        cells = []
        for metric in there:
            row = _row(report, prefix + metric)
            digits = 2 if metric.startswith("seconds") else 3
            cells.append(
                f"{row.value:.{digits}f} [{row.low:.{digits}f}, {row.high:.{digits}f}]"
                if row
                else ""
            )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _row(report: Report, metric: str) -> Any:
    try:
        return report.row(metric)
    except KeyError:
        return None


def count_of(runs: Mapping[str, Run]) -> str:
    """How many questions each set-up was asked, where they differ."""
    counts = {name: len(run.lines) for name, run in runs.items()}
    if len(set(counts.values())) == 1:
        return ""
    return "Questions asked: " + ", ".join(f"{name} {n}" for name, n in counts.items()) + "."


def groups_table(report: Report, metrics: Sequence[str]) -> list[str]:
    """A Markdown table of one set-up: a line a group of questions."""
    lines = ["| | questions | " + " | ".join(metrics) + " |", "|---" * (len(metrics) + 2) + "|"]
    for group in report.groups:
        cells = []
        for metric in metrics:
            found = [r for r in report.rows if (r.group, r.metric) == (group, metric)]
            cells.append(f"{found[0].value:.3f}" if found else "")
        count = max((row.n for row in report.rows if row.group == group), default=0)
        lines.append(f"| {group} | {count} | " + " | ".join(cells) + " |")
    return lines


def gains(runs: Mapping[str, Run], reports: Mapping[str, Report], pairs: Sequence[tuple[str, str]],
          metrics: Sequence[str]) -> list[str]:  # fmt: skip
    """Paired differences between set-ups, with intervals."""
    lines = ["| | " + " | ".join(metrics) + " |", "|---" * (len(metrics) + 1) + "|"]
    for before, after in pairs:
        cells = [_gain(reports[before], reports[after], metric) for metric in metrics]
        lines.append(f"| {before} → {after} | " + " | ".join(cells) + " |")
    return lines


def _gain(before: Report, after: Report, metric: str) -> str:
    shared = [
        (values[metric], after.per_question[id][metric])
        for id, values in before.per_question.items()
        if metric in values and metric in after.per_question.get(id, {})
    ]
    if not shared:
        return ""
    differences = np.array([b - a for a, b in shared])
    low, high = bootstrap_mean(differences)
    return f"{differences.mean():+.3f} [{low:+.3f}, {high:+.3f}]"


def depth_lines(reports: Mapping[str, Report], names: Sequence[str]) -> list[str]:
    """What it costs and gains to read fewer candidates; "reranked" is the default."""
    default = Settings().rerank
    lines = [
        f"How many candidates the CrossEncoder scores (by default {default.candidates}):",
        "",
        "| | RR@10 | nDCG@10 | seconds p50 | seconds p95 |",
        "|---|---|---|---|---|",
    ]
    for name in ("reranked", *names):
        cells = [
            f"{reports[name].value(metric):.3f}"
            for metric in ("reranked RR@10", "reranked nDCG@10", "seconds p50", "seconds p95")
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def beir_lines(results: Sequence[BeirResult]) -> list[str]:
    """A Markdown table of the standard collections."""
    lines = []
    for result in results:
        metrics = list(dict.fromkeys(row.metric for row in result.rows))
        lines += [
            f"**{result.collection}**: {result.documents} documents, {result.queries} queries",
            "",
            "| | " + " | ".join(metrics) + " |",
            "|---" * (len(metrics) + 1) + "|",
        ]
        for system in dict.fromkeys(row.system for row in result.rows):
            cells = [
                f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"
                for row in result.rows
                if row.system == system
            ]
            lines.append(f"| {system} | " + " | ".join(cells) + " |")
        lines.append("")
    return lines


def examples(questions: Sequence[Question], runs: Mapping[str, Run], report: Report) -> list[str]:
    """Answers to look at: the best and the worst by token F1 of the first set-up."""
    rated = sorted(
        (
            (values["token F1"], id)
            for id, values in report.per_question.items()
            if "token F1" in values
        ),
    )
    by_id = {question.id: question for question in questions}
    lines = []
    for title, ids in (
        ("Good", [id for _, id in rated[-4:]]),
        ("Bad", [id for _, id in rated[:4]]),
    ):
        lines += [f"**{title}**", ""]
        for id in ids:
            question = by_id[id]
            lines += [f"- {question.question} *({question.answer})*"]
            for name, run in runs.items():
                line = run.lines[id]
                places = ", ".join(f"{place.doc} p. {place.pages[0]}" for place in line.citations)
                said = line.answer if not line.abstained else "(abstains)"
                lines.append(f"  - {name}: {said} — {places}")
        lines.append("")
    return lines


def machine(run: Run) -> str:
    """The machine and versions of a run in one sentence."""
    where, versions = run.meta["machine"], run.meta["versions"]
    return f"{where['processors']} processors ({_processor()}), {where['system']}; " + ", ".join(
        f"{name} {version}" for name, version in versions.items()
    )


def _processor() -> str:
    for line in (
        Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    ):
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/evaluate"))
    parser.add_argument("--output", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--beir", type=Path, nargs="*", default=[])
    parser.add_argument("--without-writer", action="store_true", help="leave out what is slow")
    parser.add_argument(
        "--writer-questions", type=int, help="only the first so many of each set for the writer"
    )
    parser.add_argument("--ablations", action="store_true", help="the writer with parts left out")
    options = parser.parse_args(arguments)
    settings = load_settings()
    models = Models(settings.models)
    base = Pipeline.load(library_of(options.work, models.encoder), settings, models)
    setups = [s for s in (*FINDING, *DEPTHS, *QUOTING) if base.reranker or "models" in s.changes]
    setups += list(ABLATIONS) if options.ablations else []
    setups += [] if options.without_writer else list(WRITING)
    lines: list[str] = []
    first: Run | None = None
    for name in SETS:
        questions = read_questions(QUESTIONS / f"{name}.jsonl")
        limits = {s.name: options.writer_questions for s in (*WRITING, *ABLATIONS)}
        runs = {
            s.name: run_setup(s, name, questions, base, options.work, limits.get(s.name))
            for s in setups
        }
        reports = {key: measure(questions, run) for key, run in runs.items()}
        first = first or next(iter(runs.values()))
        depths = [s.name for s in DEPTHS]
        finding = {s.name: reports[s.name] for s in setups if not s.answers and s not in DEPTHS}
        saying = {s.name: reports[s.name] for s in setups if s.answers}
        answerable = sum(question.answerable for question in questions)
        fullest = max(reversed(saying), key=lambda key: len(runs[key].lines))
        seconds = sum(line.seconds for line in list(runs[list(finding)[-1]].lines.values()))
        lines += [
            f"## {name}: {len(questions)} questions, {answerable} of them answerable",
            "",
            f"Pages found ({list(finding)[-1]}: {seconds:.0f} s for all questions, warm):",
            "",
            *table(finding, FOUND, "reranked "),
            "",
            "Gains, paired by question:",
            "",
            *gains(
                runs,
                reports,
                list(zip(list(finding)[1:], list(finding)[2:], strict=False)),
                ("reranked RR@10", "reranked nDCG@10"),
            ),
            "",
            *(depth_lines(reports, depths) if base.reranker else []),
            "Answers:",
            "",
            count_of({key: runs[key] for key in saying}),
            "",
            *table(saying, SAID),
            "",
            "Gains, paired by question:",
            "",
            *gains(
                runs,
                reports,
                list(zip(list(saying), list(saying)[1:], strict=False)),
                ("keywords", "token F1", "citation precision"),
            ),
            "",
            f"By kind of question, {fullest}:",
            "",
            *groups_table(
                reports[fullest],
                (
                    "reranked Success@5",
                    "reranked RR@10",
                    "keywords",
                    "token F1",
                    "abstention accuracy",
                ),
            ),
            "",
            *examples(questions, {key: runs[key] for key in saying}, reports[list(saying)[-1]]),
        ]
    results = [evaluate_beir(path, base.encoder, base.reranker, settings) for path in options.beir]
    if results:
        lines += ["## Standard collections", "", *beir_lines(results)]
    assert first is not None
    named = base.with_settings(settings.with_changes(answer={"writer": not options.without_writer}))
    head = [
        "# Results",
        "",
        "Written by `make evaluate`; every figure is a mean with its 95 % bootstrap interval.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; {machine(first)}; library {first.meta['library'][:12]}; "
        + ", ".join(f"{role} {name}" for role, name in named.model_names.items())
        + ".",
        "",
    ]
    options.output.write_text("\n".join([*head, *lines]).rstrip() + "\n", encoding="utf-8")
    print(f"written to {options.output}")


if __name__ == "__main__":
    main()
