"""rag.doubt: the reasons of a doubtful answer, each worked by hand."""

from __future__ import annotations

from tiny_models import hit

from ingest.text.languages import language
from rag.doubt import doubts
from rag.types import Doubt, Source

ENGLISH = language("en")
FIRST = hit("a", "A VAE learns a latent space.", document="a", language="en")


def evidence(score):
    return [Source(1, "A VAE learns a latent space.", FIRST, score)]


def test_missing_names_are_listed_once_and_at_most_three():
    question = "Are BERT, GPT-4, T5 and BERT better than VAEs?"
    assert doubts(question, [FIRST], evidence(0.9), ENGLISH) == (
        Doubt("missing", ("BERT", "GPT-4", "T5")),
    )


def test_weak_evidence_comes_first_and_is_the_reason_where_there_is_no_other():
    assert doubts("latent space", [FIRST], evidence(0.9), ENGLISH) == (Doubt("weak"),)
    assert doubts("GPT-4?", [FIRST], evidence(0.4), ENGLISH) == (
        Doubt("weak"),
        Doubt("missing", ("GPT-4",)),
    )
    assert doubts("GPT-4?", [], [], ENGLISH)[0] == Doubt("weak")


def test_a_question_in_another_language_than_its_page():
    assert doubts("Was ist das?", [FIRST], evidence(0.9), language("de")) == (Doubt("languages"),)


def test_first_passages_from_three_documents_are_scattered():
    others = [hit(name, "Light.", document=name, language="en") for name in "bc"]
    assert doubts("latent", [FIRST, *others], evidence(0.9), ENGLISH) == (Doubt("scattered"),)
    same = [FIRST, others[0], others[0]]
    assert doubts("latent", same, evidence(0.9), ENGLISH) == (Doubt("weak"),)
