"""This machine's copy of a library in Milvus, kept in step with it.

Milvus has everything. The copy, an SQLite file as of a library in a folder, gives pages, courses
and names without the network. A transaction on it ends by writing what it changed to Milvus; if
that fails, both stay as they were, but for passages of the document that was being written. Its
head, the row that makes it a document, is written last and deleted first, and a row `pending` names
it meanwhile, so that the next writer completes or removes what a killed one left.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.errors import LibraryMismatch, LibraryMissing
from ingest.milvus import rows
from ingest.milvus.address import MilvusAddress
from ingest.milvus.collections import Collections, row_of_text
from ingest.milvus.connection import connect
from ingest.store import schema, transfer
from ingest.store.database import Database
from ingest.store.faults import DatabaseFault
from ingest.transaction import transaction

_FORMAT = f"{schema.FORMAT}.1"  # of the tables of a library, and of the rows that hold them
_FRESH = 0.5  # seconds in which Milvus is not asked again for what others changed
# Keys of rows, or what they begin with.
_STATE, _SHARED, _HEAD, _PENDING = "state", "shared", "head", "pending"
_COPY = """
CREATE TABLE IF NOT EXISTS milvus_heads (document TEXT PRIMARY KEY, version TEXT NOT NULL)
"""  # of what the copy holds; the version of `state` has the document ""
_WATCHED = {
    "documents": "id",
    "pages": "document",
    "passages": "document",
    "corrections": "document",
}


class MilvusDatabase(Database):
    """A `Database` whose transactions end in Milvus, and whose reads follow what others wrote."""

    def __init__(self, file: Path, address: MilvusAddress) -> None:
        """Connect to the address, and use a file for the copy.

        Raises:
            LibraryUnusable: pymilvus is missing, or nothing answers at the address.
        """
        super().__init__(file)
        self.name = str(address)
        self.collections = Collections(connect(address))
        self._checked = 0.0
        self._pulling = threading.RLock()

    def exists(self) -> bool:
        """Whether the address has a library; its copy is ready then."""
        if not self.collections.has(self.collections.rows):
            return False
        self._prepare_copy()
        return True

    def create(self) -> None:
        """Make an empty library at the address."""
        self.collections.create_rows()
        self._write_state("")
        self._prepare_copy()

    def _prepare_copy(self) -> None:
        """Create the copy's tables; a damaged one, or of another format, is dropped before."""
        plain = Database(self.file)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        try:
            if plain.exists() and not _is_sound(plain):
                plain.close()
                for end in ("", "-wal", "-shm"):
                    self.file.with_name(self.file.name + end).unlink(missing_ok=True)
            with plain.transaction() as db:
                schema.create_tables(db)
                db.execute(_COPY)
        finally:
            plain.close()

    # ---- connections and transactions ----

    def connection(self) -> sqlite3.Connection:
        """This thread's connection to the copy, which is brought up to date where that is due."""
        db = super().connection()
        if not db.in_transaction and time.monotonic() - self._checked > _FRESH:
            with self._pulling:
                state = self._state()
                if state["version"] != _copied(db).get(""):
                    with transaction(db):
                        self._pull(db, state)
                self._checked = time.monotonic()
        return db

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run statements on the copy, then write what they changed to Milvus; all or nothing."""
        with self._pulling, transaction(super().connection()) as db:
            state = self._state()
            if state["version"] != _copied(db).get(""):
                self._pull(db, state)
            _watch(db)
            for document in self._keys_and_texts(f"{_PENDING}/"):  # of a writer that was killed
                id = document.removeprefix(f"{_PENDING}/")
                db.execute("INSERT OR IGNORE INTO milvus_changed VALUES (?)", (id,))
            config, shared = schema.read_config(db), transfer.shared_rows(db)
            yield db
            self._push(db, config, shared)

    def replace_by(self, other: Database) -> None:
        """Replace all contents by those of another database."""
        with self.transaction() as db:
            transfer.replace_all_rows(other.connection(), db)

    # ---- reading from Milvus ----

    def _state(self) -> dict[str, Any]:
        """Format and version of the library.

        Raises:
            LibraryMissing: it is gone.
            LibraryMismatch: it has another format than this version of the program.
        """
        texts = self._keys_and_texts(_STATE)
        if _STATE not in texts:
            raise LibraryMissing(
                f"No library at {self.name} any more. Build it with `katheder ingest PATH... "
                f"--library {self.name}`."
            )
        state = dict(rows.unpack(texts[_STATE]))
        if state["format"] != _FORMAT:
            raise LibraryMismatch(
                f"The library at {self.name} has format {state['format']}, expected format "
                f"{_FORMAT}. Use the version of Katheder that wrote it; with that one, "
                "`katheder library copy` brings it to a folder, which every newer version opens."
            )
        return state

    def _keys_and_texts(self, prefix: str) -> dict[str, str]:
        """The texts of the rows whose keys begin so, by their keys."""
        target = self.collections
        texts = target.connection.rows(target.rows, f'key like "{prefix}%"', ["key", "body"])
        return {row["key"]: row["body"] for row in texts}

    def _pull(self, db: sqlite3.Connection, state: dict[str, Any]) -> None:
        """Bring the copy to what Milvus holds; call it in a transaction."""
        copied = _copied(db)
        heads = {
            key.removeprefix(f"{_HEAD}/"): version
            for key, version in self._keys_and_texts(f"{_HEAD}/").items()
        }
        for document in copied.keys() - heads.keys() - {""}:
            transfer.delete_document_rows(db, document)
            db.execute("DELETE FROM milvus_heads WHERE document = ?", (document,))
        for document, version in heads.items():
            if copied.get(document) != version:
                transfer.write_document_rows(db, document, self.document(document, version))
                _set_copied(db, document, version)
        shared = self._keys_and_texts(f"{_SHARED}/{state['version']}/")
        if shared:
            transfer.write_shared_rows(db, rows.whole(shared))
        _set_copied(db, "", state["version"])

    def document(self, document: str, version: str) -> transfer.DocumentRows:
        """All rows of a document as Milvus has them."""
        parts = self._keys_and_texts(f"{rows.PART}/{document}/{version}/")
        if not parts:
            return {table: [] for table in (*_WATCHED,)}
        passages = self.stored_passages(f'document == "{document}"')
        return {**rows.whole(parts), "passages": passages}

    def stored_passages(self, condition: str) -> transfer.Rows:
        """The passages that meet a condition, as Milvus has them, by id."""
        if not self.collections.has(self.collections.passages):
            return []
        passages = self.collections.connection.rows(
            self.collections.passages, condition, ["id", "body", "vector"]
        )
        return sorted(map(rows.passage_of, passages), key=lambda passage: str(passage["id"]))

    def faults(self) -> list[str]:
        """What differs between Milvus and the copy, a sentence for each document."""
        db = self.connection()
        faults = []
        copied = _copied(db)
        for document in transfer.document_ids(db):
            if self.document(document, copied.get(document, "")) != transfer.document_rows(
                db, document
            ):
                faults.append(f"document {document[:12]} is not in {self.name} as it was written")
        passages, count = self.collections.passages, 0
        if self.collections.has(passages):
            answer = self.collections.connection.call(
                "query", passages, filter="", output_fields=["count(*)"]
            )
            count = int(answer[0]["count(*)"])
        (expected,) = db.execute("SELECT count(*) FROM passages").fetchone()
        if count != expected:
            faults.append(f"{self.name} searches {count} passages, expected {expected}")
        return faults

    # ---- writing to Milvus ----

    def _push(
        self, db: sqlite3.Connection, config: schema.IndexConfig | None, shared: dict[str, Any]
    ) -> None:
        """Write what a transaction changed.

        Args:
            db: A connection to the copy, in the transaction.
            config: The configuration before it.
            shared: `transfer.shared_rows` before it.
        """
        changed = [id for (id,) in db.execute("SELECT document FROM milvus_changed ORDER BY 1")]
        if not changed and transfer.shared_rows(db) == shared:
            return
        target, version = self.collections, uuid.uuid4().hex
        target.upsert(
            target.rows, (row_of_text(f"{_PENDING}/{id}", id, "being written") for id in changed)
        )
        current = schema.read_config(db)
        if config != current:  # all its documents, if it has any, are written again
            target.drop_passages()
        present = set(transfer.document_ids(db))
        for document in changed:
            if document not in present:
                self._delete_document(db, document)
        for document in changed:
            if document in present:
                assert current is not None, "a library with documents has a configuration"
                target.create_passages(current.dimension)
                self._write_document(db, document, version)
        target.upsert(target.rows, rows.parts(f"{_SHARED}/{version}", "", transfer.shared_rows(db)))
        self._write_state(version)
        target.delete(target.rows, [f"{_PENDING}/{id}" for id in changed])
        self._delete_others(f"{_SHARED}/", version)
        _set_copied(db, "", version)

    def _write_document(self, db: sqlite3.Connection, document: str, version: str) -> None:
        """Write a document's passages, then its parts, then its head; then delete older ones."""
        target, tables = self.collections, transfer.document_rows(db, document)
        with_terms = target.connection.has_bm25
        target.upsert(target.passages, rows.passage_rows(tables, with_terms=with_terms))
        prefix = f"{rows.PART}/{document}"
        target.upsert(target.rows, rows.document_parts(f"{prefix}/{version}", tables))
        target.upsert(target.rows, [row_of_text(f"{_HEAD}/{document}", document, version)])
        self._delete_passages(document, keep={passage["id"] for passage in tables["passages"]})
        self._delete_others(f"{prefix}/", version)
        _set_copied(db, document, version)

    def _delete_document(self, db: sqlite3.Connection, document: str) -> None:
        self.collections.delete(self.collections.rows, [f"{_HEAD}/{document}"])
        self._delete_passages(document, keep=set())
        self._delete_others(f"{rows.PART}/{document}/", "none")
        db.execute("DELETE FROM milvus_heads WHERE document = ?", (document,))

    def _delete_passages(self, document: str, keep: set[str]) -> None:
        target = self.collections
        if target.has(target.passages):
            stored = target.connection.rows(target.passages, f'document == "{document}"', ["id"])
            target.delete(target.passages, sorted({row["id"] for row in stored} - keep))

    def _delete_others(self, prefix: str, version: str) -> None:
        """Delete the parts with a key of this prefix that are of another version."""
        target = self.collections
        parts = target.connection.rows(target.rows, f'key like "{prefix}%"', ["key"])
        keys = [row["key"] for row in parts if not row["key"].startswith(f"{prefix}{version}/")]
        target.delete(target.rows, keys)

    def _write_state(self, version: str) -> None:
        text = rows.pack({"format": _FORMAT, "version": version})
        self.collections.upsert(self.collections.rows, [row_of_text(_STATE, "", text)])


