from __future__ import annotations

import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.chunk import CHUNKER_VERSION, ChunkSettings, chunk, embedding_text
from ingest.errors import LibraryMismatch, LibraryMissing
from ingest.readers import read
from ingest.store import DATABASE, IndexConfig, Library

RECIPE = IndexConfig("word-encoder@1", 64, f"v{CHUNKER_VERSION} 40/0 tokens")


@pytest.fixture
def parts(make_pdf, encoder):
    """Cut a lecture: `parts(name, source)` gives what `Library.add` takes."""

    def make(name: str, source: str):
        lecture = read(make_pdf(name, source))
        passages = chunk(lecture, encoder.count_tokens, ChunkSettings(64, 40))
        return lecture, passages, encoder.encode([embedding_text(p) for p in passages])

    return make


@pytest.fixture
def empty(tmp_path):
    library = Library(tmp_path / "empty", create=True)
    library.check_or_set_config(RECIPE)
    return library


def edit(library: Library, *statements: str) -> None:
    """Change the database behind the library's back."""
    db = sqlite3.connect(library.folder / DATABASE)
    for statement in statements:
        assert db.execute(statement).rowcount != 0, statement
    db.commit()
    db.close()


CATS = '#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice.]'
UMLAUTS = r"""
#slide("Übungen")[Größe und Länge der Vektoren bestimmen den Kosinus.]
#slide("Embedding")[Embeddings are normalised before indexing them.]
#slide("Logic")[NOT every NEAR miss is an AND; see C++ and x-y\*.]
"""


# ---- what goes in comes out ----


def test_pages_and_passages_come_back_as_they_were(empty, parts):
    lecture, passages, vectors = parts(
        "cats.pdf", CATS + '#pagebreak()#slide("Dogs")[A dog $x^2$ barks]'
    )
    empty.add(lecture, passages, vectors)
    (document,) = empty.documents()
    assert document == lecture.document
    assert tuple(empty.pages(document.id)) == lecture.pages
    assert empty.page(document.id, 2) == lecture.pages[1]
    assert empty.page(document.id, 3) is None
    assert empty.passages(document.id) == passages
    assert empty.count() == len(passages) == 2
    assert empty.vectors() == pytest.approx(vectors, abs=1e-3)  # half precision
    assert np.linalg.norm(empty.vectors(), axis=1) == pytest.approx(1, abs=1e-6)
    assert empty.verify() == []


def test_a_document_is_found_by_name_path_and_start_of_its_id(library):
    animals, physics = library.documents()
    assert library.find("animals.pdf") == [animals]
    assert library.find(physics.path) == [physics]
    assert library.find(physics.id[:8].upper()) == [physics]
    assert library.find(physics.id[:3]) == []
    assert library.find("nowhere.pdf") == []


def test_passages_and_vectors_must_agree_and_a_fault_leaves_nothing(empty, parts):
    lecture, passages, vectors = parts("cats.pdf", CATS)
    with pytest.raises(ValueError, match="1 passages but 2 vectors"):
        empty.add(lecture, passages, np.vstack([vectors, vectors]))
    before = empty.full_hash(), empty.content_hash()
    broken = [passages[0], passages[0]]  # the second breaks the rule that ids are unique
    with pytest.raises(sqlite3.IntegrityError):
        empty.add(lecture, broken, np.vstack([vectors, vectors]))
    assert (empty.full_hash(), empty.content_hash()) == before
    assert empty.documents() == []
    assert empty.search_lexical("cat", 5) == []
    assert empty.verify() == []


def test_a_fault_while_replacing_keeps_the_old_document(empty, parts):
    lecture, passages, vectors = parts("cats.pdf", CATS)
    empty.add(lecture, passages, vectors)
    before = empty.full_hash()
    newer = replace(lecture, document=replace(lecture.document, id="f" * 64))
    with pytest.raises(sqlite3.IntegrityError):
        empty.add(newer, [passages[0], passages[0]], np.vstack([vectors, vectors]))
    assert empty.full_hash() == before
    assert [passage.id for passage, _ in empty.search_lexical("cat", 5)] == [passages[0].id]


def test_another_connection_sees_all_of_a_document_or_nothing(empty, parts):
    lecture, passages, vectors = parts("cats.pdf", CATS)
    other = Library(empty.folder)
    seen = []
    with empty.database.transaction():
        empty.database.connection().execute(
            "INSERT INTO documents VALUES ('x', 'x', 'x', 'x', 1, '', '')"
        )
        seen.append(other.documents())
        empty.database.connection().execute("DELETE FROM documents")
    empty.add(lecture, passages, vectors)
    assert seen == [[]]
    assert other.documents() == [lecture.document]
    other.close()


def test_an_interrupted_transaction_is_rolled_back(library):
    before = library.full_hash()

    def interrupted() -> None:
        with library.database.transaction() as db:
            db.execute("DELETE FROM documents")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert library.full_hash() == before
    assert library.remove(library.documents()[0].id)  # no transaction is left open


