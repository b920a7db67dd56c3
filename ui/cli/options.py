"""The options that several commands share, and what they stand for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import resources

if TYPE_CHECKING:
    from rag.models import Models
    from rag.sampling import Sampling
    from rag.scope import Scope
    from rag.settings import Settings

LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        help="Folder of the library (default: KATHEDER_LIBRARY or the platform's data folder).",
    ),
]
SettingsOption = Annotated[Path | None, typer.Option("--settings", help="TOML file with settings.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]


CourseOption = Annotated[
    str, typer.Option("--course", help="Ask the lectures of this course alone.")
]
LecturesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--lecture", help="Ask this lecture alone: a number, title or file name; repeatable."
    ),
]
UpToOption = Annotated[
    str,
    typer.Option("--up-to", help="Ask this lecture and those before it: number, title or file."),
]


def question_text(argument: str) -> str:
    """The question, which `-` reads from standard input."""
    return sys.stdin.read().strip() if argument == "-" else argument


LARGEST_SEED = 2**63 - 1  # that torch takes

QuestionArgument = Annotated[
    str,
    typer.Argument(
        parser=question_text,
        metavar="QUESTION",
        help="In a sentence or a few words; - reads it from standard input.",
    ),
]
QuotedOption = Annotated[
    bool | None,
    typer.Option(
        "--extractive/--written",
        help="Quote the lectures' own sentences, or let the language model write "
        "(default: the setting answer.writer).",
    ),
]

# How the language model chooses its words: only with --written.
StrategyOption = Annotated[
    str | None, typer.Option(help="greedy, beam or sample; needs --written, as all below.")
]
BeamsOption = Annotated[
    int | None, typer.Option("--num-beams", help="Continuations that beam search keeps.")
]
TemperatureOption = Annotated[
    float | None, typer.Option(help="Below 1 sharpens, above 1 flattens.")
]
TopKOption = Annotated[
    int | None, typer.Option("--top-k", help="Sample from the k most probable tokens.")
]
TopPOption = Annotated[
    float | None,
    typer.Option("--top-p", help="Sample from the most probable tokens of total probability p."),
]
MinPOption = Annotated[
    float | None,
    typer.Option("--min-p", help="Sample from tokens at least p times as probable as the first."),
]
PenaltyOption = Annotated[
    float | None, typer.Option("--repetition-penalty", help="Above 1 avoids repetition; 1 is none.")
]
TokensOption = Annotated[
    int | None, typer.Option("--max-new-tokens", help="Longest answer in tokens.")
]
SeedOption = Annotated[int | None, typer.Option(help="The same seed gives the same answer.")]


def question_file(name: str) -> Path:
    """The file of that name, else the bundled question set: `dev`, `opening` or `test`."""
    file = Path(name)
    return file if file.exists() else resources.question_sets().get(name, file)


def library_folder(option: Path | None) -> Path:
    """The folder of the library that `--library` names, else the default one."""
    from ingest.library_folder import default_library
    from ingest.milvus.address import library_path

    return library_path(option) if option else default_library()


def read_settings(file: Path | None, *, extractive: bool | None = None) -> Settings:
    """The settings of the file and the environment, with `--written` or `--extractive` applied.

    Raises:
        BadSettings: the file or a variable does not fit.
    """
    from rag.settings import load_settings

    settings = load_settings(file)
    if extractive is None:
        return settings
    return settings.with_changes(answer={"writer": not extractive})


def read_scope(course: str, lectures: list[str] | None, up_to: str) -> Scope:
    """The lectures that `--course`, `--lecture` and `--up-to` name; all where none is given."""
    from rag.scope import Scope

    return Scope(course, tuple(lectures or ()), up_to)


def read_models(context: typer.Context, settings: Settings) -> Models:
    """The models that the settings name, shared with those that the caller of the program has."""
    from rag.models import Models

    return (context.obj or Models()).with_settings(settings.models)


def read_sampling(settings: Settings, **options: str | float | None) -> Sampling | None:
    """The settings' sampling changed by the options that were given; None where none was.

    Raises:
        BadSampling: an option is out of range, contradicts another, or was given although the
            answer is quoted.
    """
    from rag.sampling import sampling_from

    if all(value is None for value in options.values()):
        return None
    return sampling_from(options, settings.sampling, writes=settings.answer.writer)
