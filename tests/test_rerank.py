"""rag.rerank and rag.cross_encoder with a tiny CrossEncoder, compared with transformers by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tiny_models import TEXTS, hit, make_cross_encoder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from ingest import weights
from ingest.chunk import embedding_text, windows
from ingest.encoders import open_encoder
from rag.cross_encoder import CrossEncoderReranker
from rag.models import Models
from rag.rerank import rerank, score_parts
from rag.settings import ModelSettings, RerankSettings
from rag.split_reranker import SplitReranker
from rag.types import Hit, StageScore

QUESTION = "What is light in vacuum?"
HITS = [hit(f"p{place}", text) for place, text in enumerate(TEXTS)]


@pytest.fixture(autouse=True)
def one_thread():
    """Sums in the same order every time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_cross_encoder(tmp_path_factory.mktemp("reranker"))


@pytest.fixture
def reranker(folder):
    return open_reranker(folder)


def open_reranker(folder, **options):
    settings = ModelSettings(device="cpu", dtype="float32")
    return CrossEncoderReranker(weights.locate(str(folder)), settings, **options)


@pytest.fixture(scope="module")
def probability(folder):
    """The sigmoid of the logit for one pair, from transformers alone."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()

    @torch.inference_mode()
    def probability(question, text):
        return float(torch.sigmoid(model(**tokenizer(question, text, return_tensors="pt")).logits))

    return probability


def test_scores_are_sigmoids_of_the_logits(folder, probability):
    expected = [probability(QUESTION, text) for text in TEXTS]
    assert len({round(value, 4) for value in expected}) == len(TEXTS)
    for batch_size in (1, 16):
        scores = open_reranker(folder).score(QUESTION, TEXTS, batch_size=batch_size)
        assert scores == pytest.approx(expected, abs=1e-5)
    assert open_reranker(folder).score(QUESTION, []) == []


def test_a_text_that_does_not_fit_the_window_counts_by_its_best_part(reranker, probability):
    words = " ".join(TEXTS).split()
    long = " ".join(words * 5)
    room = reranker.room_beside(QUESTION)
    assert room == 128 - reranker.count_tokens([QUESTION])[0] - 3
    cuts = windows(long, room, reranker.count_tokens)
    assert len(cuts) > 1
    best = max(probability(QUESTION, long[start:end]) for start, end in cuts)
    assert reranker.score(QUESTION, [long]) == pytest.approx([best], abs=1e-5)


def test_hits_are_ordered_by_the_score_of_what_the_encoder_read(reranker, probability):
    expected = {h.passage.id: probability(QUESTION, embedding_text(h.passage)) for h in HITS}
    worst_first = sorted(HITS, key=lambda h: expected[h.passage.id])
    ranked = rerank(QUESTION, worst_first, reranker, RerankSettings())
    assert [h.passage.id for h in ranked] == [h.passage.id for h in reversed(worst_first)]
    for rank, ranked_hit in enumerate(ranked, start=1):
        assert ranked_hit.stages["reranked"].rank == rank
        assert ranked_hit.score("reranked") == pytest.approx(
            expected[ranked_hit.passage.id], abs=1e-5
        )


def test_the_first_stages_score_is_added_standardised():
    """Logits 0 and ln 3 are -1 and 1 when standardised, the fused scores 0.9 and 0.1 are 1 and -1."""
    first, second = (
        Hit(hit(name).passage, {"fused": StageScore(score, rank)})
        for rank, (name, score) in enumerate({"a": 0.9, "b": 0.1}.items(), start=1)
    )

    class Fixed:
        name = "fixed"

        def score(self, question, texts, *, batch_size=16):
            return [0.5, 0.75]

    orders = {
        weight: [
            h.passage.id
            for h in rerank("", [first, second], Fixed(), RerankSettings(first_stage_weight=weight))
        ]
        for weight in (0.0, 0.9, 1.1)
    }
    assert orders == {0.0: ["b", "a"], 0.9: ["b", "a"], 1.1: ["a", "b"]}


def test_text_in_another_language_counts_more_for_an_english_question():
    """Three passages, the last of which the reranker scores half a logit lower, as it does text across languages."""

    class Fixed:
        name = "fixed"

        def score(self, question, texts, *, batch_size=16):
            logits = {"a": 0.0, "b": -3.0, "c": -0.5}
            return [1 / (1 + math.exp(-logits[text[-1]])) for text in texts]

    def first(question, code):
        hits = [hit("a"), hit("b"), hit("c", language=code)]
        return rerank(question, hits, Fixed(), RerankSettings(first_stage_weight=0))[0].passage.id

    english, german = "What is the chain rule of a derivative?", "Was ist die Kettenregel und wozu?"
    assert [first(english, "de"), first(english, "en"), first(english, "")] == ["c", "a", "a"]
    assert first(german, "de") == "a"


def test_a_text_in_another_language_is_read_with_the_questions_terms_in_it():
    """The scorer sees each text beside the question; of two translations the text's own is taken."""

    class Recorder:
        name = "recorder"

        def __init__(self):
            self.questions = {}

        def score(self, question, texts, *, batch_size=16):
            self.questions |= dict.fromkeys(texts, question)
            return [0.1 * (1 + "stands".index(text[0])) for text in texts]

    texts = ["shorter", "tief", "die Trefferquote", "nur Sensitivität", "deep recall"]
    passages = [hit("p", text, language="de").passage for text in texts[:4]]
    passages.append(hit("p", texts[4], language="en").passage)
    recorder = Recorder()
    scores = score_parts(recorder, "What is the recall?", texts, passages)
    assert recorder.questions == {
        "shorter": "What is the Trefferquote?",
        "tief": "What is the Trefferquote?",
        "die Trefferquote": "What is the Trefferquote?",
        "nur Sensitivität": "What is the Sensitivität?",
        "deep recall": "What is the recall?",
    }
    assert scores == pytest.approx([0.1, 0.2, 0.5, 0.4, 0.5])


