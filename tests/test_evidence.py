"""rag.evidence: what can be quoted from a passage, and which of it is chosen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny_models import hit

from rag.evidence import CosineJudge, passages_as_evidence, select_evidence, weighted_logits
from rag.rerank import foreign_logits
from rag.settings import AnswerSettings
from rag.spans import quotable_spans, span_text


def quotes(text, **fields):
    passage = hit("p", text, **fields).passage
    return [span_text(passage, piece) for piece in quotable_spans(passage)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # sentences of a paragraph, and bullets without their marks
        (
            "The cat sleeps all day. At night it hunts mice.",
            ["The cat sleeps all day.", "At night it hunts mice."],
        ),
        (
            "• cats sleep all day\n• mice hide all night",
            ["cats sleep all day", "mice hide all night"],
        ),
        # a sentence set on two lines is one
        (
            "Stochastic is what we call the descent,\nwhen each step sees a small batch.",
            ["Stochastic is what we call the descent, when each step sees a small batch."],
        ),
        (
            "It was shaped by Sennrich, Haddow and\nBirch for translation.\nThen came many others too.",
            [
                "It was shaped by Sennrich, Haddow and Birch for translation.",
                "Then came many others too.",
            ],
        ),
        # a formula goes with the line before it, and one that a colon announces
        (
            "Energy and mass are the same thing\nE = mc2",
            ["Energy and mass are the same thing E = mc2"],
        ),
        (
            "The paper adds these waves to every vector:\nPE(p, 2i) = sin(p / w)",
            ["The paper adds these waves to every vector: PE(p, 2i) = sin(p / w)"],
        ),
        # rows of figures mean nothing without the line above them, rows of words do
        (
            "Precision and recall of three generators\nflow 0.55 0.90\nGAN 0.98 0.31",
            ["Precision and recall of three generators flow 0.55 0.90 GAN 0.98 0.31"],
        ),
        (
            "Flow takes one network call\nDiffusion takes many network calls",
            ["Flow takes one network call", "Diffusion takes many network calls"],
        ),
        # a question answers nothing, nor does a label
        ("Why do cats sleep all day? They hunt at night instead.", ["They hunt at night instead."]),
        ("Figure\nThe cat is asleep on the mat.", ["The cat is asleep on the mat."]),
        ("x = 3", []),
    ],
)
def test_pieces_say_something_by_themselves(text, wanted):
    assert quotes(text) == wanted


def test_headings_are_not_quoted():
    text = "How the cat sleeps at night\nThe cat sleeps on the warm mat."
    assert quotes(text, headings=("Pets", "How the cat sleeps at night")) == [
        "The cat sleeps on the warm mat."
    ]


def test_a_heading_that_is_all_its_page_says_is_quoted():
    text = "Never tune on the test set."
    assert quotes(text, headings=("Advice", text)) == [text]
    assert (
        quotes(
            "Support vector machines in practice", headings=("Support vector machines in practice",)
        )
        == []
    )


def test_pages_that_lead_through_a_document_are_never_quoted(encoder):
    outline = hit("outline", "A cat sleeps sixteen hours daily in its house.", is_navigation=True)
    assert quotable_spans(outline.passage) == []
    for choose in (select_evidence, passages_as_evidence):
        sources = chosen(encoder, [outline, HITS[0]], choose, passages=1)
        assert {source.hit.passage.id for source in sources} == {"cats"}


def test_a_piece_is_a_stretch_of_its_passage_and_pieces_do_not_overlap():
    text = (
        "Cats\n1. the cat sleeps\non the mat\n2. the dog barks at it all night: woof\nx = 1\nEnd."
    )
    passage = hit("p", text, headings=("Cats",)).passage
    ends = 0
    for piece in quotable_spans(passage):
        assert ends <= piece.start < piece.end <= len(text)
        assert span_text(passage, piece) == " ".join(text[piece.start : piece.end].split())
        ends = piece.end


def test_nothing_grows_without_end():
    text = "\n".join(f"and word{n} goes on with the others" for n in range(60))
    assert max(len(quote.split()) for quote in quotes(text)) <= 60


CAT = "A cat sleeps sixteen hours daily."
MICE = "The cat hunts mice at night."
LIGHT = "Light travels fast through empty space."
HITS = [
    hit("cats", f"{CAT}\n{MICE}", headings=("Animals",)),
    hit("light", LIGHT, headings=("Physics",), pages=(7,)),
]
QUESTION = "How many hours does a cat sleep daily?"


def chosen(encoder, hits=HITS, choose=select_evidence, **settings):
    settings = AnswerSettings(**{"span_words": 0} | settings)
    return choose(QUESTION, hits, CosineJudge(encoder), settings)


def test_the_closest_pieces_come_first_with_numbers_and_places(encoder):
    sources = chosen(encoder)
    assert [source.number for source in sources] == [1, 2, 3]
    assert [source.quote for source in sources] == [CAT, MICE, LIGHT]
    assert [source.score for source in sources] == sorted((s.score for s in sources), reverse=True)
    for source in sources:
        assert source.hit.passage.text[source.start : source.end] == source.quote


def test_a_passages_own_score_counts_for_its_pieces(encoder):
    """The physics page is a sure thing, the cats a poor one: with weight it goes first."""
    hits = [HITS[0].with_stage("reranked", 0.01, 2), HITS[1].with_stage("reranked", 0.9999, 1)]
    assert chosen(encoder, hits, passage_weight=0.0)[0].quote == CAT
    assert chosen(encoder, hits, passage_weight=2.0)[0].quote == LIGHT


def test_a_passage_in_another_language_adds_more_where_a_reranker_has_read_it():
    """Logit ln 3, weighted by 0.5; German text for an English question adds as much for both logits."""
    both = [hit("a", language=code).with_stage("reranked", 0.75, 1) for code in ("en", "de")]
    own, foreign = weighted_logits("en", both, 0.5)
    assert own == pytest.approx(math.log(3) / 2)
    assert foreign - own == pytest.approx(1.5 * foreign_logits("en", both)[1])
    assert foreign > own
    assert weighted_logits("de", both, 0.5) == pytest.approx([own, own])
    assert weighted_logits("en", [hit("a", language="de")], 0.5) == [0]


def test_the_place_of_a_passage_counts_by_its_logarithm(encoder):
    """The same words in place 1 and 3: behind by ln 3, and never quoted twice."""
    other = hit("dogs", "A dog sleeps sixteen hours daily.", pages=(3,))
    [first, *_] = chosen(encoder, [HITS[1], other, HITS[0]], page_rank_weight=0.0)
    assert first.quote == CAT
    sources = chosen(encoder, [HITS[1], other, HITS[0]], page_rank_weight=1.0)
    last = next(source for source in sources if source.quote == CAT)
    assert first.selection_score - last.selection_score == pytest.approx(np.log(3), abs=1e-3)


def test_passages_of_one_page_share_its_place(encoder):
    """Places 1, 2, 1, 2: the other half of a slide stands where the slide does."""
    halves = [
        hit("a", LIGHT),
        hit("b", MICE, pages=(2, 3)),
        hit("c", CAT),
        hit("d", "x", pages=(3,)),
    ]
    sources = {
        weight: {
            s.quote: s.selection_score for s in chosen(encoder, halves, page_rank_weight=weight)
        }
        for weight in (0.0, 1.0)
    }
    behind = {quote: sources[0.0][quote] - standing for quote, standing in sources[1.0].items()}
    assert behind == pytest.approx({LIGHT: 0, CAT: 0, MICE: np.log(2)}, abs=1e-3)


def test_a_span_is_extended_by_its_neighbours_up_to_a_length(encoder):
    """Seven words: the cat's six leave no room; ten take the better one of two neighbours."""
    nap = "Daily the cat naps."
    text = f"{nap}\n{CAT}\n{MICE}\n{LIGHT}"
    hits = [hit("a", text), hit("b", "The cat hunts birds at noon.")]

    def grown(words):
        sources = chosen(encoder, hits, span_words=words)
        for source in sources:
            stretch = source.hit.passage.text[source.start : source.end]
            assert source.quote == " ".join(stretch.split())
        return [source.quote for source in sources]

    assert grown(7)[0] == CAT
    assert grown(10)[0] == f"{nap} {CAT}"
    assert grown(50)[0] == f"{nap} {CAT} {MICE}"
    assert LIGHT in grown(50)  # shares no word with the question, so it is too far behind
    assert "The cat hunts birds at noon." in grown(50)  # of another passage, so by itself
    assert sorted(" ".join(grown(10)).split()) == sorted(" ".join(grown(50)).split())


