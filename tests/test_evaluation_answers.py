from __future__ import annotations

from dataclasses import replace

import pytest
from run_builders import line, question, refs

from rag.evaluation.answers import answer_values, token_f1
from rag.evaluation.measures import ANSWER_NAMES
from rag.evaluation.run_file import AnswerLead, AnswerSentence


@pytest.mark.parametrize(
    ("answer", "reference", "f1"),
    [
        ("The cat sat.", "a cat sat", 1.0),
        ("cat cat dog", "cat dog dog", 2 / 3),  # shared: one cat, one dog
        ("The model uses noise", "noise", 2 * (1 / 3) * 1 / (1 / 3 + 1)),
        ("yes", "no", 0.0),
        ("", "no", 0.0),
        ("the", "an", 1.0),  # articles alone: both empty
    ],
)
def test_token_f1_by_hand(answer, reference, f1):
    assert token_f1(answer, reference) == pytest.approx(f1)


def test_an_answer_by_hand():
    one = question(
        gold=(("a.pdf", (1, 4, 5)),),
        answer="noise outside the network",
        keywords=("noise", "outside|external"),
    )
    answered = line(
        retrieved=refs(1, (4, 5), 9),
        answer="The NOISE is external.",
        citations=refs((4, 5), 9, 8),
        sentences=(
            AnswerSentence(
                "The NOISE is external.", "external noise, the usual", 0.8, "a.pdf", (4, 5)
            ),
            AnswerSentence("So it goes.", "it goes on", 0.6, "a.pdf", (9,)),
        ),
        leads=(
            AnswerLead("The noise is loud.", "a.pdf", (4,), True),
            AnswerLead("and so on", "a.pdf", (9,), False),
        ),
    )
    values = answer_values(one, answered)
    assert set(values) == set(ANSWER_NAMES)
    assert values["keywords"] == 1
    # noise, is, external against noise, outside, network: one of three either way
    assert values["token F1"] == pytest.approx(1 / 3)
    assert values["citation precision"] == pytest.approx(1 / 3)
    assert values["citation recall"] == pytest.approx(1 / 2)  # of the items [1] and [4, 5]
    assert values["support"] == pytest.approx(0.7)
    assert values["quoted words"] == pytest.approx((3 / 4 + 2 / 3) / 2)
    assert values["answer words"] == 4
    assert values["lead keywords"] == 0  # "noise", but neither "outside" nor "external"
    assert values["lead coverage"] == pytest.approx(1 / 2)
    assert values["clean leads"] == pytest.approx(1 / 2)
    assert values["lead words"] == 7
    assert answer_values(one, replace(answered, answer="noise"))["keywords"] == 0


def test_an_abstention_says_and_cites_nothing():
    one = question(answer="noise", keywords=("noise",))
    silent = answer_values(one, line(retrieved=refs(1), grade="not_answered"))
    assert silent == dict.fromkeys(
        ("keywords", "lead keywords", "token F1", "citation recall", "lead coverage"), 0
    )
    assert answer_values(question(gold=()), line(grade="not_answered")) == {}
