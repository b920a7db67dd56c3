"""ingest.store.verification: faults planted in a library are reported, each in one sentence."""

from __future__ import annotations

import json

import pytest
from conftest import edit_database

from ingest.store import DATABASE, Library


def first_span(library: Library) -> str:
    (document,) = library.find("animals.pdf")
    passage = library.passages(document.id)[0]
    spans = [(s.page, s.start, s.end) for s in passage.spans]
    spans[0] = (spans[0][0], spans[0][1] + 1, spans[0][2])
    return f"UPDATE passages SET spans = '{json.dumps(spans)}' WHERE id = '{passage.id}'"


@pytest.mark.parametrize(
    ("fault", "reported"),
    [
        (first_span, "do not give its text"),
        ("DELETE FROM passage_terms WHERE rowid = 2", "4 full-text rows for 5 passages"),
        (
            "UPDATE passage_terms SET text = 'x' WHERE rowid = 2",
            "a full-text row with a different text",
        ),
        (
            "UPDATE passages SET vector = substr(vector, 1, 100) WHERE row = 3",
            "1 vectors do not have 64",
        ),
        ("UPDATE passages SET vector = zeroblob(128) WHERE row = 3", "zero or not finite"),
        ("UPDATE passages SET text = text || '!' WHERE row = 1", "do not give its text"),
        ("DELETE FROM pages WHERE number = 3", "physics.pdf: 2 pages stored, 3 expected"),
        ("DELETE FROM documents WHERE file = 'physics.pdf'", "belongs to no document"),
        ("UPDATE pages SET text = 'x' || text WHERE number = 1", "do not give its text"),
    ],
)
def test_verify_finds_planted_faults(library, fault, reported):
    assert library.verify() == []
    edit_database(library, fault(library) if callable(fault) else fault)
    faults = Library(library.folder).verify()
    assert any(reported in text for text in faults), faults
    assert all("\n" not in text for text in faults)


def test_verify_finds_a_damaged_full_text_index(library):
    edit_database(library, "UPDATE passage_terms_data SET block = zeroblob(50) WHERE id > 10")
    assert any("full-text" in text or "fts5" in text for text in Library(library.folder).verify())


def test_verify_finds_a_damaged_file(library):
    library.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    library.close()
    file = library.folder / DATABASE
    data = bytearray(file.read_bytes())
    data[8192:20000] = b"\x07" * (20000 - 8192)
    file.write_bytes(data)
    assert Library(library.folder).verify()


def test_verify_finds_an_index_of_other_vectors(library):
    library.search_dense(library.vectors()[0], 1)
    (file,) = library.folder.glob("index-*.faiss")
    data = bytearray(file.read_bytes())
    data[-200:-100] = bytes(100)
    file.write_bytes(data)
    assert any(
        "does not hold the library's vectors" in text for text in Library(library.folder).verify()
    )
    file.unlink()
    assert Library(library.folder).verify() == []
