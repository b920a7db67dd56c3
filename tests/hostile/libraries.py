"""Ways to damage a library in a folder, each with what its verification must say.

The library must have been searched once, so that its vector file is there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from ingest.store import DATABASE


@dataclass(frozen=True, slots=True)
class Damage:
    """`apply` damages the library in a folder; `named` is a part of what `verify` says.

    `is_refused` is true where the library cannot be opened at all; the refusal then has `named`.
    """

    apply: Callable[[Path], None]
    named: str
    is_refused: bool = False


def run_sql(folder: Path, *statements: str) -> None:
    """Run statements on the database without its constraints; the log is written back."""
    db = sqlite3.connect(folder / DATABASE, isolation_level=None)
    db.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        db.execute(statement)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def sql(*statements: str) -> Callable[[Path], None]:
    """A damage by statements."""
    return lambda folder: run_sql(folder, *statements)


def overwrite_page_of(table: str) -> Callable[[Path], None]:
    """A damage that overwrites the first page of a table with 0xff."""

    def apply(folder: Path) -> None:
        run_sql(folder)
        db = sqlite3.connect(folder / DATABASE)
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        [root] = db.execute(query, (table,)).fetchone()
        [size] = db.execute("PRAGMA page_size").fetchone()
        db.close()
        with (folder / DATABASE).open("r+b") as file:
            file.seek((root - 1) * size)
            file.write(b"\xff" * size)

    return apply


def overwrite_header(folder: Path) -> None:
    """Zeros in place of the first 16 bytes."""
    run_sql(folder)
    with (folder / DATABASE).open("r+b") as file:
        file.write(b"\0" * 16)


def change_vector_file(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """A damage that changes the bytes of the vector file."""

    def apply(folder: Path) -> None:
        [file] = folder.glob("index-*.faiss")
        file.write_bytes(change(file.read_bytes()))

    return apply


def change_indexed_vectors(change: Callable[[np.ndarray], np.ndarray]) -> Callable[[Path], None]:
    """A damage that puts other vectors, shape (N, dimension), into the vector file."""

    def apply(folder: Path) -> None:
        [file] = folder.glob("index-*.faiss")
        index = faiss.read_index(str(file))
        vectors = np.ascontiguousarray(change(index.reconstruct_n(0, index.ntotal)))
        changed = faiss.IndexFlatIP(vectors.shape[1])
        changed.add(vectors)
        faiss.write_index(changed, str(file))

    return apply


_NAN = np.full(64, np.nan, dtype="<f2").tobytes().hex()  # of the word encoder's dimension

DAMAGES: dict[str, Damage] = {
    "header": Damage(overwrite_header, "is damaged (file is not a database)", is_refused=True),
    "newer format": Damage(
        sql("UPDATE meta SET value = '99' WHERE key = 'format'"), "has format 99", is_refused=True
    ),
    "foreign database": Damage(
        sql(
            "DROP TABLE passage_terms",
            *(f"DROP TABLE {t}" for t in ("passages", "pages", "documents", "meta")),
            *(f"DROP TABLE {t}" for t in ("courses", "course_documents", "corrections")),
            "CREATE TABLE bookmarks (address TEXT)",
        ),
        "belongs to another program",
        is_refused=True,
    ),
    "page of passages": Damage(overwrite_page_of("passages"), "the database file is damaged"),
    "page of pages": Damage(overwrite_page_of("pages"), "the database file is damaged"),
    "page of documents": Damage(overwrite_page_of("documents"), "is damaged"),
    "full-text blocks": Damage(
        sql("UPDATE passage_terms_data SET block = zeroblob(length(block)) WHERE id > 1"),
        "the full-text index is damaged",
    ),
    "full-text table dropped": Damage(
        sql("DROP TABLE passage_terms"), "the table passage_terms is missing"
    ),
    "vector file cut": Damage(
        change_vector_file(lambda data: data[: len(data) * 6 // 10]), "the vector file"
    ),
    "vector file grown": Damage(
        change_vector_file(lambda data: data + data[len(data) // 2 :]), "the vector file"
    ),
    "vector file of another dimension": Damage(
        change_indexed_vectors(lambda vectors: vectors[:, :32]), "the vector file"
    ),
    "vector file swapped": Damage(
        change_indexed_vectors(lambda vectors: vectors[::-1]), "the vector file"
    ),
    "vector file missing": Damage(
        lambda folder: next(folder.glob("index-*.faiss")).unlink(), ""
    ),
    "rows without vectors": Damage(
        sql("UPDATE passages SET vector = x'' WHERE row % 2 = 0"), "vectors do not have"
    ),
    "vectors without rows": Damage(
        sql("DELETE FROM passages WHERE row % 2 = 0"), "full-text rows for"
    ),
    "NaN among the vectors": Damage(
        sql(f"UPDATE passages SET vector = x'{_NAN}' WHERE row = (SELECT max(row) FROM passages)"), "zero or not finite"
    ),
    "boxes of words": Damage(
        sql("UPDATE pages SET layout = x'00112233' WHERE number = 1"), "page 1"
    ),
    "boxes that are no numbers": Damage(
        sql("UPDATE pages SET layout = zeroblob(length(layout)) WHERE number = 2"), "page 2"
    ),
    "JSON of a passage": Damage(
        sql("UPDATE passages SET spans = '[[1, 2' WHERE row = (SELECT max(row) FROM passages)"), "passage"
    ),
    "JSON of another kind": Damage(
        sql("UPDATE passages SET pages = '{\"a\": null}' WHERE row = (SELECT max(row) FROM passages)"), "passage"
    ),
    "JSON of a page": Damage(
        sql("UPDATE pages SET regions = '[1' WHERE number = 1"), "page 1"
    ),
    "JSON of the configuration": Damage(
        sql("UPDATE meta SET value = '{\"encoder\"' WHERE key = 'recipe'"), "configuration"
    ),
    "configuration of other fields": Damage(
        sql(f"UPDATE meta SET value = '{json.dumps({'a': 1})}' WHERE key = 'recipe'"),
        "configuration",
    ),
    "row of documents lost": Damage(
        sql("DELETE FROM documents WHERE file = 'physics.pdf'"), "belongs to no document"
    ),
    "pages lost": Damage(sql("DELETE FROM pages WHERE number = 2"), "pages stored"),
    "table of pages dropped": Damage(sql("DROP TABLE pages"), "the table pages is missing"),
    "table of passages dropped": Damage(
        sql("DROP TABLE passages"), "the table passages is missing"
    ),
    "table of documents dropped": Damage(
        sql("DROP TABLE documents"), "the table documents is missing"
    ),
    "table of courses dropped": Damage(sql("DROP TABLE courses"), "the table courses is missing"),
    "table of corrections dropped": Damage(
        sql("DROP TABLE corrections"), "the table corrections is missing"
    ),
    "text of another type": Damage(
        sql("UPDATE passages SET text = x'fffe00' WHERE row = (SELECT max(row) FROM passages)"), "passage"
    ),
}  # fmt: skip