def test_a_stage_adds_its_score_and_changes_no_other(reranker):
    for ranked_hit in rerank(QUESTION, HITS, reranker, RerankSettings()):
        assert ranked_hit.stages.keys() == {"dense", "reranked"}
        assert ranked_hit.stages["dense"] == StageScore(0.5, 1)
    assert all(h.stages.keys() == {"dense"} for h in HITS)


def test_what_lies_beyond_the_candidates_follows_unchanged(reranker):
    ranked = rerank(QUESTION, HITS, reranker, RerankSettings(candidates=2))
    assert {h.passage.id for h in ranked[:2]} == {"p0", "p1"}
    assert ranked[2:] == HITS[2:]


def test_equal_texts_keep_their_order(reranker):
    same = [hit(name, TEXTS[0]) for name in ("z", "a", "m")]
    ranked = rerank(QUESTION, same, reranker, RerankSettings())
    assert [h.passage.id for h in ranked] == ["z", "a", "m"]


def test_no_hits_need_no_model(reranker):
    assert rerank(QUESTION, [], reranker, RerankSettings()) == []
    assert "model" not in vars(reranker)


def count_pairs(reranker):
    """The number of pairs in each call of the real model from now on."""
    calls = []
    reranker.model.register_forward_hook(
        lambda module, inputs, output: calls.append(len(output["scores"]))
    )
    return calls


def test_the_model_scores_a_pair_once(reranker):
    expected = reranker.score(QUESTION, TEXTS)
    calls = count_pairs(reranker)
    assert reranker.score(QUESTION, TEXTS[::-1]) == expected[::-1]
    assert calls == []
    reranker.score("Another question?", TEXTS[:1] * 2)
    assert calls == [1]


def test_a_cleared_cache_is_computed_again(reranker):
    first = reranker.score(QUESTION, TEXTS)
    calls = count_pairs(reranker)
    reranker.clear_cache()
    assert reranker.score(QUESTION, TEXTS) == first
    assert sum(calls) == len(TEXTS)


