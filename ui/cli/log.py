"""The commands about the log of readers' questions: log show, coverage, clear."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import JsonOption, LibraryOption, SettingsOption, library_folder, read_settings
from ui.cli.output import fail, note, print_json, show

if TYPE_CHECKING:
    from rag.evaluation.question_log import QuestionLog

app = typer.Typer(
    help="Questions that readers asked, where app.log_questions is on: show, coverage, clear.",
    no_args_is_help=True,
)


@app.command("show")
def show_log(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    unanswered: Annotated[
        bool,
        typer.Option("--unanswered", help="Those alone that got no answer, or a doubtful one."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option(help="Write every entry into this file, as JSON lines.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the logged questions without repeats, those asked most often first."""
    from rag.evaluation.question_log import GRADES, grouped

    grades = [grade for grade in GRADES if not (unanswered and grade == "answered")]
    questions = _log(library, settings).questions(grades)
    if output is not None:
        lines = [json.dumps(one.as_dict(), ensure_ascii=False) + "\n" for one in questions]
        output.write_text("".join(lines), encoding="utf-8")
        note(f"{len(lines)} entries written to {output}")
        return
    asked = grouped(questions)
    if as_json:
        print_json([{"times": one.times} | one.last.as_dict() for one in asked])
        return
    for one in asked:
        pages = "; ".join(page.citation for page in (one.last.cited or one.last.found)[:3])
        grade = one.last.grade.replace("_", " ")
        show(f"{one.times} x  {one.last.question}")
        show(f"     {grade}, {one.last.day}{f'; nearest: {pages}' if pages else ''}")
    if not asked:
        show("The log has no such question.")


@app.command()
def coverage(
    library: LibraryOption = None,
    settings: SettingsOption = None,
    questions: Annotated[
        str, typer.Option(help="The right pages of this question set, in place of the log.")
    ] = "",
    run: Annotated[
        Path | None, typer.Option(help="The pages that this run found, in place of the log.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show for each lecture which pages no question reaches."""
    from ingest.reports import number_ranges
    from ingest.store import Library
    from rag.evaluation.page_coverage import (
        found_by_readers,
        found_by_run,
        page_coverage,
        right_pages,
    )
    from rag.evaluation.questions import read_questions
    from rag.evaluation.run_file import read_run
    from ui.cli.options import question_file

    if questions and run is not None:
        fail("--questions and --run are two sources; give one of them.")
    store = Library(library_folder(library))
    if questions:
        reached = right_pages(read_questions(question_file(questions)))
    elif run is not None:
        reached = found_by_run(read_run(run))
    else:
        reached = found_by_readers(_log(library, settings).questions())
    lectures = page_coverage(store, reached)
    if as_json:
        print_json(
            {
                "questions": len(reached),
                "lectures": [
                    {
                        "file": one.document.name,
                        "pages": len(one.pages),
                        "unreached": list(one.unreached),
                    }
                    for one in lectures
                ],
            }
        )
        return
    show(f"Questions: {len(reached)}")
    for one in lectures:
        pages = number_ranges(one.unreached)
        missing = f"; not reached: {pages}" if pages else ""
        show(f"{one.share:4.0%} of {len(one.pages)} pages  {one.document.name}{missing}")


@app.command()
def clear(library: LibraryOption = None, settings: SettingsOption = None) -> None:
    """Delete all entries of the log."""
    number = _log(library, settings).clear()
    show(f"{number} {'entry' if number == 1 else 'entries'} deleted")


def _log(library: Path | None, settings: Path | None) -> QuestionLog:
    """The log; says how to turn logging on where there is none.

    Raises:
        KathederError: there is no log, and none is being made.
    """
    from rag.evaluation.question_log import FILE, open_log

    folder = library_folder(library)
    if not (folder / FILE).exists() and not read_settings(settings).app.log_questions:
        fail(
            f"No question was logged in {folder}: logging is off. "
            "Turn it on with `katheder settings set app.log_questions true`; readers then see a "
            "line that says so."
        )
    return open_log(folder)
