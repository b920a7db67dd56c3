"""rag.rerank with a tiny CrossEncoder, held against transformers driven by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_models import TEXTS, hit, make_cross_encoder
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from ingest import weights
from ingest.chunk import embedding_text
from ingest.errors import ModelMissing
from rag.rerank import Reranker
from rag.settings import ModelSettings, RerankSettings
from rag.types import StageScore

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


@pytest.fixture(scope="module")
def make(folder):
    def make(**settings):
        models = ModelSettings(reranker=str(folder), device="cpu", dtype="float32")
        return Reranker(models, RerankSettings(**settings))

    return make


@pytest.fixture(scope="module")
def probability(folder):
    """The sigmoid of the logit for one pair, from transformers alone."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()

    @torch.inference_mode()
    def probability(question, text):
        return float(torch.sigmoid(model(**tokenizer(question, text, return_tensors="pt")).logits))

    return probability


def test_scores_are_sigmoids_of_the_logits(make, probability):
    expected = [probability(QUESTION, text) for text in TEXTS]
    assert len({round(value, 4) for value in expected}) == len(TEXTS)
    assert make().score(QUESTION, TEXTS) == pytest.approx(expected, abs=1e-5)
    assert make(batch_size=1).score(QUESTION, TEXTS) == pytest.approx(expected, abs=1e-5)
    assert make().score(QUESTION, []) == []


def test_hits_are_ordered_by_the_score_of_what_the_encoder_read(make, probability):
    expected = {h.passage.id: probability(QUESTION, embedding_text(h.passage)) for h in HITS}
    worst_first = sorted(HITS, key=lambda h: expected[h.passage.id])
    ranked = make().rerank(QUESTION, worst_first)
    assert [h.passage.id for h in ranked] == [h.passage.id for h in reversed(worst_first)]
    for rank, found in enumerate(ranked, start=1):
        assert found.stages["reranked"].rank == rank
        assert found.score("reranked") == pytest.approx(expected[found.passage.id], abs=1e-5)
        assert 0 <= found.score("reranked") <= 1


def test_a_stage_adds_its_score_and_changes_no_other(make):
    for found in make().rerank(QUESTION, HITS):
        assert found.stages.keys() == {"dense", "reranked"}
        assert found.stages["dense"] == StageScore(0.5, 1)
    assert all(found.stages.keys() == {"dense"} for found in HITS)


def test_what_lies_beyond_the_candidates_follows_unchanged(make):
    ranked = make(candidates=2).rerank(QUESTION, HITS)
    assert {found.passage.id for found in ranked[:2]} == {"p0", "p1"}
    assert ranked[2:] == HITS[2:]


def test_equal_texts_keep_their_order(make):
    twins = [hit(name, TEXTS[0]) for name in ("z", "a", "m")]
    one_by_one = make(batch_size=1)  # in a batch, rows may differ in the last bit
    assert [found.passage.id for found in one_by_one.rerank(QUESTION, twins)] == ["z", "a", "m"]


def test_no_hits_need_no_model(make):
    reranker = make()
    assert reranker.rerank(QUESTION, []) == []
    assert "_model" not in vars(reranker)


def test_other_settings_share_the_loaded_model(make):
    reranker = make()
    other = reranker.with_settings(RerankSettings(candidates=1))
    assert other._model is reranker._model
    assert other.rerank(QUESTION, HITS)[1:] == HITS[1:]
    assert "reranked" in reranker.rerank(QUESTION, HITS)[1].stages


def test_a_pair_is_read_once_whatever_the_settings(make, monkeypatch):
    reranker = make()
    expected = reranker.score(QUESTION, TEXTS)
    read = []
    whole = Reranker._read
    monkeypatch.setattr(
        Reranker,
        "_read",
        lambda self, question, texts: read.extend(texts) or whole(self, question, texts),
    )
    other = reranker.with_settings(RerankSettings(candidates=1))
    assert other.score(QUESTION, TEXTS[::-1]) == expected[::-1]
    assert read == []
    other.score("Another question?", TEXTS[:1] * 2)
    assert read == TEXTS[:1]


def test_only_the_last_pairs_are_kept(make, monkeypatch):
    monkeypatch.setattr("rag.rerank._KEPT", 2)
    reranker = make()
    reranker.score(QUESTION, TEXTS)
    assert [text for _, text in reranker._kept] == TEXTS[-2:]


def test_it_is_named_by_folder_and_hash(make, folder):
    sha256 = weights.sha256_of(folder / "model.safetensors")
    assert make().name == f"{folder}@{sha256[:12]}"


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelMissing, match="nowhere"):
        Reranker(ModelSettings(reranker=str(tmp_path / "nowhere")), RerankSettings())


@pytest.mark.slow
def test_the_bundled_reranker_finds_evidence_that_the_encoder_misses():
    """Subjects that neither learned from: the unit that answers, among those of its passage."""
    from ingest.embed import BiEncoder
    from training.candidates import HELD_OUT
    from training.data import read_texts

    reranker, encoder = Reranker(ModelSettings(), RerankSettings()), BiEncoder()
    asked = [
        (text, item)
        for text in read_texts()
        if text.subject in HELD_OUT
        for item in text.asked
        if item.answer and not item.after
    ][::4]
    right = {"reranker": 0, "encoder": 0}
    for text, item in asked:
        units = [f"{text.title}\n{unit}" for unit in text.units]
        scores = reranker.score(item.question, units)
        assert all(0 <= score <= 1 for score in scores)
        cosines = encoder.encode(units) @ encoder.encode([item.question])[0]
        right["reranker"] += int(np.argmax(scores)) + 1 in item.evidence
        right["encoder"] += int(np.argmax(cosines)) + 1 in item.evidence
    print(right, len(asked))
    assert right["reranker"] >= 0.7 * len(asked)
    assert right["reranker"] > right["encoder"]