def test_a_long_text_is_cut_once_for_all_questions(reranker, monkeypatch):
    calls = []
    count_tokens = reranker.count_tokens
    monkeypatch.setattr(
        reranker, "count_tokens", lambda texts: calls.extend(texts) or count_tokens(texts)
    )
    monkeypatch.setattr(reranker, "room_beside", lambda question: 20)
    text = "A cat sleeps sixteen hours a day. " * 4
    reranker.score("cat", [text])
    assert text in calls
    calls.clear()
    reranker.score("mice", [text])
    assert calls == []


def test_the_scores_of_so_many_pairs_are_cached(folder):
    reranker = open_reranker(folder, cached_pairs=2)
    reranker.score(QUESTION, TEXTS)
    calls = count_pairs(reranker)
    reranker.score(QUESTION, TEXTS[-2:])
    assert calls == []
    reranker.score(QUESTION, TEXTS[:1])
    assert calls == [1]


def test_it_is_named_by_folder_and_hash(reranker, folder):
    sha256 = weights.sha256_of(folder / "model.safetensors")
    assert reranker.name == f"{folder}@{sha256[:12]}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "base"),
    [
        (weights.RERANKER, weights.MINILM),
        (weights.MULTILINGUAL_RERANKER, weights.E5),
        (weights.LEAD_JUDGE, weights.MINILM),
    ],
)
def test_a_bundled_reranker_finds_evidence_that_its_encoder_misses(name, base):
    """Subjects that neither learned from: the unit that answers, among those of its passage."""
    from training.candidates import HELD_OUT
    from training.texts import read_texts

    settings = ModelSettings(reranker=name)
    reranker, encoder = Models(settings).reranker, open_encoder(base)
    assert isinstance(reranker, SplitReranker)
    asked = [
        (text, item)
        for text in read_texts()
        if text.subject in HELD_OUT
        for item in text.questions
        if item.answer and not item.after
    ][::4]
    right = {"reranker": 0, "encoder": 0}
    for text, item in asked:
        units = [f"{text.title}\n{unit}" for unit in text.units]
        scores = reranker.score(item.question, units)
        assert all(0 <= score <= 1 for score in scores)
        cosines = encoder.encode(units) @ encoder.encode_questions([item.question])[0]
        right["reranker"] += int(np.argmax(scores)) + 1 in item.evidence
        right["encoder"] += int(np.argmax(cosines)) + 1 in item.evidence
    print(right, len(asked))
    assert right["reranker"] >= 0.65 * len(asked)
    assert right["reranker"] > right["encoder"]


@pytest.mark.slow
def test_the_bundled_reranker_forgets_what_it_read():
    reranker = SplitReranker(weights.locate(weights.RERANKER), ModelSettings())
    scores = reranker.score(QUESTION, TEXTS)
    states = reranker.model.lower_states
    assert len(states) == len({QUESTION, *TEXTS})
    reranker.clear_cache()
    assert len(states) == 0
    assert reranker.score(QUESTION, TEXTS) == pytest.approx(scores)


@pytest.mark.slow
@pytest.mark.parametrize("by_onnx", [False, True])
def test_what_one_reranker_read_costs_another_over_the_same_layers_no_lower_layer(by_onnx):
    english = SplitReranker(weights.locate(weights.RERANKER), ModelSettings(), by_onnx=by_onnx)
    judge = weights.locate(weights.LEAD_JUDGE)
    alone = SplitReranker(judge, ModelSettings(), by_onnx=by_onnx).score(QUESTION, TEXTS)
    sharing = SplitReranker(judge, ModelSettings(), by_onnx=by_onnx, shares_with=english)
    english.score(QUESTION, TEXTS)
    read = len(english.model.lower_states)
    assert sharing.score(QUESTION, TEXTS) == pytest.approx(alone, abs=0.01)
    assert sharing.model.lower_states is english.model.lower_states
    assert len(english.model.lower_states) == read