def test_the_writer_gets_single_pieces(encoder):
    quotes = [source.quote for source in chosen(encoder, span_words=50, writer=True)]
    assert quotes == [source.quote for source in chosen(encoder, span_words=0)]


def test_a_grown_piece_keeps_its_own_score(encoder):
    alone, together = chosen(encoder)[0], chosen(encoder, span_words=50)[0]
    assert (together.score, together.selection_score) == (alone.score, alone.selection_score)
    assert together.quote == f"{CAT} {MICE}"


def test_evidence_keeps_to_its_limits(encoder):
    many = [hit(str(n), f"A cat sleeps in house number {n}.", pages=(n,)) for n in range(1, 8)]
    assert len(chosen(encoder, many, passages=7)) == 5
    assert [s.quote for s in chosen(encoder, passages=1)] == [CAT, MICE]
    long = [hit("long", " ".join(["A cat sleeps"] * 10) + ".")]
    assert len(chosen(encoder, long, evidence_words=20)) == 1  # the best one at any length
    both = [hit("a", CAT), hit("b", " ".join(["word"] * 18) + "."), hit("c", MICE)]
    assert [s.quote for s in chosen(encoder, both, evidence_words=20)] == [CAT, MICE]


def test_the_same_words_are_taken_once(encoder):
    twice = [hit("a", CAT), hit("b", CAT.upper())]
    assert len(chosen(encoder, twice)) == 1


def test_an_entry_of_a_list_of_literature_is_evidence_only_where_it_is_asked_for(encoder):
    entry, says = "B. Snell, A. Frost: Dew and how dew forms", "Dew is water from the air."
    hits = [hit("list", entry, headings=("Further texts",)), hit("page", says)]

    def evidence(question, hits):
        return [
            source.quote
            for source in select_evidence(question, hits, CosineJudge(encoder), AnswerSettings())
        ]

    assert evidence("How does dew form?", hits) == [says]
    assert entry in evidence("Who wrote about how dew forms?", hits)
    assert evidence("How does dew form?", hits[:1]) == [entry]  # where there is nothing else


def test_without_pieces_there_is_no_evidence(encoder):
    assert chosen(encoder, [hit("a", "x = 3")]) == ()
    assert chosen(encoder, []) == ()


def test_whole_passages_are_evidence_where_nothing_is_chosen(encoder):
    sources = chosen(encoder, choose=passages_as_evidence, evidence_words=20)
    assert [source.quote for source in sources] == [f"{CAT} {MICE}", LIGHT]
    cut = chosen(encoder, choose=passages_as_evidence, evidence_words=20, passages=1)
    assert len(cut) == 1
    long = [hit("a", "one two three " * 20), hit("b", CAT)]
    first, *rest = chosen(encoder, long, choose=passages_as_evidence, evidence_words=20)
    assert len(first.quote.split()) == 20
    assert rest == []