# ---- the stamp ----


def test_the_stamp_changes_exactly_with_the_contents(empty, parts):
    cats, dogs = parts("cats.pdf", CATS), parts("dogs.pdf", '#slide("Dogs")[A dog barks at night.]')
    stamps = [empty.content_hash()]
    for change in (
        lambda: empty.add(*cats),
        lambda: empty.add(*dogs),
        lambda: empty.remove(cats[0].document.id),
    ):
        change()
        stamps.append(empty.content_hash())
    assert len(set(stamps)) == 4
    empty.add(*cats)
    assert empty.content_hash() == stamps[2]  # both in again, in another order
    empty.add(*cats)
    assert empty.content_hash() == stamps[2]
    assert not empty.remove("nothing of that id")
    assert empty.content_hash() == stamps[2]
    empty.search_dense(empty.vectors()[0], 1)
    assert Library(empty.folder).content_hash() == stamps[2]
    lecture = replace(cats[0], document=replace(cats[0].document, collection="summer"))
    empty.add(lecture, *cats[1:])
    assert empty.content_hash() not in stamps


def test_the_digest_does_not_depend_on_the_order(tmp_path, parts):
    lectures = parts("cats.pdf", CATS), parts("more.pdf", UMLAUTS)
    digests = []
    for order in (lectures, lectures[::-1]):
        library = Library(tmp_path / f"order-{len(digests)}", create=True)
        library.check_or_set_config(RECIPE)
        for lecture in order:
            library.add(*lecture)
        digests.append(library.full_hash())
    assert digests[0] == digests[1]


# ---- dense search ----


def test_dense_search_equals_brute_force(library, encoder):
    texts = [p for d in library.documents() for p in library.passages(d.id)]
    texts.sort(key=lambda passage: passage.id)
    for question in ("what does a cat do at night", "speed of light", "xyz"):
        query = encoder.encode([question])[0]
        hits = library.search_dense(query, 3)
        cosines = library.vectors() @ query
        order = sorted(range(len(texts)), key=lambda row: (-cosines[row], texts[row].id))[:3]
        assert [cosine for _, cosine in hits] == pytest.approx(cosines[order], abs=1e-6)
        assert {passage.id for passage, _ in hits} == {
            texts[row].id for row in order
        } or question == "xyz"
    assert hits[0][0].file in ("animals.pdf", "physics.pdf")


def test_a_library_kept_open_follows_what_changes(library, encoder):
    """Storing a document anew moves its rows, though the stamp stays: hits must not get lost."""
    query = encoder.encode(["cat sleeps hours"])[0]
    before = library.search_dense(query, 5)
    assert before[0][0].text.startswith("Cats")
    animals = library.find("animals.pdf")[0]
    writer = Library(library.folder)
    pages, passages = tuple(writer.pages(animals.id)), writer.passages(animals.id)
    from ingest.types import ParsedDocument

    writer.add(
        ParsedDocument(animals, pages),
        passages,
        encoder.encode([embedding_text(p) for p in passages]),
    )
    assert writer.content_hash() == library.content_hash()
    assert library.search_dense(query, 5) == before
    writer.remove(animals.id)
    after = library.search_dense(query, 5)
    assert {passage.file for passage, _ in after} == {"physics.pdf"}
    assert len(after) == 3
    assert len(library.search_dense(query, 1)) == 1
    writer.close()


def test_searching_an_empty_library_finds_nothing(empty):
    assert empty.search_dense(np.ones(64, np.float32) / 8, 3) == []
    assert empty.search_lexical("cat", 3) == []


def test_threads_share_a_library(library, encoder):
    query = encoder.encode(["light in vacuum"])[0]
    expected = library.search_dense(query, 3), library.search_lexical("light", 3)
    found, faults = [], []

    def search() -> None:
        try:
            found.append((library.search_dense(query, 3), library.search_lexical("light", 3)))
            library.close()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=search) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert found == [expected] * 8


# ---- lexical search ----


def texts_of(library: Library, question: str) -> list[str]:
    return [passage.headings[-1] for passage, _ in library.search_lexical(question, 5)]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("sleeping cats", "Cats"),  # the stem of sleeps and cat
        ("index an embedded normalisation", "Embedding"),
        ("Grösse", "Übungen"),
        ("Groesse", "Übungen"),
        ("Uebungen", "Übungen"),
        ("and", "Logic"),
        ("Größe", "Übungen"),
        ("große LÄNGE", "Übungen"),  # ä without its dots
        ("Lange", "Übungen"),
        ("ubungen", "Übungen"),
        ("Übungen?", "Übungen"),
        ('"C++" AND (x-y*', "Logic"),
        ("NOT near", "Logic"),
        ("what is the and of", "Logic"),  # stop words alone are searched as they are
        ("zebra", ""),
    ],
)
def test_lexical_search_finds(empty, parts, question, first):
    empty.add(*parts("cats.pdf", CATS))
    empty.add(*parts("more.pdf", UMLAUTS))
    found = texts_of(empty, question)
    assert (found[0] if found else "") == first


