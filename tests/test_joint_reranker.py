"""rag.joint_reranker: whose score counts for a question, worked by hand and on the real weights."""

from __future__ import annotations

import pytest
from tiny_models import hit

from ingest import weights
from rag.evidence import judge_of
from rag.joint_reranker import JointReranker
from rag.lead import lead_judge_of
from rag.models import Models
from rag.rerank import score_parts
from rag.settings import ModelSettings

ENGLISH = "What is the chain rule?"
GERMAN = "Was ist die Kettenregel und wozu dient sie?"
GERMAN_TEXT = "Die Kettenregel ist eine Regel, mit der man das Produkt der Ableitungen bildet."


class Fixed:
    """A reranker that gives each text the same probability, and counts its texts."""

    def __init__(self, name, probability):
        self.name, self.probability, self.texts = name, probability, 0

    def score(self, question, texts, *, batch_size=16):
        self.texts += len(texts)
        return [self.probability] * len(texts)


@pytest.fixture
def parts():
    return Fixed("english", 0.8), Fixed("multilingual", 0.5)


def test_an_english_question_has_the_mean_of_both_logits(parts):
    """Logits ln 4 and 0: their mean is ln 2, whose sigmoid is 2/3."""
    joint = JointReranker(*parts)
    assert joint.score(ENGLISH, ["a", "b"]) == pytest.approx([2 / 3, 2 / 3])
    assert joint.score("xyz", ["a"]) == pytest.approx([2 / 3])  # no language to be seen
    assert joint.score(ENGLISH, []) == []


def test_the_judge_of_leads_reads_passages_with_half_their_weight():
    """Logits ln 4, ln 2 and -ln 2 by 2, 2 and 1: their mean is (4 ln 2 + 2 ln 2 - ln 2) / 5 = ln 2."""
    english, multilingual = Fixed("english", 4 / 5), Fixed("multilingual", 2 / 3)
    joint = JointReranker(english, multilingual, of_leads=Fixed("leads", 1 / 3))
    assert joint.score(ENGLISH, ["a"]) == pytest.approx([2 / 3])
    assert joint.score(GERMAN, ["a"]) == pytest.approx([2 / 3])  # the multilingual one alone
    assert joint.score(ENGLISH, [GERMAN_TEXT]) == pytest.approx([2 / 3])
    assert joint.name != JointReranker(english, multilingual).name


def test_a_question_in_another_language_is_read_by_the_multilingual_one_alone(parts):
    assert JointReranker(*parts).score(GERMAN, ["a"]) == [0.5]
    assert (parts[0].texts, parts[1].texts) == (0, 1)


def test_a_german_text_is_read_by_the_multilingual_one_alone(parts):
    joint = JointReranker(*parts)
    assert joint.score(ENGLISH, ["a", GERMAN_TEXT, "b"]) == pytest.approx([2 / 3, 0.5, 2 / 3])
    assert (parts[0].texts, parts[1].texts) == (2, 3)
    assert joint.span_judge.score(ENGLISH, [GERMAN_TEXT, "a"]) == [0.5, 0.8]
    assert joint.span_judge.score(ENGLISH, []) == []


def test_a_text_without_words_of_a_language_is_in_that_of_its_lecture(parts):
    """A row of figures: by the lecture's language, where the caller knows it."""
    joint = JointReranker(*parts)
    row = "| w | 0,9 | 1,8 |"
    passages = [hit("a", row, language=code).passage for code in ("de", "en", "")]
    assert score_parts(joint.span_judge, ENGLISH, [row] * 3, passages) == [0.5, 0.8, 0.8]
    assert score_parts(joint, ENGLISH, [row] * 3, passages) == pytest.approx([0.5, 2 / 3, 2 / 3])
    assert score_parts(joint.span_judge, ENGLISH, [GERMAN_TEXT], passages[1:2]) == [0.5]
    assert score_parts(parts[0], ENGLISH, [row], passages[:1]) == [0.8]


def test_spans_are_scored_by_one_of_them(parts):
    judge = judge_of(JointReranker(*parts), encoder=None)
    assert judge.score(ENGLISH, ["a"]) == [0.8]
    assert judge.score(GERMAN, ["a"]) == [0.5]
    assert (parts[0].texts, parts[1].texts) == (1, 1)
    assert judge_of(parts[0], encoder=None) is parts[0]


def test_english_units_of_a_lead_are_scored_by_a_judge_of_their_own(parts):
    joint = JointReranker(*parts, of_leads=Fixed("leads", 0.3))
    judge = lead_judge_of(joint, encoder=None)
    assert judge.score(ENGLISH, ["a", GERMAN_TEXT]) == [0.3, 0.5]
    assert judge_of(joint, encoder=None).score(ENGLISH, ["a"]) == [0.8]
    assert lead_judge_of(JointReranker(*parts), encoder=None).score(ENGLISH, ["a"]) == [0.8]
    assert lead_judge_of(parts[0], encoder=None) is parts[0]


def test_its_name_changes_with_either_part(parts):
    english, multilingual = parts
    names = {
        JointReranker(*pair).name
        for pair in ((english, multilingual), (multilingual, english), (english, english))
    }
    assert len(names) == 3
    assert all(name.startswith(f"{weights.JOINT_RERANKER}@") for name in names)


@pytest.mark.slow
def test_the_bundled_parts_are_joined_and_know_german():
    """A German question: of two passages on one subject, the one that answers, in either language."""
    reranker = Models(ModelSettings(reranker=weights.JOINT_RERANKER)).reranker
    assert isinstance(reranker, JointReranker)
    texts = [
        "Overfitting\nThe model fits the noise of the training data and fails on new data.",
        "Backpropagation\nThe chain rule gives the derivative of the loss for every weight.",
        "Faltung\nDerselbe kleine Filter wird an jeder Stelle des Bildes angewandt.",
    ]
    questions = [
        "Warum versagt ein Modell bei neuen Daten?",
        "Wie wird die Ableitung für jedes Gewicht berechnet?",
        "Was geschieht an jeder Stelle des Bildes?",
    ]
    for row, question in enumerate(questions):
        scores = reranker.score(question, texts)
        assert max(range(3), key=scores.__getitem__) == row, (question, scores)
    scores = reranker.score("What happens at every position of the image?", texts)
    assert max(range(3), key=scores.__getitem__) == 2, scores
