"""rag.parts: questions that are two, in each language that knows how to part them."""

from __future__ import annotations

import pytest
from tiny_models import hit

from ingest.text.languages import language
from rag.parts import Parts, held_parts, parts_of


@pytest.mark.parametrize(
    ("code", "question", "parts"),
    [
        (
            "en",
            "What is mode collapse, and how would I notice it in recall curves?",
            ("What is mode collapse", "how would I notice it in recall curves?"),
        ),
        (
            "en",
            "forward vs. reverse KL: which one covers all modes?",
            (
                "forward KL: which one covers all modes?",
                "reverse KL: which one covers all modes?",
            ),
        ),
        (
            "en",
            "Difference between bagging and boosting?",
            ("What is meant by “bagging”?", "What is meant by “boosting”?"),
        ),
        (
            "de",
            "Was macht Dropout beim Training, und welche Neuronen bleiben am Ende übrig?",
            ("Was macht Dropout beim Training", "welche Neuronen bleiben am Ende übrig?"),
        ),
        (
            "de",
            "Precision oder Recall: Wann ist welche Zahl wichtig?",
            ("Precision: Wann ist welche Zahl wichtig?", "Recall: Wann ist welche Zahl wichtig?"),
        ),
        (
            "en",
            "How does a glacier differ from an ice sheet?",
            ("What is meant by “glacier”?", "What is meant by “ice sheet”?"),
        ),
        (
            "en",
            "What is the difference between A* and C++?",
            ("What is meant by “A*”?", "What is meant by “C++”?"),
        ),
        (
            "de",
            "A* vs. Dijkstra",
            ("Was versteht man unter „A*“?", "Was versteht man unter „Dijkstra“?"),
        ),
        (
            "en",
            "A* vs iterative deepening, when do I use which?",
            ("A*, when do I use which?", "iterative deepening, when do I use which?"),
        ),
        (
            "en",
            "forward mode versus reverse mode",
            ("What is meant by “forward mode”?", "What is meant by “reverse mode”?"),
        ),
        (
            "en",
            "What does a moraine have that an esker doesn't?",
            ("What is meant by “moraine”?", "What is meant by “esker”?"),
        ),
        (
            "de",
            "Was kann eine Fähre, was eine Brücke nicht kann?",
            ("Was versteht man unter „Fähre“?", "Was versteht man unter „Brücke“?"),
        ),
        (
            "en",
            "How do moraines and eskers differ?",
            ("What is meant by “moraines”?", "What is meant by “eskers”?"),
        ),
        (
            "de",
            "Was unterscheidet Firn von Eis?",
            ("Was versteht man unter „Firn“?", "Was versteht man unter „Eis“?"),
        ),
        (
            "en",
            "Compare merge sort with heap sort.",
            ("What is meant by “merge sort”?", "What is meant by “heap sort”?"),
        ),
        (
            "de",
            "Was ist der Unterschied zwischen offenem Meer und Randmeer?",
            (
                "Was versteht man unter „offenem Meer“?",
                "Was versteht man unter „Randmeer“?",
            ),
        ),
        (
            "fr",
            "Qu'est-ce qu'un noyau convolutif, et pourquoi partage-t-on ses poids ?",
            ("Qu'est-ce qu'un noyau convolutif", "pourquoi partage-t-on ses poids ?"),
        ),
    ],
)
def test_a_question_of_two_parts(code, question, parts):
    assert parts_of(question, language(code)).questions == parts


@pytest.mark.parametrize(
    ("code", "question"),
    [
        ("en", "What is the difference between 1998 and 2001?"),  # years are no things to compare
        ("en", "Why are salt and pepper noise hard to remove?"),
        ("en", "When is it cheap, and when not?"),  # the second part says too little
        ("en", "Is that or this a better choice for sparse data?"),
        ("de", "Wie hilft Regularisierung gegen Überanpassung?"),
        ("en", "Why is a glacier so poor in oxygen compared with young ice?"),
        ("de", "Wie ist die Haltung der Bauern gegenüber Dünger?"),
        ("zh", "什么是熵？"),
    ],
)
def test_one_question_stays_one(code, question):
    assert parts_of(question, language(code)) == Parts((question,))


def test_a_comparison_of_which_one_side_is_missing_stays_one_question():
    english = language("en")
    question = "What is the difference between LIDAR and sonar?"
    parts = parts_of(question, english)
    sonar = [hit("p", "A sonar sends sound.")]
    both = [hit("p", "A sonar sends sound, a LIDAR light.")]
    assert held_parts(parts, question, sonar, english) == (question,)
    assert held_parts(parts, question, both, english) == list(parts.questions)


def test_a_comparison_says_that_it_is_one():
    english = language("en")
    assert parts_of("Difference between bagging and boosting?", english).compared == (
        "bagging",
        "boosting",
    )
    assert not parts_of("What is frost, and why does it form at night?", english).compared
