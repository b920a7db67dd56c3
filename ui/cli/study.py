"""The commands `katheder study`: cards, quiz, glossary, timeline and exam of some lectures."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.text.visible import one_line
from ui.cli.options import (
    CourseOption,
    JsonOption,
    LecturesOption,
    LibraryOption,
    SettingsOption,
    UpToOption,
    library_folder,
    read_models,
    read_scope,
    read_settings,
)
from ui.cli.output import fail, note, print_json, show

if TYPE_CHECKING:
    from ingest.store import Library
    from rag.evidence import Judge
    from rag.study.definitions import Definition
    from rag.study.exam import ExamQuestion

study_app = typer.Typer(
    help="Learn from the lectures: cards, quiz, glossary, timeline and exam.", no_args_is_help=True
)

OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        help="Write to this file instead: .json, else text; cards also as .apkg for Anki.",
    ),
]
CountOption = Annotated[int, typer.Option("--count", min=1, max=100, help="How many questions.")]
SeedOption = Annotated[int, typer.Option(help="The same seed gives the same questions.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.add_typer(study_app, name="study")


def _lectures(
    library: Path | None, course: str, lectures: list[str] | None, up_to: str
) -> tuple[Library, list[str], list[Definition]]:
    """The library, the ids of the lectures in order, and their definitions.

    Raises:
        KathederError: a name stands for no lecture, or the lectures define nothing.
    """
    from ingest.store import Library
    from rag.study.cards import definitions_of, lectures_in_order

    store = Library(library_folder(library))
    ids = read_scope(course, lectures, up_to).documents(store)
    documents = [document.id for document in lectures_in_order(store, ids)]
    return store, documents, definitions_of(store, documents)


def _require(definitions: Sequence[object], count: int) -> None:
    if len(definitions) < count:
        fail(
            f"The sentences of these lectures define {len(definitions)} terms; this needs at least "
            f"{count}. Choose more lectures, or see `katheder study timeline`."
        )


def _judge(context: typer.Context, settings: Path | None) -> Judge:
    from rag.evidence import judge_of

    models = read_models(context, read_settings(settings))
    return judge_of(models.reranker, models.encoder)


def _give(values: Any, lines: Iterable[str], output: Path | None, as_json: bool) -> None:
    """Print a result, or write it to a file, as JSON or text."""
    if output is not None:
        is_json = as_json or output.suffix.lower() == ".json"
        text = json.dumps(values, ensure_ascii=False, indent=2) if is_json else "\n".join(lines)
        output.write_text(text + "\n", encoding="utf-8")
        note(f"written to {output}")
    elif as_json:
        print_json(values)
    else:
        show("\n".join(lines))


@study_app.command()
def cards(
    library: LibraryOption = None,
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cards: what a term means, and sentences with a gap; each with its page."""
    from rag.study.anki import write_deck
    from rag.study.cards import cards_of

    _, _, definitions = _lectures(library, course, lectures, up_to)
    _require(definitions, 1)
    all_cards = cards_of(definitions)
    if output is not None and output.suffix.lower() == ".apkg":
        write_deck(all_cards, course or "Katheder", output)
        note(f"{len(all_cards)} cards written to {output}")
        return
    rows = [card.as_dict() for card in all_cards]
    lines = [
        f"{one_line(row['question'])}\n    {one_line(row['answer'])}\n    ({row['citation']})"
        for row in rows
    ]
    _give({"cards": rows}, lines, output, as_json)


