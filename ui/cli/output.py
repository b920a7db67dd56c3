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

from ingest.text.visible import file_name, one_line, visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ingest.pipeline import FileReport
    from ingest.reading import ProgressListener


def print_json(value: Any) -> None:
    """Print a value as one JSON document; what a terminal could obey is escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print("".join(c if visible(c) == c else json.dumps(c)[1:-1] for c in text))


def note(text: str) -> None:
    """Print a message to standard error."""
    print(visible(text), file=sys.stderr)


def show(text: str) -> None:
    """Print a result to standard output, with visible marks for control characters."""
    print(visible(text))


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


def show_reports(
    read: Callable[[ProgressListener], Iterator[FileReport]], total: int, *, as_json: bool
) -> None:
    """Print a line for each file that was read, then the counts; exit with 1 if one failed.

    Args:
        read: Starts the reading, given the function that shows how far a file is.
        total: Number of files.
        as_json: Print one JSON document instead.
    """
    from dataclasses import asdict
    from typing import get_args

    from rich.markup import escape

    from ingest.reports import Outcome
    from ui.file_reports import omission_line, outcome_line

    finished: list[FileReport] = []
    with progress_bar() as progress:
        task = progress.add_task("reading lectures", total=total)
        bars: dict[str, TaskID] = {}  # a bar of pages for each that is read now

        def show_pages(file: Path, done: int, pages: int) -> None:
            if str(file) not in bars and pages > 1:
                bars[str(file)] = progress.add_task(escape(file_name(file.name)), total=pages)
            if str(file) in bars:
                progress.update(bars[str(file)], completed=done, total=pages)

        for report in read(show_pages):
            finished.append(report)
            progress.advance(task)
            if report.path in bars:
                progress.remove_task(bars.pop(report.path))
            if not as_json:
                pages = "pages with pictures" if report.outcome == "recognised" else "pages"
                line = (
                    report.message
                    or outcome_line(report)
                    or f"{file_name(Path(report.path).name)}: "
                    f"{report.pages} {pages}, {report.passages} passages, "
                    f"{report.seconds:.1f} s"
                    + (f", {report.reused} passages as before" if report.reused else "")
                )
                progress.print(
                    f"{report.outcome:>10}  {one_line(line)}", markup=False, soft_wrap=True
                )
                if omissions := omission_line(report):
                    progress.print(f"{'':>10}  {omissions}", markup=False, soft_wrap=True)
    counts = {
        outcome: sum(report.outcome == outcome for report in finished)
        for outcome in get_args(Outcome)
    }
    if as_json:
        rows = [
            asdict(report) | {"message": report.message or outcome_line(report)}
            for report in finished
        ]
        print_json({"counts": counts, "files": rows})
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


def show_unread_pictures(folder: Path) -> None:
    """Say how many pages of a library have pictures that were not read; nothing if there are none."""
    from ingest.store import Library

    if number := sum(map(len, Library(folder).unread_pictures().values())):
        pages = (
            "1 page has a picture that was"
            if number == 1
            else f"{number} pages have pictures that were"
        )
        show(f"{pages} not read yet; `katheder ingest PATH...` goes on with them.")
