"""Rows of the tables as documents, pages, passages and vectors, and back."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from ingest.errors import LibraryUnusable
from ingest.store import places
from ingest.store.schema import read_config
from ingest.text.languages import language
from ingest.text.terms import index_terms
from ingest.types import (
    Box,
    Document,
    Line,
    Origin,
    Page,
    ParsedDocument,
    Passage,
    Region,
    Slide,
    Span,
    Word,
)

_DOCUMENT_COLUMNS = "id, path, file, title, pages, language, collection"
_PAGE_COLUMNS = "number, text, width, height, heading, layout, origin, label, regions"
_SELECT_PASSAGE = (
    "SELECT p.id, p.document, d.file, d.title, p.pages, p.headings, p.text, p.spans,"
    " p.overlap, d.language, p.about FROM passages p JOIN documents d ON d.id = p.document"
)

# Bytes of a path that are not UTF-8 are half surrogates in Python, which SQLite does not take; they
# are stored as private characters.
_STORED_BYTES = {code: 0x100000 + code for code in range(0xDC80, 0xDD00)}
_BYTES_OF_STORED = {stored: code for code, stored in _STORED_BYTES.items()}


# ---- writing ----


def stored_path(path: str) -> str:
    """A path as the table of documents has it."""
    return path.translate(_STORED_BYTES)


def insert_document(
    db: sqlite3.Connection,
    parsed: ParsedDocument,
    passages: Sequence[Passage],
    vectors: np.ndarray,
) -> None:
    """Insert a document, its pages, its N passages and their vectors, shape (N, dimension)."""
    document = parsed.document
    db.execute(
        f"INSERT INTO documents ({_DOCUMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            document.id,
            stored_path(document.path),
            document.file,
            document.title,
            document.pages,
            document.language,
            document.collection,
        ),
    )
    db.executemany(
        f"INSERT INTO pages (document, {_PAGE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                document.id,
                page.number,
                page.text,
                page.width,
                page.height,
                page.heading,
                _pack_layout(page),
                page.origin,
                page.label,
                _pack_regions(page),
            )
            for page in parsed.pages
        ],
    )
    for passage, vector in zip(passages, vectors, strict=True):
        cursor = db.execute(
            "INSERT INTO passages (id, document, pages, headings, text, spans, overlap, vector, about)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                passage.id,
                document.id,
                json.dumps(passage.pages),
                json.dumps(passage.headings),
                passage.text,
                json.dumps([(s.page, s.start, s.end) for s in passage.spans]),
                passage.overlap,
                np.asarray(vector, dtype="<f2").tobytes(),
                _pack_about(passage),
            ),
        )
        db.execute(
            "INSERT INTO passage_terms (rowid, context, text) VALUES (?, ?, ?)",
            (cursor.lastrowid, *passage_terms(passage)),
        )


def passage_terms(passage: Passage) -> tuple[str, str]:
    """The full-text row of a passage: the terms of its headings and labels, and those of its text."""
    spoken = language(passage.language)
    context = " ".join((passage.context, *passage.labels))
    return index_terms(context, spoken), index_terms(passage.text, spoken)


def delete_document(db: sqlite3.Connection, document: str) -> bool:
    """Delete a document with all its rows; False if there is none with that id."""
    db.execute(
        "DELETE FROM passage_terms WHERE rowid IN (SELECT row FROM passages WHERE document = ?)",
        (document,),
    )
    return db.execute("DELETE FROM documents WHERE id = ?", (document,)).rowcount > 0


# ---- reading ----


def select_documents(db: sqlite3.Connection) -> list[Document]:
    """All documents, by file name."""
    rows = db.execute(f"SELECT {_DOCUMENT_COLUMNS} FROM documents ORDER BY file, id")
    folders, gone = places.folders(db), set(places.uncited(db))
    return [
        replace(
            Document(id, path.translate(_BYTES_OF_STORED), *rest),
            folder=folders.get(id, ""),
            gone=id in gone,
        )
        for id, path, *rest in rows
    ]


def select_pages(db: sqlite3.Connection, document: str) -> list[Page]:
    """A document's pages with their lines and words, in order."""
    rows = db.execute(
        f"SELECT {_PAGE_COLUMNS} FROM pages WHERE document = ? ORDER BY number", (document,)
    )
    return [_page(*row) for row in rows]


