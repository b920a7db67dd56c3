"""The command that fits from which confidence on an answer is shown: calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui.cli.options import SettingsOption, library_folder, question_file, read_models
from ui.cli.output import counted_progress, fail


def register(app: typer.Typer) -> None:
    """Add the command of this module to the program."""
    app.command()(calibrate)


def calibrate(
    context: typer.Context,
    questions: Annotated[
        list[Path],
        typer.Argument(
            parser=question_file,
            metavar="QUESTIONS...",
            help="Files of questions, some of which the lectures do not answer.",
        ),
    ],
    library: Annotated[
        list[Path] | None,
        typer.Option(
            "--library",
            help="Folder of the library that all files are about; or one for each file, in their "
            "order (default: KATHEDER_LIBRARY or the platform's data folder).",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where to save it (default: in the library's folder).")
    ] = None,
    settings: SettingsOption = None,
) -> None:
    """Fit from which confidence on an answer is shown, and shown without doubt.

    The questions must say whether the lectures answer them. With several libraries the fit carries
    over to others; it is judged on each document by a fit on all others.
    """
    from rag.confidence import CALIBRATION_FILE
    from rag.evaluation.calibrate import QuestionSet
    from rag.evaluation.calibrate import calibrate as fit
    from rag.evaluation.questions import read_questions
    from rag.pipeline import Pipeline
    from rag.settings import load_settings
    from ui.presentation.tables import held_out_table, risk_table, show

    folders = library or [library_folder(None)]
    if len(folders) not in (1, len(questions)):
        fail(
            f"{len(questions)} files of questions and {len(folders)} libraries, expected one "
            "library, or one for each file: give --library once for each file, in their order."
        )
    if output is None and len(set(folders)) > 1:
        fail(
            "A calibration for several libraries has no folder of its own; "
            "say with --output where to save it, as --output calibration.json."
        )
    run_settings = load_settings(settings)
    models = read_models(context, run_settings)
    pipelines = {
        folder: Pipeline.load(folder, run_settings, models, calibrated=False)
        for folder in dict.fromkeys(folders)
    }
    if len(folders) == 1:
        folders = folders * len(questions)
    sets = [
        QuestionSet(file.stem, read_questions(file), pipelines[folder])
        for file, folder in zip(questions, folders, strict=True)
    ]
    with counted_progress("retrieving") as advance:
        result = fit(sets, advance)
    calibration = result.calibration
    target = output or folders[0] / CALIBRATION_FILE
    calibration.save(target)
    print(
        f"Fitted on {calibration.questions} questions: no answer below a confidence of "
        f"{calibration.threshold:.3f}, a doubtful one below {calibration.doubt_threshold:.3f}. "
        "Each document judged by a fit on the others:"
    )
    show(held_out_table(result.figures))
    show(risk_table(result.figures[-1].curve, "unanswerable among them"))
    print(f"saved in {target}")
