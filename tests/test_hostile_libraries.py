"""Damaged libraries: each kind is named, a search says what is wrong, and `rebuild` mends it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import WordEncoder
from hostile.libraries import DAMAGES, run_sql
from raw_pdf import Deck

from ingest.edit import correct_page
from ingest.errors import KathederError
from ingest.pipeline import ingest, rebuild
from ingest.store import DATABASE, Library
from ingest.store.salvage import salvage

ENCODER = WordEncoder()
#: What cannot be mended without the files' paths, or must not be touched.
REFUSED = ("newer format", "foreign database")
LOSES_ALL = "table of documents dropped"


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A folder with two lectures and their library, which was searched once."""
    folder = tmp_path_factory.mktemp("sound")
    second = Deck()
    second.objects[11] = Deck.stream(b"BT /F1 20 Tf 50 300 Td (Gravity pulls masses) Tj ET")
    files = [Deck().write(folder / "animals.pdf"), second.write(folder / "physics.pdf")]
    library = Library(folder / "library", create=True)
    list(ingest(files, library, ENCODER, passage_tokens=40, course="AI"))
    [document] = library.find("animals.pdf")
    correct_page(library, ENCODER, document.id, 2, "Corrected by hand.", passage_tokens=40)
    library.search_dense(ENCODER.encode(["gravity"])[0], 3)
    assert library.verify() == []
    library.close()
    return folder


@pytest.fixture
def damaged(sound, tmp_path, request) -> Path:
    folder = tmp_path / "library"
    shutil.copytree(sound / "library", folder)
    DAMAGES[request.param].apply(folder)
    return folder


@pytest.mark.hostile("damaged libraries, named")
@pytest.mark.parametrize("damaged", DAMAGES, indirect=True)
def test_damage_is_named_and_a_search_ends_in_a_sentence(damaged, request):
    damage = DAMAGES[request.node.callspec.params["damaged"]]
    before = (damaged / DATABASE).read_bytes()
    if damage.is_refused:
        with pytest.raises(KathederError) as refusal:
            Library(damaged).verify()
        faults = [str(refusal.value)]
        assert (damaged / DATABASE).read_bytes() == before
    else:
        faults = Library(damaged).verify()
    assert any(damage.named in fault for fault in faults) if damage.named else faults == []
    assert not [fault for fault in faults if "elete" in fault]
    said = [
        search(lambda: Library(damaged).search_dense(ENCODER.encode(["gravity"])[0], 3)),
        search(lambda: Library(damaged).search_lexical("gravity", 3)),
    ]
    assert all("katheder library rebuild" in text for text in said if text) or damage.is_refused


def search(run: Callable[[], object]) -> str:
    """What a search says that cannot be run; "" for one that can."""
    try:
        run()
    except KathederError as error:
        return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.hostile("damaged libraries, mended")
@pytest.mark.parametrize("damaged", [d for d in DAMAGES if d not in REFUSED], indirect=True)
def test_rebuild_mends_what_can_be_mended(damaged, sound, request):
    name = request.node.callspec.params["damaged"]
    salvaged = salvage(damaged)
    reports = list(rebuild(Library(damaged), ENCODER, passage_tokens=40))
    library = Library(damaged)
    assert library.verify() == []
    if name == LOSES_ALL:
        assert salvaged is not None
        assert len([loss for loss in salvaged.losses if "whose name is lost" in loss]) == 2
        return
    assert [report.outcome for report in reports] == ["added", "added"]
    assert (
        library.search_dense(ENCODER.encode(["gravity pulls masses"])[0], 1)[0][0].file
        == "physics.pdf"
    )
    if salvaged is None or not salvaged.losses:
        [document] = library.find("animals.pdf")
        assert [course.name for course in library.courses()] == ["AI"]
        assert library.corrections(document.id)[2].text == "Corrected by hand."


@pytest.mark.slow
def test_pages_of_a_lecture_without_a_file_are_kept_but_for_the_damaged_one(sound, tmp_path):
    folder = tmp_path / "library"
    shutil.copytree(sound / "library", folder)
    missing = str(tmp_path / "gone" / "physics.pdf")
    run_sql(
        folder,
        f"UPDATE documents SET path = '{missing}' WHERE file = 'physics.pdf'",
        "UPDATE pages SET layout = x'00' WHERE number = 3"
        " AND document = (SELECT id FROM documents WHERE file = 'physics.pdf')",
    )
    salvaged = salvage(folder)
    assert salvaged is not None
    assert salvaged.losses == ("page 3 of physics.pdf, whose file is gone",)
    outcomes = [r.outcome for r in rebuild(Library(folder), ENCODER, passage_tokens=40)]
    assert outcomes == ["added", "kept"]
    library = Library(folder)
    assert library.verify() == []
    [document] = library.find("physics.pdf")
    assert [page.text == "" for page in library.pages(document.id)] == [n == 3 for n in range(1, 7)]


def test_a_foreign_database_is_not_changed(tmp_path):
    file = tmp_path / DATABASE
    db = sqlite3.connect(file)
    db.execute("CREATE TABLE meta (version INTEGER)")
    db.execute("CREATE TABLE documents (name TEXT)")
    db.commit()
    db.close()
    before = file.read_bytes()
    for create in (False, True):
        with pytest.raises(KathederError):
            Library(tmp_path, create=create)
    assert file.read_bytes() == before
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [DATABASE]
