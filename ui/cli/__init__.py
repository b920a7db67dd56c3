"""The command line. Heavy imports wait until a command needs them, so that help is instant.

`options` are what several commands take, `output` what they print; `ask`, `library`, `serve` and
`evaluate` hold the commands.
"""

from __future__ import annotations

import copy
import errno
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.main import get_command_name

from generative.cli import app as generative_app
from ui.cli import (
    ask,
    backup,
    calibrate,
    conversations,
    course,
    evaluate,
    guide,
    library,
    log,
    mcp,
    models,
    pages,
    serve,
    sessions,
    study,
)
from ui.cli import settings as settings_commands
from ui.cli.language import app as language_app
from ui.cli.options import JsonOption, LibraryOption, SettingsOption, library_folder, read_settings
from ui.cli.output import note, print_json

app = typer.Typer(
    help="Ask questions of lectures on your own machine; every sentence names its page.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(given: bool) -> None:
    from importlib.metadata import version

    if given:
        print(f"katheder {version('katheder')}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


def doctor(
    library: LibraryOption = None, settings: SettingsOption = None, as_json: JsonOption = False
) -> None:
    """Show models, device, numeric type and versions, and what is missing."""
    from ui.doctor import examine

    report = examine(library_folder(library), read_settings(settings))
    if as_json:
        print_json(report.as_dict())
    else:
        print(report.render())
    if report.missing:
        raise typer.Exit(1)


library.register(app)
backup.register(app)
pages.register(library.library_app)
course.register(app)
guide.register(course.course_app)
ask.register(app)
serve.register(app)
mcp.register(app)
app.command()(doctor)
evaluate.register(app)
calibrate.register(app)
study.register(app)
app.add_typer(log.app, name="log")
app.add_typer(models.app, name="models")
app.add_typer(conversations.app, name="conversations")
app.add_typer(sessions.app, name="session")
app.add_typer(settings_commands.app, name="settings")
app.add_typer(generative_app, name="generative")
app.add_typer(language_app, name="language")


def _called(names: Sequence[str]) -> typer.Typer:
    """The program with the command of that name alone; all commands where there is no such one.

    Typer builds the options of every command it has, which takes longer than to list a library.
    """
    commands = [
        one
        for one in app.registered_commands
        if one.callback is not None
        and (one.name or get_command_name(one.callback.__name__)) in names
    ]
    groups = [one for one in app.registered_groups if one.name in names]
    if not commands and not groups:
        return app
    called = copy.copy(app)
    called.registered_commands, called.registered_groups = commands, groups
    return called


def main() -> None:
    """Run the command line; an error that a user can resolve is one sentence and exit code 1."""
    # Models load from this machine; their libraries' progress bars and advice are not for readers.
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    for stream in (sys.stdout, sys.stderr):  # a terminal that is not UTF-8 lacks some letters
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        _called(sys.argv[1:2])()
    except KeyboardInterrupt:
        note("stopped")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        from ingest.errors import KathederError
        from language.errors import LanguageError

        if isinstance(error, KathederError | LanguageError):
            note(f"error: {error}")
            sys.exit(1)
        if os.environ.get("KATHEDER_DEBUG"):
            raise
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            note(f"error: the disk is full ({error.filename or 'no file named'}); free some space")
            sys.exit(1)
        note(
            f"error: an unexpected error ({type(error).__name__}: {error}). "
            "Run it again with KATHEDER_DEBUG=1 to see where, and report it."
        )
        sys.exit(70)
