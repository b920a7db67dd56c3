"""rag.ground with a judge that counts words, so that every support can be worked by hand."""

from __future__ import annotations

from math import sqrt

import pytest
from tiny_models import hit

from ingest.text.languages import language
from rag.evidence import CosineJudge
from rag.ground import draft_sentences, ground, is_lexically_supported
from rag.settings import AnswerSettings
from rag.types import Source

ENGLISH, GERMAN = language("en"), language("de")
CAT = "A cat sleeps sixteen hours daily."
MICE = "It hunts mice at night."
LIGHT = "Light travels 299792458 metres every second."
CATS = hit("cats", f"{CAT}\n{MICE}", headings=("Animals", "Why cats are sleepy"))
PHYSICS = hit("light", LIGHT, headings=("Physics", "Light"), pages=(7,))
SOURCES = (
    Source(1, CAT, CATS, 0.9, selection_score=2.0),
    Source(2, MICE, CATS, 0.5, selection_score=0.5),
    Source(3, LIGHT, PHYSICS, 0.4, selection_score=-1.0),
)
QUESTION = "How many hours does a cat sleep?"


@pytest.fixture
def hold(encoder):
    """Ground a draft and show each sentence as (text, quote of its source, origin)."""

    def hold(draft, sources=SOURCES, question=QUESTION, **settings):
        settings = AnswerSettings(**{"min_support": 0.6} | settings)
        sentences, used = ground(question, draft, sources, CosineJudge(encoder), settings, ENGLISH)
        quotes = {source.number: source.quote for source in used}
        return [(s.text, quotes[s.source], s.origin) for s in sentences]

    return hold


def written(lines):
    return [line[0] for line in lines if line[2] == "written"]


def test_a_sentence_goes_to_the_evidence_that_bears_it_out(hold):
    draft = "Light travels 299792458 metres a second. The cat sleeps sixteen hours daily."
    assert hold(draft) == [
        ("Light travels 299792458 metres a second.", LIGHT, "written"),
        ("The cat sleeps sixteen hours daily.", CAT, "written"),
    ]


@pytest.mark.parametrize(
    "draft",
    [
        f"{CAT[:-1]} [2]. {LIGHT} [1]",  # wrong marks are moved
        f"[1] {CAT} [1, 2] {LIGHT}[3]",
        f"- {CAT}\n- {LIGHT}",  # missing ones are added
        f"1. {CAT}\n2) {LIGHT}",
        f"* {CAT} [1][2]\n• {LIGHT} [17]",
    ],
)
def test_marks_are_only_believed_where_they_prove_right(hold, draft):
    assert hold(draft) == [(CAT, CAT, "written"), (LIGHT, LIGHT, "written")]


def test_of_two_that_bear_a_sentence_out_the_named_one_is_its_source(hold):
    twin = Source(4, "A cat sleeps sixteen hours daily, mostly.", CATS, 0.3)
    sources = (*SOURCES, twin)
    assert hold(f"{CAT} [4]", sources)[0][1] == twin.quote
    assert hold(f"{CAT} [1]", sources)[0][1] == CAT


def test_sources_are_numbered_by_first_use_and_carry_their_hit(encoder):
    draft = f"{LIGHT} {CAT} {MICE} Light travels 299792458 metres every single second."
    sentences, sources = ground(
        QUESTION, draft, SOURCES, CosineJudge(encoder), AnswerSettings(min_support=0.6), ENGLISH
    )
    assert [sentence.source for sentence in sentences] == [1, 2, 3, 1]
    assert [(source.number, source.quote, source.citation) for source in sources] == [
        (1, LIGHT, "deck.pdf, p. 7"),
        (2, CAT, "deck.pdf, p. 1"),
        (3, MICE, "deck.pdf, p. 1"),
    ]
    assert sources[0].hit is PHYSICS


def test_support_is_the_judges_score(encoder):
    """Words shared: 5 of the draft's 6 and of the source's 6, so the cosine is 5/6."""
    [sentence], _ = ground(
        QUESTION,
        "A cat sleeps sixteen hours nightly.",
        SOURCES,
        CosineJudge(encoder),
        AnswerSettings(min_support=0.6),
        ENGLISH,
    )
    assert sentence.support == pytest.approx(5 / sqrt(6 * 6), abs=1e-3)


@pytest.mark.parametrize(("least", "kept"), [(0.82, 1), (0.84, 0)])
def test_a_sentence_below_the_support_is_removed(hold, least, kept):
    assert len(written(hold("A cat sleeps sixteen hours nightly.", min_support=least))) == kept


@pytest.mark.parametrize(
    "sentence",
    [
        "A cat sleeps 17 hours daily.",  # a number of its own
        "A cat sleeps sixteen hours at Zanzibar daily.",  # a name of its own
        "Bananas ripen under tropical rain while a cat sleeps.",  # too many words of its own
    ],
)
def test_what_the_evidence_lacks_is_not_supported_at_any_score(hold, sentence):
    assert written(hold(sentence, min_support=0.0)) == []


def test_words_of_the_question_and_the_heading_need_no_source():
    light = SOURCES[2]
    assert is_lexically_supported(
        "In vacuum light travels 299792458 metres every second.", "", light, ENGLISH
    )
    assert not is_lexically_supported(
        "Photons travel 299792458 metres through empty space.", "", light, ENGLISH
    )
    question = "How far do photons travel through empty space?"
    assert is_lexically_supported(
        "Photons travel 299792458 metres through empty space.", question, light, ENGLISH
    )


def test_across_languages_numbers_alone_are_compared():
    light = Source(1, f"{LIGHT} This is what we know about it and the vacuum.", PHYSICS, 0.4)
    german = "Das Licht legt in der Sekunde {} Meter zurück und ist schnell."
    assert is_lexically_supported(german.format(299792458), "", light, GERMAN)
    assert not is_lexically_supported(german.format(300000000), "", light, GERMAN)


def test_an_unsupported_sentence_leaves_the_others(hold):
    draft = f"Bananas grow quickly under tropical rain. {CAT} Please enjoy your studies!"
    assert hold(draft) == [(CAT, CAT, "written")]


@pytest.mark.parametrize("draft", ["", "   \n", "Bananas grow quickly under tropical rain."])
def test_of_a_draft_without_support_nothing_stays(hold, draft):
    assert hold(draft) == []


def test_without_evidence_there_is_nothing_to_say(encoder):
    empty = ground("Encoder?", CAT, (), CosineJudge(encoder), AnswerSettings(), ENGLISH)
    assert empty == ((), ())


def test_without_the_check_the_models_own_marks_are_believed(hold):
    draft = f"Bananas are blue [3]. {CAT} [2] Nothing more."
    assert hold(draft, check=False) == [
        ("Bananas are blue.", LIGHT, "written"),
        (CAT, MICE, "written"),
        ("Nothing more.", CAT, "written"),
    ]


def test_a_repeated_sentence_stands_once(hold):
    assert hold(f"{CAT} {CAT} {CAT}") == [(CAT, CAT, "written")]


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
    assert [text for text, _ in draft_sentences(draft, ENGLISH)] == sentences


def test_a_mark_belongs_to_the_sentence_before_it():
    draft = "One ends [2]. Two ends. [1] Three has none."
    assert [mark for _, mark in draft_sentences(draft, ENGLISH)] == [2, 1, 0]
