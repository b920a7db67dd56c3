"""The courses of a library: their names, and the lectures of each in order."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from ingest.courses import MAX_COURSE_NAME, lecture_numbers, natural_key, place_for
from ingest.errors import BadCourse
from ingest.text.visible import one_line
from ingest.types import Course, Document


def select_courses(db: sqlite3.Connection) -> list[Course]:
    """All courses in order, with their documents in order."""
    documents: dict[int, list[str]] = {}
    for course, document in db.execute(
        "SELECT course, document FROM course_documents ORDER BY course, position"
    ):
        documents.setdefault(course, []).append(document)
    rows = db.execute("SELECT id, name FROM courses ORDER BY position, id")
    return [Course(name, tuple(documents.get(id, ()))) for id, name in rows]


def select_course(db: sqlite3.Connection, name: str) -> Course:
    """The course of a name, whatever its capitals.

    Raises:
        BadCourse: there is none; the message lists those that exist.
    """
    courses = select_courses(db)
    same = [course for course in courses if course.name == name.strip()]
    alike = [course for course in courses if course.name.casefold() == name.strip().casefold()]
    if same or len(alike) == 1:
        return (same or alike)[0]
    names = ", ".join(course.name for course in courses)
    raise BadCourse(
        f"There is no course {name!r}; "
        + (f"there are: {names}." if names else "the library has no course.")
        + " See `katheder course list`; `katheder ingest PATH... --course NAME` makes one."
    )


def insert_course(db: sqlite3.Connection, name: str) -> Course:
    """Add a course without lectures behind the others; one of that name stays as it is.

    Raises:
        BadCourse: the name is empty or longer than 80 characters.
    """
    name = checked_name(name)
    for course in select_courses(db):
        if course.name.casefold() == name.casefold():
            return course
    last = db.execute("SELECT coalesce(max(position), 0) FROM courses").fetchone()[0]
    db.execute("INSERT INTO courses (name, position) VALUES (?, ?)", (name, last + 1))
    return Course(name)


def rename_course(db: sqlite3.Connection, name: str, new: str) -> None:
    """Rename a course.

    Raises:
        BadCourse: there is none of that name, one of the new name already, or the new name is
            empty or longer than 80 characters.
    """
    course, new = select_course(db, name), checked_name(new)
    if new != course.name and any(new == other.name for other in select_courses(db)):
        raise BadCourse(
            f"There is a course {new!r} already; choose another name for {course.name!r}, or move "
            f"its lectures with `katheder course add {new!r} LECTURE...`."
        )
    db.execute("UPDATE courses SET name = ? WHERE name = ?", (new, course.name))


def delete_course(db: sqlite3.Connection, name: str) -> None:
    """Remove a course; its lectures stay in the library."""
    db.execute("DELETE FROM courses WHERE name = ?", (select_course(db, name).name,))


def write_documents(db: sqlite3.Connection, name: str, documents: Iterable[str]) -> None:
    """Give a course these lectures, in this order, in place of those that it has.

    Raises:
        BadCourse: there is no such course.
        ValueError: an id is in the list twice, or is no document's.
    """
    course, ids = select_course(db, name), list(documents)
    known = {id for (id,) in db.execute("SELECT id FROM documents")}
    if len(set(ids)) != len(ids) or not known.issuperset(ids):
        raise ValueError(f"the lectures of {course.name!r} must be documents, each once; got {ids}")
    (row,) = db.execute("SELECT id FROM courses WHERE name = ?", (course.name,)).fetchone()
    db.execute("DELETE FROM course_documents WHERE course = ?", (row,))
    db.executemany(
        "INSERT INTO course_documents VALUES (?, ?, ?)",
        [(row, id, position) for position, id in enumerate(ids, start=1)],
    )


def write_order(db: sqlite3.Connection, names: Sequence[str]) -> None:
    """Put the courses into this order; those that are not named follow as they are.

    Raises:
        BadCourse: a name is no course's.
    """
    first = [select_course(db, name).name for name in names]
    others = [course.name for course in select_courses(db) if course.name not in first]
    for position, name in enumerate([*first, *others], start=1):
        db.execute("UPDATE courses SET position = ? WHERE name = ?", (position, name))


def write_place(
    db: sqlite3.Connection, name: str, document: Document, documents: Mapping[str, Document]
) -> bool:
    """Put a lecture into a course, where its number, date or name belongs; False if it is there.

    Args:
        db: A connection, in a transaction.
        name: The course's, which is made where it is missing.
        document: The lecture.
        documents: All documents of the library, by their ids.
    """
    ids = list(insert_course(db, name).documents)
    if document.id in ids:
        return False
    ids.insert(place_for(document, [documents[id] for id in ids]), document.id)
    write_documents(db, name, ids)
    return True


def select_memberships(db: sqlite3.Connection, documents: Iterable[str]) -> list[tuple[int, int]]:
    """The courses' rows and the positions there of some documents, before they are replaced."""
    ids = list(documents)
    marks = ",".join("?" * len(ids))
    query = f"SELECT course, position FROM course_documents WHERE document IN ({marks})"
    return db.execute(query, ids).fetchall()


def write_memberships(
    db: sqlite3.Connection, document: str, memberships: Iterable[tuple[int, int]]
) -> None:
    """Put a document where those were that it replaces."""
    db.executemany(
        "INSERT OR IGNORE INTO course_documents (course, document, position) VALUES (?, ?, ?)",
        [(course, document, position) for course, position in memberships],
    )


def lecture_names(db: sqlite3.Connection) -> dict[str, tuple[str, int | None]]:
    """The first course of each document that is in one, and its number there, by the document's id."""
    courses: dict[str, list[Document]] = {}
    for name, *document in db.execute(
        "SELECT c.name, d.id, d.file, d.title FROM course_documents m"
        " JOIN courses c ON c.id = m.course JOIN documents d ON d.id = m.document"
        " ORDER BY c.position, c.id"
    ):
        id, file, title = document
        courses.setdefault(name, []).append(Document(id, file, file, title, 0))
    names: dict[str, tuple[str, int | None]] = {}
    for name, lectures in courses.items():
        numbers = lecture_numbers(lectures)
        for lecture in lectures:
            names.setdefault(lecture.id, (name, numbers.get(lecture.id)))
    return names


def courses_of_collections(db: sqlite3.Connection, documents: Iterable[Document]) -> None:
    """Make a course of each collection, which documents had up to format 4, and drop the column."""
    collections: dict[str, list[str]] = {}
    for id, name in db.execute("SELECT id, collection FROM documents"):
        if name.strip():
            collections.setdefault(name.strip(), []).append(id)
    by_id = {document.id: document for document in documents}
    for name in sorted(collections, key=natural_key):
        for id in collections[name]:
            write_place(db, name[:MAX_COURSE_NAME], by_id[id], by_id)
    db.execute("ALTER TABLE documents DROP COLUMN collection")


def checked_name(name: str) -> str:
    """A course's name without surrounding blanks.

    Raises:
        BadCourse: it is empty or longer than 80 characters.
    """
    name = one_line(" ".join(name.split()))
    if not 1 <= len(name) <= MAX_COURSE_NAME:
        raise BadCourse(
            f"A course's name has 1 to {MAX_COURSE_NAME} characters, got {len(name)} ({name[:MAX_COURSE_NAME]!r}). "
            "Choose another name."
        )
    return name
