"""Rows of the tables as documents, pages, passages and vectors, and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ingest.store import places
from ingest.store.courses import lecture_names
from ingest.store.faults import undecodable
from ingest.store.layouts import pack_layout, pack_regions, unpack_layout, unpack_regions
from ingest.store.schema import read_config
from ingest.text.languages import language
from ingest.text.terms import index_terms
from ingest.types import Document, Origin, Page, ParsedDocument, Passage, Span

_DOCUMENT_COLUMNS = "id, path, file, title, pages, language"
_PAGE_COLUMNS = "number, text, width, height, heading, layout, origin, label, regions"
_SELECT_PAGE = (
    "SELECT p.number, p.text, p.width, p.height, p.heading, p.layout,"
    " CASE WHEN c.hidden THEN 'hidden' WHEN c.text IS NOT NULL THEN 'corrected' ELSE p.origin END,"
    " p.label, p.regions FROM pages p"
    " LEFT JOIN corrections c ON c.document = p.document AND c.page = p.number"
)
_CORRECTION = "SELECT 1 FROM corrections c WHERE c.document = p.document AND c.page = p.number"
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
        f"INSERT INTO documents ({_DOCUMENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
        (
            document.id,
            stored_path(document.path),
            document.file,
            document.title,
            document.pages,
            document.language,
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
                pack_layout(page),
                page.origin,
                page.label,
                pack_regions(page),
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
    rows = db.execute(f"{_SELECT_PAGE} WHERE p.document = ? ORDER BY p.number", (document,))
    return [_page(db, *row) for row in rows]


def select_page(db: sqlite3.Connection, document: str, number: int) -> Page | None:
    """One page, or None if the document has no such page."""
    row = db.execute(
        f"{_SELECT_PAGE} WHERE p.document = ? AND p.number = ?", (document, number)
    ).fetchone()
    return _page(db, *row) if row else None


def select_page_texts(db: sqlite3.Connection) -> list[tuple[str, int, str]]:
    """Every page's document id, number and text, in order."""
    rows = db.execute("SELECT document, number, text FROM pages ORDER BY document, number")
    return rows.fetchall()


def select_page_outlines(
    db: sqlite3.Connection, document: str
) -> list[tuple[int, str, float, float]]:
    """Number, heading, width and height of each page of a document, in order."""
    rows = db.execute(
        "SELECT number, heading, width, height FROM pages WHERE document = ? ORDER BY number",
        (document,),
    )
    return rows.fetchall()


def select_passages(db: sqlite3.Connection, document: str) -> list[Passage]:
    """A document's passages in reading order."""
    rows = db.execute(f"{_SELECT_PASSAGE} WHERE p.document = ? ORDER BY p.id", (document,))
    return _passages(db, rows)


def select_passages_by_id(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, Passage]:
    """Those of the passages that the library holds, by their ids."""
    marks = ",".join("?" * len(ids))
    rows = db.execute(f"{_SELECT_PASSAGE} WHERE p.id IN ({marks})", list(ids))
    return {passage.id: passage for passage in _passages(db, rows)}


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
        DatabaseFault: a passage has no vector, or one of another length, or not of numbers.
    """
    where = "" if ids is None else f"WHERE id IN ({','.join('?' * len(ids))})"
    blobs = db.execute(f"SELECT vector FROM passages {where} ORDER BY id", ids or ()).fetchall()
    return vectors_of_blobs(db, [blob for (blob,) in blobs])


def vectors_of_blobs(db: sqlite3.Connection, blobs: Sequence[bytes]) -> np.ndarray:
    """Unit vectors, float32, shape (N, dimension), from values of the column `vector`.

    Raises:
        DatabaseFault: as `select_vectors`.
    """
    config = read_config(db)
    dimension = config.dimension if config else 1
    if any(len(blob) != 2 * dimension for blob in blobs):
        raise undecodable(db, "the vectors", ValueError("passages have no vectors"))
    halves = np.frombuffer(b"".join(blobs), dtype="<f2")
    vectors = halves.reshape(len(blobs), dimension).astype(np.float32)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(norms).all():
        raise undecodable(db, "the vectors", ValueError("some are not finite"))
    return vectors / np.where(norms == 0, 1, norms)


# ---- one row ----


def _passages(db: sqlite3.Connection, rows: Iterable[tuple[Any, ...]]) -> list[Passage]:
    """Rows of `_SELECT_PASSAGE` as passages, with what tells their documents apart."""
    folders, lectures = places.folders(db), lecture_names(db)
    return [
        _passage(db, folders.get(row[1], ""), *lectures.get(row[1], ("", None)), *row)
        for row in rows
    ]


def _passage(
    db: sqlite3.Connection,
    folder: str,
    course: str,
    lecture: int | None,
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
    try:
        if not isinstance(text, str):
            raise TypeError("its text is no text")
        more = json.loads(about)
        return Passage(
            id=id,
            document=document,
            file=file,
            title=title,
            pages=tuple(int(number) for number in json.loads(pages)),
            headings=tuple(json.loads(headings)),
            text=text,
            spans=tuple(Span(*span) for span in json.loads(spans)),
            overlap=overlap,
            language=language,
            is_navigation=more.get("navigation", False),
            folder=folder,
            labels=tuple(more.get("labels", ())),
            recognised=tuple(more.get("recognised", ())),
            corrected=tuple(more.get("corrected", ())),
            kind=more.get("kind", "text"),
            course=course,
            lecture=lecture,
        )
    except Exception as error:
        raise undecodable(db, f"passage {id} of {file}", error) from error


def _pack_about(passage: Passage) -> str:
    """What few passages have, as a JSON object without the fields that this one lacks."""
    fields = {
        "navigation": passage.is_navigation,
        "labels": passage.labels,
        "recognised": passage.recognised,
        "corrected": passage.corrected,
        "kind": passage.kind if passage.kind != "text" else "",
    }
    return json.dumps({name: value for name, value in fields.items() if value})


def select_unread_pictures(db: sqlite3.Connection) -> dict[str, list[int]]:
    """See `Library.unread_pictures`."""
    pages: dict[str, list[int]] = {}
    for document, number in db.execute(
        f"SELECT document, number FROM pages p WHERE origin = 'picture' AND NOT EXISTS ({_CORRECTION})"
        " ORDER BY document, number"
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
        "SELECT document, number, origin, regions FROM pages p"
        " WHERE (origin = 'picture' OR regions != '[]')"
        f" AND NOT EXISTS ({_CORRECTION} AND c.hidden)"
        " ORDER BY document, number"
    ):
        drawn = any(kind in ("figure", "picture") for kind, *_ in json.loads(regions))
        if (document, number) not in told and (drawn or origin == "picture"):
            pages.setdefault(document, []).append(number)
    return pages


def _page(
    db: sqlite3.Connection,
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
    try:
        lines, words, slides = unpack_layout(layout)
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
            unpack_regions(regions),
        )
    except Exception as error:
        raise undecodable(db, f"page {number} of a lecture", error) from error