def select_page(db: sqlite3.Connection, document: str, number: int) -> Page | None:
    """One page, or None if the document has no such page."""
    row = db.execute(
        f"SELECT {_PAGE_COLUMNS} FROM pages WHERE document = ? AND number = ?", (document, number)
    ).fetchone()
    return _page(*row) if row else None


def select_page_texts(db: sqlite3.Connection) -> list[tuple[str, int, str]]:
    """Every page's document id, number and text, in order."""
    rows = db.execute("SELECT document, number, text FROM pages ORDER BY document, number")
    return rows.fetchall()


def select_passages(db: sqlite3.Connection, document: str) -> list[Passage]:
    """A document's passages in reading order."""
    rows = db.execute(f"{_SELECT_PASSAGE} WHERE p.document = ? ORDER BY p.id", (document,))
    folders = places.folders(db)
    return [_passage(folders.get(row[1], ""), *row) for row in rows]


def select_passages_by_id(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Passage]:
    """Those of the passages that the library holds, by their ids."""
    marks = ",".join("?" * len(ids))
    rows = db.execute(f"{_SELECT_PASSAGE} WHERE p.id IN ({marks})", list(ids))
    folders = places.folders(db)
    return {row[0]: _passage(folders.get(row[1], ""), *row) for row in rows}


def count_passages(db: sqlite3.Connection, documents: Sequence[str] | None = None) -> int:
    """Number of passages, of all documents or of those with these ids."""
    if documents is None:
        return int(db.execute("SELECT count(*) FROM passages").fetchone()[0])
    marks = ",".join("?" * len(documents))
    query = f"SELECT count(*) FROM passages WHERE document IN ({marks})"
    return int(db.execute(query, list(documents)).fetchone()[0])


def select_stored_vectors(db: sqlite3.Connection, document: str) -> np.ndarray:
    """A document's vectors as they are stored, float16, shape (N, dimension), in reading order."""
    rows = db.execute("SELECT vector FROM passages WHERE document = ? ORDER BY id", (document,))
    blobs = [blob for (blob,) in rows]
    return np.frombuffer(b"".join(blobs), dtype="<f2").reshape(len(blobs), -1 if blobs else 0)


def select_vectors(db: sqlite3.Connection, ids: Sequence[str] | None = None) -> np.ndarray:
    """Passages' unit vectors, float32, shape (N, dimension), ordered by passage id.

    Args:
        db: A connection to the library.
        ids: Whose vectors; None: all passages'.

    Raises:
        LibraryUnusable: a passage has no vector, or one of another length.
    """
    where = "" if ids is None else f"WHERE id IN ({','.join('?' * len(ids))})"
    blobs = db.execute(f"SELECT vector FROM passages {where} ORDER BY id", ids or ()).fetchall()
    config = read_config(db)
    dimension = config.dimension if config else 1
    if any(len(blob) != 2 * dimension for (blob,) in blobs):
        raise LibraryUnusable(
            "The library is damaged: passages have no vectors. "
            "Run `katheder library rebuild`, with its --library."
        )
    halves = np.frombuffer(b"".join(blob for (blob,) in blobs), dtype="<f2")
    vectors = halves.reshape(len(blobs), dimension).astype(np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms == 0, 1, norms)


# ---- one row ----


def _passage(
    folder: str,
    id: str,
    document: str,
    file: str,
    title: str,
    pages: str,
    headings: str,
    text: str,
    spans: str,
    overlap: int,
    language: str,
    about: str,
) -> Passage:
    more = json.loads(about)
    return Passage(
        id=id,
        document=document,
        file=file,
        title=title,
        pages=tuple(json.loads(pages)),
        headings=tuple(json.loads(headings)),
        text=text,
        spans=tuple(Span(*span) for span in json.loads(spans)),
        overlap=overlap,
        language=language,
        is_navigation=more.get("navigation", False),
        folder=folder,
        labels=tuple(more.get("labels", ())),
        recognised=tuple(more.get("recognised", ())),
        kind=more.get("kind", "text"),
    )