def _is_sound(copy: Database) -> bool:
    """Whether a copy can be read, and has the present format or no tables yet."""
    try:
        return schema.read_format(copy) in (None, schema.FORMAT)
    except (DatabaseFault, LibraryMismatch) as error:
        return not (isinstance(error, LibraryMismatch) or error.is_damage)


def _copied(db: sqlite3.Connection) -> dict[str, str]:
    """The version of each document in the copy; that of the whole has the id ""."""
    return dict(db.execute("SELECT document, version FROM milvus_heads").fetchall())


def _set_copied(db: sqlite3.Connection, document: str, version: str) -> None:
    db.execute("INSERT OR REPLACE INTO milvus_heads VALUES (?, ?)", (document, version))


def _watch(db: sqlite3.Connection) -> None:
    """Collect the ids of documents with changed rows in the temporary table `milvus_changed`."""
    db.execute("CREATE TEMP TABLE IF NOT EXISTS milvus_changed (document TEXT PRIMARY KEY)")
    db.execute("DELETE FROM milvus_changed")
    for table, owner in _WATCHED.items():
        for change, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            db.execute(
                f"CREATE TEMP TRIGGER IF NOT EXISTS milvus_{table}_{change} AFTER {change} ON main.{table}"
                f" BEGIN INSERT OR IGNORE INTO milvus_changed VALUES ({row}.{owner}); END"
            )
