from __future__ import annotations

import numpy as np
from conftest import WordEncoder
from test_evaluation_sweep import CountingEncoder

from rag.evaluation.cached_encoder import CachedEncoder


def test_vectors_of_questions_are_saved_on_disk(tmp_path):
    encoder = CountingEncoder()
    first = CachedEncoder(encoder, tmp_path)
    first.prepare(["one cat", "two dogs", "one cat"])
    other = CountingEncoder()
    second = CachedEncoder(other, tmp_path)
    second.prepare(["one cat", "two dogs"])
    np.testing.assert_array_equal(
        second.encode_questions(["two dogs"]), WordEncoder().encode(["two dogs"])
    )
    assert other.calls == []
    second.encode_questions(["three", "two dogs"])
    assert other.calls == [2]
    assert second.seconds(["one cat"]) > 0
    elsewhere = CachedEncoder(other, tmp_path, dtype="bfloat16")
    elsewhere.encode_questions(["one cat"])
    assert other.calls == [2, 1]  # made in other numbers, so not shared
    elsewhere.encode(["one cat"])  # a passage of the same words is not a question
    assert other.calls == [2, 1, 1]


def test_the_vector_across_languages_is_the_encoders(tmp_path):
    class Both(CountingEncoder):
        def across_languages(self, question):
            return -question

    vector = WordEncoder().encode(["one cat"])[0]
    saved = CachedEncoder(Both(), tmp_path).across_languages(vector)
    np.testing.assert_array_equal(saved, -vector)
    assert CachedEncoder(CountingEncoder(), tmp_path).across_languages(vector) is None
