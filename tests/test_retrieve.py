"""rag.retrieve: the fusion worked by hand, and both searches on a small library."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import ClassVar

import numpy as np
import pytest
from tiny_models import hit, passage

from ingest.chunk import embedding_text
from ingest.files import find_files
from ingest.joint_encoder import JointEncoder, Mixture
from ingest.pipeline import ingest
from ingest.store import Library
from rag.retrieve import (
    fuse,
    merge_rankings,
    rank_of,
    retrieve,
    vector_across_languages,
)
from rag.settings import RetrievalSettings
from rag.types import StageScore


def ranking(*names):
    return [(passage(name), 10.0 - rank) for rank, name in enumerate(names)]


def ids(hits):
    return [hit.passage.id for hit in hits]


def fused_scores(hits):
    return {hit.passage.id: hit.score("fused") for hit in hits}


def test_two_lists_are_fused_by_their_scores_between_least_and_largest():
    hits = fuse(
        {"dense": ranking("a", "b", "c", "d"), "lexical": ranking("c", "a", "e")},
        {"dense": 1.0, "lexical": 1.0},
    )
    expected = {
        "a": (Fraction(1) + Fraction(1, 2)) / 2,
        "c": (Fraction(1, 3) + Fraction(1)) / 2,
        "b": Fraction(2, 3) / 2,
        "d": 0,
        "e": 0,
    }
    assert ids(hits) == ["a", "c", "b", "d", "e"]
    assert fused_scores(hits) == pytest.approx({key: float(x) for key, x in expected.items()})


def test_a_weight_makes_its_list_count_more():
    hits = fuse(
        {"dense": ranking("a", "b", "c"), "lexical": ranking("c", "a", "e")},
        {"dense": 1.0, "lexical": 3.0},
    )
    assert ids(hits)[:3] == ["c", "a", "b"]  # 3/4 > 1/4 + 3/8 > 1/8
    assert hits[0].score("fused") == pytest.approx(3 / 4)


def test_a_passage_in_another_language_is_not_expected_in_the_lexical_list():
    """A German question: the English passage a cannot hold its words, the German b could."""
    dense = [(passage("a", language="en"), 0.9), (passage("b", language="de"), 0.8)]
    dense.append((passage("c", language="de"), 0.7))
    lexical = [(passage("c", language="de"), 9.0), (passage("d", language="en"), 8.0)]
    lexical.append((passage("e", language="de"), 6.0))
    lists, both = {"dense": dense, "lexical": lexical}, {"dense": 1.0, "lexical": 1.0}
    plain = {"a": 1 / 2, "b": 1 / 4, "c": 1 / 2, "d": 1 / 3, "e": 0}
    assert fused_scores(fuse(lists, both)) == pytest.approx(plain)
    assert fused_scores(fuse(lists, both, foreign_share=0.4)) == pytest.approx(plain)
    german = fuse(lists, both, language="de", foreign_share=0.4)
    assert fused_scores(german) == pytest.approx(plain | {"a": (1 + 0.4) / 2})
    assert german[0].stages.keys() == {"dense", "fused"}
    alone = fuse({"dense": dense}, {"dense": 1.0}, language="de", foreign_share=0.4)
    assert fused_scores(alone) == pytest.approx({"a": 1, "b": 1 / 2, "c": 0})


def test_a_cosine_across_languages_counts_a_little_more():
    """An English question; the German passage b is ahead of c by the allowance alone."""
    dense = [(passage("a", language="en"), 0.9), (passage("b", language="de"), 0.6)]
    dense += [(passage("c", language="en"), 0.65), (passage("d", language="en"), 0.5)]
    lists, weights = {"dense": dense}, {"dense": 1.0}
    plain = {"a": 1, "b": 1 / 4, "c": 3 / 8, "d": 0}
    assert fused_scores(fuse(lists, weights, language="en")) == pytest.approx(plain)
    hits = fuse(lists, weights, language="en", foreign_cosine=0.1)
    assert fused_scores(hits) == pytest.approx(plain | {"b": 1 / 2})  # (0.7 - 0.5) / 0.4
    assert hits[1].score("dense") == 0.6


def test_how_far_a_passage_is_ahead_counts():
    """Both lists put another passage first, one by a hair, the other by far."""
    near = [(passage(n), s) for n, s in (("a", 0.80), ("b", 0.79), ("c", 0.30))]
    far = [(passage(n), s) for n, s in (("b", 12.0), ("a", 5.0), ("c", 4.0))]
    hits = fuse({"dense": near, "lexical": far}, {"dense": 1.0, "lexical": 1.0})
    assert ids(hits) == ["b", "a", "c"]
    assert hits[0].score("fused") == pytest.approx((49 / 50 + 1) / 2)


def test_the_unit_of_a_list_does_not_matter():
    lists = {"dense": ranking("a", "b", "c", "d"), "lexical": ranking("d", "b", "a")}
    other = [(item, 100 * score - 7) for item, score in lists["lexical"]]
    weights = {"dense": 1.0, "lexical": 0.7}
    again = fuse(lists | {"lexical": other}, weights)
    assert fused_scores(again) == pytest.approx(fused_scores(fuse(lists, weights)))


def test_ties_go_by_passage_id():
    lists = {"dense": ranking("z", "m"), "lexical": ranking("b", "a")}
    assert ids(fuse(lists, {"dense": 1.0, "lexical": 1.0})) == ["b", "z", "a", "m"]


def test_each_list_that_saw_a_passage_leaves_its_score_and_rank():
    lists = {"dense": ranking("a", "b"), "lexical": ranking("b")}
    hits = {hit.passage.id: hit.stages for hit in fuse(lists, {"dense": 1.0, "lexical": 3.0})}
    assert hits["b"] == {
        "dense": StageScore(9.0, 2),
        "lexical": StageScore(10.0, 1),
        "fused": StageScore(pytest.approx(3 / 4), 1),
    }
    assert hits["a"] == {"dense": StageScore(10.0, 1), "fused": StageScore(pytest.approx(1 / 4), 2)}


def test_nothing_found_is_nothing_fused():
    assert fuse({}, {}) == []
    assert fuse({"dense": []}, {"dense": 1.0}) == []


# ---- on a library ----


def search(library, encoder, question, **settings):
    vector = encoder.encode([question])[0]
    return retrieve(library, question, vector, RetrievalSettings(**settings))


QUESTIONS = [
    ("How many metres per second does light travel in vacuum?", "physics.pdf", 2),
    ("How many hours a day does a cat sleep?", "animals.pdf", 1),
    ("Does an apple fall from the tree?", "physics.pdf", 1),
    ("What barks at strangers and guards the house?", "animals.pdf", 2),
]


@pytest.mark.parametrize(
    ("weights", "stages"),
    [
        ({"lexical_weight": 0}, {"dense", "fused"}),
        ({"dense_weight": 0}, {"lexical", "fused"}),
        ({}, {"dense", "lexical", "fused"}),
    ],
    ids=["dense", "lexical", "fused"],
)
@pytest.mark.parametrize(("question", "file", "page"), QUESTIONS)
def test_the_right_slide_comes_first(library, encoder, question, file, page, weights, stages):
    hits = search(library, encoder, question, **weights)
    assert rank_of(hits, file, {page}) == 1
    assert hits[0].stages.keys() == stages
    assert [hit.stages["fused"].rank for hit in hits] == list(range(1, len(hits) + 1))
    scores = [hit.score("fused") for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_dense_scores_are_cosines_of_the_encoder(library, encoder):
    question = "What is slower than light?"
    hits = search(library, encoder, question, lexical_weight=0)
    assert len(hits) == 5
    vector = encoder.encode([question])[0]
    for found in hits:
        cosine = float(encoder.encode([embedding_text(found.passage)])[0] @ vector)
        assert found.score("dense") == pytest.approx(cosine, abs=2e-3)  # stored as float16


def test_lexical_search_knows_inflections_and_needs_no_vector(library):
    hits = retrieve(library, "hunting mice", None, RetrievalSettings())
    assert [hit.passage.citation for hit in hits] == ["animals.pdf, p. 1"]
    assert hits[0].stages["lexical"].rank == 1
    assert hits[0].score("lexical") > 0
    assert hits[0].score("dense") is None


def test_candidates_bound_each_list(library, encoder):
    question = "How does light travel, and how is sound slower than light?"
    one = search(library, encoder, question, candidates=1)
    assert 1 <= len(one) <= 2
    assert len(search(library, encoder, question, candidates=3, lexical_weight=0)) == 3


def test_both_weights_zero_find_nothing(library, encoder):
    assert search(library, encoder, "light", dense_weight=0, lexical_weight=0) == []


def test_rank_of_asks_for_any_page_of_the_file():
    hits = [
        hit("a", pages=(1, 2)),
        hit("b", file="other.pdf", pages=(4,)),
        hit("c", pages=(3, 4, 5)),
    ]
    assert rank_of(hits, "deck.pdf", {4}) == 3
    assert rank_of(hits, "deck.pdf", {2, 9}) == 1
    assert rank_of(hits, "other.pdf", {4}) == 2
    assert rank_of(hits, "deck.pdf", {6}) is None
    assert rank_of([], "deck.pdf", {1}) is None


def test_two_rankings_merge_by_their_reciprocal_ranks():
    """b: 1/12 + 1/11 > a: 1/11 + 1/13 > c: 1/12 > d: 1/13, of which d stands in one alone."""

    def listed(*names):
        return [hit(name).with_stage("fused", 1 / n, n) for n, name in enumerate(names, start=1)]

    first, second = listed("a", "b", "d"), listed("b", "c", "a")
    merged = merge_rankings([first, second], "fused")
    assert ids(merged) == ["b", "a", "c", "d"]
    # Each keeps the score of the list in which it stands higher, and has its new rank.
    assert [h.stages["fused"] for h in merged] == [
        StageScore(1.0, 1),
        StageScore(1.0, 2),
        StageScore(1 / 2, 3),
        StageScore(1 / 3, 4),
    ]
    assert merge_rankings([first], "fused") == first
    assert merge_rankings([first, first], "fused") == first


class Translator:
    """The word encoder, which reads a few German words as the English ones."""

    WORDS: ClassVar = {"katze": "cat", "schläft": "sleeps", "nachts": "night", "die": "the"}

    def __init__(self, encoder):
        self.encoder, self.dimension, self.window = encoder, encoder.dimension, encoder.window
        self.identity = "translator@1"

    def encode(self, texts):
        words = (re.findall(r"\w+", text.lower()) for text in texts)
        return self.encoder.encode([" ".join(self.WORDS.get(w, w) for w in each) for each in words])

    encode_questions = encode


def test_an_english_question_finds_german_passages_by_the_encoder_that_reads_them(
    tmp_path, make_pdf, encoder
):
    """The English encoder sees nothing in the German slide, the other one that it answers."""
    make_pdf(
        "tiere.pdf",
        """
        #slide("Katze")[Die Katze schläft nachts.]
        #slide("Hunde")[Der Hund bewacht das Haus und bellt, wenn man nicht mit ihm spielt.]
        """,
    )
    make_pdf("dogs.pdf", '#slide("Dogs")[At night the dog does not sleep, and the owner is awake.]')
    zeros = np.zeros(encoder.dimension, np.float32)
    centres = {"en": zeros, "de": zeros}
    joint = JointEncoder(encoder, Translator(encoder), Mixture(centres, centres, {"en": 0.5}))
    library = Library(tmp_path / "both", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, joint, passage_tokens=40))
    question = "What does the cat do at night when she sleeps?"
    vector = joint.encode_questions([question])[0]
    across = vector_across_languages(joint, library, question, vector)
    settings = RetrievalSettings(lexical_weight=0)

    def found(across):
        return retrieve(library, question, vector, settings, across)

    assert [hit.passage.file for hit in found(None)[:2]] == ["dogs.pdf", "tiere.pdf"]
    hits = found(across)
    assert [hit.passage.file for hit in hits[:2]] == ["tiere.pdf", "dogs.pdf"]
    assert "Katze" in hits[0].passage.text
    alone = Translator(encoder)
    cosine = alone.encode([embedding_text(hits[0].passage)]) @ alone.encode([question])[0]
    assert hits[0].score("dense") == pytest.approx(float(cosine[0]), abs=1e-3)
    assert hits[1].score("dense") == found(None)[0].score("dense")
    german = "Was macht die Katze, wenn sie nachts schläft?"
    vectors = joint.encode_questions([german])
    assert vector_across_languages(joint, library, german, vectors[0]) is None
    # No language to be seen: the English encoder reads no German passage, and none counts more.
    across = vector_across_languages(joint, library, "cat", joint.encode_questions(["cat"])[0])
    vector, question = joint.encode_questions(["cat"])[0], "cat"
    hits = found(across)
    assert "Katze" in hits[0].passage.text
    cosine = alone.encode([embedding_text(hits[0].passage)]) @ alone.encode(["cat"])[0]
    assert hits[0].score("dense") == pytest.approx(float(cosine[0]), abs=1e-3)
    assert found(None)[0].score("dense") == pytest.approx(float(cosine[0]) / 2, abs=1e-3)
    assert vector_across_languages(encoder, library, question, vector) is None


def test_the_terms_of_a_question_are_translated_for_texts_in_another_language(
    tmp_path, make_pdf, encoder
):
    """The encoder counts words: without the translation, question and German slide share none."""
    make_pdf("steuer.pdf", '#slide("Abgaben")[Die Steuerlast und wer sie am Ende trägt.]')
    zeros = np.zeros(encoder.dimension, np.float32)
    centres = {"en": zeros, "de": zeros}
    joint = JointEncoder(encoder, encoder, Mixture(centres, centres, {"en": 0.5}))
    library = Library(tmp_path / "terms", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, joint, passage_tokens=40))
    question = "What is the tax burden, and why is it so?"
    vector = joint.encode_questions([question])[0]
    across = vector_across_languages(joint, library, question, vector)
    [passage] = library.passages(library.documents()[0].id)
    own = joint.encode([embedding_text(passage)])[0]
    assert own @ across > own @ joint.across_languages(vector)
    assert library.search_lexical(question, 1)[0][0].id == passage.id


def test_a_list_of_literature_is_last_unless_it_is_asked_for(tmp_path, make_pdf, encoder):
    make_pdf(
        "cats.pdf",
        """
        #slide("Cats")[At night the cat does not sleep.]
        #slide("References")[Snell, B. 1987. The sleep of the cat: why a cat does sleep.]
        #slide("Dogs")[The dog guards the house and barks.]
        """,
    )
    library = Library(tmp_path / "cats", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40))

    def found(question):
        vector = encoder.encode_questions([question])[0]
        return retrieve(library, question, vector, RetrievalSettings())

    hits = found("Why does a cat sleep?")
    assert hits[0].passage.headings[-1] == "Cats"
    assert hits[-1].passage.headings[-1] == "References"
    assert [hit.stages["fused"].rank for hit in hits] == list(range(1, len(hits) + 1))
    assert hits[-1].score("fused") == 0.0
    papers = found("Which papers are on why a cat does sleep?")
    assert [hit.score("fused") for hit in papers if hit.passage.pages == (2,)] > [0.0]


def test_an_outline_is_last_unless_it_is_asked_for(tmp_path, make_pdf, encoder):
    make_pdf(
        "cats.pdf",
        """
        #slide("Outline")[- Why cats sleep\n - Why dogs bark]
        #slide("Cats")[At night the cat does not sleep.]
        #slide("Dogs")[The dog guards the house and barks.]
        """,
    )
    library = Library(tmp_path / "cats", create=True)
    list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40))

    def found(question):
        vector = encoder.encode_questions([question])[0]
        return retrieve(library, question, vector, RetrievalSettings())

    assert [hit.passage.is_navigation for hit in found("Why do cats sleep?")] == [
        False,
        False,
        True,
    ]
    topics = found("Which topics, why cats sleep?")
    assert [hit.score("fused") for hit in topics if hit.passage.is_navigation] > [0.0]


def test_a_library_in_the_questions_language_is_searched_once(library, encoder):
    class Both:
        def across_languages(self, question):
            return question

    vector = encoder.encode(["What does the cat do at night?"])[0]
    assert vector_across_languages(Both(), library, "What does the cat do?", vector) is None
    assert vector_across_languages(Both(), library, "Was macht die Katze hier?", vector) is vector
