"""rag.ground with an encoder that counts words, so that every support can be worked by hand."""

from __future__ import annotations

from math import sqrt

import pytest
from tiny_models import hit

from rag.ground import _draft_sentences, best_quote, ground
from rag.types import Sentence

CAT = "A cat sleeps sixteen hours daily."
MICE = "It hunts mice at night."
LIGHT = "Light travels 299792458 metres every second."
HITS = [
    hit("cats", f"Why cats are sleepy\n{CAT}\n{MICE}", headings=("Animals", "Why cats are sleepy")),
    hit("light", f"{LIGHT} Nothing overtakes it.", headings=("Physics", "Light"), pages=(7,)),
]
QUESTION = "How many hours does a cat sleep?"


@pytest.fixture
def hold(encoder):
    """Ground a draft and show each sentence as (text, quote of its source, origin)."""

    def hold(draft, hits=HITS, question=QUESTION, min_support=0.6):
        sentences, sources = ground(question, draft, hits, encoder, min_support)
        quotes = {source.number: source.quote for source in sources}
        return [(s.text, quotes[s.source], s.origin) for s in sentences]

    return hold


def test_a_sentence_goes_to_the_closest_sentence_of_any_passage(hold):
    draft = "Light travels 299792458 metres a second. The cat sleeps sixteen hours daily."
    assert hold(draft) == [
        ("Light travels 299792458 metres a second.", LIGHT, "written"),
        ("The cat sleeps sixteen hours daily.", CAT, "written"),
    ]


def test_sources_are_numbered_by_first_use_and_carry_their_hit(encoder):
    draft = f"{LIGHT} {CAT} {MICE} The light travels 299792458 metres every second."
    sentences, sources = ground(QUESTION, draft, HITS, encoder, 0.6)
    assert [sentence.source for sentence in sentences] == [1, 2, 3, 1]
    assert [(source.number, source.quote, source.place) for source in sources] == [
        (1, LIGHT, "deck.pdf, p. 7"),
        (2, CAT, "deck.pdf, p. 1"),
        (3, MICE, "deck.pdf, p. 1"),
    ]
    assert sources[0].hit is HITS[1]


def test_support_is_the_cosine_to_the_source(encoder):
    """Words shared: 5 of the draft's 6 and of the source's 6, so the cosine is 5/6."""
    [sentence], _ = ground(QUESTION, "A dog sleeps sixteen hours daily.", HITS, encoder, 0.6)
    assert sentence.support == pytest.approx(5 / sqrt(6 * 6), abs=1e-3)


@pytest.mark.parametrize(("min_support", "kept"), [(0.82, 1), (0.84, 0)])
def test_a_sentence_below_the_support_is_removed(hold, min_support, kept):
    written = [
        line
        for line in hold("A dog sleeps sixteen hours daily.", min_support=min_support)
        if line[2] == "written"
    ]
    assert len(written) == kept


def test_an_unsupported_sentence_leaves_the_others(hold):
    draft = f"Bananas grow quickly under tropical rain. {CAT} Please enjoy your studies!"
    assert hold(draft) == [(CAT, CAT, "written")]


@pytest.mark.parametrize("draft", ["", "   \n", "Bananas grow quickly under tropical rain."])
def test_where_nothing_stays_the_closest_sentences_are_quoted(encoder, draft):
    sentences, sources = ground("Which cat sleeps sixteen hours?", draft, HITS, encoder, 0.6)
    assert sentences[0] == Sentence(CAT, source=1, support=1.0, origin="quoted")
    assert len(sentences) == 2
    assert [source.quote for source in sources] == [sentence.text for sentence in sentences]
    assert {source.hit.passage.id for source in sources} <= {"cats", "light"}


@pytest.mark.parametrize(
    "draft",
    [
        f"{CAT[:-1]} [2]. {LIGHT} [1]",
        f"[1] {CAT} [1, 2] {LIGHT}[3]",
        f"- {CAT}\n- {LIGHT}",
        f"1. {CAT}\n2) {LIGHT}",
        f"* {CAT} [1][2]\n• {LIGHT}",
    ],
)
def test_marks_and_bullets_of_the_draft_count_for_nothing(hold, draft):
    assert hold(draft) == [(CAT, CAT, "written"), (LIGHT, LIGHT, "written")]


def test_a_heading_is_no_evidence(hold):
    lines = hold("Why cats are sleepy.")
    assert all(origin == "quoted" for _, _, origin in lines)
    assert "Why cats are sleepy" not in {quote for _, quote, _ in lines}


def test_a_label_is_no_evidence(encoder):
    labelled = [hit("figure", "Encoder\nq k\nx = 3\nThe encoder reads every word at once.")]
    _, sources = ground("Encoder", "", labelled, encoder, 0.6)
    assert [source.quote for source in sources] == ["The encoder reads every word at once."]


def test_passages_without_a_sentence_support_nothing(encoder):
    assert ground("Encoder?", CAT, [hit("figure", "Encoder\nx = 3")], encoder, 0.6) == ((), ())


def test_a_repeated_sentence_stands_once(hold):
    assert hold(f"{CAT} {CAT} {CAT}") == [(CAT, CAT, "written")]


def test_support_stays_within_its_range(encoder):
    draft = f"{CAT} Bananas grow quickly. {LIGHT} Rain and tropical sun."
    sentences, sources = ground(QUESTION, draft, HITS, encoder, 0)
    assert len(sentences) == 4
    assert all(0 <= sentence.support <= 1 for sentence in sentences)
    assert {sentence.source for sentence in sentences} == {source.number for source in sources}


def test_the_best_quote_is_the_sentence_closest_to_the_question(encoder):
    assert best_quote("When does it hunt mice?", HITS[0], encoder) == MICE
    assert best_quote("How many hours does a cat sleep?", HITS[0], encoder) == CAT
    assert best_quote("x", hit("figure", "Encoder\nx = 3"), encoder) == "Encoder\nx = 3"


@pytest.mark.parametrize(
    ("draft", "sentences"),
    [
        ("The defaults are:\nk is 1.2.\nThe others", ["The defaults are: k is 1.2."]),
        ("One ends. Two ends.", ["One ends.", "Two ends."]),
        ("- It sleeps. [1]\n- It hunts mice and", ["It sleeps."]),
        ("Only a fragment", ["Only a fragment"]),
        ("", []),
    ],
)
def test_a_draft_gives_whole_sentences(draft, sentences):
    assert _draft_sentences(draft) == sentences
