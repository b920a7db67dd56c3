"""A French lecture, from its PDF to the answer: a language is one value, whichever it is."""

from __future__ import annotations

import pytest

from ingest.pipeline import ingest
from ingest.store import Library
from ingest.text.languages import language
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings

LECTURE = r"""
#set text(lang: "fr")
#slide("Le surapprentissage")[Un réseau apprend par cœur les exemples de l'entraînement.
  On ajoute alors une pénalité sur les poids.]
#slide("Les réseaux convolutifs")[Les couches convolutives partagent leurs poids.
  Voir p. ex. Fig. 3 dans le chapitre suivant.]
#slide("La descente de gradient")[Le pas d'apprentissage règle la longueur de chaque pas.]
#slide("Les portes logiques")[La porte OU est ouverte si une entrée est vraie.]
"""
FRENCH = language("fr")


@pytest.fixture
def cours(tmp_path, make_pdf, encoder) -> Library:
    library = Library(tmp_path / "library", create=True)
    [report] = ingest([make_pdf("cours.pdf", LECTURE)], library, encoder)
    assert report.outcome == "added"
    return library


@pytest.fixture
def pipeline(cours, encoder) -> Pipeline:
    return Pipeline(cours, Models(NO_MODELS, encoder=encoder), Settings())


def test_the_document_is_french(cours):
    [document] = cours.documents()
    assert document.language == "fr"
    assert cours.languages() == {"fr"}
    assert cours.verify() == []


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("À quoi sert un réseau convolutif ?", "Les réseaux convolutifs"),  # plurals in the text
        ("que partage une couche convolutive", "Les réseaux convolutifs"),
        ("reseaux convolutifs", "Les réseaux convolutifs"),  # without its accent
        ("Qu'est-ce que la descente de gradients ?", "La descente de gradient"),
        ("Qu'est-ce qu'une porte OU ?", "Les portes logiques"),  # no stop word
    ],
)
def test_a_question_is_searched_by_french_stems(cours, question, title):
    passages = cours.search_lexical(question, 5)
    assert passages[0][0].headings[-1] == title


def test_the_answer_is_french(pipeline):
    answer = pipeline.ask("Que partagent les couches convolutives ?")
    assert answer.language == "fr"
    assert not answer.abstained
    assert "convolutives partagent leurs poids." in answer.text


def test_an_abbreviation_ends_no_sentence(pipeline):
    answer = pipeline.ask("Dans quelle figure du chapitre suivant voir les couches ?")
    assert any("Voir p. ex. Fig. 3 dans le chapitre suivant." in s.quote for s in answer.evidence)


def test_the_abstention_is_french(pipeline):
    never = pipeline.with_settings(Settings().with_changes(answer={"min_confidence": 1.0}))
    answer = never.ask("Qui a inventé la machine à vapeur ?")
    assert answer.abstained
    assert answer.text.startswith("Les cours ne semblent pas répondre à cette question.")
    assert "Les pages les plus proches" in answer.render()


def test_a_question_without_french_words_is_answered_in_the_librarys_language(pipeline):
    assert pipeline.ask("convolution ?").language == "fr"
    assert pipeline.ask("What do convolutional layers share?").language == "en"


def test_the_language_model_is_asked_in_french(pipeline):
    question = "Que partagent les couches convolutives ?"
    system, user = pipeline.writing_task(question, (), pipeline.ask(question).evidence).messages
    assert system["content"] == FRENCH.prompt
    assert user["content"].startswith("Notes:\n[1] ")
