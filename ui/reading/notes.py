"""A reader's notes: pinned quotations and their own words, in one SQLite file beside the library.

The file's `user_version` is its format.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import KathederError
from ingest.user_file import UserFile
from ui.reading.search import find_text

FILE = "notes.sqlite"
_TABLE = """CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reader TEXT NOT NULL, course TEXT NOT NULL,
    text TEXT NOT NULL, quote TEXT NOT NULL, citation TEXT NOT NULL, document TEXT NOT NULL,
    page INTEGER NOT NULL, changed REAL NOT NULL
)"""
_UPGRADES = ((_TABLE,),)


#: Notes of one reader.
MOST = 2000


class TooManyNotes(KathederError):
    """A note beyond those that one reader may keep."""


class UnreadableNotes(KathederError):
    """The file of notes is of a newer format or no database; the text says which."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note: the reader's own `text`, and a `quote` with its place, "" where there is none.

    `document` is the id and `page` the number, from 1, of the page that holds the quote; 0 for
    none. `changed` is in seconds since 1970, `id` 0 until it is saved.
    """

    text: str = ""
    quote: str = ""
    citation: str = ""
    document: str = ""
    page: int = 0
    course: str = ""
    changed: float = 0.0
    id: int = 0


class Notes:
    """The notes of all readers of a library; safe to share between threads.

    Args:
        path: The SQLite file; made where there is none.

    Raises:
        UnreadableNotes: the file has a newer format, or is no SQLite database.
    """

    def __init__(self, path: Path) -> None:
        self._transaction = UserFile(path, _UPGRADES, "the notes", UnreadableNotes).transaction

    def add(self, reader: str, note: Note) -> int:
        """Save a new note; gives its id.

        Raises:
            TooManyNotes: the reader has as many as may be.
        """
        with self._transaction() as db:
            [number] = db.execute(
                "SELECT count(*) FROM notes WHERE reader = ?", (reader,)
            ).fetchone()
            if number >= MOST:
                raise TooManyNotes(
                    f"There are {number} notes already, and the limit is {MOST}. Remove some, or "
                    "export them first."
                )
            row = db.execute(
                "INSERT INTO notes (reader, course, text, quote, citation, document, page, changed)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    reader,
                    note.course,
                    note.text,
                    note.quote,
                    note.citation,
                    note.document,
                    note.page,
                    time.time(),
                ),
            )
        assert row.lastrowid is not None
        return row.lastrowid

    def change(self, reader: str, id: int, *, text: str, quote: str, course: str) -> None:
        """Change the words or the course of a reader's own note."""
        with self._transaction() as db:
            db.execute(
                "UPDATE notes SET text = ?, quote = ?, course = ?, changed = ?"
                " WHERE id = ? AND reader = ?",
                (text, quote, course, time.time(), id, reader),
            )

    def remove(self, reader: str, id: int) -> None:
        """Remove a reader's own note."""
        with self._transaction() as db:
            db.execute("DELETE FROM notes WHERE id = ? AND reader = ?", (id, reader))

    def search(self, reader: str, words: str = "") -> list[Note]:
        """A reader's notes that hold all the words, by course, the last written first."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT text, quote, citation, document, page, course, changed, id FROM notes"
                " WHERE reader = ? ORDER BY course = '', course, id DESC",
                (reader,),
            ).fetchall()
        notes = [Note(*row) for row in rows]
        return [note for note in notes if all(_holds(note, word) for word in words.split())]


def _holds(note: Note, word: str) -> bool:
    return any(
        find_text(text, word) for text in (note.text, note.quote, note.citation, note.course)
    )


def as_markdown(notes: Sequence[Note], without_course: str) -> str:
    """Notes by course as Markdown; what the reader wrote stays as it is, quotations are escaped.

    Args:
        notes: In the order of `Notes.search`.
        without_course: The heading of those that are in no course.
    """
    from ui.copied_text import escape_markdown

    lines: list[str] = []
    course = None
    for note in notes:
        if note.course != course:
            course = note.course
            lines += [f"## {escape_markdown(course) or without_course}", ""]
        if note.text:
            lines += [note.text.strip(), ""]
        if note.quote:
            lines += [f"> {escape_markdown(line)}  " for line in note.quote.splitlines()]
            lines += [f"> ({escape_markdown(note.citation)})" if note.citation else ">", ""]
    return "\n".join(lines).rstrip() + "\n"


def as_anki(notes: Sequence[Note], name: str, question: str) -> bytes:
    """Notes as an Anki file: the reader's words ask, the quotation answers.

    Args:
        notes: Those without a quotation are left out.
        name: The deck's.
        question: What is asked where the reader wrote nothing; {place} is the citation.
    """
    import tempfile

    from rag.study.anki import question_note, write_package

    cards = [
        question_note(
            note.text.strip() or question.format(place=note.citation),
            note.quote,
            note.citation,
            guid=f"katheder-note-{note.document[:12]}-{note.id}",
            tag=note.course or name,
        )
        for note in notes
        if note.quote
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "notes.apkg"
        write_package(cards, name, file)
        return file.read_bytes()
