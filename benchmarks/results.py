"""Measure every set-up on the question sets and write docs/results.md; `make evaluate` runs it.

    python -m benchmarks.results [--work DIR] [--lectures DIR] [--beir DIR ...] [--without-writer]
        [--ablations] [--output FILE]

The runs are saved in the work folder and continued where they stopped; delete a run to make it again.
Tuning looks at `dev` alone; `test` is about other lectures. With `--lectures`, a folder of other
people's lectures (`pdfs`, `questions-dev.jsonl`, `questions-test.jsonl`) is measured as well; its
texts are not printed. `benchmarks/baseline.json` holds what the version of an earlier date measured
on each question, for paired gains.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
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

FOREIGN = (*RETRIEVING, Setup("quotes", {"answer": {"writer": False}}, answers=True))

BASELINE = Path("benchmarks/baseline.json")
BASELINE_MEASURES = ("reranked RR@10", "reranked Success@5", "keywords", "citation precision")
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


def library_of(folder: Path, files: Path, encoder: Encoder) -> Path:
    """The library of all files below a folder, brought up to date."""
    library = Library(folder, create=True)
    chunking = load_settings().chunking.model_dump()
    for report in ingest(find_files([files]), library, encoder, **chunking):
        if report.outcome == "failed":
            raise SystemExit(report.message)
    library.close()
    return folder


def baseline_of(name: str) -> RunFigures:
    """What the version of the baseline measured on each question of a set."""
    values = json.loads(BASELINE.read_text())["sets"][name]
    return RunFigures((), values)


def baseline_lines(name: str, report: RunFigures) -> list[str]:
    """The gains over the baseline, paired by question."""
    version = json.loads(BASELINE.read_text())["version"]
    before = f"version of {version}"
    runs = {before: baseline_of(name), "now": report}
    return [
        f"Gains over the version of {version}, paired by question:",
        "",
        *gains_table(runs, [(before, "now")], BASELINE_MEASURES).to_markdown(),
        "",
    ]


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


def set_lines(
    name: str,
    questions: Sequence[Question],
    base: Pipeline,
    setups: Sequence[Setup],
    work: Path,
    limits: Mapping[str, int | None],
    *,
    foreign: bool = False,
) -> tuple[list[str], Run]:
    """The section about a question set, and its first run.

    Args:
        name: The set's, in titles, files and the baseline.
        questions: All of the set.
        base: The pipeline over the lectures that they are about.
        setups: What is measured.
        work: The folder of the runs.
        limits: How many questions a set-up is asked, by its name; None means all.
        foreign: Other people's lectures, whose texts are not printed.
    """
    file_name = name.replace(" ", "-")
    runs = {
        s.name: run_setup(s, file_name, questions, base, work, limits.get(s.name)) for s in setups
    }
    reports = {key: measure_run(questions, run) for key, run in runs.items()}
    depths = [s.name for s in DEPTHS if s in setups]
    retrieving = {s.name: reports[s.name] for s in setups if not s.answers and s not in DEPTHS}
    answering = {s.name: reports[s.name] for s in setups if s.answers}
    answerable = sum(question.answerable for question in questions)
    fullest = max(reversed(answering), key=lambda key: len(runs[key].lines))
    last = list(retrieving)[-1]
    seconds = sum(line.seconds for line in runs[last].lines.values())
    lines = [
        f"## {name}: {len(questions)} questions, {answerable} of them answerable",
        "",
        f"Retrieval ({last}: {seconds:.0f} s for all questions, warm):",
        "",
        *setups_table(retrieving, RETRIEVAL, "reranked ").to_markdown(),
        "",
        "Gains, paired by question:",
        "",
        *gains_table(
            reports, list(pairwise(list(retrieving)[1:])), ("reranked RR@10", "reranked nDCG@10")
        ).to_markdown(),
        "",
        *(depth_lines(reports, depths) if depths else []),
        "Answers:",
        "",
        count_of({key: runs[key] for key in answering}),
        "",
        *setups_table(answering, ANSWERS).to_markdown(),
        "",
    ]
    if len(answering) > 1:
        metrics = ("lead keywords", "keywords", "token F1", "citation precision")
        gains = gains_table(reports, list(pairwise(answering)), metrics)
        lines += ["Gains, paired by question:", "", *gains.to_markdown(), ""]
    lines += [
        *baseline_lines(name, reports["quotes"]),
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
    ]
    if not foreign:
        answers = {key: runs[key] for key in answering}
        lines += examples(questions, answers, reports[list(answering)[-1]])
    return lines, runs[last]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/evaluate"))
    parser.add_argument("--output", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--lectures", type=Path, help="a folder of other people's lectures")
    parser.add_argument("--beir", type=Path, nargs="*", default=[])
    parser.add_argument("--without-writer", action="store_true", help="leave out what is slow")
    parser.add_argument(
        "--writer-questions", type=int, help="only the first so many of each set for the writer"
    )
    parser.add_argument("--ablations", action="store_true", help="the writer with parts left out")
    options = parser.parse_args(arguments)
    settings = load_settings()
    models = Models(settings.models)
    library = library_of(options.work / "library", Path("corpus"), models.encoder)
    base = Pipeline.load(library, settings, models)
    setups = [s for s in (*RETRIEVING, *DEPTHS, *QUOTING) if base.reranker or "models" in s.changes]
    setups += list(ABLATIONS) if options.ablations else []
    setups += [] if options.without_writer else list(WRITING)
    limits = {s.name: options.writer_questions for s in (*WRITING, *ABLATIONS)}
    lines: list[str] = []
    for name in SETS:
        questions = read_questions(QUESTIONS / f"{name}.jsonl")
        section, run = set_lines(name, questions, base, setups, options.work, limits)
        lines += section
    if options.lectures:
        folder = options.work / "lectures-library"
        library = library_of(folder, options.lectures / "pdfs", models.encoder)
        foreign = Pipeline.load(library, settings, models)
        for name in SETS:
            questions = read_questions(options.lectures / f"questions-{name}.jsonl")
            section, _ = set_lines(
                f"lectures {name}", questions, foreign, FOREIGN, options.work, {}, foreign=True
            )
            lines += section
    results = [evaluate_beir(path, base.encoder, base.reranker, settings) for path in options.beir]
    if results:
        lines += ["## Standard collections", "", *beir_lines(results)]
    named = base.with_settings(settings.with_changes(answer={"writer": not options.without_writer}))
    head = [
        "# Results",
        "",
        "Written by `make evaluate`; every figure is a mean with its 95 % bootstrap interval.",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}; {machine(run)}; library {run.meta['library'][:12]}; "
        + ", ".join(f"{role} {name}" for role, name in named.model_names.items())
        + ".",
        "",
    ]
    options.output.write_text("\n".join([*head, *lines]).rstrip() + "\n", encoding="utf-8")
    print(f"written to {options.output}")


if __name__ == "__main__":
    main()
