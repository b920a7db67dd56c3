"""What the commands print.

Results go to standard output, progress and messages to standard error; with `--json` standard
output holds one JSON document and nothing else.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from ingest.pipeline import FileReport


def print_json(value: Any) -> None:
    """Print a value as one JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def note(text: str) -> None:
    """Print a message to standard error."""
    print(text, file=sys.stderr)


def fail(text: str) -> NoReturn:
    """End the command with a message and exit code 1."""
    from ingest.errors import KathederError

    raise KathederError(text)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error that vanishes at the end."""
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
        yield progress


@contextmanager
def counted_progress(description: str) -> Iterator[Callable[..., None]]:
    """A progress bar; call what it yields with the number done, the total, and maybe a new text."""
    with progress_bar() as progress:
        task = progress.add_task(description, total=None)
        yield lambda done, total, text=description: progress.update(
            task, completed=done, total=total, description=text
        )


def show_reports(reports: Iterator[FileReport], total: int, *, as_json: bool) -> None:
    """Print a line for each file that was read, then the counts; exit with 1 if one failed."""
    from dataclasses import asdict
    from typing import get_args

    from ingest.pipeline import Outcome

    finished: list[FileReport] = []
    with progress_bar() as progress:
        task = progress.add_task("reading lectures", total=total)
        for report in reports:
            finished.append(report)
            progress.advance(task)
            if not as_json:
                pages = "pages with pictures" if report.outcome == "recognised" else "pages"
                line = report.message or (
                    f"{Path(report.path).name}: {report.pages} {pages}, {report.passages} passages, "
                    f"{report.seconds:.1f} s"
                    + (f", {report.reused} passages as before" if report.reused else "")
                )
                progress.print(f"{report.outcome:>10}  {line}", markup=False, soft_wrap=True)
                if report.warning:
                    progress.print(f"{'':>10}  {report.warning}", markup=False, soft_wrap=True)
    counts = {
        outcome: sum(report.outcome == outcome for report in finished)
        for outcome in get_args(Outcome)
    }
    if as_json:
        print_json({"counts": counts, "files": [asdict(report) for report in finished]})
    else:
        print(
            ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
            or "nothing to do"
        )
    if counts["gone"]:
        names = [Path(report.path).name for report in finished if report.outcome == "gone"]
        files = "1 file is" if len(names) == 1 else f"{len(names)} files are"
        note(
            f"{files} gone: {', '.join(names)}. Remove with `katheder library remove "
            f"{' '.join(map(shlex.quote, names))}`, or cite further with `katheder ingest "
            "--keep-missing`."
        )
    if counts["failed"]:
        raise typer.Exit(1)
