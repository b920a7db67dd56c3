"""What every library promises, wherever it is kept: in a folder, in milvus-lite, in a server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from conftest import CONFIG, WordEncoder, edit_database

from ingest.errors import LibraryMismatch, LibraryMissing, LibraryUnusable
from ingest.milvus.address import MilvusAddress, address_of, library_path, parse_address
from ingest.milvus.collections import safe_term, weighted_terms
from ingest.pipeline import ingest
from ingest.store import Library
from ingest.store.copying import CopyReport, copy_library, differences
from ingest.types import Correction

CATS = """
#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night in the garden.]
#slide("Lions")[A lion is a large cat that lives in prides and sleeps even longer.]
"""
DOGS = '#slide("Dogs")[A dog guards the house. It barks at strangers and chases the cat.]'
LIGHT = '#slide("Light")[Light travels at 299792458 metres per second in vacuum.]'
#: Of an environment with `milvus==2.3.5`, `setuptools<80` and `marshmallow<4`.
SERVER_PYTHON = os.environ.get("KATHEDER_TEST_MILVUS_PYTHON", "")
_START = """
import sys, time
from milvus import MilvusServer
server = MilvusServer()
server.set_base_dir(sys.argv[1])
server.listen_port = int(sys.argv[2])
server.start()
print(server.server_proc.pid, flush=True)
time.sleep(3600)
"""


class StoreContract:
    """What a library promises, wherever it is kept."""

    @pytest.fixture
    def folder(self, tmp_path) -> Path:
        """The folder of a library that does not exist yet."""
        raise NotImplementedError

    @pytest.fixture
    def parts(self, lecture_parts):
        return {
            name: lecture_parts(f"{name}.pdf", source)
            for name, source in (("cats", CATS), ("dogs", DOGS), ("light", LIGHT))
        }

    @pytest.fixture
    def store(self, folder, parts) -> Library:
        store = Library(folder, create=True)
        store.check_or_set_config(CONFIG)
        for each in parts.values():
            store.add(*each)
        return store

    @pytest.fixture
    def other(self, folder) -> Callable[[], Library]:
        """A function that opens the library a second time, as another process does."""
        return lambda: Library(folder)

    def test_a_library_is_missing_until_it_is_made(self, folder):
        with pytest.raises(LibraryMissing, match="katheder ingest PATH"):
            Library(folder)
        assert Library(folder, create=True).documents() == []
        assert Library(folder).search_lexical("cat", 3) == []

    def test_what_was_added_comes_back_elsewhere(self, store, other, parts):
        reader = other()
        assert reader.config() == CONFIG
        for parsed, passages, vectors in parts.values():
            assert reader.pages(parsed.document.id) == list(parsed.pages)
            assert reader.passages(parsed.document.id) == passages
            stored = reader.stored_vectors(parsed.document.id)
            assert np.array_equal(stored, vectors.astype(np.float16))
        assert reader.full_hash() == store.full_hash()
        assert reader.verify() == []

    def test_a_repeated_add_changes_nothing(self, store, parts):
        before = store.content_hash(), store.full_hash(), store.count()
        store.add(*parts["cats"])
        assert (store.content_hash(), store.full_hash(), store.count()) == before
        assert store.verify() == []

    def test_the_hash_is_that_of_any_other_store(self, store, parts, tmp_path):
        embedded = Library(tmp_path / "embedded", create=True)
        embedded.check_or_set_config(CONFIG)
        for name in ("light", "dogs", "cats"):
            embedded.add(*parts[name])
        assert store.content_hash() == embedded.content_hash()
        assert store.full_hash() == embedded.full_hash()

    def test_dense_search_equals_brute_force(self, store, encoder, parts):
        passages = [passage for _, some, _ in parts.values() for passage in some]
        vectors = np.concatenate([vectors for *_, vectors in parts.values()])
        for question in ("what does a cat do at night", "speed of light"):
            query = encoder.encode([question])[0]
            cosines = dict(zip([p.id for p in passages], vectors @ query, strict=True))
            hits = store.search_dense(query, 3)
            for passage, cosine in hits:
                assert cosine == pytest.approx(cosines[passage.id], abs=2e-3)
            best = sorted(cosines.values(), reverse=True)[:3]
            assert [cosine for _, cosine in hits] == pytest.approx(best, abs=2e-3)

    def test_lexical_search_ranks_by_the_words(self, store):
        texts = [passage.text for passage, _ in store.search_lexical("sleeping lions", 5)]
        assert [text.split()[0] for text in texts] == ["Lions", "Cats"]
        scores = [score for _, score in store.search_lexical("cat", 5)]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= 0
        assert store.search_lexical("photosynthesis", 5) == []

    def test_scores_of_words_are_those_of_any_other_store(self, store, parts, tmp_path):
        embedded = Library(tmp_path / "embedded", create=True)
        embedded.check_or_set_config(CONFIG)
        for each in parts.values():
            embedded.add(*each)
        for question in ("sleeping lions", "the house at night", "light metres"):
            expected = embedded.search_lexical(question, 5)
            hits = store.search_lexical(question, 5)
            assert [passage for passage, _ in hits] == [passage for passage, _ in expected]
            assert [s for _, s in hits] == pytest.approx(
                [s for _, s in expected], rel=0.02, abs=0.01
            )

    def test_a_scope_filters_both_searches(self, store, encoder, parts):
        ids = {name: parsed.document.id for name, (parsed, *_) in parts.items()}
        vector = encoder.encode(["a cat sleeps"])[0]
        for names in (("dogs",), ("dogs", "light")):
            scope = {ids[name] for name in names}
            dense = store.search_dense(vector, 9, scope)
            assert {passage.document for passage, _ in dense} == scope
            lexical = store.search_lexical("cat", 9, scope)
            assert [passage.document for passage, _ in lexical] == [ids["dogs"]]
        assert store.search_dense(vector, 9, []) == store.search_lexical("cat", 9, []) == []

    def test_a_document_whose_file_is_gone_is_left_out(self, store, encoder, parts):
        cats = parts["cats"][0].document.id
        store.set_gone({cats: "gone"})
        vector = encoder.encode(["a cat sleeps"])[0]
        assert cats not in {passage.document for passage, _ in store.search_dense(vector, 9)}
        assert [p.file for p, _ in store.search_lexical("cat", 9)] == ["dogs.pdf"]

    def test_a_removed_document_is_not_found(self, store, other, encoder, parts):
        reader, cats = other(), parts["cats"][0].document.id
        assert store.remove(cats)
        assert not store.remove(cats)
        vector = encoder.encode(["a cat sleeps"])[0]
        time.sleep(0.6)  # a reader asks twice a second for what changed
        for library in (store, reader):
            assert len(library.documents()) == 2
            assert library.passages(cats) == []
            assert len(library.search_dense(vector, 9)) == 2
            assert [p.file for p, _ in library.search_lexical("cat", 9)] == ["dogs.pdf"]
        assert store.verify() == []

    def test_courses_and_corrections_are_shared(self, store, other, parts):
        parsed, passages, vectors = parts["cats"]
        store.add_to_course("Zoo", parsed.document.id)
        correction = {1: Correction(parsed.pages[0], "Cats are corrected.", False)}
        store.add(parsed, passages, vectors, correction)
        reader = other()
        time.sleep(0.6)
        assert [course.documents for course in reader.courses()] == [(parsed.document.id,)]
        assert reader.corrections(parsed.document.id)[1].text == "Cats are corrected."
        assert reader.passages(parsed.document.id)[0].course == "Zoo"

    def test_a_fault_leaves_everything_as_it_was(self, store, parts):
        before = store.full_hash()
        parsed, passages, vectors = parts["light"]
        with pytest.raises(Exception, match="UNIQUE"):
            store.add(parsed, [passages[0]] * 2, np.concatenate([vectors, vectors]))
        assert store.full_hash() == before
        assert store.verify() == []

    def test_an_emptied_library_takes_another_configuration(self, store, parts):
        other = type(CONFIG)("word-encoder@2", 2, CONFIG.chunker)
        with pytest.raises(LibraryMismatch, match="word-encoder@1"):
            store.check_or_set_config(other)
        for parsed, *_ in parts.values():
            store.remove(parsed.document.id)
        store.check_or_set_config(other)
        parsed, passages, _ = parts["light"]
        store.add(parsed, passages, np.array([[0.6, 0.8]], dtype=np.float32))
        hits = store.search_dense(np.array([1, 0], dtype=np.float32), 3)
        assert [cosine for _, cosine in hits] == pytest.approx([0.6], abs=1e-3)

    def test_all_contents_are_replaced_in_one_step(self, store, parts, tmp_path):
        draft = Library(tmp_path / "draft", create=True)
        draft.check_or_set_config(CONFIG)
        draft.add(*parts["light"])
        expected = draft.full_hash()
        store.replace_with(draft)
        assert store.full_hash() == expected
        assert [p.file for p, _ in store.search_lexical("light cat", 9)] == ["light.pdf"]
        assert store.verify() == []

    def test_a_copy_there_and_back_is_the_same_and_goes_on(self, store, folder, parts, tmp_path):
        store.add_to_course("Zoo", parts["cats"][0].document.id)
        first = Library(tmp_path / "first", create=True)

        def stop(done: int, total: int) -> None:
            if done == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copy_library(store, first, stop)
        assert len(first.documents()) == 2
        assert copy_library(store, first) == CopyReport(1, 2, 4)
        assert differences(store, first) == []
        assert first.full_hash() == store.full_hash()
        for parsed, *_ in parts.values():
            store.remove(parsed.document.id)
        assert copy_library(first, store) == CopyReport(3, 0, 4)
        assert differences(first, store) == []
        assert store.courses() == first.courses() != []

    def test_a_copy_that_differs_is_told(self, store, tmp_path, parts):
        copy = Library(tmp_path / "copy", create=True)
        copy_library(store, copy)
        edit_database(copy, "UPDATE passages SET vector = zeroblob(128) WHERE text LIKE '%barks%'")
        assert any("the vectors differ" in fault for fault in differences(store, copy))
        edit_database(copy, "UPDATE pages SET heading = 'Wolves' WHERE text LIKE '%barks%'")
        assert any("the pages differ" in fault for fault in differences(store, copy))
        with pytest.raises(LibraryUnusable, match="to itself"):
            copy_library(store, store)
        store.remove(parts["cats"][0].document.id)
        with pytest.raises(LibraryUnusable, match="has 1 documents that"):
            copy_library(store, copy)


class TestEmbedded(StoreContract):
    @pytest.fixture
    def folder(self, tmp_path) -> Path:
        return tmp_path / "library"


class MilvusContract(StoreContract):
    """What a library in Milvus promises besides."""

    @pytest.fixture
    def other(self, folder, tmp_path, monkeypatch) -> Callable[[], Library]:
        """Open the library on a machine that has no copy of it."""
        address = address_of(folder)

        def opened() -> Library:
            monkeypatch.setattr(platformdirs, "user_data_dir", lambda name: str(tmp_path / "there"))
            return Library(library_path(str(address)))

        return opened

    def test_a_killed_writer_leaves_what_the_next_one_mends(self, store, parts, monkeypatch):
        before = store.full_hash()
        cats = parts["cats"][0].document.id
        target = store.database.collections
        upsert = target.upsert

        def killed(collection, rows):
            rows = list(rows)
            if collection == target.rows and rows[0]["key"].startswith("head/"):
                raise KeyboardInterrupt
            upsert(collection, rows)

        parsed, passages, vectors = parts["cats"]
        monkeypatch.setattr(target, "upsert", killed)
        with pytest.raises(KeyboardInterrupt):
            store.add(parsed, passages[:1], vectors[::-1][:1])
        monkeypatch.setattr(target, "upsert", upsert)
        assert store.full_hash() == before
        assert store.verify() != []  # Milvus has a vector that belongs to no document
        store.add_course("Zoo")  # any writer
        assert store.verify() == []
        assert len(store.passages(cats)) == 2


@pytest.mark.slow
class TestMilvusLite(MilvusContract):
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch) -> Path:
        pytest.importorskip("milvus_lite")
        monkeypatch.setattr(platformdirs, "user_data_dir", lambda name: str(tmp_path / "here"))
        return library_path(f"milvus+file:{tmp_path / 'lectures.db'}")


class Server:
    """A server of Milvus on this machine that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> None:
        self.process = subprocess.Popen(
            [SERVER_PYTHON, "-c", _START, str(self.folder), str(self.port)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.pid = int(self.process.stdout.readline())
        deadline = time.monotonic() + 120
        while True:  # after a kill it reads its log first
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.2)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if not SERVER_PYTHON:
        pytest.skip("KATHEDER_TEST_MILVUS_PYTHON names no Python that has milvus==2.3.5")
    pytest.importorskip("pymilvus")
    # Beside the environment, so that the program is unpacked once, which takes minutes.
    server = Server(Path(SERVER_PYTHON).parents[1] / "server")
    server.start()
    yield server
    server.kill()


@pytest.mark.slow
@pytest.mark.timeout(1800)  # the first test unpacks the server
class TestMilvusServer(MilvusContract):
    @pytest.fixture
    def folder(self, tmp_path, server, monkeypatch) -> Path:
        monkeypatch.setattr(platformdirs, "user_data_dir", lambda name: str(tmp_path / "here"))
        return library_path(f"milvus+http://127.0.0.1:{server.port}/t{time.time_ns()}")

    def test_a_server_that_is_killed_loses_nothing(self, folder, server, parts, other, monkeypatch):
        store = Library(folder, create=True)
        store.check_or_set_config(CONFIG)
        store.add(*parts["cats"])
        target = store.database.collections
        upsert = target.upsert

        def killed(collection, rows):
            rows = list(rows)
            if collection == target.rows and rows[0]["key"].startswith("head/"):
                server.kill()
            upsert(collection, rows)

        monkeypatch.setattr(target, "upsert", killed)
        with pytest.raises(LibraryUnusable, match="does not answer"):
            store.add(*parts["dogs"])
        with pytest.raises(LibraryUnusable, match="does not answer"):
            store.search_dense(parts["dogs"][2][0], 3)
        monkeypatch.setattr(target, "upsert", upsert)
        server.start()
        assert [document.file for document in store.documents()] == ["cats.pdf"]
        for name in ("dogs", "light"):
            store.add(*parts[name])
        assert store.verify() == []
        assert other().full_hash() == store.full_hash()
        assert store.search_dense(parts["dogs"][2][0], 1)[0][0] == parts["dogs"][1][0]

    def test_an_ingest_goes_on_after_its_server_was_killed(
        self, folder, server, make_pdf, tmp_path
    ):
        files = [
            make_pdf(f"{n}.pdf", f'#slide("Part {n}")[Words of lecture {n}.]') for n in range(4)
        ]
        store, encoder = Library(folder, create=True), WordEncoder()
        outcomes: list[str] = []

        def read_two_and_kill() -> None:
            for report in ingest(files, store, encoder, passage_tokens=40):
                outcomes.append(report.outcome)
                if len(outcomes) == 2:
                    server.kill()

        with pytest.raises(LibraryUnusable, match="does not answer"):
            read_two_and_kill()
        assert outcomes == ["added", "added"]
        server.start()
        again = [report.outcome for report in ingest(files, store, encoder, passage_tokens=40)]
        assert again == ["unchanged", "unchanged", "added", "added"]
        assert store.verify() == []
        whole = Library(tmp_path / "whole", create=True)
        list(ingest(files, whole, encoder, passage_tokens=40))
        assert store.full_hash() == whole.full_hash()


# ---- without Milvus ----


@pytest.mark.parametrize("slashes", ["//", "/"])
def test_an_address_names_server_and_collection(slashes):
    address = parse_address(f"milvus+http:{slashes}host:19530/Lectures_1")
    assert address == MilvusAddress("http://host:19530", "Lectures_1")
    assert str(address) == "milvus+http://host:19530/Lectures_1"


def test_a_file_of_milvus_lite_is_an_address_wherever_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = parse_address("milvus+file:a/b.db")
    assert address is not None
    assert address.uri == str(tmp_path / "a" / "b.db")
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    "text", ["milvus+http://host", "milvus+http://h/a-b", "milvus+file:x", "milvus+ftp://h/a"]
)
def test_what_is_no_address_is_told(text):
    with pytest.raises(LibraryMissing, match=r"milvus\+http://HOST:PORT/NAME"):
        parse_address(text)


