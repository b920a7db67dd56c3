"""The commands that measure: evaluate, questions check, compare, report, sweep, calibrate.

Like those of `ui.cli`: results on standard output, progress on standard error, and heavy
imports only when a command runs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rag.evaluation.questions import Question
    from rag.evaluation.run import Run
    from rag.settings import Settings

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        help="Folder of the library [default: KATHEDER_LIBRARY or the platform's data folder].",
    ),
]
SettingsOption = Annotated[Path | None, typer.Option("--settings", help="TOML file with settings.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
QuestionsOption = Annotated[
    Path | None,
    typer.Option(
        "--questions", help="Questions with their gold pages [default: those the run kept]."
    ),
]

_BY_GROUP = (
    "reranked Success@5",
    "reranked R@5",
    "reranked RR@10",
    "reranked nDCG@10",
    "keywords",
    "token F1",
    "citation precision",
    "judged right",
    "abstention accuracy",
)

questions_app = typer.Typer(help="Question sets for evaluation.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.command()(evaluate)
    app.add_typer(questions_app, name="questions")
    app.command()(compare)
    app.command()(report)
    app.command()(sweep)
    app.command()(calibrate)


def evaluate(
    questions: Annotated[
        Path | None, typer.Argument(help="JSON lines; see `katheder questions check`.")
    ] = None,
    library: LibraryOption = None,
    output: Annotated[
        Path | None, typer.Option(help="The run; begun before, it goes on where it stopped.")
    ] = None,
    generate: Annotated[
        bool, typer.Option("--generate/--no-generate", help="Write answers, or find pages alone.")
    ] = True,
    settings: SettingsOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    beir: Annotated[
        Path | None, typer.Option(help="Measure retrieval on a BEIR folder instead.")
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(help="Let a chat model judge: module:attribute, a folder or a hub id."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put questions to the pipeline, write down what came, and measure it."""
    from rag.settings import load_settings

    chosen = load_settings(settings)
    if beir is not None:
        if questions is not None:
            raise typer.BadParameter("give a question file or --beir, not both")
        _evaluate_beir(beir, chosen, as_json)
        return
    if questions is None or output is None:
        raise typer.BadParameter("a question file and --output are needed (or --beir DIR)")
    if judge is not None and not generate:
        raise typer.BadParameter("--judge wants answers; leave --no-generate out")
    from rag.evaluation.metrics import measure
    from rag.evaluation.questions import read_questions
    from rag.evaluation.run import evaluate as run_questions
    from rag.evaluation.run import read_run
    from rag.pipeline import Pipeline
    from rag.settings import default_library

    asked = read_questions(questions)
    pipeline = Pipeline.load(library or default_library(), chosen)
    with _bar("asking") as advance:
        for progress in run_questions(asked, pipeline, output, generate=generate, limit=limit):
            if progress.line.error:
                print(f"{progress.line.id}: {progress.line.error}", file=sys.stderr)
            advance(progress.done, progress.total)
    run = read_run(output)
    considered = asked if limit is None else asked[:limit]
    verdicts = None if judge is None else _judge(considered, run, judge, chosen)
    result = measure(considered, run, verdicts=verdicts)
    if as_json:
        _print_json({"run": str(output), **result.as_dict()})
    else:
        print(result.render())
        print()
        print(result.render_groups(_BY_GROUP))


