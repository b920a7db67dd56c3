"""What the laboratory's commands share: options, and how they report errors."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Annotated, ParamSpec

import typer

SeedOption = Annotated[int, typer.Option(help="The same seed gives the same images.")]

P = ParamSpec("P")


def report_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Print the message of an error that the user can remedy, and exit with status 1."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        from generative.errors import GenerativeError

        try:
            command(*args, **kwargs)
        except (GenerativeError, ValueError) as error:
            print(error, file=sys.stderr)
            raise typer.Exit(1) from error

    return run
