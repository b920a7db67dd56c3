"""The library on disk. One SQLite file is the truth; the FAISS index beside it is derived.

A document enters or leaves in one transaction, with its pages, passages, vectors (half
precision) and full-text rows, so that a killed run leaves only whole documents. The library
remembers what it was built with and refuses to mix encoders or ways of cutting.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Protocol

import numpy as np

from ingest.errors import LibraryMismatch, LibraryMissing
from ingest.types import Box, Document, Line, Page, ParsedDocument, Passage, Span, Word
from ingest.vectors import DenseIndex

FORMAT = 1
DATABASE = "library.sqlite"

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, file TEXT NOT NULL, title TEXT NOT NULL,
    pages INTEGER NOT NULL, language TEXT NOT NULL, collection TEXT NOT NULL
);
CREATE TABLE pages (
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    number INTEGER NOT NULL, width REAL NOT NULL, height REAL NOT NULL, heading TEXT NOT NULL,
    origin TEXT NOT NULL, text TEXT NOT NULL, layout BLOB NOT NULL,
    PRIMARY KEY (document, number)
);
CREATE TABLE passages (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    pages TEXT NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL, spans TEXT NOT NULL,
    overlap INTEGER NOT NULL, vector BLOB NOT NULL
);
CREATE INDEX passages_by_document ON passages (document);
CREATE VIRTUAL TABLE passages_text USING fts5 (
    context, text, tokenize = 'porter unicode61 remove_diacritics 2'
);
"""

# Words of a question that say nothing about what it is about.
_STOP_WORDS = frozenset(
    """a an and are as at be but by can could did do does for from had has have how i if in into is it
    its me my of on or please should so tell than that the their them then there these they this to
    was we were what when where which who whom whose why will with would you your explain about
    aber als am an auch auf aus bei bin bitte das dass dem den der des die dies diese doch du ein
    eine einem einen einer eines er es für haben hat ich ihr im in ist kann man mein mir mit nach
    nicht oder sich sie sind so über um und uns von vom vor war was welche welchem welchen welcher
    welches wenn wer werden wie wieso wir wird wo wozu warum zu zum zur erkläre""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """What a library was built with; two recipes do not mix.

    `encoder` is the bi-encoder's identity, `dimension` its vectors' length, `chunker` the
    version and settings that cut the passages.
    """

    encoder: str
    dimension: int
    chunker: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage with a score: a cosine in [-1, 1] or a BM25 of at least 0, larger is better."""

    passage: Passage
    score: float


class Store(Protocol):
    """What retrieval and ingest ask of a library, wherever it is kept."""

    def add(
        self, lecture: ParsedDocument, passages: Sequence[Passage], vectors: np.ndarray
    ) -> None:
        """Put a document in, instead of the one at its path or with its content, all or nothing."""

    def remove(self, document: str) -> bool:
        """Take a document out; False where there was none of that id."""

    def passages(self, document: str) -> list[Passage]:
        """A document's passages in reading order."""

    def search_dense(self, query: np.ndarray, k: int) -> list[Scored]:
        """The k passages of the largest cosine with a unit vector, best first."""

    def search_lexical(self, question: str, k: int) -> list[Scored]:
        """The k passages of the largest BM25 for a question's words, best first."""

    def content_hash(self) -> str:
        """Changes exactly when what the library holds changes; hexadecimal."""


def _write_ahead(db: sqlite3.Connection) -> None:
    """Let readers read while one writes; for this change SQLite does not wait by itself."""
    for _ in range(3000):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.02)
    raise sqlite3.OperationalError("database is locked")


