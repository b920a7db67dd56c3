"""Measure every set-up on the question sets and write docs/results.md; `make evaluate` runs it.

    python -m benchmarks.results [--work DIR] [--beir DIR ...] [--without-writer] [--ablations] [--output FILE]

The runs are saved in the work folder and continued where they stopped; delete a run to make it again.
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

from ingest.embed import Encoder
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.evaluation.beir import BeirResult, evaluate_beir
from rag.evaluation.measure import RunFigures, measure_run
from rag.evaluation.measures import CALIBRATION_ERROR, DOUBTED, NOTICED, REFUSED
from rag.evaluation.questions import Question, read_questions
from rag.evaluation.run import evaluate
from rag.evaluation.run_file import Run, read_run
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import Settings, load_settings
from ui.presentation.tables import beir_table, gains_table, groups_table, setups_table

SETS = ("dev", "test")
QUESTIONS = Path("corpus/questions")
_NO_RERANKER = {"models": {"reranker": "none"}}


@dataclass(frozen=True, slots=True)
class Setup:
    """Settings to measure, by a name, and whether with answers."""

    name: str
    changes: Mapping[str, Mapping[str, Any]]
    answers: bool = False

    @property
    def file(self) -> str:
        """The name in files."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name)


RETRIEVING = (
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

RETRIEVAL = ("Success@1", "Success@5", "R@5", "RR@10", "nDCG@10")
ANSWERS = (
    "lead keywords",
    "keywords",
    "token F1",
    "citation precision",
    "citation recall",
    "lead coverage",
    "clean leads",
    "lead words",
    "abstention precision",
    "abstention recall",
    "abstention F1",
    NOTICED,
    REFUSED,
    DOUBTED,
    CALIBRATION_ERROR,
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


def count_of(runs: Mapping[str, Run]) -> str:
    """How many questions each set-up has answered, where they differ."""
    counts = {name: len(run.lines) for name, run in runs.items()}
    if len(set(counts.values())) == 1:
        return ""
    return "Questions: " + ", ".join(f"{name} {n}" for name, n in counts.items()) + "."


def depth_lines(reports: Mapping[str, RunFigures], names: Sequence[str]) -> list[str]:
    """What it costs and gains to score fewer candidates; "reranked" is the default."""
    metrics = ("reranked RR@10", "reranked nDCG@10", "seconds p50", "seconds p95")
    return [
        f"How many candidates the CrossEncoder scores (by default {Settings().rerank.candidates}):",
        "",
        *setups_table(
            {name: reports[name] for name in ("reranked", *names)}, metrics
        ).to_markdown(),
        "",
    ]


def beir_lines(results: Sequence[BeirResult]) -> list[str]:
    """A Markdown table for each of the standard collections."""
    lines = []
    for result in results:
        lines += [
            f"**{result.collection}**: {result.documents} documents, {result.queries} queries",
            "",
            *beir_table(result).to_markdown(),
            "",
        ]
    return lines


def examples(
    questions: Sequence[Question], runs: Mapping[str, Run], report: RunFigures
) -> list[str]:
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
                pages = ", ".join(reference.citation for reference in line.citations)
                answer = line.answer if not line.abstained else "(abstains)"
                lines.append(f"  - {name}: {answer} — {pages}")
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
    setups = [s for s in (*RETRIEVING, *DEPTHS, *QUOTING) if base.reranker or "models" in s.changes]
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
        reports = {key: measure_run(questions, run) for key, run in runs.items()}
        first = first or next(iter(runs.values()))
        depths = [s.name for s in DEPTHS]
        retrieving = {s.name: reports[s.name] for s in setups if not s.answers and s not in DEPTHS}
        answering = {s.name: reports[s.name] for s in setups if s.answers}
        answerable = sum(question.answerable for question in questions)
        fullest = max(reversed(answering), key=lambda key: len(runs[key].lines))
        seconds = sum(line.seconds for line in list(runs[list(retrieving)[-1]].lines.values()))
        lines += [
            f"## {name}: {len(questions)} questions, {answerable} of them answerable",
            "",
            f"Retrieval ({list(retrieving)[-1]}: {seconds:.0f} s for all questions, warm):",
            "",
            *setups_table(retrieving, RETRIEVAL, "reranked ").to_markdown(),
            "",
            "Gains, paired by question:",
            "",
            *gains_table(
                reports,
                list(zip(list(retrieving)[1:], list(retrieving)[2:], strict=False)),
                ("reranked RR@10", "reranked nDCG@10"),
            ).to_markdown(),
            "",
            *(depth_lines(reports, depths) if base.reranker else []),
            "Answers:",
            "",
            count_of({key: runs[key] for key in answering}),
            "",
            *setups_table(answering, ANSWERS).to_markdown(),
            "",
            "Gains, paired by question:",
            "",
            *gains_table(
                reports,
                list(zip(list(answering), list(answering)[1:], strict=False)),
                ("lead keywords", "keywords", "token F1", "citation precision"),
            ).to_markdown(),
            "",
            f"By kind of question, {fullest}:",
            "",
            *groups_table(
                reports[fullest],
                (
                    "reranked Success@5",
                    "reranked RR@10",
                    "lead keywords",
                    "keywords",
                    "token F1",
                    "abstention accuracy",
                ),
            ).to_markdown(),
            "",
            *examples(
                questions, {key: runs[key] for key in answering}, reports[list(answering)[-1]]
            ),
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
