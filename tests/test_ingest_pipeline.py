from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdf
import pytest
from conftest import SHARED, WordEncoder
from PIL import Image
from raw_pdf import Deck

from ingest.errors import LibraryMismatch
from ingest.pipeline import FileReport, find_files, index_config, ingest, rebuild
from ingest.reports import Omission
from ingest.store import Library
from ingest.types import Course

ROOT = Path(__file__).parents[1]
CATS = '#slide("Cats")[A cat sleeps sixteen hours a day.]'
DOGS = '#slide("Dogs")[A dog guards the house at night.]'
BIRDS = '#slide("Birds")[A bird sings in the early morning.]'


class Run:
    """Ingest a folder into one library, again and again."""

    def __init__(self, folder: Path, library: Library, encoder: WordEncoder) -> None:
        self.folder, self.library, self.encoder = folder, library, encoder

    def __call__(self, *files: Path, **options) -> dict[str, FileReport]:
        reports = ingest(
            list(files) or find_files([self.folder]), self.library, self.encoder,
            **{"passage_tokens": 40, **options},
        )  # fmt: skip
        return {Path(report.path).name: report for report in reports}

    def outcomes(self, *files: Path, **options) -> dict[str, str]:
        return {name: report.outcome for name, report in self(*files, **options).items()}

    @property
    def held(self) -> dict[str, str]:
        """File name and the heading of the first passage of what the library holds."""
        assert self.library.verify() == []
        return {
            document.file: self.library.passages(document.id)[0].headings[-1]
            for document in self.library.documents()
        }


@pytest.fixture
def run(tmp_path, encoder) -> Run:
    (tmp_path / "lectures").mkdir()
    return Run(tmp_path / "lectures", Library(tmp_path / "library", create=True), encoder)


# ---- which files ----


def test_find_files_takes_named_paths_and_searches_folders(tmp_path):
    for name in ("b.pdf", "a.PDF", "deep/c.pdf", ".hidden.pdf", ".git/d.pdf", "notes.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    files = find_files(
        [tmp_path, tmp_path / "b.pdf", tmp_path / "notes.csv", tmp_path / "gone.pdf"]
    )
    names = [str(path.relative_to(tmp_path)) for path in files]
    assert names == ["a.PDF", "b.pdf", "deep/c.pdf", "notes.csv", "gone.pdf"]


# ---- added, unchanged, replaced, duplicate, removed, moved ----


def test_a_second_run_changes_nothing(run, make_pdf):
    make_pdf("cats.pdf", CATS)
    make_pdf("dogs.pdf", DOGS)
    first = run()
    assert {name: (r.outcome, r.pages, r.passages) for name, r in first.items()} == {
        "cats.pdf": ("added", 1, 1),
        "dogs.pdf": ("added", 1, 1),
    }
    hashes = run.library.content_hash(), run.library.full_hash()
    assert run.outcomes() == {"cats.pdf": "unchanged", "dogs.pdf": "unchanged"}
    assert (run.library.content_hash(), run.library.full_hash()) == hashes


def test_a_changed_file_is_replaced(run, make_pdf):
    make_pdf("animal.pdf", CATS)
    run()
    make_pdf("animal.pdf", DOGS)
    assert run.outcomes() == {"animal.pdf": "replaced"}
    assert run.held == {"animal.pdf": "Dogs"}
    assert run.library.search_lexical("cat", 5) == []


