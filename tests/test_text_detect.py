"""ingest.text.detect on the questions of the repository and on texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.text.detect import language_of, question_language

QUESTIONS = Path(__file__).parent.parent / "corpus" / "questions"


def questions(code: str) -> list[str]:
    lines = [line for file in sorted(QUESTIONS.glob("*.jsonl")) for line in file.open("rb")]
    return [row["question"] for row in map(json.loads, lines) if row["lang"] == code]


def test_every_german_question_of_the_corpus_is_german():
    german = questions("de")
    assert len(german) >= 36
    assert [text for text in german if language_of(text) != "de"] == []


def test_no_english_question_of_the_corpus_is_in_another_language():
    english = [language_of(text) for text in questions("en")]
    assert set(english) <= {"en", ""}
    assert english.count("en") > 0.95 * len(english)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Was ist Überanpassung?", "de"),
        ("was bedeutet das", "de"),
        ("Wie lernt ein Netz?", "de"),
        ("Schrittweite zu klein?", "de"),
        ("gradient descent vs momentum for what?", "en"),
        ("What is overfitting?", "en"),
        ("Was the model trained on the web?", "en"),
        ("Qu'est-ce que le surapprentissage ?", "fr"),
        ("Comment fonctionne la rétropropagation ?", "fr"),
        ("A quoi sert l’attention ?", "fr"),
        ("Das ist der Beweis und die Folgerung für den Fall mit der Norm.", "de"),
        ("This is the proof and the consequence for the case with a norm.", "en"),
        ("C'est la preuve, et la conséquence pour le cas d'une norme.", "fr"),
        ("The loss is d L / d y: y = t - n, n d y t l s d y n t, for this n.", "en"),  # symbols
        ("什么是过拟合？", "zh"),
        ("激活函数 ReLU 使网络能够表示非线性的关系", "zh"),
        ("活性化関数とは何ですか？", "ja"),
        ("The city of 東京 is named in the data of this lecture", "en"),
        ("Softmax ReLU BERT GPT LSTM CNN", ""),
        ("der the", ""),  # as much for one as for the other
        ("", ""),
    ],
)
def test_language_of(text, code):
    assert language_of(text) == code


def test_composed_and_split_accents_are_the_same():
    assert language_of("U\u0308beranpassung, erkla\u0308re") == "de"


@pytest.mark.parametrize(
    ("question", "library", "interface", "code"),
    [
        ("Was ist Softmax?", {"en"}, "en", "de"),  # its own words decide
        ("Softmax?", {"de"}, "en", "de"),  # else the library, where it has one language
        ("Softmax?", {"de", ""}, "en", "de"),
        ("Softmax?", {"de", "en"}, "de", "de"),  # else the interface
        ("Softmax?", {"de", "en"}, "fr", "fr"),
        ("Softmax?", {"nl"}, "de", "de"),  # a language that is not registered tells nothing
        ("Softmax?", set(), "", "en"),
    ],
)
def test_a_questions_language(question, library, interface, code):
    assert question_language(question, library, interface).code == code