def _pack_about(passage: Passage) -> str:
    """What few passages have, as a JSON object without the fields that this one lacks."""
    fields = {
        "navigation": passage.is_navigation,
        "labels": passage.labels,
        "recognised": passage.recognised,
        "kind": passage.kind if passage.kind != "text" else "",
    }
    return json.dumps({name: value for name, value in fields.items() if value})


def select_unread_pictures(db: sqlite3.Connection) -> dict[str, list[int]]:
    """See `Library.unread_pictures`."""
    pages: dict[str, list[int]] = {}
    for document, number in db.execute(
        "SELECT document, number FROM pages WHERE origin = 'picture' ORDER BY document, number"
    ):
        pages.setdefault(document, []).append(number)
    return pages


def select_pages_without_text(db: sqlite3.Connection) -> dict[str, list[int]]:
    """See `Library.pages_without_text`."""
    told = {
        (document, number)
        for document, numbers in db.execute("SELECT document, pages FROM passages")
        for number in json.loads(numbers)
    }
    pages: dict[str, list[int]] = {}
    for document, number, origin, regions in db.execute(
        "SELECT document, number, origin, regions FROM pages"
        " WHERE origin = 'picture' OR regions != '[]' ORDER BY document, number"
    ):
        drawn = any(kind in ("figure", "picture") for kind, *_ in json.loads(regions))
        if (document, number) not in told and (drawn or origin == "picture"):
            pages.setdefault(document, []).append(number)
    return pages


def _page(
    number: int,
    text: str,
    width: float,
    height: float,
    heading: str,
    layout: bytes,
    origin: str,
    label: str,
    regions: str,
) -> Page:
    lines, words, slides = _unpack_layout(layout)
    return Page(
        number,
        text,
        width,
        height,
        heading,
        lines,
        words,
        cast(Origin, origin),
        slides,
        label,
        tuple(Region(kind, Box(*sides)) for kind, *sides in json.loads(regions)),
    )


def _pack_regions(page: Page) -> str:
    """A page's regions as a JSON list of kind, x0, y0, x1, y1."""
    return json.dumps(
        [(r.kind, r.box.x0, r.box.y0, r.box.x1, r.box.y1) for r in page.regions],
        separators=(",", ":"),
    )


def _pack_layout(page: Page) -> bytes:
    """Lines and words as compressed float32 rows; offsets up to 2**24 stay exact.

    The first 4 bytes are the number of lines; a row is (start, end, x0, y0, x1, y1, size, style):
    style adds 1 for bold, 2 for code, 4 for a table's row.
    The slides of a handout follow as JSON, which older versions do not read.
    """
    rows = [
        (
            line.start,
            line.end,
            line.box.x0,
            line.box.y0,
            line.box.x1,
            line.box.y1,
            line.size,
            line.bold + 2 * line.is_code + 4 * line.is_row,
        )
        for line in page.lines
    ] + [
        (word.start, word.end, word.box.x0, word.box.y0, word.box.x1, word.box.y1, 0, 0)
        for word in page.words
    ]
    table = np.array(rows, dtype="<f4").reshape(-1, 8)
    slides = [(slide.start, slide.end, slide.heading) for slide in page.slides]
    return (
        len(page.lines).to_bytes(4, "little")
        + zlib.compress(table.tobytes(), 1)
        + (json.dumps(slides).encode() if slides else b"")
    )


def _unpack_layout(layout: bytes) -> tuple[tuple[Line, ...], tuple[Word, ...], tuple[Slide, ...]]:
    count = int.from_bytes(layout[:4], "little")
    stream = zlib.decompressobj()
    stored = np.frombuffer(stream.decompress(layout[4:]), dtype="<f4").reshape(-1, 8)
    slides = json.loads(stream.unused_data) if stream.unused_data else []
    table = stored.astype(np.float64).round(2).tolist()
    lines = tuple(
        Line(
            int(row[0]),
            int(row[1]),
            row[6],
            bool(int(row[7]) & 1),
            Box(*row[2:6]),
            bool(int(row[7]) & 2),
            bool(int(row[7]) & 4),
        )
        for row in table[:count]
    )
    words = tuple(Word(int(row[0]), int(row[1]), Box(*row[2:6])) for row in table[count:])
    return lines, words, tuple(Slide(*slide) for slide in slides)
