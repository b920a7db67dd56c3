"""ingest.text.terms: what is indexed of a text, and what a question searches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.text.languages import LANGUAGES, language
from ingest.text.terms import index_terms, matches, question_phrases

ENGLISH, GERMAN, FRENCH = language("en"), language("de"), language("fr")
AND = "\ue000and"


def phrases(question: str, code: str = "en", text_code: str = "en") -> list[str]:
    found = question_phrases(question, language(code), language(text_code))
    return [" ".join(phrase) for phrase in found]


def test_a_text_is_indexed_by_its_stems_in_order():
    assert index_terms("Two networks\nare trained.", ENGLISH) == "two network are train"


def test_a_name_in_capitals_has_a_term_of_its_own():
    assert index_terms("AND and And", ENGLISH) == f"and {AND} and and"
    assert index_terms("BERT", ENGLISH) == "bert"  # no stop word in small letters


@pytest.mark.parametrize(
    ("question", "code", "text_code", "expected"),
    [
        ("What is the Softmax function?", "en", "en", ["softmax", "function"]),
        ("what is it", "en", "en", ["what", "is", "it"]),  # stop words alone stay
        ("?!", "en", "en", []),
        ("What is an AND gate?", "en", "en", [AND, "gate"]),
        ("WHAT IS AN AND GATE?", "en", "en", ["gate"]),  # capitals throughout mark nothing
        ("Was macht das MIT?", "de", "en", ["macht", "\ue000mit"]),
        (
            "What does the die look like?",
            "en",
            "en",
            ["die", "look", "like"],
        ),  # no German stop words
        ("Was sagt die Tabelle?", "de", "de", ["sagt", "tabell"]),
        ("of d_k and k", "en", "en", ["dk", "d k", "k"]),
        ("layers", "en", "en", ["layer"]),
        ("layers", "en", "de", ["lay", "schicht"]),  # the stem of the text's language
        ("Überanpassung", "de", "de", ["uberanpass"]),
        ("overfitting", "en", "de", ["overfitting", "uberanpass", "uberangepasst"]),
        ("Überanpassung", "de", "en", ["overfit", "uberanpassung", "ueberanpassung"]),
        ("a neural network", "en", "de", ["network", "neural", "neuronal netz"]),
        ("Müller", "en", "en", ["muller", "mueller"]),
        ("Alpha-Beta-Suche", "de", "en", ["alpha", "α", "beta", "β", "such"]),
        ("what is λ", "en", "en", ["lambda", "λ"]),
    ],
)
def test_a_question_searches(question, code, text_code, expected):
    assert sorted(phrases(question, code, text_code)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "text", "code"),
    [
        ("Ueberanpassung", "Überanpassung", "de"),
        ("Überanpassung", "Ueberanpassung", "de"),
        ("Uberanpassung", "Überanpassung", "de"),
        ("Strasse", "Straße", "de"),
        ("STRASSE", "Straßen", "de"),
        ("Mueller", "Müller", "en"),
        ("Müller", "Mueller", "en"),
        ("Muller", "Müller", "en"),
        ("Übung", "U\u0308bungen", "de"),
        ("reseaux", "réseau", "fr"),
        ("d_k", "the root of d_k is taken", "en"),
        ("AND", "an AND gate", "en"),
        ("alpha beta search", "4.3 α-β-Pruning", "en"),
        ("Lambda", "Λ ist eine Matrix", "de"),
    ],
)
def test_a_question_finds_the_word(question, text, code):
    """Whatever language the question is taken for."""
    terms = f" {index_terms(text, language(code))} "
    for spoken in LANGUAGES.values():
        found = question_phrases(question, spoken, language(code))
        assert any(f" {' '.join(phrase)} " in terms for phrase in found)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What does R0 mean?", "The number R_0 of cases"),
        ("What does R_0 mean?", "R0 is the number of cases"),
        ("Is H2O polar?", "Water, H_2O, is polar"),
        ("What does x1 stand for?", "x_1 is the first input"),
    ],
)
def test_a_symbol_is_found_with_and_without_the_mark_of_its_index(question, text):
    terms = f" {index_terms(text, ENGLISH)} "
    symbols = [
        phrase
        for phrase in question_phrases(question, ENGLISH, ENGLISH)
        if any(letter.isdigit() for letter in "".join(phrase))
    ]
    assert any(f" {' '.join(phrase)} " in terms for phrase in symbols)


def test_a_small_word_does_not_find_the_name():
    terms = index_terms("rock AND roll", ENGLISH).split()
    assert AND in terms
    assert AND not in phrases("and")


def test_matches_are_the_words_of_the_text():
    text = "Networks (deep) are trained; d_k AND more, and a network."
    found = matches(text, ENGLISH, [("network",), (AND,), ("d", "k")])
    assert [text[start:end] for start, end in found] == ["Networks", "d", "k", "AND", "network"]
    assert matches(text, ENGLISH, [("k", "d"), ("zebra",)]) == []


@given(st.text(max_size=60), st.sampled_from(sorted(LANGUAGES)))
@pytest.mark.slow
def test_every_word_of_a_text_finds_it(text, code):
    """What is searched as it is written is marked where it is, whatever the letters."""
    spoken = language(code)
    words = [word for word in text.split() if any(letter.isalnum() for letter in word)]
    for word in words:
        found = question_phrases(word, spoken, spoken)
        assert not found or matches(text, spoken, found)


# ---- scripts without blanks ----

CHINESE = language("zh")


def test_a_run_without_blanks_is_indexed_by_pairs_and_its_last_letter():
    assert index_terms("激活函数", CHINESE) == "激活 活函 函数 数"
    assert index_terms("用ReLU训练, 熵", CHINESE) == "用 relu 训练 练 熵"


@pytest.mark.parametrize(
    ("question", "code", "expected"),
    [
        ("什么是激活函数？", "zh", ["激活 活函 函数", "激活", "活函", "函数"]),
        ("BERT模型", "zh", ["bert", "模型"]),
        ("熵", "zh", ["熵*"]),  # the beginning of any pair
        ("什么", "zh", ["什么"]),  # stop words alone stay
        ("過学習とは何ですか", "ja", ["過学 学習", "過学", "学習"]),
    ],
)
def test_a_question_without_blanks_searches(question, code, expected):
    assert sorted(phrases(question, code, code)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "text", "words"),
    [
        ("激活函数", "其激活函数很好", ["激活函数"]),
        ("熵", "信息熵与熵", ["熵", "熵"]),
        ("函数", "函数函数", ["函数", "函数"]),
        ("图", "激活函数", []),
    ],
)
def test_matches_are_marked_without_blanks(question, text, words):
    searched = question_phrases(question, CHINESE, CHINESE)
    assert [text[start:end] for start, end in matches(text, CHINESE, searched)] == words
