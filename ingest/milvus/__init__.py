"""A library kept in Milvus, a server or a file of milvus-lite, that many machines can share.

`address` knows where it is, `connection` talks to it, `collections` holds its two collections,
`rows` the rows of a document there, `database` keeps this machine's copy of all but the searches
in step with them, `search` has the two searches. `ingest.store.Library` uses them for a folder
that belongs to an address.
"""