def test_a_folder_belongs_to_one_address(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda name: str(tmp_path))
    assert library_path("some/folder") == Path("some/folder")
    assert address_of(tmp_path) is None
    first, second = (library_path(f"milvus+http://{host}:1/n") for host in ("a", "b"))
    assert first != second
    assert first == library_path(Path("milvus+http://a:1/n"))
    assert str(address_of(first)) == "milvus+http://a:1/n"


def test_terms_are_ascii_and_as_long_as_their_weights_need():
    terms = weighted_terms("law", "gauss Größe", "de").split()
    assert terms == ["de0law", *["de0gauss", "de0x6772c3b6c39f65"] * 2, "0"]
    assert len(terms) == 2 * 3  # twice the passage's, as the counts of its text
    assert safe_term("größe", "de") == safe_term("Größe", "de") != safe_term("größe", "en")


@pytest.mark.slow
def test_a_server_that_is_away_is_told(tmp_path, monkeypatch):
    pytest.importorskip("pymilvus")
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda name: str(tmp_path))
    monkeypatch.setattr("ingest.milvus.connection._PAUSES", (0.1,))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(LibraryUnusable, match=f"does not answer at http://127.0.0.1:{port}"):
        Library(library_path(f"milvus+http://127.0.0.1:{port}/n"))
