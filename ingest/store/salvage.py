"""Save what can be read of a damaged library, so that it can be built again from its files."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.files import file_hash, find_files
from ingest.reports import number_ranges
from ingest.store.database import Database
from ingest.store.faults import TABLES, DatabaseFault
from ingest.store.layouts import pack_layout
from ingest.store.library import Library
from ingest.store.rows import select_page, stored_path
from ingest.store.schema import DATABASE, read_gone, update_content_hash, write_gone
from ingest.types import Page

_MAGIC = b"SQLite format 3\0"
_DOCUMENT = ("id", "path", "file", "title", "pages", "language")
_PAGE = (
    *("document", "number", "width", "height", "heading", "origin", "text", "layout"),
    *("label", "regions"),
)
#: What a library without a table, or with a damaged one, has lost.
_LOST = {
    "courses": "the courses",
    "course_documents": "which lectures are in which course",
    "corrections": "corrections of pages",
}

_ORPHANS = (
    "SELECT 1 FROM pages WHERE document NOT IN (SELECT id FROM documents) LIMIT 1",
    "SELECT 1 FROM corrections c LEFT JOIN pages p ON p.document = c.document AND p.number = c.page"
    " WHERE p.number IS NULL LIMIT 1",
)


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged library.

    `aside` is the damaged file's new name, `documents` the number of those whose rows could be
    read, and `losses` what could not be.
    """

    aside: Path
    documents: int
    losses: tuple[str, ...]

    def sentence(self) -> str:
        """What a reader is told."""
        place = f"The library file was damaged; it is kept as {self.aside.name}."
        return f"{place} Lost: {'; '.join(self.losses)}." if self.losses else place


def salvage(folder: Path) -> Salvage | None:
    """Put a library of what can be read in place of a damaged one, which is set aside.

    The new one has documents, pages, courses and corrections, and no passages: `rebuild` makes
    them. None is returned for a library that `rebuild` can read as it is.

    Raises:
        KathederError: it cannot be opened for another reason than damage.
    """
    if _is_readable(folder):
        return None
    work = folder / "salvaging"
    shutil.rmtree(work, ignore_errors=True)
    try:
        with contextlib.closing(_opened_copy(folder, work)) as source:
            draft = Library(work / "new", create=True)
            losses = tuple(_copy(source, draft, folder))
            count = len(draft.documents())
            draft.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            draft.close()
        aside = Database(folder / DATABASE).set_aside()
        (work / "new" / DATABASE).replace(folder / DATABASE)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Salvage(aside, count, losses)


def _is_readable(folder: Path) -> bool:
    """Whether all that `rebuild` needs of a library can be read."""
    try:
        library = Library(folder)
        db = library.database.connection()
        for table in TABLES:
            db.execute(f"SELECT * FROM {table} LIMIT 1").fetchall()
        documents = library.documents()
        library.courses(), library.config()
        for document in documents:
            library.corrections(document.id)
            if (
                not Path(document.path).exists()
                and len(library.pages(document.id)) < document.pages
            ):
                return False
        db.execute("SELECT * FROM documents NOT INDEXED").fetchall()
        return not any(db.execute(query).fetchone() for query in _ORPHANS)
    except DatabaseFault as error:
        if error.is_damage:
            return False
        raise
    except (TypeError, ValueError, AttributeError):  # rows of other types than ours
        return False


def _opened_copy(folder: Path, work: Path) -> sqlite3.Connection:
    """A copy of a library's file whose header, where it is damaged, is that of any database."""
    work.mkdir()
    for end in ("", "-wal"):
        part = folder / f"{DATABASE}{end}"
        if part.exists():
            shutil.copyfile(part, work / part.name)
    with (work / DATABASE).open("r+b") as file:
        file.write(_MAGIC)
    return sqlite3.connect(work / DATABASE)


