"""`katheder study`: what its commands print and write, and their errors."""

from __future__ import annotations

import io
import json
import sys

import pytest
from test_cli import katheder, tiny_encoder  # noqa: F401  (fixtures)
from test_study_cards import DATA, MORE, notes_of


@pytest.fixture
def library(katheder, make_pdf, tmp_path):  # noqa: F811
    """A library of two lectures in one course, read by the command line."""
    make_pdf("lecture1.pdf", DATA)
    folder = make_pdf("lecture2.pdf", MORE).parent
    code, _, err = katheder("ingest", folder, "--course", "Data", "--library", tmp_path / "library")
    assert code == 0, err
    return tmp_path / "library"


@pytest.mark.slow
def test_cards_are_printed_and_saved_for_anki(katheder, library, tmp_path):  # noqa: F811
    code, out, _ = katheder("study", "cards", "--library", library)
    assert code == 0
    assert "What is meant by “queue”?\n    A queue is a list" in out
    assert "(Data, lecture 1, p. 1)" in out
    file = tmp_path / "deck.apkg"
    code, out, err = katheder("study", "cards", "--library", library, "--output", file)
    assert (code, out) == (0, "")
    assert len(notes_of(file)) == 11
    assert "11 cards written" in err


@pytest.mark.slow
def test_a_scope_limits_the_cards(katheder, library):  # noqa: F811
    def terms(*options: str) -> list[str]:
        code, out, _ = katheder("study", "cards", "--library", library, "--json", *options)
        assert code == 0
        return list(dict.fromkeys(card["term"] for card in json.loads(out)["cards"]))

    first = ["queue", "stack", "VPN", "heap", "graph"]  # an abbreviation follows two others
    assert terms("--course", "Data", "--up-to", "1") == first
    assert terms("--course", "Data") == [*first, "hash table"]
    assert terms("--lecture", "lecture2.pdf") == ["queue", "hash table"]


@pytest.mark.slow
def test_glossary_and_timeline(katheder, library, tmp_path):  # noqa: F811
    file = tmp_path / "glossary.json"
    code, _, _ = katheder("study", "glossary", "--library", library, "--output", file)
    assert code == 0
    entries = json.loads(file.read_text("utf-8"))["glossary"]
    assert [entry["term"] for entry in entries][:2] == ["graph", "hash table"]
    assert entries[0]["pages"] == [2]
    code, out, _ = katheder("study", "glossary", "--library", library)
    assert code == 0
    assert "VPN: Virtual Private Network (" in out
    for entry in entries[:2]:  # a sentence that begins with its term needs it no second time
        assert f"\n{entry['definition']} (" in f"\n{out}"
    code, out, _ = katheder("study", "timeline", "--library", library)
    assert code == 0
    assert out.index("queue") < out.index("heap") < out.index("hash table")


@pytest.mark.slow
def test_a_quiz_lists_its_solutions(katheder, library):  # noqa: F811
    code, out, _ = katheder("study", "quiz", "--library", library, "--count", "3", "--json")
    assert code == 0
    questions = json.loads(out)["questions"]
    assert 1 <= len(questions) <= 3  # the encoder is random, so that terms may seem alike
    for question in questions:
        assert question["choices"][question["right"]] == question["answer"]
        assert question["answer"].casefold() not in question["question"].casefold()


@pytest.mark.slow
def test_an_exam_marks_answers_and_names_pages(katheder, library, monkeypatch):  # noqa: F811
    code, out, _ = katheder("study", "exam", "--library", library, "--json", "--count", "3")
    assert code == 0
    questions = json.loads(out)["questions"]
    answers = [
        chr(97 + one["right"]) if one["kind"] == "choice" else one["answer"] for one in questions
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join([*answers[:2], "", ""])))
    code, out, _ = katheder("study", "exam", "--library", library, "--count", "3")
    assert code == 0
    assert "2 of 3 right" in out
    assert f"read again: {questions[2]['citation']}" in out


def test_lectures_without_definitions_are_said(katheder, make_pdf, tmp_path):  # noqa: F811
    file = make_pdf("plain.pdf", '#slide("Cats")[It sleeps. It hunts mice at night.]')
    folder = tmp_path / "plain"
    katheder("ingest", file, "--library", folder)
    code, _, err = katheder("study", "cards", "--library", folder)
    assert code == 1
    assert "define 0 terms; this needs at least 1" in err
    code, _, err = katheder("study", "quiz", "--library", folder, "--lecture", "nothing.pdf")
    assert code == 1
    assert "'nothing.pdf'" in err
