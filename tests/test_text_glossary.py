"""ingest.text.glossary: terms of study in another language."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.pipeline import ingest
from ingest.store import Library
from ingest.text.glossary import translated, translations
from ingest.text.languages import language
from ingest.text.languages.glossary import en_de_exact, en_de_society
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import Settings

CORPUS = Path(__file__).parents[1] / "corpus"
ENGLISH, GERMAN = language("en"), language("de")


@pytest.mark.parametrize(
    ("question", "spoken", "other", "expected"),
    [
        ("What is overfitting?", ENGLISH, GERMAN, ("Überanpassung", "überangepasst")),
        ("what are neural networks", ENGLISH, GERMAN, ("neuronales Netz",)),
        ("the shortest paths", ENGLISH, GERMAN, ("kürzester Weg", "kürzester Pfad")),
        ("Wie hoch ist die Einkommensteuer?", GERMAN, ENGLISH, ("income tax",)),
        ("In welchen Zuständen kann sich ein Faden befinden?", GERMAN, ENGLISH, ()),
        ("What does it mean?", ENGLISH, GERMAN, ()),  # "mean" is a frequent word here
        ("cross entropy", ENGLISH, GERMAN, ("Kreuzentropie",)),
        ("the tile is sliding to a node", ENGLISH, GERMAN, ("Knoten",)),
        ("the expected loss", ENGLISH, GERMAN, ()),  # nothing of an expectation
        ("Wie findet man den kürzesten Weg?", GERMAN, ENGLISH, ("shortest path",)),
        ("Sind Schleifen sicherer?", GERMAN, ENGLISH, ("loop",)),  # nothing of Sicherheit
        ("was kann man nutzen", GERMAN, ENGLISH, ("user", "utility")),  # no capital anywhere
        ("Was kann man nutzen?", GERMAN, ENGLISH, ()),
        ("What is overfitting?", ENGLISH, language("fr"), ()),
        ("What is overfitting?", ENGLISH, ENGLISH, ()),
        ("", ENGLISH, GERMAN, ()),
    ],
)
def test_terms_have_translations(question, spoken, other, expected):
    assert translations(question, spoken, other) == expected


def test_a_question_is_asked_in_the_terms_of_the_text():
    question = "How do precision and recall differ?"
    assert translated(question, ENGLISH, GERMAN) == "How do Präzision and Trefferquote differ?"
    held = "Die Sensitivität und die Precision eines Tests"
    assert translated(question, ENGLISH, GERMAN, held) == (
        "How do precision and Sensitivität differ?"
    )
    assert translated("Why does ice float?", ENGLISH, GERMAN, held) == "Why does ice float?"


def test_every_line_of_the_glossary_is_a_pair_and_no_term_stands_alone_twice():
    text = en_de_exact.TERMS + en_de_society.TERMS
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    pairs = [line.split(" = ") for line in lines]
    assert all(len(pair) == 2 and all(pair) for pair in pairs)
    assert len({tuple(pair) for pair in pairs}) == len(pairs) > 250
    for english, german in pairs:
        for term in english.split(", "):
            assert german.split(", ")[0] in translations(term, ENGLISH, GERMAN), term


@pytest.mark.slow
def test_an_english_question_about_a_german_lecture_is_answered_by_its_page(tmp_path):
    """The lecture says "Überanpassung", and "overfitting" in its list of literature alone."""
    lecture = CORPUS / "grundlagen-maschinelles-lernen.pdf"
    if not lecture.is_file():
        pytest.skip("corpus/grundlagen-maschinelles-lernen.pdf is not built")
    library = Library(tmp_path / "library", create=True)
    [report] = ingest([lecture], library, Models().encoder)
    assert report.outcome == "added"
    answer = Pipeline.load(library.folder, Settings()).ask("What is overfitting?")
    assert not answer.abstained
    assert "Unteranpassung" in answer.sources[0].hit.passage.headings[-1]