def _copy(source: sqlite3.Connection, draft: Library, folder: Path) -> Iterator[str]:
    """Copy documents, pages, courses and corrections, and say what is lost."""
    documents = {
        row[0]: row for row in _rows(source, f"SELECT {', '.join(_DOCUMENT)} FROM documents")
    }
    documents = {id: row for id, row in documents.items() if _are_texts(*row[:4], row[5])}
    # The paths and ids are once more in the table's indexes.
    for (path,) in _rows(source, "SELECT path FROM documents ORDER BY path"):
        if isinstance(path, str) and path not in [row[1] for row in documents.values()]:
            if id := file_hash(Path(path)):
                documents.setdefault(id, (id, path, Path(path).name, "", 0, ""))
            else:
                yield f"{Path(path).name}, whose file is gone"
    pages: dict[str, int] = {}
    for table in ("pages", "passages"):
        query = f"SELECT document, count(*) FROM {table} GROUP BY document"
        for id, count in _rows(source, query):
            if isinstance(id, str) and id not in documents:
                pages.setdefault(id, count if table == "pages" else 0)
    files = _files_beside(row[1] for row in documents.values()) if pages else {}
    for id, count in pages.items():
        if id in files:
            path = files[id]
            documents[id] = (id, stored_path(str(path)), path.name, "", count, "")
        else:
            yield f"a lecture of {count} pages whose name is lost ({id[:12]})"
    with draft.database.transaction() as db:
        for id, row in documents.items():
            db.execute(f"INSERT OR IGNORE INTO documents VALUES ({_marks(_DOCUMENT)})", row)
            lost = _copy_pages(source, db, id, row[4])
            if lost and not Path(row[1]).exists():
                what = "page" if len(lost) == 1 else "pages"
                yield f"{what} {number_ranges(lost)} of {row[2]}, whose file is gone"
        for table, name in _LOST.items():
            if not _copy_table(source, db, table):
                yield f"{name}, if there were any"
        with contextlib.suppress(sqlite3.Error, ValueError, TypeError):
            write_gone(db, read_gone(source))
        update_content_hash(db)


def _copy_pages(
    source: sqlite3.Connection, db: sqlite3.Connection, document: str, count: int
) -> list[int]:
    """Copy a document's pages; those that cannot be read are empty, and their numbers returned."""
    query = f"SELECT {', '.join(_PAGE)} FROM pages WHERE document = ?"
    rows = {row[1]: row for row in _rows(source, query, document)}
    count = count if isinstance(count, int) else 0
    lost = []
    for number in range(1, max([count, *rows]) + 1):
        row = rows.get(number) or next(
            _rows(source, f"{query} AND number = ?", document, number), None
        )
        db.execute("SAVEPOINT page")
        try:
            if row is None:
                raise ValueError(f"no page {number}")
            db.execute(f"INSERT INTO pages VALUES ({_marks(_PAGE)})", row)
            select_page(db, document, number)
        except (ValueError, sqlite3.Error):
            db.execute("ROLLBACK TO page")
            lost.append(number)
            empty = pack_layout(Page(number, "", 1.0, 1.0))
            values = (document, number, 1.0, 1.0, "", "text", "", empty, "", "[]")
            db.execute(f"INSERT INTO pages VALUES ({_marks(_PAGE)})", values)
        db.execute("RELEASE page")
    return lost


def _copy_table(source: sqlite3.Connection, db: sqlite3.Connection, table: str) -> bool:
    """Copy a small table; False where not all of it could be read."""
    try:
        for row in source.execute(f"SELECT * FROM {table}"):
            db.execute(f"INSERT OR IGNORE INTO {table} VALUES ({_marks(row)})", row)
    except sqlite3.Error:
        return False
    return True


def _rows(source: sqlite3.Connection, query: str, *parameters: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a query up to the first that cannot be read."""
    with contextlib.suppress(sqlite3.Error):
        yield from source.execute(query, parameters)


def _files_beside(paths: Iterator[str]) -> dict[str, Path]:
    """The lectures in the folders of some files, by the hash of their contents."""
    folders = {Path(path).parent for path in paths}
    return {file_hash(file): file.resolve() for file in find_files(sorted(folders))}


def _are_texts(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def _marks(values: Any) -> str:
    return ", ".join("?" * len(values))
