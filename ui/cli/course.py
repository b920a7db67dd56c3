"""The commands about courses: course list, add, drop, order, rename, remove, export, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import (
    JsonOption,
    LibraryOption,
    SettingsOption,
    library_folder,
    read_settings,
)
from ui.cli.output import print_json, show, show_reports

if TYPE_CHECKING:
    from ingest.store import Library

course_app = typer.Typer(
    help="Courses and the order of their lectures: list, add, drop, order, rename, remove, guide.",
    no_args_is_help=True,
)

CourseArgument = Annotated[str, typer.Argument(metavar="COURSE", help="Its name.")]
LecturesArgument = Annotated[
    list[str],
    typer.Argument(metavar="LECTURE...", help="Numbers, titles, file names or starts of ids."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the program."""
    app.add_typer(course_app, name="course")


@course_app.command("list")
def list_courses(library: LibraryOption = None, as_json: JsonOption = False) -> None:
    """List the courses with their lectures in order, and the lectures that are in none."""
    from ingest.courses import lecture_numbers, order_key
    from ingest.store import Library

    store = Library(library_folder(library))
    documents = {document.id: document for document in store.documents()}
    groups = [
        (course.name, [documents[id] for id in course.documents]) for course in store.courses()
    ]
    members = {document.id for _, lectures in groups for document in lectures}
    others = [document for document in documents.values() if document.id not in members]
    if as_json:
        rows = []
        for name, lectures in groups:
            numbers = lecture_numbers(lectures)
            rows.append(
                {
                    "course": name,
                    "lectures": [
                        {
                            "id": lecture.id,
                            "file": lecture.name,
                            "title": lecture.title,
                            "number": numbers.get(lecture.id),
                            "pages": lecture.pages,
                        }
                        for lecture in lectures
                    ],
                }
            )
        print_json({"courses": rows, "in no course": [document.id for document in others]})
        return
    if others:
        groups.append(("", sorted(others, key=order_key)))
    for name, lectures in groups:
        numbers = lecture_numbers(lectures)
        count = "1 lecture" if len(lectures) == 1 else f"{len(lectures)} lectures"
        show(f"{name or 'In no course'}: {count}")
        for lecture in lectures:
            number = numbers.get(lecture.id, "") if name else ""
            show(f"{number:>5}  {lecture.name}, {lecture.pages} pages ({lecture.title})")
    if not groups:
        show(f"No lectures in {store.folder} yet; read some with `katheder ingest PATH...`.")


@course_app.command("add")
def add(
    course: CourseArgument,
    lectures: Annotated[
        list[str] | None,
        typer.Argument(metavar="LECTURE...", help="Titles, file names, paths or starts of ids."),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Put lectures of the library into a course, which is made where it is missing."""
    from ingest.store import Library
    from rag.scope import Scope

    store = Library(library_folder(library))
    ids = [
        id for name in lectures or () for id in Scope(lectures=(name,)).documents(store) or ()
    ]  # all names first, so that a wrong one changes nothing
    name = store.add_course(course).name
    for id in dict.fromkeys(ids):
        file = next(document.name for document in store.documents() if document.id == id)
        show(f"{file}: {'now in' if store.add_to_course(name, id) else 'is already in'} {name}")
    if not ids:
        show(f"{name}: {len(store.course(name).documents)} lectures")


@course_app.command("drop")
def drop(course: CourseArgument, lectures: LecturesArgument, library: LibraryOption = None) -> None:
    """Take lectures out of a course; they stay in the library."""
    from ingest.store import Library

    store = Library(library_folder(library))
    name = store.course(course).name
    for id in dict.fromkeys(_lectures(store, name, lectures)):
        store.remove_from_course(name, id)
        file = next(document.name for document in store.documents() if document.id == id)
        show(f"{file}: no more in {name}")


@course_app.command("order")
def order(
    course: CourseArgument,
    lectures: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LECTURE...", help="In their new order; the others follow as they are."
        ),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Order a course by hand; without lectures, by number, date and name."""
    from ingest.courses import order_key
    from ingest.store import Library

    store = Library(library_folder(library))
    documents = {document.id: document for document in store.documents()}
    present = store.course(course)
    if lectures:
        first = list(dict.fromkeys(_lectures(store, present.name, lectures)))
        ids = [*first, *(id for id in present.documents if id not in first)]
    else:
        ids = sorted(present.documents, key=lambda id: order_key(documents[id]))
    store.set_course(present.name, ids)
    show(f"{present.name}: {', '.join(documents[id].name for id in ids)}")


@course_app.command("rename")
def rename(
    course: CourseArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new name.")],
    library: LibraryOption = None,
) -> None:
    """Rename a course."""
    from ingest.store import Library

    store = Library(library_folder(library))
    before = store.course(course).name
    store.rename_course(before, name)
    show(f"{before} is {store.course(name).name} now")


@course_app.command("remove")
def remove(course: CourseArgument, library: LibraryOption = None) -> None:
    """Remove a course; its lectures stay in the library."""
    from ingest.store import Library

    store = Library(library_folder(library))
    present = store.course(course)
    store.remove_course(present.name)
    show(
        f"removed the course {present.name}; its {len(present.documents)} lectures are still there"
    )


@course_app.command("export")
def export(
    course: CourseArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The zip file to write.")],
    questions: Annotated[
        list[Path] | None,
        typer.Option("--questions", help="A question set to put in; repeatable."),
    ] = None,
    library: LibraryOption = None,
) -> None:
    """Pack a course into one file: lectures, their order, corrected pages, question sets."""
    from ingest.course_files import export_course
    from ingest.store import Library
    from rag.evaluation.questions import read_questions

    for path in questions or ():
        read_questions(path)  # a set that cannot be used is named here
    packed = export_course(Library(library_folder(library)), course, file, questions or ())
    changes = sum(len(lecture.changes) for lecture in packed.lectures)
    show(
        f"{file} holds {packed.course}: lectures: {len(packed.lectures)}, changed pages: {changes}, "
        f"question sets: {len(packed.questions)}"
    )


@course_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="From `course export`.")],
    name: Annotated[str, typer.Option("--name", help="The course's name here.")] = "",
    library: LibraryOption = None,
    settings: SettingsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a packed course into the library."""
    from ingest.course_files import import_course, read_course_file
    from ingest.store import Library
    from rag.models import Models

    config, packed = read_settings(settings), read_course_file(file)
    store = Library(library_folder(library), create=True)
    models = Models(config.models)
    show_reports(
        lambda progress: import_course(
            packed,
            store,
            models.encoder,
            name=name,
            recogniser=models.recogniser,
            limits=config.reading.limits,
            progress=progress,
            **config.chunking.model_dump(),
        ),
        len(packed.lectures),
        as_json=as_json,
    )


def _lectures(store: Library, course: str, names: list[str]) -> list[str]:
    """The ids of lectures of a course, in the order of the names and then of the course.

    Raises:
        BadScope: a name is no lecture's of the course, or several lectures'.
    """
    from rag.scope import Scope

    order = store.course(course).documents
    return [
        id
        for name in names
        for id in sorted(Scope(course, (name,)).documents(store) or (), key=order.index)
    ]