class Library:
    """A library in a folder; see the module. Safe to share between threads."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the library in a folder.

        Raises:
            LibraryMissing: there is none and `create` is false.
            LibraryMismatch: it was written by another version of the format.
        """
        self.folder = folder
        self._local = threading.local()
        self._index_lock = threading.Lock()
        self._index: tuple[str, DenseIndex, list[str]] | None = None
        self._file = folder / DATABASE
        if not self._file.is_file():
            if not create:
                raise LibraryMissing(
                    f"No library at {folder}. Build it with `katheder ingest PATH... --library {folder}`."
                )
            folder.mkdir(parents=True, exist_ok=True)
            self._create()
        self._check_format()

    def _create(self) -> None:
        """Write the empty tables in one transaction; of two processes the second finds them."""
        db = self._connection()
        with self._transaction():
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                for statement in _SCHEMA.split(";\n"):
                    if statement.strip():
                        db.execute(statement)
                db.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))
                self._rehash(db)

    def _check_format(self) -> None:
        try:
            found = self._meta("format")
        except sqlite3.DatabaseError as error:
            found = None
            reason = str(error)
        else:
            reason = f"format {found}"
        if found is None and reason.startswith("no such table"):
            self._create()  # a run was killed between creating the file and its tables
        elif found != str(FORMAT):
            raise LibraryMismatch(
                f"The library at {self.folder} cannot be used ({reason}, wanted format {FORMAT}). "
                f"Delete {self._file} and run `katheder ingest PATH... --library {self.folder}` again."
            )

    # ---- connections ----

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self._file, timeout=60, isolation_level=None)
            _write_ahead(db)
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            self._local.db = db
        return db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Run statements all or nothing, and alone among writers."""
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")

    def close(self) -> None:
        """Close this thread's connection."""
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is not None:
            db.close()
            self._local.db = None

    def replace_with(self, other: Library) -> None:
        """Take over all that another library holds, in one step."""
        target = self._connection()
        other._connection().backup(target)
        other.close()

    # ---- what it was built with ----

    def _meta(self, key: str) -> str | None:
        row = self._connection().execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def config(self) -> IndexConfig | None:
        """What the library was built with; None while it is empty."""
        value = self._meta("recipe")
        return IndexConfig(**json.loads(value)) if value else None

    def check_or_set_config(self, recipe: IndexConfig) -> None:
        """Bind an empty library to a recipe, or check that a filled one has it.

        Raises:
            LibraryMismatch: it was built with another; the message names what differs.
        """
        with self._transaction() as db:
            found = self.config()
            empty = not db.execute("SELECT 1 FROM documents LIMIT 1").fetchone()
            if found != recipe and empty:
                db.execute(
                    "INSERT OR REPLACE INTO meta VALUES ('recipe', ?)",
                    (json.dumps(asdict(recipe)),),
                )
                self._rehash(db)
                return
        self.check_config(recipe)

    def check_config(self, recipe: IndexConfig, *, search_only: bool = False) -> None:
        """Compare the library's recipe with the one in use; searching ignores the chunker.

        Raises:
            LibraryMismatch: they differ.
        """
        found = self.config()
        if found is None:
            return
        for field in fields(IndexConfig):
            if search_only and field.name == "chunker":
                continue
            old, new = getattr(found, field.name), getattr(recipe, field.name)
            if old != new:
                raise LibraryMismatch(
                    f"The library at {self.folder} was built with {field.name} {old}, but the settings "
                    f"want {new}. Rebuild it with `katheder library rebuild --library {self.folder}`, "
                    "or go back to the old setting."
                )

    def content_hash(self) -> str:
        """SHA-256 over the recipe and every document; see `Store.content_hash`."""
        return self._meta("stamp") or ""

    def _rehash(self, db: sqlite3.Connection) -> None:
        digest = hashlib.sha256(f"{FORMAT} {self._meta('recipe')}".encode())
        for row in db.execute("SELECT id, file, collection FROM documents ORDER BY id"):
            digest.update("\0".join(row).encode())
        db.execute("INSERT OR REPLACE INTO meta VALUES ('stamp', ?)", (digest.hexdigest(),))

    # ---- documents ----

    def add(
        self, lecture: ParsedDocument, passages: Sequence[Passage], vectors: np.ndarray
    ) -> None:
        """Put a document in; see `Store.add`.

        Args:
            lecture: The document and its pages.
            passages: Its passages, in reading order.
            vectors: Unit vectors, shape (len(passages), dimension); stored as float16.
        """
        if len(passages) != len(vectors):
            raise ValueError(f"{len(passages)} passages but {len(vectors)} vectors")
        document = lecture.document
        with self._transaction() as db:
            for (other,) in db.execute(
                "SELECT id FROM documents WHERE path = ? OR id = ?", (document.path, document.id)
            ).fetchall():
                self._delete(db, other)
            db.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    document.id,
                    document.path,
                    document.file,
                    document.title,
                    document.pages,
                    document.language,
                    document.collection,
                ),
            )
            db.executemany(
                "INSERT INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        document.id,
                        page.number,
                        page.width,
                        page.height,
                        page.heading,
                        page.origin,
                        page.text,
                        _pack_layout(page),
                    )
                    for page in lecture.pages
                ],
            )
            for passage, vector in zip(passages, vectors, strict=True):
                cursor = db.execute(
                    "INSERT INTO passages (id, document, pages, headings, text, spans, overlap, vector)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        passage.id,
                        document.id,
                        json.dumps(passage.pages),
                        json.dumps(passage.headings),
                        passage.text,
                        json.dumps([(s.page, s.start, s.end) for s in passage.spans]),
                        passage.overlap,
                        np.asarray(vector, dtype="<f2").tobytes(),
                    ),
                )
                db.execute(
                    "INSERT INTO passages_text (rowid, context, text) VALUES (?, ?, ?)",
                    (cursor.lastrowid, passage.context, passage.text),
                )
            self._rehash(db)

    def remove(self, document: str) -> bool:
        """Take a document out by its id; see `Store.remove`."""
        with self._transaction() as db:
            removed = self._delete(db, document)
            self._rehash(db)
        return removed

    def _delete(self, db: sqlite3.Connection, document: str) -> bool:
        db.execute(
            "DELETE FROM passages_text WHERE rowid IN (SELECT row FROM passages WHERE document = ?)",
            (document,),
        )
        return db.execute("DELETE FROM documents WHERE id = ?", (document,)).rowcount > 0

    def documents(self) -> list[Document]:
        """All documents, by file name."""
        rows = self._connection().execute(
            "SELECT id, path, file, title, pages, language, collection FROM documents ORDER BY file, id"
        )
        return [Document(*row) for row in rows]

    def find(self, name: str) -> list[Document]:
        """The documents that a user means by a name: file name, path, or the start of an id."""
        path = str(Path(name).expanduser().resolve())
        return [
            document
            for document in self.documents()
            if name == document.file
            or path == document.path
            or (len(name) >= 6 and document.id.startswith(name.lower()))
        ]

    def set_collection(self, document: str, collection: str) -> None:
        """Put a document into a collection, or with "" into none; what is searched stays the same."""
        with self._transaction() as db:
            db.execute("UPDATE documents SET collection = ? WHERE id = ?", (collection, document))

    def pages(self, document: str) -> list[Page]:
        """A document's pages with their lines and words, in order."""
        rows = self._connection().execute(
            "SELECT number, text, width, height, heading, layout, origin FROM pages"
            " WHERE document = ? ORDER BY number",
            (document,),
        )
        return [_unpack_page(*row) for row in rows]

    def page(self, document: str, number: int) -> Page | None:
        """One page, or None where the document has no such page."""
        row = (
            self._connection()
            .execute(
                "SELECT number, text, width, height, heading, layout, origin FROM pages"
                " WHERE document = ? AND number = ?",
                (document, number),
            )
            .fetchone()
        )
        return _unpack_page(*row) if row else None

    def passages(self, document: str) -> list[Passage]:
        """A document's passages in reading order; see `Store.passages`."""
        rows = self._connection().execute(
            f"{_SELECT_PASSAGE} WHERE p.document = ? ORDER BY p.id", (document,)
        )
        return [_passage(*row) for row in rows]

    def count(self) -> int:
        """Number of passages."""
        return int(self._connection().execute("SELECT count(*) FROM passages").fetchone()[0])

    # ---- search ----

    def search_dense(self, query: np.ndarray, k: int) -> list[Scored]:
        """The k passages of the largest cosine; see `Store.search_dense`."""
        index, ids = self._dense_index()
        hits = index.search(query, k) if ids else []
        found = self._passages_by_id([ids[row] for row, _ in hits])
        scored = [Scored(found[ids[row]], cosine) for row, cosine in hits if ids[row] in found]
        return sorted(scored, key=lambda hit: (-hit.score, hit.passage.id))

    def search_lexical(self, question: str, k: int) -> list[Scored]:
        """The k passages of the largest BM25; see `Store.search_lexical`.

        A question's words are alternatives, stop words aside; a match in the headings counts
        half as much as one in the text.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, got {k}")
        expression = lexical_query(question)
        if not expression:
            return []
        rows = (
            self._connection()
            .execute(
                "SELECT p.id, -bm25(passages_text, 0.5, 1.0) AS score FROM passages_text AS t"
                " JOIN passages AS p ON p.row = t.rowid WHERE passages_text MATCH ?"
                " ORDER BY score DESC, p.id LIMIT ?",
                (expression, k),
            )
            .fetchall()
        )
        found = self._passages_by_id([id for id, _ in rows])
        return [Scored(found[id], score) for id, score in rows if id in found]

    def highlight(self, question: str, passage: str) -> list[tuple[int, int]]:
        """Where a passage's text has the words that a lexical search for the question finds.

        Returns:
            (start, end) of each in the passage's text, in order; as the index itself says.
        """
        expression = lexical_query(question)
        if not expression:
            return []
        row = (
            self._connection()
            .execute(
                "SELECT highlight(passages_text, 1, char(2), char(3)) FROM passages_text AS t"
                " JOIN passages AS p ON p.row = t.rowid WHERE passages_text MATCH ? AND p.id = ?",
                (expression, passage),
            )
            .fetchone()
        )
        found, start, length = [], 0, 0  # length: letters so far without the marks
        for piece in re.split("([\x02\x03])", row[0]) if row else ():
            if piece == "\x02":
                start = length
            elif piece == "\x03":
                found.append((start, length))
            else:
                length += len(piece)
        return found

    def vectors(self) -> np.ndarray:
        """All passages' vectors, float32, shape (N, dimension), ordered by passage id."""
        blobs = self._connection().execute("SELECT vector FROM passages ORDER BY id").fetchall()
        recipe = self.config()
        dimension = recipe.dimension if recipe else 1
        halves = np.frombuffer(b"".join(blob for (blob,) in blobs), dtype="<f2")
        unit = halves.reshape(len(blobs), dimension).astype(np.float32)
        norms = np.linalg.norm(unit, axis=1, keepdims=True)
        return unit / np.where(norms == 0, 1, norms)

    def _dense_index(self) -> tuple[DenseIndex, list[str]]:
        """The index of what the store holds now, and the passage id of each of its rows."""
        with self._index_lock:
            db = self._connection()
            db.execute("BEGIN")  # one view of stamp and vectors, whoever writes meanwhile
            try:
                stamp = self.content_hash()
                if self._index is None or self._index[0] != stamp:
                    ids = [id for (id,) in db.execute("SELECT id FROM passages ORDER BY id")]
                    index = DenseIndex.open(self.folder, stamp, len(ids), self.vectors)
                    self._index = (stamp, index, ids)
            finally:
                db.execute("COMMIT")
            return self._index[1], self._index[2]

    def _passages_by_id(self, ids: Sequence[str]) -> dict[str, Passage]:
        marks = ",".join("?" * len(ids))
        found = self._connection().execute(f"{_SELECT_PASSAGE} WHERE p.id IN ({marks})", list(ids))
        return {row[0]: _passage(*row) for row in found}

    # ---- checks ----

    def full_hash(self) -> str:
        """SHA-256 over all that the library holds, whatever the order it came in; for comparisons."""
        db = self._connection()
        digest = hashlib.sha256(repr(self.config()).encode())
        for query in (
            "SELECT * FROM documents ORDER BY id",
            "SELECT * FROM pages ORDER BY document, number",
            "SELECT p.id, p.document, p.pages, p.headings, p.text, p.spans, p.overlap, p.vector,"
            " t.context, t.text FROM passages p JOIN passages_text t ON t.rowid = p.row ORDER BY p.id",
        ):
            for row in db.execute(query):
                digest.update(repr(row).encode())
        return digest.hexdigest()

    def verify(self) -> list[str]:
        """Check every table, offset, vector and the index; one sentence for each fault found."""
        db = self._connection()
        try:
            faults = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
        except sqlite3.DatabaseError as error:
            faults = [str(error)]
        if faults:  # what stands in such a file means nothing
            return faults
        try:
            db.execute("INSERT INTO passages_text (passages_text) VALUES ('integrity-check')")
        except sqlite3.DatabaseError as error:
            faults.append(f"the full-text index is damaged ({error})")
        texts = db.execute("SELECT count(*) FROM passages_text").fetchone()[0]
        if texts != self.count():
            faults.append(f"{texts} full-text rows for {self.count()} passages")
        for id, text in db.execute(
            "SELECT p.id, t.text FROM passages p LEFT JOIN passages_text t ON t.rowid = p.row"
            " WHERE t.text IS NOT p.text ORDER BY p.id"
        ):
            what = "no full-text row" if text is None else "another full-text row than its text"
            faults.append(f"passage {id} has {what}")
        for (id,) in db.execute(
            "SELECT id FROM passages WHERE document NOT IN (SELECT id FROM documents) ORDER BY id"
        ):
            faults.append(f"passage {id} belongs to no document")
        recipe = self.config()
        for document in self.documents():
            pages = {page.number: page.text for page in self.pages(document.id)}
            if len(pages) != document.pages:
                faults.append(
                    f"{document.file}: {len(pages)} pages stored, {document.pages} counted"
                )
            for passage in self.passages(document.id):
                cut = "\n".join(
                    " ".join(pages.get(s.page, "")[s.start : s.end].split()) for s in passage.spans
                )
                if cut != passage.text:
                    faults.append(
                        f"{document.file}: passage {passage.id} is not where its offsets say"
                    )
        if recipe:
            wrong = db.execute(
                "SELECT count(*) FROM passages WHERE length(vector) != ?", (2 * recipe.dimension,)
            ).fetchone()[0]
            if wrong:
                faults.append(f"{wrong} vectors do not have {recipe.dimension} values")
            else:
                vectors, (index, _) = self.vectors(), self._dense_index()
                crooked = int((abs(np.linalg.norm(vectors, axis=1) - 1) > 0.01).sum())
                if crooked or not np.isfinite(vectors).all():
                    faults.append("some vectors are zero or not finite")
                elif not np.array_equal(index.vectors(), vectors):
                    faults.append(
                        f"the index does not hold the {len(vectors)} stored vectors; "
                        f"delete {self.folder / 'index-*.faiss'}, it is built anew"
                    )
        return faults