def test_same_content_twice_is_kept_once(run, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    (run.folder / "copy.pdf").write_bytes(cats.read_bytes())
    reports = run()
    assert [report.outcome for report in reports.values()] == ["added", "duplicate"]
    assert reports["copy.pdf"].other.endswith("cats.pdf")
    assert run.held == {"cats.pdf": "Cats"}


def test_a_moved_file_is_the_same_document_at_another_path(run, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    run()
    content_hash = run.library.content_hash()
    (run.folder / "summer").mkdir()
    cats.rename(run.folder / "summer" / "cats.pdf")
    assert run.outcomes() == {"cats.pdf": "moved"}
    (document,) = run.library.documents()
    assert document.path == str((run.folder / "summer" / "cats.pdf").resolve())
    assert run.library.content_hash() == content_hash
    assert run.outcomes() == {"cats.pdf": "unchanged"}


def test_a_removed_document_can_be_ingested_again(run, make_pdf):
    make_pdf("cats.pdf", CATS)
    make_pdf("dogs.pdf", DOGS)
    run()
    digest = run.library.full_hash()
    assert run.library.remove(run.library.find("cats.pdf")[0].id)
    assert run.held == {"dogs.pdf": "Dogs"}
    assert run.outcomes() == {"cats.pdf": "added", "dogs.pdf": "unchanged"}
    assert run.library.full_hash() == digest


def test_two_files_that_swap_their_contents(run, make_pdf):
    cats, dogs = make_pdf("a.pdf", CATS), make_pdf("b.pdf", DOGS)
    run()
    old = cats.read_bytes()
    cats.write_bytes(dogs.read_bytes())
    dogs.write_bytes(old)
    run()
    assert run.held == {"a.pdf": "Dogs", "b.pdf": "Cats"}


def test_content_that_left_one_path_in_a_run_can_enter_at_another(run, make_pdf):
    first = make_pdf("a.pdf", CATS)
    run()
    (run.folder / "b.pdf").write_bytes(first.read_bytes())
    make_pdf("a.pdf", DOGS)
    assert run.outcomes() == {"a.pdf": "replaced", "b.pdf": "added"}
    assert run.held == {"a.pdf": "Dogs", "b.pdf": "Cats"}


def test_a_file_that_became_a_copy_of_another_leaves_its_old_content(run, make_pdf):
    make_pdf("a.pdf", CATS)
    dogs = make_pdf("b.pdf", DOGS)
    run()
    (run.folder / "a.pdf").write_bytes(dogs.read_bytes())
    assert run.outcomes() == {"a.pdf": "duplicate", "b.pdf": "unchanged"}
    assert run.held == {"b.pdf": "Dogs"}


# ---- faults ----


def test_each_unreadable_file_is_one_line_and_the_rest_goes_on(run, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    make_pdf("zebra.pdf", DOGS)
    writer = pypdf.PdfWriter(cats)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(run.folder / "encrypted.pdf")
    (run.folder / "truncated.pdf").write_bytes(cats.read_bytes()[:400])
    (run.folder / "empty.pdf").touch()
    Image.new("RGB", (60, 40)).save(run.folder / "picture.pdf")
    (run.folder / "text.pdf").write_text("plain text")
    make_pdf(
        "numbers.pdf", "#set page(header: none, footer: none)\n" + "\n#pagebreak()\n".join("12345")
    )
    reports = run(*find_files([run.folder]), run.folder / "gone.pdf", run.folder / "slides.pptx")
    failed = {name: r.message for name, r in reports.items() if r.outcome == "failed"}
    assert set(failed) == {
        "encrypted.pdf", "truncated.pdf", "empty.pdf", "picture.pdf", "text.pdf", "numbers.pdf",
        "gone.pdf", "slides.pptx",
    }  # fmt: skip
    for name, message in failed.items():
        assert message.startswith(f"{name}: ")
        assert "\n" not in message
        assert len(message) < 200
    assert run.held == {"cats.pdf": "Cats", "zebra.pdf": "Dogs"}


def test_a_file_that_became_unreadable_keeps_its_old_content(run, make_pdf):
    path = make_pdf("cats.pdf", CATS)
    run()
    path.write_bytes(b"")
    assert run.outcomes() == {"cats.pdf": "failed"}
    assert run.held == {"cats.pdf": "Cats"}


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that cannot be read")
def test_a_file_that_the_system_refuses_to_read_is_reported(run, make_pdf):
    (run.folder / "a.pdf").symlink_to("/proc/self/mem")  # reading its start is an input error
    make_pdf("cats.pdf", CATS)
    reports = run()
    assert reports["a.pdf"].outcome == "failed"
    assert "cannot be read" in reports["a.pdf"].message
    assert run.held == {"cats.pdf": "Cats"}


# ---- interruption ----


# `passage_terms` is virtual and has no triggers; SQLite keeps its rows in `passage_terms_content`.
@pytest.mark.parametrize("table", ["pages", "passages", "passage_terms_content", "meta"])
def test_a_fault_inside_a_documents_transaction_leaves_nothing_of_it(run, make_pdf, table):
    """The database refuses a row of the second document, in the middle of its writes."""
    make_pdf("cats.pdf", CATS)
    run()
    before = run.library.full_hash(), run.library.content_hash()
    make_pdf("dogs.pdf", DOGS)
    connection = run.library.database.connection()
    connection.execute(
        f"CREATE TEMP TRIGGER refuse AFTER INSERT ON main.{table}"
        " WHEN (SELECT count(*) FROM documents) = 2"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )
    with pytest.raises(sqlite3.IntegrityError):
        run()
    connection.execute("DROP TRIGGER refuse")
    fresh = Library(run.library.folder)
    assert (fresh.full_hash(), fresh.content_hash()) == before
    assert fresh.verify() == []
    assert fresh.search_lexical("dog", 5) == []
    assert run.outcomes() == {"cats.pdf": "unchanged", "dogs.pdf": "added"}
    assert run.held == {"cats.pdf": "Cats", "dogs.pdf": "Dogs"}


def test_a_run_stopped_between_documents_is_finished_by_the_next(run, make_pdf, tmp_path):
    for name, source in {"a": CATS, "b": DOGS, "c": BIRDS}.items():
        make_pdf(f"{name}.pdf", source)
    reports = ingest(find_files([run.folder]), run.library, run.encoder, passage_tokens=40)
    next(reports)
    reports.close()
    assert run.held == {"a.pdf": "Cats"}
    assert list(run.outcomes().values()) == ["unchanged", "added", "added"]
    whole = Run(run.folder, Library(tmp_path / "whole", create=True), run.encoder)
    whole()
    assert whole.library.full_hash() == run.library.full_hash()
    assert whole.library.content_hash() == run.library.content_hash()


@pytest.mark.slow
def test_a_killed_process_loses_nothing(run, make_pdf):
    for number in range(12):
        make_pdf(f"{number}.pdf", f'#slide("Topic {number}")[#lorem(80)]\n' * 6)
    command = [sys.executable, "-m", "benchmarks.interrupt", str(run.folder)]
    done = subprocess.run(
        [*command, "--times", "3", "--words"], cwd=ROOT, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 equal" in done.stdout


# ---- courses ----


def test_the_same_content_under_a_second_course_joins_that_course_too(run, make_pdf):
    file = make_pdf("cats.pdf", CATS)
    copy = run.folder / "copy.pdf"
    copy.write_bytes(file.read_bytes())
    assert run.outcomes(file, course="AI") == {"cats.pdf": "added"}
    report = run(copy, course="Biology")["copy.pdf"]
    assert report.outcome == "duplicate"
    assert (report.other, report.course) == (str(file), "Biology")
    (cats,) = run.library.documents()
    assert run.library.courses() == [Course("AI", (cats.id,)), Course("Biology", (cats.id,))]
    assert run(file, course="ai")["cats.pdf"].course == ""  # in AI already
    assert run(file, course="Zoo")["cats.pdf"].course == "Zoo"
    make_pdf("cats.pdf", DOGS)  # a new version stays in all of them
    assert run.outcomes(file) == {"cats.pdf": "replaced"}
    (dogs,) = run.library.documents()
    assert [course.documents for course in run.library.courses()] == [(dogs.id,)] * 3


def test_a_folder_names_the_course_of_lectures_that_are_in_none(run, make_pdf):
    file = make_pdf("cats.pdf", CATS)
    assert run.outcomes(file) == {"cats.pdf": "added"}
    folder_courses = {file: "lectures"}
    run(file, folder_courses=folder_courses)
    (cats,) = run.library.documents()
    assert run.library.courses() == [Course("lectures", (cats.id,))]
    run.library.rename_course("lectures", "Animals")
    run(file, folder_courses=folder_courses)
    assert run.library.courses() == [Course("Animals", (cats.id,))]


# ---- configurations ----


@pytest.mark.parametrize(
    "change",
    [{"passage_tokens": 30}, {"overlap_tokens": 8}, {"identity": "other@2"}, {"dimension": 65}],
)
def test_another_encoder_or_chunker_is_refused_before_anything_is_read(run, make_pdf, change):
    make_pdf("cats.pdf", CATS)
    run()
    digest = run.library.full_hash()
    make_pdf("dogs.pdf", DOGS)
    for name in ("identity", "dimension"):
        if name in change:
            setattr(run.encoder, name, change.pop(name))
    with pytest.raises(LibraryMismatch, match="katheder library rebuild"):
        run(**change)
    assert run.library.full_hash() == digest


def test_rebuilding_changes_the_configuration(run, make_pdf, encoder, tmp_path):
    for name, source in {"a": CATS * 3, "b": DOGS}.items():
        make_pdf(f"{name}.pdf", source)
    run(run.folder / "a.pdf", course="summer")
    run(run.folder / "b.pdf")
    run.library.search_dense(encoder.encode(["cat"])[0], 1)
    reports = list(rebuild(run.library, encoder, passage_tokens=20))
    assert {report.outcome for report in reports} == {"added"}
    assert run.library.config() == index_config(encoder, 20, 0)
    (animals, _) = run.library.documents()
    assert run.library.courses() == [Course("summer", (animals.id,))]
    assert not (run.library.folder / "rebuilding").exists()
    assert run.library.verify() == []
    hits = run.library.search_dense(encoder.encode(["guards the house"])[0], 1)
    assert hits[0][0].file == "b.pdf"
    fresh = Run(run.folder, Library(tmp_path / "fresh", create=True), encoder)
    fresh(run.folder / "a.pdf", course="summer", passage_tokens=20)
    fresh(run.folder / "b.pdf", passage_tokens=20)
    assert fresh.library.full_hash() == run.library.full_hash()
    assert fresh.library.content_hash() == run.library.content_hash()


def test_rebuilding_without_a_readable_file_keeps_the_old_library(run, make_pdf, encoder):
    make_pdf("a.pdf", CATS)
    make_pdf("b.pdf", DOGS).rename(run.folder / "c.pdf")
    run()
    digest = run.library.full_hash()
    (run.folder / "c.pdf").write_bytes(b"")
    outcomes = [report.outcome for report in rebuild(run.library, encoder, passage_tokens=20)]
    assert outcomes == ["added", "failed"]
    assert run.library.full_hash() == digest
    assert not (run.library.folder / "rebuilding").exists()


def test_a_rebuild_that_was_stopped_can_be_started_again(run, make_pdf, encoder):
    make_pdf("a.pdf", CATS)
    make_pdf("b.pdf", DOGS)
    run()
    digest = run.library.full_hash()
    reports = rebuild(run.library, encoder, passage_tokens=20)
    next(reports)
    reports.close()
    assert run.library.full_hash() == digest
    assert [r.outcome for r in rebuild(run.library, encoder, passage_tokens=20)] == [
        "added",
        "added",
    ]
    assert run.library.config() == index_config(encoder, 20, 0)


# ---- real lectures ----


@pytest.mark.slow
@pytest.mark.parametrize("where", ["corpus", "shared"])
def test_real_lectures_are_ingested_without_a_fault(tmp_path, encoder, where):
    folder = SHARED / "pdfs" if where == "shared" else ROOT / "corpus"
    if not folder.is_dir():
        pytest.skip(f"no folder {folder}")
    files = find_files([folder])
    encoder.window = 256
    library = Library(tmp_path / "library", create=True)
    reports = list(ingest(files, library, encoder))
    assert [report.message for report in reports if report.outcome != "added"] == []
    assert library.verify() == []
    assert np.isfinite(library.vectors()).all()
    for document in library.documents():
        (page, *_) = library.pages(document.id)
        assert document.pages == len(pypdf.PdfReader(document.path).pages)
        assert document.language in ("de", "en")
        assert page.number == 1


def test_damaged_pages_are_named_in_the_report(run):
    deck = Deck()
    for number in (12, 14, 18):  # slides 2, 3 and 5
        del deck.objects[number]
    deck.write(run.folder / "deck.pdf")
    report = run()["deck.pdf"]
    assert (report.outcome, report.pages, report.unread_pages) == ("added", 6, (2, 3, 5))
    assert report.omissions == (Omission("damaged pages", 3, "2-3, 5"),)
