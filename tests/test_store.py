"""ingest.store.library: documents, the content hash, the configuration and the format."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from conftest import CONFIG, edit_database

from ingest.errors import LibraryMismatch, LibraryMissing, LibraryUnusable
from ingest.store import DATABASE, Library

CATS = '#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice.]'
DOGS = '#slide("Dogs")[A dog barks at night.]'


# ---- documents ----


def test_pages_and_passages_come_back_as_they_were(empty_library, lecture_parts):
    lecture, passages, vectors = lecture_parts(
        "cats.pdf", CATS + '#pagebreak()#slide("Dogs")[A dog $x^2$ barks]'
    )
    empty_library.add(lecture, passages, vectors)
    (document,) = empty_library.documents()
    assert document == lecture.document
    assert tuple(empty_library.pages(document.id)) == lecture.pages
    assert empty_library.page(document.id, 2) == lecture.pages[1]
    assert empty_library.page(document.id, 3) is None
    assert empty_library.passages(document.id) == passages
    assert empty_library.count() == len(passages) == 2
    assert empty_library.vectors() == pytest.approx(vectors, abs=1e-3)  # half precision
    assert np.linalg.norm(empty_library.vectors(), axis=1) == pytest.approx(1, abs=1e-6)
    assert empty_library.verify() == []


def test_regions_and_kinds_of_passages_come_back_as_they_were(empty_library, lecture_parts):
    table = "#table(columns: (1fr,) * 3, [Net], [Size], [Score], [Alpha], [12], [71], [Beta], [9], [74])"
    lecture, passages, vectors = lecture_parts(
        "nets.pdf", f'#slide("Nets")[{table} $ sum_(i=1)^n x_i^2 = 1 $]'
    )
    empty_library.add(lecture, passages, vectors)
    (page,) = empty_library.pages(lecture.document.id)
    assert {region.kind for region in page.regions} == {"table", "formula"}
    assert page == lecture.pages[0]
    assert [passage.kind for passage in empty_library.passages(lecture.document.id)] == ["table"]
    assert empty_library.passages(lecture.document.id) == passages


def test_pages_of_nothing_but_a_picture_are_named(empty_library, lecture_parts):
    shapes = "#for n in range(9) { place(dx: n * 1cm, circle(radius: 1cm)) }"
    breaks = "#pagebreak()#pagebreak()"
    source = f"#set page(header: none, footer: none)\nA page of text alone.#pagebreak(){shapes}"
    lecture, passages, vectors = lecture_parts("drawn.pdf", f"{source}{breaks}More text.")
    empty_library.add(lecture, passages, vectors)
    assert empty_library.pages_without_text() == {lecture.document.id: [2]}  # page 3 is blank


def test_a_document_has_three_names_file_path_and_start_of_its_id(library):
    animals, physics = library.documents()
    assert library.find("animals.pdf") == [animals]
    assert library.find(physics.path) == [physics]
    assert library.find(physics.id[:8].upper()) == [physics]
    assert library.find(physics.id[:3]) == []
    assert library.find("nowhere.pdf") == []


def test_passages_and_vectors_must_agree_and_a_fault_leaves_nothing(empty_library, lecture_parts):
    lecture, passages, vectors = lecture_parts("cats.pdf", CATS)
    with pytest.raises(ValueError, match="1 passages but 2 vectors"):
        empty_library.add(lecture, passages, np.vstack([vectors, vectors]))
    before = empty_library.full_hash(), empty_library.content_hash()
    broken = [passages[0], passages[0]]  # the second breaks the rule that ids are unique
    with pytest.raises(sqlite3.IntegrityError):
        empty_library.add(lecture, broken, np.vstack([vectors, vectors]))
    assert (empty_library.full_hash(), empty_library.content_hash()) == before
    assert empty_library.documents() == []
    assert empty_library.search_lexical("cat", 5) == []
    assert empty_library.verify() == []


def test_a_fault_while_replacing_keeps_the_old_document(empty_library, lecture_parts):
    lecture, passages, vectors = lecture_parts("cats.pdf", CATS)
    empty_library.add(lecture, passages, vectors)
    before = empty_library.full_hash()
    newer = replace(lecture, document=replace(lecture.document, id="f" * 64))
    with pytest.raises(sqlite3.IntegrityError):
        empty_library.add(newer, [passages[0], passages[0]], np.vstack([vectors, vectors]))
    assert empty_library.full_hash() == before
    assert [passage.id for passage, _ in empty_library.search_lexical("cat", 5)] == [passages[0].id]


def test_another_connection_sees_all_of_a_document_or_nothing(empty_library, lecture_parts):
    lecture, passages, vectors = lecture_parts("cats.pdf", CATS)
    other = Library(empty_library.folder)
    seen = []
    with empty_library.database.transaction():
        empty_library.database.connection().execute(
            "INSERT INTO documents VALUES ('x', 'x', 'x', 'x', 1, '')"
        )
        seen.append(other.documents())
        empty_library.database.connection().execute("DELETE FROM documents")
    empty_library.add(lecture, passages, vectors)
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


# ---- the hashes ----


def test_the_content_hash_changes_exactly_with_the_contents(empty_library, lecture_parts):
    cats, dogs = (
        lecture_parts("cats.pdf", CATS),
        lecture_parts("dogs.pdf", DOGS),
    )
    hashes = [empty_library.content_hash()]
    for change in (
        lambda: empty_library.add(*cats),
        lambda: empty_library.add(*dogs),
        lambda: empty_library.remove(cats[0].document.id),
    ):
        change()
        hashes.append(empty_library.content_hash())
    assert len(set(hashes)) == 4
    empty_library.add(*cats)
    assert empty_library.content_hash() == hashes[2]  # both in again, in another order
    empty_library.add(*cats)
    assert empty_library.content_hash() == hashes[2]
    assert not empty_library.remove("nothing of that id")
    assert empty_library.content_hash() == hashes[2]
    empty_library.search_dense(empty_library.vectors()[0], 1)
    assert Library(empty_library.folder).content_hash() == hashes[2]


def test_the_full_hash_does_not_depend_on_the_order(tmp_path, lecture_parts):
    lectures = lecture_parts("cats.pdf", CATS), lecture_parts("dogs.pdf", DOGS)
    hashes = []
    for order in (lectures, lectures[::-1]):
        library = Library(tmp_path / f"order-{len(hashes)}", create=True)
        library.check_or_set_config(CONFIG)
        for lecture in order:
            library.add(*lecture)
        hashes.append(library.full_hash())
    assert hashes[0] == hashes[1]


# ---- configuration and format ----


@pytest.mark.parametrize(
    ("other", "names"),
    [
        (replace(CONFIG, encoder="another@2"), "encoder word-encoder@1"),
        (replace(CONFIG, dimension=65), "dimension 64"),
        (replace(CONFIG, chunker="v0 40/0 tokens"), f"chunker {CONFIG.chunker}"),
    ],
)
def test_another_configuration_is_refused_with_the_command(library, other, names):
    with pytest.raises(LibraryMismatch, match=names) as caught:
        library.check_or_set_config(other)
    assert f"katheder library rebuild --library {library.folder}" in str(caught.value)
    assert library.config() == CONFIG
    if other.chunker != CONFIG.chunker:
        library.check_config(other, search_only=True)
    else:
        with pytest.raises(LibraryMismatch):
            library.check_config(other, search_only=True)


def test_an_emptied_library_takes_another_configuration(library):
    for document in library.documents():
        library.remove(document.id)
    other = replace(CONFIG, encoder="another@2")
    library.check_or_set_config(other)
    assert library.config() == other


def test_missing_foreign_and_half_made_libraries(tmp_path):
    with pytest.raises(LibraryMissing, match=r"katheder ingest PATH\.\.\. --library"):
        Library(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / DATABASE).write_bytes(b"this is no database, but long enough" * 9)
    with pytest.raises(LibraryUnusable, match="not a database"):
        Library(tmp_path / "foreign")
    (tmp_path / "killed").mkdir()
    (tmp_path / "killed" / DATABASE).touch()  # killed before the tables were written
    assert Library(tmp_path / "killed").documents() == []
    future = Library(tmp_path / "future", create=True)
    edit_database(future, "UPDATE meta SET value = '99' WHERE key = 'format'")
    with pytest.raises(LibraryMismatch, match="format 99, expected format 5"):
        Library(future.folder)


@pytest.mark.slow
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
            results = [pool.submit(look, folder) for _ in range(4)]
            results.append(pool.submit(lambda: Library(folder, create=True).count()))  # noqa: B023
            assert [each.result(timeout=120) for each in results] == [0] * 5


def test_what_few_pages_and_passages_have_comes_back(empty_library, lecture_parts):
    lecture, passages, vectors = lecture_parts("cats.pdf", CATS)
    pages = tuple(replace(page, label="iii") for page in lecture.pages)
    marked = [replace(passage, is_navigation=True) for passage in passages]
    empty_library.add(replace(lecture, pages=pages), marked, vectors)
    (document,) = empty_library.documents()
    assert tuple(empty_library.pages(document.id)) == pages
    assert empty_library.passages(document.id) == marked
