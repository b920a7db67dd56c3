from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from tiny_models import make_encoder

from ingest import weights
from ingest.embed import BiEncoder
from ingest.errors import ModelMissing
from ingest.sentence_models import LibraryModel

PAIRS = [
    ("How do I reset a forgotten password?", "Ways to recover a lost login key word"),
    ("The cat sleeps on the sofa.", "A kitten is napping on the couch."),
    (
        "Gradient descent minimises the loss.",
        "The cost is reduced by following its negative slope.",
    ),
]
UNRELATED = "The stock market fell sharply on Tuesday."


def test_a_model_without_a_tokenizer_file_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelMissing, match=r"no tokenizer\.json.*all-MiniLM-L6-v2"):
        BiEncoder(str(tmp_path)).count_tokens(["text"])


def test_the_window_comes_from_the_models_own_file(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 77}))
    assert BiEncoder(str(tmp_path)).window == 77


def test_a_static_model_has_no_longest_input_and_gets_a_finite_window(tmp_path):
    folder = make_encoder(tmp_path / "static", ["a cat sleeps"])
    (folder / "sentence_bert_config.json").unlink()
    encoder = BiEncoder(str(folder), device="cpu")
    assert encoder.window == 512
    assert encoder.encode(["cat", "sleeps"]).shape == (2, encoder.dimension)


@pytest.fixture(scope="module")
def minilm():
    return BiEncoder(dtype="float32")


def test_tokens_are_counted_without_special_tokens_and_without_a_limit(minilm):
    assert minilm.count_tokens(["hello world", "", "embeddings"]) == [
        2,
        0,
        4,
    ]  # em ##bed ##ding ##s
    assert minilm.count_tokens(["word " * 1000]) == [1000]


@pytest.mark.slow
def test_vectors_are_unit_float32_of_the_promised_shape(minilm):
    vectors = minilm.encode(["one", "two words", "three " * 400])
    assert vectors.dtype == np.float32
    assert vectors.shape == (3, minilm.dimension) == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert minilm.window == 256
    assert minilm.encode([]).shape == (0, 384)
    assert minilm.identity == f"all-MiniLM-L6-v2@{weights.BUNDLED[weights.MINILM].sha256[:12]}"


@pytest.mark.slow
def test_paraphrases_are_closer_than_anything_else(minilm):
    texts = [text for pair in PAIRS for text in pair] + [UNRELATED]
    cosines = minilm.encode(texts) @ minilm.encode(texts).T
    for row in range(len(PAIRS)):
        question, answer = 2 * row, 2 * row + 1
        others = [c for c in range(len(texts)) if c not in (question, answer)]
        assert cosines[question, answer] > cosines[question, others].max() + 0.1


@pytest.mark.slow
def test_a_vector_does_not_depend_on_its_neighbours_or_their_order(minilm):
    texts = [text for pair in PAIRS for text in pair] + [UNRELATED, "x", "long " * 300]
    vectors = minilm.encode(texts)
    order = np.random.default_rng(0).permutation(len(texts))
    assert np.array_equal(minilm.encode([texts[row] for row in order]), vectors[order])
    assert np.array_equal(minilm.encode(texts[:2]), vectors[:2])
    alone = np.vstack([minilm.encode([text]) for text in texts])
    assert alone == pytest.approx(vectors, abs=1e-5)


@pytest.mark.slow
def test_threads_are_given_back(minilm):
    before = torch.get_num_threads()
    minilm.encode(["one", "two"])
    assert torch.get_num_threads() == before


@pytest.mark.slow
def test_text_beyond_the_window_does_not_count(minilm):
    inside = "word " * 254
    one, same, other = minilm.encode([inside, inside + "zebra", "zebra " + inside])
    assert one == pytest.approx(same, abs=1e-5)
    assert np.abs(one - other).max() > 1e-3


@pytest.mark.slow
def test_vectors_agree_with_plain_transformers(minilm):
    """Mean of the last layer over a text's tokens, then unit length, written out by hand."""
    from transformers import AutoModel, AutoTokenizer

    folder = weights.locate(weights.MINILM).folder
    tokenizer, model = (
        AutoTokenizer.from_pretrained(folder),
        AutoModel.from_pretrained(folder).eval(),
    )
    texts = [text for pair in PAIRS for text in pair] + ["Größe der Übung", "x² ≤ ∑", "long " * 300]
    batch = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.inference_mode():
        states = model(**batch).last_hidden_state
    mask = batch["attention_mask"][:, :, None].float()
    means = (states * mask).sum(dim=1) / mask.sum(dim=1)
    expected = (means / means.norm(dim=1, keepdim=True)).numpy()
    assert np.abs(minilm.encode(texts) - expected).max() < 1e-4


@pytest.mark.slow
def test_half_precision_keeps_the_direction(minilm):
    texts = [text for pair in PAIRS for text in pair] + [UNRELATED]
    half = BiEncoder(dtype="bfloat16").encode(texts)
    assert (minilm.encode(texts) * half).sum(axis=1).min() > 0.998


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_vectors_are_those_of_sentence_transformers(dtype):
    folder = weights.locate(weights.MINILM).folder
    library_model = LibraryModel.read(folder, "cpu", getattr(torch, dtype))
    texts = [text for pair in PAIRS for text in pair] + [UNRELATED, "Größe", "long " * 300]
    expected = library_model.encode(texts, "", 8)
    own = BiEncoder(device="cpu", dtype=dtype).encode(texts)
    assert (own * expected).sum(axis=1).min() > 0.9999
