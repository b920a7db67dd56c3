"""A library whose files are moved, renamed, changed and deleted, and ones that share a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import WordEncoder

from ingest.folders import gone_reports
from ingest.pipeline import find_files, ingest, rebuild
from ingest.store import Library
from ingest.store.places import distinguishing_folders
from ui.file_reports import outcome_line

CATS = '#slide("Cats")[A cat sleeps sixteen hours a day.]'
DOGS = '#slide("Dogs")[A dog guards the house at night.]'
BIRDS = '#slide("Birds")[A bird sings in the early morning.]'


class CountingEncoder(WordEncoder):
    """The word encoder, which notes the texts that it encodes."""

    def __init__(self):
        self.texts = []

    def encode(self, texts):
        self.texts += texts
        return super().encode(texts)


class Follower:
    """A library that follows a folder."""

    def __init__(self, folder, library):
        self.folder, self.library, self.encoder = folder, library, CountingEncoder()

    def __call__(self, **options):
        self.encoder.texts.clear()
        keep = options.pop("keep", False)
        files = find_files([self.folder])
        reports = [
            *ingest(files, self.library, self.encoder, passage_tokens=40, **options),
            *gone_reports(self.library, [self.folder], keep=keep),
        ]
        assert self.library.verify() == []
        return {Path(report.path).name: report for report in reports}

    def searched(self, word):
        """The files that the two searches find for a word."""
        lexical = self.library.search_lexical(word, 5)
        dense = self.library.search_dense(self.encoder.encode([word])[0], 1)
        return [p.file for p, _ in lexical], [p.file for p, _ in dense]


@pytest.fixture
def follow(tmp_path):
    (tmp_path / "lectures").mkdir()
    return Follower(tmp_path / "lectures", Library(tmp_path / "library", create=True))


# ---- moved and renamed ----


def test_a_renamed_file_keeps_its_passages(follow, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    follow()
    (before,) = follow.library.passages(follow.library.documents()[0].id)
    cats.rename(follow.folder / "felines.pdf")
    report = follow()["felines.pdf"]
    assert (report.outcome, report.pages, report.passages) == ("moved", 1, 1)
    assert report.other.endswith("cats.pdf")
    assert follow.encoder.texts == []
    (document,) = follow.library.documents()
    assert (document.file, document.path) == (
        "felines.pdf",
        str((follow.folder / "felines.pdf").resolve()),
    )
    (after,) = follow.library.passages(document.id)
    assert (after.id, after.text, after.file) == (before.id, before.text, "felines.pdf")
    assert follow()["felines.pdf"].outcome == "unchanged"


def test_a_file_moved_over_another_replaces_it(follow, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    make_pdf("dogs.pdf", DOGS)
    follow()
    cats.replace(follow.folder / "dogs.pdf")
    assert follow()["dogs.pdf"].outcome == "moved"
    assert [d.file for d in follow.library.documents()] == ["dogs.pdf"]
    assert follow.searched("dog")[0] == []


def test_a_second_run_says_how_many_passages_there_are(follow, make_pdf):
    make_pdf("animals.pdf", CATS + DOGS)
    follow()
    report = follow()["animals.pdf"]
    assert (report.outcome, report.pages, report.passages) == ("unchanged", 2, 2)


# ---- changed ----


def test_only_the_changed_page_is_encoded_again(follow, make_pdf):
    make_pdf("animals.pdf", CATS + DOGS + BIRDS)
    follow()
    fresh = follow.library.stored_vectors(follow.library.documents()[0].id)
    make_pdf("animals.pdf", CATS + DOGS.replace("guards", "watches") + BIRDS)
    report = follow()["animals.pdf"]
    assert (report.outcome, report.passages, report.reused) == ("replaced", 3, 2)
    assert len(follow.encoder.texts) == 1
    assert "watches" in follow.encoder.texts[0]
    make_pdf("animals.pdf", CATS + DOGS + BIRDS)
    follow()
    again = follow.library.stored_vectors(follow.library.documents()[0].id)
    assert again.tobytes() == fresh.tobytes()  # vectors go through unchanged


# ---- deleted ----


def test_a_deleted_file_is_reported_and_not_found_any_more(follow, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    make_pdf("dogs.pdf", DOGS)
    follow()
    before = follow.library.content_hash()
    bytes_of_cats = cats.read_bytes()
    cats.unlink()
    report = follow()["cats.pdf"]
    assert report.outcome == "gone"
    assert outcome_line(report) == "cats.pdf: its file is gone; it is not cited any more"
    assert follow.library.content_hash() != before
    assert follow.searched("cat") == ([], ["dogs.pdf"])
    assert {d.file: d.gone for d in follow.library.documents()} == {
        "cats.pdf": True,
        "dogs.pdf": False,
    }
    assert follow()["cats.pdf"].outcome == "gone"  # said until it is removed or kept
    cats.write_bytes(bytes_of_cats)
    assert follow()["cats.pdf"].outcome == "unchanged"
    assert follow.searched("cat") == (["cats.pdf"], ["cats.pdf"])
    assert follow.library.content_hash() == before


def test_a_deleted_file_can_be_kept(follow, make_pdf):
    cats = make_pdf("cats.pdf", CATS)
    make_pdf("dogs.pdf", DOGS)
    follow()
    cats.unlink()
    assert follow(keep=True)["cats.pdf"].outcome == "kept"
    assert follow.searched("cat") == (["cats.pdf"], ["cats.pdf"])
    assert "cats.pdf" not in follow()  # it is kept from now on, and not mentioned again
    assert follow.searched("cat") == (["cats.pdf"], ["cats.pdf"])


def test_a_removed_document_leaves_no_mark(follow, make_pdf):
    make_pdf("dogs.pdf", DOGS)
    follow()
    before = follow.library.content_hash()
    cats = make_pdf("cats.pdf", CATS)
    follow()
    cats.unlink()
    follow()
    assert follow.library.remove(follow.library.find("cats.pdf")[0].id)
    assert follow.library.gone() == {}
    assert follow.library.content_hash() == before


def test_a_folder_that_is_gone_says_nothing_of_its_files(follow, make_pdf, tmp_path):
    make_pdf("cats.pdf", CATS)
    follow()
    follow.folder.rename(tmp_path / "unplugged")
    assert list(gone_reports(follow.library, [follow.folder])) == []
    assert follow.searched("cat")[0] == ["cats.pdf"]


@pytest.mark.parametrize("tokens", [40, 20])
def test_rebuilding_keeps_what_has_no_file(follow, make_pdf, tokens):
    cats = make_pdf("cats.pdf", CATS)
    make_pdf("dogs.pdf", DOGS)
    follow()
    texts = {p.text for d in follow.library.documents() for p in follow.library.passages(d.id)}
    cats.unlink()
    follow(keep=True)
    reports = list(rebuild(follow.library, follow.encoder, passage_tokens=tokens))
    assert [(Path(r.path).name, r.outcome) for r in reports] == [
        ("dogs.pdf", "added"),
        ("cats.pdf", "kept"),
    ]
    assert follow.library.verify() == []
    after = {p.text for d in follow.library.documents() for p in follow.library.passages(d.id)}
    assert after == texts
    assert follow.searched("cat") == (["cats.pdf"], ["cats.pdf"])


# ---- equal names ----


@pytest.mark.parametrize(
    ("paths", "folders"),
    [
        (["/a/year-2025/x.pdf", "/a/year-2026/x.pdf"], ["year-2025", "year-2026"]),
        (["/a/s/x.pdf", "/b/s/x.pdf", "/b/t/x.pdf"], ["a/s", "b/s", "t"]),
        (["/x.pdf"], ["/"]),
    ],
)
def test_the_fewest_folders_that_tell_paths_apart(paths, folders):
    assert distinguishing_folders(paths) == folders


def test_equal_names_are_told_apart_in_citations(follow, make_pdf):
    for year, text in {"year-2025": CATS, "year-2026": DOGS}.items():
        file = make_pdf("admin.pdf", text)
        (follow.folder / year).mkdir()
        file.rename(follow.folder / year / "admin.pdf")
    follow()
    ((passage, _),) = follow.library.search_lexical("dog", 5)
    assert (passage.file, passage.citation) == ("admin.pdf", "year-2026/admin.pdf, p. 1")
    assert [d.name for d in follow.library.find("year-2025/admin.pdf")] == ["year-2025/admin.pdf"]
    follow.library.remove(follow.library.find("year-2025/admin.pdf")[0].id)
    ((passage, _),) = follow.library.search_lexical("dog", 5)
    assert passage.citation == "admin.pdf, p. 1"
