"""The rows of corrected and hidden pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from ingest.store.layouts import pack_layout, unpack_layout
from ingest.store.rows import select_page
from ingest.types import Correction, Origin


def select_corrections(db: sqlite3.Connection, document: str) -> dict[int, Correction]:
    """The corrections of a document by page number, with the pages as they were read."""
    corrections: dict[int, Correction] = {}
    for number, original, heading, layout, origin, text, hidden in db.execute(
        "SELECT c.page, c.original, c.heading, c.layout, p.origin, c.text, c.hidden"
        " FROM corrections c JOIN pages p ON p.document = c.document AND p.number = c.page"
        " WHERE c.document = ? ORDER BY c.page",
        (document,),
    ):
        page = select_page(db, document, number)
        if page is None:
            continue
        lines, words, slides = unpack_layout(layout)
        before = replace(
            page,
            text=original,
            heading=heading,
            lines=lines,
            words=words,
            slides=slides,
            origin=cast(Origin, origin),
        )
        corrections[number] = Correction(before, text, bool(hidden))
    return corrections


def write_corrections(
    db: sqlite3.Connection, document: str, corrections: Mapping[int, Correction]
) -> None:
    """Give a document these corrections, by page number, in place of those that it has.

    Its pages are in the table already, with their corrected texts.
    """
    db.execute("DELETE FROM corrections WHERE document = ?", (document,))
    db.executemany(
        "INSERT INTO corrections (document, page, original, heading, layout, text, hidden)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                document,
                number,
                correction.original.text,
                correction.original.heading,
                pack_layout(correction.original),
                correction.text,
                int(correction.hidden),
            )
            for number, correction in corrections.items()
        ],
    )
    db.executemany(
        "UPDATE pages SET origin = ? WHERE document = ? AND number = ?",
        [(each.original.origin, document, number) for number, each in corrections.items()],
    )
