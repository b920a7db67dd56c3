"""The two collections of a library: passages, which are searched, and rows of text for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ingest.errors import LibraryUnusable
from ingest.milvus.connection import Connection

LONGEST = 65_535  # bytes of a text in a row of Milvus
_BATCH = 100  # rows of one request
#: Of BM25 in SQLite's full-text search; Milvus counts each term twice, see `weighted_terms`.
K1, B = 1.2, 0.75
_FILLER = "0"  # no term is that
_SAFE = re.compile(r"[a-z0-9]+")


class Collections:
    """The collections `NAME_passages` and `NAME_rows` at one address."""

    def __init__(self, connection: Connection) -> None:
        """Use those of the connection's address; nothing is created yet."""
        self.connection = connection
        self.passages = f"{connection.address.name}_passages"
        self.rows = f"{connection.address.name}_rows"
        self._present: set[str] = set()

    def has(self, collection: str) -> bool:
        """Whether there is such a collection; it can be searched then."""
        if collection not in self._present and self.connection.call("has_collection", collection):
            self.connection.call("load_collection", collection)
            self._present.add(collection)
        return collection in self._present

    def create_rows(self) -> None:
        """Create the collection of rows, which is the library, where it is missing."""
        from pymilvus import DataType

        if self.has(self.rows):
            return
        schema = self._schema(key="key")
        schema.add_field("body", DataType.VARCHAR, max_length=LONGEST)
        self._create(self.rows, schema, dimension=2)  # each collection needs a vector

    def create_passages(self, dimension: int) -> None:
        """Create the collection of passages, for vectors of this length, where it is missing."""
        from pymilvus import DataType, Function, FunctionType

        if self.has(self.passages):
            return
        schema = self._schema(key="id")
        schema.add_field("language", DataType.VARCHAR, max_length=16)
        schema.add_field("body", DataType.VARCHAR, max_length=LONGEST)
        if not self.connection.has_bm25:
            self._create(self.passages, schema, dimension)
            return
        schema.add_field(
            "terms",
            DataType.VARCHAR,
            max_length=LONGEST,
            enable_analyzer=True,
            analyzer_params={"tokenizer": "standard"},
        )
        schema.add_field("sparse", DataType.SPARSE_FLOAT_VECTOR)
        schema.add_function(
            Function("bm25", FunctionType.BM25, ["terms"], ["sparse"]),
        )
        self._create(self.passages, schema, dimension)

    def drop_passages(self) -> None:
        """Delete the collection of passages; its vectors have another length from now on."""
        if self.has(self.passages):
            self.connection.call("drop_collection", self.passages)
            self._present.discard(self.passages)

    def _schema(self, key: str) -> Any:
        from pymilvus import DataType, MilvusClient

        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field(key, DataType.VARCHAR, is_primary=True, max_length=200)
        schema.add_field("document", DataType.VARCHAR, max_length=100)
        return schema

    def _create(self, collection: str, schema: Any, dimension: int) -> None:
        from pymilvus import DataType, MilvusClient

        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
        indexes = MilvusClient.prepare_index_params()
        indexes.add_index("vector", index_type="FLAT", metric_type="COSINE")
        tuning = {"bm25_k1": 2 * K1, "bm25_b": B}
        if any(field.name == "sparse" for field in schema.fields):
            indexes.add_index(
                "sparse",
                index_type="SPARSE_INVERTED_INDEX",
                metric_type="BM25",
                # milvus-lite 3.2 reads them below "params" alone, servers beside it too
                params={**tuning, "params": tuning},
            )
        self.connection.call(
            "create_collection",
            collection,
            schema=schema,
            index_params=indexes,
            consistency_level="Strong",
        )

    def upsert(self, collection: str, rows: Iterable[dict[str, Any]]) -> None:
        """Insert rows, or replace those of the same key.

        Raises:
            LibraryUnusable: a text is longer than Milvus takes, or see `Connection.call`.
        """
        for batch in _batches(rows):
            for row in batch:
                for field, value in row.items():
                    if isinstance(value, str) and len(value.encode()) > LONGEST:
                        raise LibraryUnusable(
                            f"{field} of {row.get('id') or row['key']} has {len(value.encode())} bytes, "
                            f"and Milvus takes {LONGEST}. Leave this file out, or use a library in a folder."
                        )
            self.connection.call("upsert", collection, batch)

    def delete(self, collection: str, keys: Sequence[str]) -> None:
        """Delete rows by their keys; those that are missing are no fault."""
        for batch in _batches(keys):
            self.connection.call("delete", collection, ids=batch)


def weighted_terms(context: str, text: str, language: str) -> str:
    """A passage's terms for BM25 in Milvus, which has one field and no weights.

    A term of the text, which counts twice as much as one of the headings, stands twice. A filler
    for each term of the headings brings the length of the whole to twice that of the passage.

    Args:
        context: The terms of its headings, with blanks between them, as in the full-text table.
        text: Those of its text.
        language: The code of its language; a stem is searched in its own language alone.
    """
    words = [safe_term(term, language) for term in text.split()]
    headings = [safe_term(term, language) for term in context.split()]
    return " ".join([*headings, *words, *words, *[_FILLER] * len(headings)])


def safe_term(term: str, language: str) -> str:
    """A term in ASCII letters and digits, which every tokenizer of Milvus leaves as one token."""
    term = term.lower()
    return f"{language}0{term if _SAFE.fullmatch(term) else f'x{term.encode().hex()}'}"


def row_of_text(key: str, document: str, body: str) -> dict[str, Any]:
    """A row of the collection of rows."""
    return {"key": key, "document": document, "body": body, "vector": [1.0, 0.0]}


def as_half(vector: Sequence[float]) -> bytes:
    """A vector of Milvus as the library's file has it, float16; it came from there unchanged."""
    return np.asarray(vector, dtype="<f2").tobytes()


def as_floats(vector: bytes) -> list[float]:
    """A vector of the library's file, float16, as Milvus takes it."""
    return np.frombuffer(vector, dtype="<f2").astype(np.float32).tolist()


def _batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for value in values:
        batch.append(value)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