@study_app.command()
def glossary(
    library: LibraryOption = None,
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """The terms in alphabetical order, each with the sentence that defines it and its page."""
    from rag.study.glossary import glossary as sort_glossary
    from rag.study.glossary import glossary_entry, term_at_start

    _, _, definitions = _lectures(library, course, lectures, up_to)
    _require(definitions, 1)
    rows = [glossary_entry(one) for one in sort_glossary(definitions)]
    lines = []
    for row in rows:
        text, term = one_line(row["definition"]), row["term"]
        name = "" if term_at_start(text, term) else f"{term}: "
        lines.append(f"{name}{text} ({row['citation']})")
    _give({"glossary": rows}, lines, output, as_json)


@study_app.command()
def timeline(
    library: LibraryOption = None,
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """The terms of each lecture that no lecture before it has, with their pages."""
    from rag.study.glossary import timeline as build_timeline

    store, documents, definitions = _lectures(library, course, lectures, up_to)
    rows = [one.as_dict() for one in build_timeline(store, documents, definitions)]
    lines = []
    for row in rows:
        lines.append(f"{one_line(row['file'])}  ({one_line(row['title'])})")
        lines += [f"    {term['page']:4d}  {one_line(term['term'])}" for term in row["terms"]]
    _give({"timeline": rows}, lines, output, as_json)


@study_app.command()
def quiz(
    context: typer.Context,
    library: LibraryOption = None,
    settings: SettingsOption = None,
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
    count: CountOption = 10,
    seed: SeedOption = 0,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Questions with choices; the right ones are listed at the end."""
    from rag.study.quiz import quiz as draw_quiz

    _, _, definitions = _lectures(library, course, lectures, up_to)
    _require(definitions, 3)
    questions = draw_quiz(definitions, _judge(context, settings), count, seed)
    rows = [question.as_dict() for question in questions]
    lines, solutions = [], []
    for number, row in enumerate(rows, start=1):
        lines.append(f"{number}. {one_line(row['question'])}")
        lines += [f"   {chr(97 + at)}) {choice}" for at, choice in enumerate(row["choices"])]
        solutions.append(f"{number}{chr(97 + row['right'])}  {row['answer']}  ({row['citation']})")
    _give({"questions": rows}, [*lines, "", *solutions], output, as_json)


@study_app.command()
def exam(
    context: typer.Context,
    library: LibraryOption = None,
    settings: SettingsOption = None,
    course: CourseOption = "",
    lectures: LecturesOption = None,
    up_to: UpToOption = "",
    count: CountOption = 10,
    seed: SeedOption = 0,
    output: OutputOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask questions one by one, mark the answers, and name the pages to read again.

    With --json or --output the questions are given with their answers instead.
    """
    from rag.study.exam import exam as draw_exam
    from rag.study.exam import pages_to_read

    _, _, definitions = _lectures(library, course, lectures, up_to)
    _require(definitions, 1)
    judge = _judge(context, settings)
    questions = draw_exam(definitions, judge, seed, count)
    if as_json or output is not None:
        rows = [question.as_dict() for question in questions]
        lines = [f"{n}. {one_line(row['question'])}" for n, row in enumerate(rows, start=1)]
        lines += ["", *(f"{n}. {one_line(row['answer'])}" for n, row in enumerate(rows, start=1))]
        _give({"questions": rows}, lines, output, as_json)
        return
    verdicts = {}
    for row, question in enumerate(questions):
        answer = _ask(question, row + 1)
        verdicts[row] = question.verdict(answer, judge) if answer else "wrong"
        show(f"   {verdicts[row]}: {one_line(question.definition.text)}\n")
    right = sum(verdict == "right" for verdict in verdicts.values())
    show(f"{right} of {len(questions)} right")
    for page in pages_to_read(questions, verdicts):
        show(f"read again: {page.citation} ({', '.join(map(one_line, page.terms))})")


def _ask(question: ExamQuestion, number: int) -> str:
    """Show a question and read the answer, a letter for a choice; "" for none."""
    show(f"{number}. {one_line(question.question)}")
    choices = question.choice.choices if question.choice else ()
    for at, choice in enumerate(choices):
        show(f"   {chr(97 + at)}) {one_line(choice)}")
    note("your answer:" if not choices else "a letter:")
    answer = sys.stdin.readline().strip()
    letters = {chr(97 + at): choice for at, choice in enumerate(choices)}
    return letters.get(answer.lower().rstrip(")"), answer) if choices else answer
