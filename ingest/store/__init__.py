"""The library on disk: documents, pages, passages and vectors in SQLite, searched in two ways.

`library` holds what callers use, `protocol` what retrieval needs of any store, `schema` the tables
and the format, `rows` the reading and writing of rows, `search` the dense and the lexical search,
`verification` the checks of a library that is on disk.
"""

from ingest.store.library import Library
from ingest.store.protocol import Store
from ingest.store.schema import DATABASE, FORMAT, IndexConfig
from ingest.store.search import lexical_query

__all__ = ["DATABASE", "FORMAT", "IndexConfig", "Library", "Store", "lexical_query"]
