"""What became of a file, in the words of both languages."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from ingest.reports import FileReport
from ui.file_reports import omission_line, outcome_line
from ui.german import GERMAN


def german(english: str, **values: object) -> str:
    return GERMAN[english].format(**values)


@pytest.mark.parametrize(
    ("values", "english", "translation"),
    [
        ({}, "", ""),
        (
            {"pages": 9, "unread_pages": (2, 3, 5)},
            "deck.pdf: pages 2-3, 5 cannot be read; the others are in the library",
            "deck.pdf: die Seiten 2-3, 5 sind nicht lesbar; die anderen sind in der Bibliothek",
        ),
        (
            {"pages": 9, "picture_pages": (7,), "hidden": 20},
            "deck.pdf: the pictures of page 7 are not read yet; 20 hidden characters were left out",
            "deck.pdf: die Bilder auf Seite 7 sind noch nicht gelesen; 20 verborgene Zeichen wurden "
            "weggelassen",
        ),
        (
            {"pages": 1, "attached": tuple(f"{n}.pdf" for n in range(6))},
            "deck.pdf: its cover page only; 6 files are attached (0.pdf, 1.pdf, 2.pdf, 3.pdf, 4.pdf, "
            "...); extract what you need and ingest them",
            "deck.pdf: nur das Deckblatt; 6 Dateien sind angehängt (0.pdf, 1.pdf, 2.pdf, 3.pdf, "
            "4.pdf, ...); speichere die, die du brauchst, und füge sie hinzu",
        ),
        (
            {"pages": 2, "attached": ("{place}.pdf",)},
            "deck.pdf: 1 file is attached ({place}.pdf); extract what you need and ingest it",
            "deck.pdf: 1 Datei ist angehängt ({place}.pdf); speichere sie und füge sie hinzu, wenn "
            "du sie brauchst",
        ),
    ],
)
def test_what_was_not_read_is_said_in_both_languages(values, english, translation):
    report = FileReport("lectures/deck.pdf", "added", **values)
    assert omission_line(report) == english
    assert omission_line(report, german) == translation


def test_a_duplicate_names_the_document_that_was_kept():
    report = FileReport("new/copy.pdf", "duplicate", other="/lectures/a\x1b[31m.pdf")
    line = outcome_line(report)
    assert line.startswith("copy.pdf: same content as /lectures/a")
    assert "\x1b" not in line
    assert outcome_line(report, german).startswith("copy.pdf: gleicher Inhalt wie /lectures/a")
    assert outcome_line(FileReport("a.pdf", "added")) == ""


@pytest.mark.parametrize("outcome", ["duplicate", "unchanged"])
def test_a_file_that_was_there_names_the_course_that_it_joined(outcome):
    report = FileReport("new/copy.pdf", outcome, other="/lectures/a.pdf", course="KI {2}")
    assert outcome_line(report) == "copy.pdf: already there, now also in KI {2}"
    assert outcome_line(report, german) == "copy.pdf: schon da, jetzt auch in KI {2}"


def test_the_german_app_says_it_in_german():
    def page() -> None:
        import streamlit

        from ingest.reports import FileReport
        from ui.render import show_report

        streamlit.session_state["language"] = "de"
        show_report(FileReport("deck.pdf", "added", 3, unread_pages=(2,)))
        show_report(FileReport("deck.pdf", "moved", 3, other="old.pdf"))

    shown = AppTest.from_function(page, default_timeout=180).run()
    assert not shown.exception
    texts = [element.value.replace("\\", "") for element in shown.markdown]
    assert texts[1:] == [
        ":material/warning: deck.pdf: Seite 2 ist nicht lesbar; die anderen sind in der Bibliothek",
        ":material/info: deck.pdf: war old.pdf",
    ]
