"""The search of a large library in partitions, against a comparison with every vector."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
from conftest import CONFIG

from ingest.partitions import visits_for
from ingest.store import Library
from ingest.store.dense import DenseSearch
from ingest.store.partitioned import remove_index_files
from ingest.types import Correction, Document, Page, ParsedDocument, Passage, Span

DOCUMENTS, PASSAGES, LIMIT = 16, 40, 400
_RANDOM = np.random.default_rng(3)
_CENTRES = _RANDOM.standard_normal((30, CONFIG.dimension))


def unit_vectors(count: int, seed: int) -> np.ndarray:
    """Vectors around 30 centres, as those of texts about some subjects, shape (count, 64)."""
    random = np.random.default_rng(seed)
    vectors = _CENTRES[random.integers(30, size=count)]
    vectors = vectors + 0.7 * random.standard_normal(vectors.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def lecture(number: int, seed: int | None = None, count: int = PASSAGES):
    """What `Library.add` takes, for a document of one page and `count` passages."""
    id = f"{number:064x}"
    document = Document(
        id, f"/lectures/{number}.pdf", f"{number}.pdf", f"Lecture {number}", 1, "en"
    )
    page = Page(1, "Words.", 400.0, 300.0)
    passages = [
        Passage(
            f"{number:016x}-{n:04d}",
            id,
            document.file,
            document.title,
            pages=(1,),
            headings=(),
            text="Words.",
            spans=(Span(1, 0, 6),),
            language="en",
        )
        for n in range(count)
    ]
    return ParsedDocument(document, (page,)), passages, unit_vectors(count, seed or number + 1)


@pytest.fixture
def large(empty_library) -> Library:
    for number in range(DOCUMENTS):
        empty_library.add(*lecture(number))
    return empty_library


def search_of(library: Library, pause: float = 3600) -> DenseSearch:
    return DenseSearch(library.database, library.folder, LIMIT, pause)


def agreement(search: DenseSearch, library: Library, documents=None) -> float:
    """Recall of the ten best of a comparison with every stored vector, over 20 queries."""
    ids, vectors = [], []
    for document in documents or [d.id for d in library.documents()]:
        vectors.append(library.stored_vectors(document).astype(np.float32))
        ids += [f"{int(document, 16):016x}-{n:04d}" for n in range(len(vectors[-1]))]
    shares = []
    for query in unit_vectors(12, 99):
        cosines = dict(zip(ids, (np.concatenate(vectors) @ query).tolist(), strict=True))
        expected = sorted(ids, key=lambda id: (-cosines[id], id))[:10]
        hits = search.search(query, 10, documents)
        for passage, cosine in hits:
            assert cosine == pytest.approx(cosines[passage.id], abs=2e-3)
        shares.append(len({*expected} & {passage.id for passage, _ in hits}) / 10)
    return float(np.mean(shares))


def test_partitions_find_what_a_comparison_with_all_finds(large):
    search = search_of(large)
    assert agreement(search, large) == 1  # no partitions yet: exact
    assert search.merge()
    assert not search.merge()  # nothing changed
    assert len(list(large.folder.glob("*.faiss"))) == 1
    assert agreement(search, large) >= 0.97
    for scope in (2, 10):
        assert agreement(search, large, [f"{n:064x}" for n in range(scope)]) >= 0.97
    assert search.search(unit_vectors(1, 5)[0], 5, []) == []
    assert large.verify() == []
    remove_index_files(large.folder)
    assert not list(large.folder.glob("partitions*"))
    assert large.verify() == []


def test_a_change_is_found_at_once_and_reads_what_changed_alone(large):
    search = search_of(large)
    search.merge()
    search.search(unit_vectors(1, 5)[0], 5)
    large.add(*lecture(DOCUMENTS))  # new
    last = lecture(DOCUMENTS, seed=777)
    large.add(*last)  # the same rows again, with other vectors
    large.remove(f"{1:064x}")
    before = large.content_hash()
    large.add(*lecture(4))  # nothing but its rows changes
    assert large.content_hash() == before
    parsed, passages, vectors = lecture(2, seed=778)
    correction = {1: Correction(parsed.pages[0], "Corrected.", False)}
    large.add(parsed, passages, vectors, correction)
    large.set_gone({f"{3:064x}": "gone"})
    statements: list[str] = []
    large.database.connection().set_trace_callback(statements.append)
    hits = search.search(vectors[7], 1)
    large.database.connection().set_trace_callback(None)
    assert hits[0][0].id == passages[7].id
    reads = [text for text in statements if "row BETWEEN" in text]
    assert len(reads) == 3
    assert search.search(last[2][7], 1)[0][0].id == last[1][7].id
    for query in lecture(3)[2][:5]:
        found = {passage.document for passage, _ in search.search(query, 50)}
        assert not found & {f"{1:064x}", f"{3:064x}"}
    present = [d.id for d in large.documents() if d.id != f"{3:064x}"]
    assert agreement(search, large, present) >= 0.97
    moved = lecture(4)
    large.add(*moved)
    assert search.search(moved[2][7], 1)[0][0].id == moved[1][7].id
    assert search.merge()  # more than a twentieth changed
    assert agreement(search_of(large), large, present) >= 0.97


@pytest.mark.slow
def test_partitions_are_written_in_the_background_while_searches_go_on(large):
    search = search_of(large, pause=0)
    query = unit_vectors(1, 5)[0]
    expected = [passage.id for passage, _ in search.search(query, 3)]
    waiting = threading.Event()
    for _ in range(600):
        assert [passage.id for passage, _ in search.search(query, 3)] == expected
        if (large.folder / "partitions.json").exists():
            break
        waiting.wait(0.1)
    assert agreement(search_of(large), large) >= 0.97
    assert not list(large.folder.glob("draft-*"))


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["listing", "file", "missing", "encoder"])
def test_damaged_partitions_are_told_and_not_used(large, damage):
    search_of(large).merge()
    [file] = large.folder.glob("partitions-*.faiss")
    listing = large.folder / "partitions.json"
    if damage == "listing":
        listing.write_text("{")
    elif damage == "file":
        file.write_bytes(file.read_bytes()[:200])
    elif damage == "missing":
        file.unlink()
    else:
        listing.write_text(json.dumps({**json.loads(listing.read_text()), "config": "another"}))
    assert agreement(search_of(large), large) == 1
    assert any("partitions" in fault for fault in large.verify())
    assert search_of(large).merge()
    assert large.verify() == []


def test_eight_times_the_lists_are_visited_four_times_as_often():
    assert [visits_for(lists) for lists in (16, 512, 1024, 2048, 8192)] == [64, 64, 81, 129, 325]
