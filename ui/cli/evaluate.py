"""The commands that measure: evaluate, questions check, compare, report, sweep.

Like those of `ui.cli`: results on standard output, progress on standard error, and heavy
imports only when a command runs. Figures come from `rag.evaluation`, tables and pages from
`ui.presentation`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import resources
from ui.cli.options import (
    CourseOption,
    JsonOption,
    LecturesOption,
    LibraryOption,
    SettingsOption,
    UpToOption,
    library_folder,
    question_file,
    read_models,
    read_scope,
)
from ui.cli.output import counted_progress, fail, note, print_json

if TYPE_CHECKING:
    from rag.evaluation.questions import Question
    from rag.evaluation.run_file import Run
    from rag.evaluation.sweep import LibraryBuilt, PointDone
    from rag.models import Models
    from rag.settings import Settings

QuestionsOption = Annotated[
    Path | None,
    typer.Option(
        "--questions",
        parser=question_file,
        metavar="QUESTIONS",
        help="Questions with their gold pages (default: those in the run's sidecar).",
    ),
]
ByOption = Annotated[
    list[str] | None,
    typer.Option(
        "--by",
        help="Field of the questions to group by, your own (as tags) among them; repeatable "
        "(default: type and lang).",
    ),
]

_GROUP_METRICS = (
    "reranked Success@5",
    "reranked R@5",
    "reranked RR@10",
    "reranked nDCG@10",
    "lead keywords",
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


def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path | None,
        typer.Argument(
            parser=question_file,
            metavar="QUESTIONS",
            help="A JSON-lines file, or a bundled set; see `katheder questions`.",
        ),
    ] = None,
    library: LibraryOption = None,
    output: Annotated[
        Path | None, typer.Option(help="The run's file; a run begun before is continued.")
    ] = None,
    generate: Annotated[
        bool,
        typer.Option("--generate/--no-generate", help="Make answers, or retrieve pages alone."),
    ] = True,
    settings: SettingsOption = None,
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many.")] = None,
    by: ByOption = None,
    beir: Annotated[
        Path | None, typer.Option(help="Measure retrieval on a BEIR folder instead.")
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(help="Let a chat model judge: module:attribute, a folder or a hub id."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Put questions to the pipeline, write a run, and measure it."""
    from rag.settings import load_settings

    run_settings = load_settings(settings)
    if beir is not None:
        if questions is not None:
            raise typer.BadParameter("give a question file or --beir, not both")
        _evaluate_beir(beir, run_settings, read_models(context, run_settings), as_json)
        return
    if questions is None or output is None:
        raise typer.BadParameter("a question file and --output are needed (or --beir DIR)")
    if judge is not None and not generate:
        raise typer.BadParameter("--judge needs answers; leave --no-generate out")
    from rag.evaluation.measure import measure_run
    from rag.evaluation.questions import check_grouping, read_questions
    from rag.evaluation.run import evaluate as run_questions
    from rag.evaluation.run_file import read_run
    from rag.pipeline import Pipeline
    from ui.presentation.tables import figures_table, groups_table, risk_table, show

    question_set = read_questions(questions)
    check_grouping(question_set, _fields(by))
    pipeline = Pipeline.load(
        library_folder(library), run_settings, read_models(context, run_settings)
    ).within(read_scope(course, lectures, up_to))
    with counted_progress("answering") as advance:
        for event in run_questions(question_set, pipeline, output, generate=generate, limit=limit):
            if event.line.error:
                note(f"{event.line.id}: {event.line.error}")
            advance(event.done, event.total)
    run = read_run(output)
    selected = question_set if limit is None else question_set[:limit]
    verdicts = None if judge is None else _judge(selected, run, judge, run_settings)
    figures = measure_run(selected, run, by=_fields(by), verdicts=verdicts)
    if as_json:
        print_json({"run": str(output), **figures.as_dict()})
    else:
        show(figures_table(figures), groups_table(figures, _GROUP_METRICS))
        if figures.risk_coverage:
            show(risk_table(figures.risk_coverage))


@questions_app.command("list")
def list_sets(as_json: JsonOption = False) -> None:
    """List the bundled question sets, which the other commands take by name."""
    from rag.evaluation.questions import read_questions

    sets = {name: (file, read_questions(file)) for name, file in resources.question_sets().items()}
    if as_json:
        print_json({name: str(file) for name, (file, _) in sets.items()})
        return
    for name, (file, questions) in sets.items():
        print(f"{name:<8} {len(questions):4d} questions  {file}")