@questions_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A question file.")],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a question file against the library. Exits with 1 where something is wrong."""
    from ingest.store import Library
    from rag.evaluation.questions import check_questions
    from rag.settings import default_library

    faults = check_questions(file, Library(library or default_library()))
    if as_json:
        _print_json({"file": str(file), "faults": faults})
    else:
        print("\n".join(faults) if faults else f"{file}: no faults")
    if faults:
        raise typer.Exit(1)


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Two or more; each is held against the first.")
    ],
    questions: QuestionsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold runs against the first: paired differences, intervals, a test, what changed most."""
    from rag.evaluation.compare import compare as compare_runs
    from rag.evaluation.run import read_run

    if len(runs) < 2:
        raise typer.BadParameter("two runs are needed")
    first, *others = [read_run(path) for path in runs]
    asked = _questions(questions, first)
    results = [compare_runs(asked, first, other) for other in others]
    if as_json:
        _print_json({"comparisons": [result.as_dict() for result in results]})
    else:
        print("\n\n".join(result.render() for result in results))


def report(
    runs: Annotated[list[Path], typer.Argument(help="One or more; the first is shown in detail.")],
    html: Annotated[Path | None, typer.Option(help="The page to write.")] = None,
    trec: Annotated[
        Path | None, typer.Option(help="Write TREC run and qrels files into this folder.")
    ] = None,
    library: LibraryOption = None,
    questions: QuestionsOption = None,
) -> None:
    """Write one page that needs no network: tables, plots, and every question with its passages."""
    from ingest.store import Library
    from rag.evaluation.report import write_report
    from rag.evaluation.run import read_run
    from rag.evaluation.trec import write_trec

    if html is None and trec is None:
        raise typer.BadParameter("--html FILE or --trec DIR is needed")
    read = [read_run(path) for path in runs]
    asked = _questions(questions, read[0])
    if html is not None:
        store = None if library is None else Library(library)
        write_report(asked, read, store, html)
        print(html)
    if trec is not None:
        for run in read:
            print("\n".join(str(path) for path in write_trec(asked, run, trec)))


def sweep(
    file: Annotated[Path, typer.Argument(help="TOML: the grid, the questions, the lectures.")],
) -> None:
    """Evaluate every point of a grid over settings; a sweep begun before goes on."""
    from rag.evaluation.sweep import sweep as run_sweep

    for progress in run_sweep(file):
        print(progress)


def calibrate(
    questions: Annotated[
        Path, typer.Argument(help="Questions, some of which the lectures do not answer.")
    ],
    library: LibraryOption = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to keep it [default: in the library's folder].")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Fit when to abstain on questions of which it is known whether the lectures answer them."""
    from rag.confidence import CALIBRATION_FILE
    from rag.evaluation.calibrate import calibrate as fit
    from rag.evaluation.questions import read_questions
    from rag.pipeline import Pipeline
    from rag.settings import default_library, load_settings

    asked = read_questions(questions)
    folder = library or default_library()
    pipeline = Pipeline.load(folder, load_settings(settings), calibrated=False)
    with _bar("asking") as advance:
        found = fit(asked, pipeline, advance)
    target = output or folder / CALIBRATION_FILE
    found.calibration.save(target)
    print(found.render())
    print(f"kept in {target}")


def _evaluate_beir(folder: Path, settings: Settings, as_json: bool) -> None:
    from rag.evaluation.beir import evaluate_beir
    from rag.models import Models

    models = Models(settings.models)
    with _bar("reading") as advance:
        result = evaluate_beir(
            folder,
            models.encoder,
            models.reranker,
            settings,
            progress=lambda what, done, total: advance(done, total, what),
        )
    if as_json:
        _print_json(result.as_dict())
    else:
        print(result.render())


def _judge(asked: list[Question], run: Run, name: str, settings: Settings) -> dict[str, bool]:
    from rag.evaluation.judge import judge, load_judge

    model = load_judge(name, settings.models)
    verdicts: dict[str, bool] = {}
    with _bar("judging") as advance:
        for done, verdict in enumerate(judge(asked, run, model, name), start=1):
            if verdict.right is not None:
                verdicts[verdict.id] = verdict.right
            advance(done, sum(q.answerable and q.id in run.lines for q in asked))
    return verdicts


def _questions(file: Path | None, run: Run) -> list[Question]:
    from rag.evaluation.questions import read_questions

    return read_questions(file) if file is not None else run.questions


@contextmanager
def _bar(text: str) -> Iterator[Callable[..., None]]:
    """A progress bar on standard error.

    What it yields is told how many of how many are done, and maybe of what.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, highlight=False),
        transient=True,
    ) as progress:
        task = progress.add_task(text, total=None)
        yield lambda done, total, what=text: progress.update(
            task, completed=done, total=total, description=what
        )


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
