"""A document's rows in Milvus: its passages one by one, and its pages packed into rows of text."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.milvus.collections import as_floats, as_half, row_of_text, weighted_terms
from ingest.store.transfer import DocumentRows
from ingest.text.languages import language

PART = "part"  # begins the keys of parts of documents
_LENGTH = 60_000  # characters of base64 in a row
_BYTES = "base64:"  # before a value that is no text


def passage_rows(tables: DocumentRows, *, with_terms: bool) -> Iterator[dict[str, Any]]:
    """The rows of a document's passages in the collection of passages.

    Args:
        tables: The document's rows.
        with_terms: Whether the collection has the terms for BM25.
    """
    (document,) = tables["documents"]
    for passage in tables["passages"]:
        row = {
            "id": passage["id"],
            "document": document["id"],
            "language": document["language"],
            "body": pack({name: value for name, value in passage.items() if name != "vector"}),
            "vector": as_floats(passage["vector"]),
        }
        if with_terms:
            row["terms"] = weighted_terms(
                passage["context_terms"],
                passage["text_terms"],
                language(document["language"]).code,
            )
        yield row


def passage_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The passage's row of the library's file, from `body` and `vector` of the collection's row."""
    return {**unpack(row["body"]), "vector": as_half(row["vector"])}


def document_parts(key: str, tables: DocumentRows) -> Iterator[dict[str, Any]]:
    """The document, its pages and its corrections as rows of text; see `parts`."""
    (document,) = tables["documents"]
    rest = {table: rows for table, rows in tables.items() if table != "passages"}
    return parts(key, document["id"], rest)


def parts(key: str, document: str, value: Any) -> Iterator[dict[str, Any]]:
    """A value as rows of text, compressed, with the keys KEY/000000, KEY/000001 and so on."""
    text = base64.b64encode(zlib.compress(pack(value).encode(), 1)).decode()
    for number, start in enumerate(range(0, len(text), _LENGTH)):
        yield row_of_text(f"{key}/{number:06d}", document, text[start : start + _LENGTH])


def whole(texts: Mapping[str, str]) -> Any:
    """The value that `parts` packed, from the texts of its rows by their keys."""
    text = "".join(texts[key] for key in sorted(texts))
    return unpack(zlib.decompress(base64.b64decode(text)).decode())


def pack(value: Any) -> str:
    """A value as JSON; bytes in it become text."""
    return json.dumps(value, default=lambda data: _BYTES + base64.b64encode(data).decode())


def unpack(text: str) -> Any:
    """What `pack` packed. Only a page's `layout` is bytes."""
    return json.loads(text, object_hook=_with_bytes)


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    layout = value.get("layout")
    if isinstance(layout, str) and layout.startswith(_BYTES):
        value["layout"] = base64.b64decode(layout.removeprefix(_BYTES))
    return value