@questions_app.command("check")
def check(
    file: Annotated[
        Path,
        typer.Argument(parser=question_file, metavar="QUESTIONS", help="A file or a bundled set."),
    ],
    library: LibraryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a question file against the library. Exits with 1 where something is wrong."""
    from ingest.store import Library
    from rag.evaluation.questions import check_questions

    faults = check_questions(file, Library(library_folder(library)))
    if as_json:
        print_json({"file": str(file), "faults": faults})
    else:
        print("\n".join(faults) if faults else f"{file}: no faults")
    if faults:
        raise typer.Exit(1)


def compare(
    runs: Annotated[
        list[Path], typer.Argument(help="Two or more; each is compared with the first.")
    ],
    questions: QuestionsOption = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare runs with the first: paired differences, intervals, a test, what changed most."""
    from rag.evaluation.compare import compare as compare_runs
    from rag.evaluation.run_file import read_run
    from ui.presentation import tables

    if len(runs) < 2:
        raise typer.BadParameter("two runs are needed")
    first, *others = [read_run(path) for path in runs]
    question_set = _questions(questions, first)
    comparisons = [compare_runs(question_set, first, other, by=_fields(by)) for other in others]
    if as_json:
        print_json({"comparisons": [comparison.as_dict() for comparison in comparisons]})
        return
    for comparison in comparisons:
        print("\n".join(tables.comparison_notes(comparison)))
        tables.show(*tables.comparison_tables(comparison))
        print(tables.COMPARISON_CAPTION)
        if comparison.changes:
            tables.show(tables.changes_table(comparison))


def report(
    runs: Annotated[list[Path], typer.Argument(help="One or more; the first is shown in detail.")],
    html: Annotated[Path | None, typer.Option(help="The page to write.")] = None,
    trec: Annotated[
        Path | None, typer.Option(help="Write TREC run and qrels files into this folder.")
    ] = None,
    library: LibraryOption = None,
    questions: QuestionsOption = None,
    by: ByOption = None,
) -> None:
    """Write one page that needs no network: tables, charts, and every question with its passages."""
    from ingest.store import Library
    from rag.evaluation.run_file import read_run
    from rag.evaluation.trec import write_trec

    if html is None and trec is None:
        raise typer.BadParameter("--html FILE or --trec DIR is needed")
    read = [read_run(path) for path in runs]
    question_set = _questions(questions, read[0])
    if html is not None:
        _require_charts()
        from ui.presentation.report import write_report

        store = None if library is None else Library(library)
        print(write_report(question_set, read, store, html, by=_fields(by)))
    if trec is not None:
        for run in read:
            print("\n".join(str(path) for path in write_trec(question_set, run, trec)))


def sweep(
    file: Annotated[Path, typer.Argument(help="TOML: the grid, the questions, the lectures.")],
) -> None:
    """Evaluate every point of a grid over settings; a sweep begun before is continued."""
    _require_charts()
    from rag.evaluation.sweep import LibraryBuilt, PointDone
    from rag.evaluation.sweep import sweep as run_sweep
    from ui.presentation.report import write_sweep_page
    from ui.presentation.tables import show, sweep_table

    for event in run_sweep(file):
        if isinstance(event, LibraryBuilt):
            print(_library_note(event))
        elif isinstance(event, PointDone):
            print(_point_note(event))
        else:
            quality = event.plan.quality
            page = event.plan.output / "sweep.html"
            write_sweep_page(event.results, quality, event.plan.questions.name, page)
            show(sweep_table(event.results, quality))
            print(page)


def _evaluate_beir(folder: Path, settings: Settings, models: Models, as_json: bool) -> None:
    from rag.evaluation.beir import evaluate_beir
    from ui.presentation.tables import beir_table, show

    with counted_progress("reading") as advance:
        result = evaluate_beir(
            folder,
            models.encoder,
            models.reranker,
            settings,
            progress=lambda what, done, total: advance(done, total, what),
        )
    if as_json:
        print_json(result.as_dict())
        return
    print(
        f"{result.collection}: {result.documents} documents in {result.passages} passages, "
        f"{result.queries} queries; indexed in {result.seconds.get('index', 0.0):.1f} s"
    )
    show(beir_table(result))
    print("mean [95 % bootstrap interval]; " + ", ".join(result.models.values()))


def _judge(questions: list[Question], run: Run, name: str, settings: Settings) -> dict[str, bool]:
    from rag.evaluation.judge import judge, load_judge

    model = load_judge(name, settings.models)
    total = sum(q.answerable and q.id in run.lines for q in questions)
    verdicts: dict[str, bool] = {}
    with counted_progress("judging") as advance:
        for done, verdict in enumerate(judge(questions, run, model, name), start=1):
            if verdict.right is not None:
                verdicts[verdict.id] = verdict.right
            advance(done, total)
    return verdicts


def _questions(file: Path | None, run: Run) -> list[Question]:
    from rag.evaluation.questions import read_questions

    return read_questions(file) if file is not None else run.questions


def _fields(by: list[str] | None) -> list[str]:
    """The fields to group by."""
    from rag.evaluation.measure import GROUP_BY

    return list(dict.fromkeys(by)) if by else list(GROUP_BY)


def _require_charts() -> None:
    """Raise where what draws a page's charts is not installed."""
    from importlib.util import find_spec

    missing = [name for name in ("altair", "jinja2", "vl_convert") if find_spec(name) is None]
    if missing:
        fail(
            f"A page with charts needs {', '.join(missing)}, not installed here. "
            'Install it with `pip install "katheder[ui]"`.'
        )


def _library_note(event: LibraryBuilt) -> str:
    chunking = ", ".join(f"{name} {value}" for name, value in event.chunking.items())
    note = (
        f"library with {chunking}: {event.passages} passages, "
        f"{event.files_read} of {event.files} files read"
    )
    return "\n".join([note, *event.failures])


def _point_note(event: PointDone) -> str:
    from ui.presentation.formats import seconds_text, value_text

    result = event.result
    values = ", ".join(f"{name} = {value}" for name, value in result.point.items())
    quality = value_text(result.quality)
    return (
        f"{event.done} of {event.total}  {values}: {quality}, "
        f"{seconds_text(result.seconds)} a question"
    )