def test_lexical_scores_fall_and_text_counts_more_than_headings(empty, parts):
    empty.add(
        *parts(
            "deck.pdf",
            """
            #slide("Norms")[Here the words of the text are about vectors and their entropy.]
            #slide("Others")[Here the words of the text are about matrices, not about it at all.]
            """,
        )
    )
    ((_, score),) = empty.search_lexical("entropy", 5)
    assert score > 0
    hits = empty.search_lexical("entropy words text", 5)
    scores = [score for _, score in hits]
    assert scores == sorted(scores, reverse=True)
    assert len(hits) == 2
    with pytest.raises(ValueError, match="at least 1"):
        empty.search_lexical("entropy", 0)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=40))
@example('"')
@example("a AND NOT (b OR")
@example("NEAR(cat dog, 5)")
@example("text: cat*")
@example("^cat - {a b} + 'x'")
@example("_ __ cat_")
@example("\x00cat\x00")
@example("cat; DROP TABLE passages")
def test_no_question_breaks_lexical_search(library, question):
    hits = library.search_lexical(question, 5)
    assert all(score >= 0 for _, score in hits)
    if "cat" in question.lower().split():
        assert any("cat" in passage.text.lower() for passage, _ in hits)


# ---- recipes ----


@pytest.mark.parametrize(
    ("other", "names"),
    [
        (replace(RECIPE, encoder="another@2"), "encoder word-encoder@1"),
        (replace(RECIPE, dimension=65), "dimension 64"),
        (replace(RECIPE, chunker="v0 40/0 tokens"), f"chunker {RECIPE.chunker}"),
    ],
)
def test_another_recipe_is_refused_with_the_command(library, other, names):
    with pytest.raises(LibraryMismatch, match=names) as caught:
        library.check_or_set_config(other)
    assert f"katheder library rebuild --library {library.folder}" in str(caught.value)
    assert library.config() == RECIPE
    if other.chunker != RECIPE.chunker:
        library.check_config(other, search_only=True)
    else:
        with pytest.raises(LibraryMismatch):
            library.check_config(other, search_only=True)


def test_an_emptied_library_takes_another_recipe(library):
    for document in library.documents():
        library.remove(document.id)
    other = replace(RECIPE, encoder="another@2")
    library.check_or_set_config(other)
    assert library.config() == other


def test_missing_foreign_and_half_made_libraries(tmp_path):
    with pytest.raises(LibraryMissing, match=r"katheder ingest PATH\.\.\. --library"):
        Library(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / DATABASE).write_bytes(b"this is no database, but long enough" * 9)
    with pytest.raises(LibraryMismatch, match="not a database"):
        Library(tmp_path / "foreign")
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / DATABASE).touch()  # killed before the tables were written
    assert Library(tmp_path / "killed").documents() == []
    future = Library(tmp_path / "future", create=True)
    edit(future, "UPDATE meta SET value = '99' WHERE key = 'format'")
    with pytest.raises(LibraryMismatch, match="format 99, expected format 2"):
        Library(future.folder)


# ---- verify ----


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
    edit(library, fault(library) if callable(fault) else fault)
    faults = Library(library.folder).verify()
    assert any(reported in text for text in faults), faults
    assert all("\n" not in text for text in faults)


def test_verify_finds_a_damaged_full_text_index(library):
    edit(library, "UPDATE passage_terms_data SET block = zeroblob(50) WHERE id > 10")
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
    assert any("the index does not hold" in text for text in Library(library.folder).verify())
    file.unlink()
    assert Library(library.folder).verify() == []


def test_a_stale_index_file_is_not_used(library, encoder):
    query = encoder.encode(["cat"])[0]
    library.search_dense(query, 1)
    (file,) = library.folder.glob("index-*.faiss")
    library.remove(library.find("animals.pdf")[0].id)
    fresh = Library(library.folder)
    assert {passage.file for passage, _ in fresh.search_dense(query, 9)} == {"physics.pdf"}
    assert not file.exists()
    assert fresh.verify() == []


def test_a_library_is_opened_while_others_make_it(tmp_path):
    """SQLite does not wait by itself while several change the journal of a new file."""

    def look(folder):
        while True:
            try:
                return Library(folder).count()
            except LibraryMissing:
                continue

    with ThreadPoolExecutor(5) as pool:
        for number in range(80):
            folder = tmp_path / str(number)
            found = [pool.submit(look, folder) for _ in range(4)]
            found.append(pool.submit(lambda: Library(folder, create=True).count()))  # noqa: B023
            assert [each.result(timeout=30) for each in found] == [0] * 5