def lexical_query(question: str) -> str:
    """A question as an FTS5 expression: its words as alternatives; "" where it has none."""
    words = list(dict.fromkeys(re.findall(r"\w+", question.lower())))
    telling = [word for word in words if word not in _STOP_WORDS] or words
    return " OR ".join(f'"{word}"' for word in telling)


_SELECT_PASSAGE = (
    "SELECT p.id, p.document, d.file, d.title, p.pages, p.headings, p.text, p.spans,"
    " p.overlap, d.language FROM passages p JOIN documents d ON d.id = p.document"
)


def _passage(
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
) -> Passage:
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
    )


def _pack_layout(page: Page) -> bytes:
    """Lines and words as compressed float32 rows; offsets up to 2**24 stay exact."""
    rows = [
        (
            line.start,
            line.end,
            line.box.x0,
            line.box.y0,
            line.box.x1,
            line.box.y1,
            line.size,
            line.bold,
        )
        for line in page.lines
    ] + [
        (word.start, word.end, word.box.x0, word.box.y0, word.box.x1, word.box.y1, 0, 0)
        for word in page.words
    ]
    table = np.array(rows, dtype="<f4").reshape(-1, 8)
    return len(page.lines).to_bytes(4, "little") + zlib.compress(table.tobytes(), 1)


def _unpack_page(
    number: int, text: str, width: float, height: float, heading: str, layout: bytes, origin: str
) -> Page:
    count = int.from_bytes(layout[:4], "little")
    stored = np.frombuffer(zlib.decompress(layout[4:]), dtype="<f4").reshape(-1, 8)
    table = stored.astype(np.float64).round(2).tolist()
    lines = tuple(
        Line(int(row[0]), int(row[1]), row[6], bool(row[7]), Box(*row[2:6]))
        for row in table[:count]
    )
    words = tuple(Word(int(row[0]), int(row[1]), Box(*row[2:6])) for row in table[count:])
    return Page(
        number, text, width, height, heading, lines, words, "ocr" if origin == "ocr" else "text"
    )
