"""ui.reading.notes: notes are kept by reader, searched, changed and exported."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import markdown_it
import pytest

from ui.reading.notes import Note, Notes, TooManyNotes, UnreadableNotes, as_anki, as_markdown

PINNED = Note("What is *it*?", "A cat: 16 h\n$5 & <b>", "AI, lecture 3, p. 12", "d" * 64, 12, "AI")
OWN = Note("Überanpassung heißt $x^2$")


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / "notes.sqlite")


def words(notes: list[Note]) -> list[str]:
    return [note.text or note.quote for note in notes]


def test_notes_outlive_the_program_and_belong_to_their_reader(notes, tmp_path):
    notes.add("anna", OWN)
    id = notes.add("anna", PINNED)
    notes.add("ben", Note("ben's"))
    again = Notes(tmp_path / "notes.sqlite")
    [pinned, own] = again.search("anna")  # those of a course first
    assert (pinned.id, pinned.quote, pinned.page, pinned.course) == (id, PINNED.quote, 12, "AI")
    assert own.text == OWN.text
    assert words(again.search("ben")) == ["ben's"]


def test_a_reader_keeps_so_many_notes_and_others_theirs(notes, monkeypatch):
    monkeypatch.setattr("ui.reading.notes.MOST", 2)
    for _ in range(2):
        notes.add("anna", OWN)
    with pytest.raises(TooManyNotes, match="2 notes already, and the limit is 2"):
        notes.add("anna", OWN)
    notes.remove("anna", notes.search("anna")[0].id)
    notes.add("anna", OWN)
    notes.add("ben", OWN)


def test_all_words_are_searched_whatever_their_accents(notes):
    notes.add("", OWN)
    notes.add("", PINNED)
    assert words(notes.search("", "uberanpassung")) == [OWN.text]
    assert words(notes.search("", "cat lecture")) == [PINNED.text]  # in quotation and citation
    assert notes.search("", "cat überanpassung") == []


def test_a_note_is_changed_and_removed_by_its_reader_alone(notes):
    id = notes.add("anna", PINNED)
    for reader in ("ben", "anna"):
        notes.change(reader, id, text=reader, quote="q", course="")
        [note] = notes.search("anna")
        assert note.text == (PINNED.text if reader == "ben" else "anna")
    notes.remove("ben", id)
    assert len(notes.search("anna")) == 1
    notes.remove("anna", id)
    assert notes.search("anna") == []


def test_a_newer_file_is_named(tmp_path):
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    with pytest.raises(UnreadableNotes, match="format 7, and this version of Katheder reads"):
        Notes(newer)


def test_markdown_keeps_own_words_and_shows_quotations_as_they_are():
    text = as_markdown([PINNED, OWN], "Without a course")
    assert "## AI\n\nWhat is *it*?\n\n> " in text
    assert "## Without a course\n\nÜberanpassung heißt $x^2$\n" in text
    tokens = markdown_it.MarkdownIt().parse(text)
    inline = [one for one in tokens if one.type == "inline"]
    quote = next(one for one in inline if "cat" in one.content)
    shown = "".join("\n" if c.type.endswith("break") else c.content for c in quote.children)
    assert shown == "A cat: 16 h\n$5 & <b>\n(AI, lecture 3, p. 12)"


def test_anki_asks_the_own_words_and_answers_with_the_quotation(tmp_path):
    bare = Note(quote="An owl hunts.", citation="birds.pdf, p. 2", id=2)
    data = as_anki([PINNED, OWN, bare], "Notes", "What does {place} say?")
    package = tmp_path / "notes.apkg"
    package.write_bytes(data)
    with zipfile.ZipFile(package) as archive:
        archive.extract("collection.anki2", tmp_path)
    with sqlite3.connect(tmp_path / "collection.anki2") as db:
        rows = [row.split("\x1f") for (row,) in db.execute("SELECT flds FROM notes ORDER BY id")]
        tags = [tag.strip() for (tag,) in db.execute("SELECT tags FROM notes ORDER BY id")]
    db.close()
    assert sorted(rows) == sorted(
        [
            ["What is *it*?", "A cat: 16 h<br>$5 &amp; &lt;b&gt;", "AI, lecture 3, p. 12"],
            ["What does birds.pdf, p. 2 say?", "An owl hunts.", "birds.pdf, p. 2"],
        ]
    )
    assert sorted(tags) == ["AI", "Notes"]
