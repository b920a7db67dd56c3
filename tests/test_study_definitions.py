"""rag.study.definitions and rag.study.terms: which sentences define which term, and where they are."""

from __future__ import annotations

import pytest
from tiny_models import passage

from rag.study.definitions import Definition, definitions_in
from rag.study.terms import expansion


def defined(*texts: str, language: str = "en", heading: str = "Slide") -> list[Definition]:
    """The definitions of a lecture, a passage for each text."""
    return definitions_in(
        [
            passage(f"p{number}", text, language=language, headings=("Deck", heading))
            for number, text in enumerate(texts)
        ]
    )


def terms(*texts: str, language: str = "en", heading: str = "Slide") -> list[tuple[str, str]]:
    return [(one.kind, one.term) for one in defined(*texts, language=language, heading=heading)]


def test_a_sentence_defines_its_subject():
    [one] = defined("A queue is a list whose elements leave in the order in which they came.")
    assert (one.kind, one.term) == ("sentence", "queue")
    assert one.meaning == "a list whose elements leave in the order in which they came."
    assert one.text[one.term_start : one.term_end] == "queue"
    assert one.passage.text[one.start : one.end] == one.text
    assert one.pages == (1,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Perplexity measures how surprised a model is. We report perplexity.", "Perplexity"),
        ("Trying all keys in turn is known as brute force search. Avoid brute force search!", "brute force search"),
        ("Deadweight loss: the fall in surplus that a market distortion causes.\nA deadweight loss.", "Deadweight loss"),
    ],
)  # fmt: skip
def test_the_forms_of_a_definition(text, expected):
    assert [term for _, term in terms(text)] == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Eine Epoche ist ein Durchgang durch alle Trainingsdaten.", "Epoche"),
        ("Unter Entropie versteht man die mittlere Information einer Quelle. Die Entropie zählt.", "Entropie"),
        ("Dropout: Im Training fällt jedes Neuron mit fester Wahrscheinlichkeit aus.\nMit Dropout lernt es besser.", "Dropout"),
    ],
)  # fmt: skip
def test_german_definitions(text, expected):
    assert [term for _, term in terms(text, language="de")] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "This is a list whose elements leave in the order in which they came.",  # what is?
        "The goal is a function that maps each state to a number.",  # vague
        "A queue is a good choice for all problems of this kind.",  # opinion
        "A queue is a list as shown in the following figure.",  # needs the figure
        "A queue is a list of elements that leave in",  # torn
        "A queue is a list (whose elements leave in order.",  # torn bracket
        "A queue q = [] is a list with x_1 and x_2 in it.",  # formula
        "A queue is a queue of queues.",  # says its term again
        "A queue is a linear structure.",  # one property
        "A queue is a faster variant that has found success in many programs.",  # of what?
        "Exercise 3: A queue is a list whose elements leave in order.",  # task
        "What a queue is a list can show?",  # question
        "However, a queue is a list whose elements leave in order.",  # leans on what is before
    ],
)
def test_what_defines_nothing(text):
    assert terms(text) == []


def test_an_entry_needs_a_term_that_the_lecture_names_elsewhere():
    gloss = "Deadweight loss: the fall in surplus that a market distortion causes."
    assert terms(gloss) == []
    assert terms(gloss, "Taxes cause a deadweight loss.") == [("label", "Deadweight loss")]


def test_a_label_of_several_entries_is_no_term():
    entry = "Main cost: the time that all the {} in a list take."
    texts = [entry.format("steps"), entry.format("reads"), "The main cost grows."]
    assert terms(*texts) == []


def test_the_name_of_a_variable_is_no_term():
    sentence = "Frontier is the set of all states that wait. The Frontier grows."
    assert terms(sentence) == [("sentence", "Frontier")]
    assert terms(sentence, "Frontier := { start };") == []


def test_a_row_of_two_cells_defines():
    row = "| Router | a device that forwards packets between networks |"
    [one] = defined(f"| Device | Purpose |\n{row}", "A router has ports.", heading="Router")
    assert (one.kind, one.term) == ("label", "Router")
    assert one.text == "Router: a device that forwards packets between networks"
    assert one.passage.text[one.start : one.end] == row


def test_a_label_before_a_definition_is_left_out():
    text = "Definition 2.1 (Queues): A queue is a list whose elements leave in order."
    [one] = defined(text)
    assert one.term == "queue"
    assert one.passage.text[one.start : one.end] == one.text
    assert one.text == "A queue is a list whose elements leave in order."


def test_offsets_over_two_lines():
    [one] = defined("Intuition 1:  A\nqueue is a list whose elements\nleave in order.")
    assert one.text == "A queue is a list whose elements leave in order."
    assert " ".join(one.passage.text[one.start : one.end].split()) == one.text


def test_of_two_definitions_of_a_term_a_sentence_is_preferred():
    label = "Lazy list: values that are computed once they are needed."
    sentence = "A lazy list is a list whose values are computed on demand."
    [one] = defined(label, sentence)
    assert (one.kind, one.passage.id) == ("sentence", "p1")


def test_an_abbreviation_is_made_of_first_letters():
    found = terms("Virtual Private Network (VPN)\nA VPN hides the traffic.")
    assert found == [("abbreviation", "VPN")]
    assert terms("Some Other Words (VPN)\nA VPN hides the traffic.") == []


@pytest.mark.parametrize(
    ("short", "words", "from_end", "expected"),
    [
        ("VPN", "uses a Virtual Private Network", True, "Virtual Private Network"),
        ("VPN", "Virtual Private Network for all", False, "Virtual Private Network"),
        ("BOW", "Bag of Words", True, "Bag of Words"),
        ("VPN", "Private Virtual Network", True, ""),
        ("VPN", "Network", True, ""),
    ],
)
def test_expansion(short, words, from_end, expected):
    assert expansion(short, words, from_end=from_end) == expected


def test_a_language_without_terminology_has_no_definitions():
    assert terms("Une file est une liste dont les éléments sortent en ordre.", language="fr") == []


def test_navigation_defines_nothing():
    text = "A queue is a list whose elements leave in order."
    assert definitions_in([passage("p", text, language="en", is_navigation=True)]) == []
