"""Where documents are: which of their files are gone, and the folders that tell equal names apart."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Literal

from ingest.store.schema import read_gone, write_gone

#: Of a document whose file is gone: "gone" leaves it out of searches, "kept" does not.
Mark = Literal["gone", "kept"]


def marks(db: sqlite3.Connection) -> dict[str, Mark]:
    """The marks of the documents whose files are gone, by their ids."""
    present = {id for (id,) in db.execute("SELECT id FROM documents")}
    return {id: mark for id, mark in read_gone(db).items() if id in present}


def set_marks(db: sqlite3.Connection, values: Mapping[str, Mark]) -> None:
    """Store the marks of all documents whose files are gone; call it in a transaction."""
    write_gone(db, values)


def uncited(db: sqlite3.Connection) -> list[str]:
    """The ids of the documents that searches leave out."""
    return sorted(id for id, mark in read_gone(db).items() if mark == "gone")


def folders(db: sqlite3.Connection) -> dict[str, str]:
    """For each document that shares its file name, by its id: the folders to put before the name."""
    rows = db.execute(
        "SELECT id, path, file FROM documents WHERE file IN"
        " (SELECT file FROM documents GROUP BY file HAVING count(*) > 1)"
    )
    groups: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for id, path, file in rows:
        groups[file][id] = path
    return {
        id: folder
        for paths in groups.values()
        for id, folder in zip(paths, distinguishing_folders(paths.values()), strict=True)
    }


def distinguishing_folders(paths: Iterable[str]) -> list[str]:
    """The fewest last folders of each path that no other one ends with, as `year-2026` or `a/notes`.

    "" where even the whole path is another one's.
    """
    parents = [PurePath(path).parent.parts for path in paths]
    selected = []
    for parts in parents:
        for length in range(1, len(parts) + 1):
            if sum(other[-length:] == parts[-length:] for other in parents) == 1:
                selected.append("/".join(parts[-length:]))
                break
        else:
            selected.append("")
    return selected
