"""The library on disk: documents, pages, passages and vectors in SQLite, searched in two ways.

`library` holds what callers use, `protocol` what retrieval needs of any store, `schema` the tables
and the format, `migration` what brings an older library to that format, `rows` the reading and
writing of rows, `dense` and `lexical` the two searches, `verification` the checks of a library
that is on disk, `salvage` what can be read of a damaged one.
"""

from ingest.store.library import Library
from ingest.store.protocol import Store
from ingest.store.schema import DATABASE, FORMAT, IndexConfig

__all__ = ["DATABASE", "FORMAT", "IndexConfig", "Library", "Store"]
