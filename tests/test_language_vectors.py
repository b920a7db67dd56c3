"""Vectors: cosines against scikit-learn and by hand, sentence vectors against the bi-encoder."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from language.errors import LanguageError
from language.vectors import (
    cosine_steps,
    flat_map,
    neighbours,
    one_hot,
    similarity_matrix,
    unit_rows,
)


def test_one_hot_times_the_table_is_a_row():
    table = np.random.default_rng(0).normal(size=(7, 4))
    assert np.allclose(one_hot(5, 7) @ table, table[5])
    with pytest.raises(LanguageError, match="expected 0 to 6"):
        one_hot(7, 7)


def test_a_cosine_worked_out_by_hand():
    steps = cosine_steps(np.array([3.0, 4.0]), np.array([4.0, 3.0]))
    assert steps.products.tolist() == [12, 12]
    assert (steps.dot, steps.norms) == (24, (5, 5))
    assert steps.cosine == pytest.approx(0.96)
    assert steps.angle == pytest.approx(16.2602, abs=1e-4)


def test_cosines_equal_those_of_scikit_learn():
    rows = np.random.default_rng(1).normal(size=(9, 5))
    expected = cosine_similarity(rows)
    assert np.allclose(similarity_matrix(rows), expected, atol=1e-12)
    assert cosine_steps(rows[0], rows[1]).cosine == pytest.approx(expected[0, 1], abs=1e-12)
    best = neighbours(rows[3], unit_rows(rows), 4, {3})
    assert [one.row for one in best] == [int(n) for n in np.argsort(-expected[3]) if n != 3][:4]
    assert best[0].cosine == pytest.approx(expected[3, best[0].row])


def test_what_has_no_direction_or_no_neighbour_is_refused():
    units = np.eye(3)
    for left, right in ((np.zeros(3), units[0]), (units[0], np.zeros(3))):
        with pytest.raises(LanguageError, match="no direction"):
            cosine_steps(left, right)
    with pytest.raises(LanguageError, match="no direction"):
        neighbours(np.zeros(3), units, 1)
    with pytest.raises(LanguageError, match="expected at least 1"):
        neighbours(units[0], units, 0)
    assert neighbours(units[0], units, 9, {0, 1, 2}) == []


def test_a_point_of_the_plane_is_a_vector_again():
    generator = np.random.default_rng(2)
    rows = generator.normal(size=(20, 2)) @ generator.normal(size=(2, 6)) + 3  # a plane in 6-space
    plane = flat_map(rows, "pca")
    assert plane.share == pytest.approx(1)
    assert np.abs(plane.points).max() == pytest.approx(1)
    assert plane.vector_at is not None
    assert np.allclose(plane.vector_at(plane.points[4]), rows[4])
    assert plane.nearest(plane.points[4], 1) == [4]


def test_tsne_keeps_two_groups_apart():
    generator = np.random.default_rng(3)
    rows = np.concatenate([generator.normal(c, 0.1, (15, 8)) for c in (np.eye(8)[0], np.eye(8)[1])])
    points = flat_map(rows, "tsne").points
    group = np.arange(30) // 15
    near = [np.argsort(np.linalg.norm(points - p, axis=1))[1:6] for p in points]
    assert all((group[rows_] == group[n]).all() for n, rows_ in enumerate(near))
    with pytest.raises(LanguageError, match="at least 3"):
        flat_map(rows[:2], "pca")


@pytest.mark.slow
def test_neighbours_of_the_real_tables_and_sentence_vectors_of_the_real_encoder():
    from ingest.embed import BiEncoder
    from language.loading import load_encoder
    from language.vectors import embedding_table, sentence_vectors, token_ids, token_name
    from ui.language_laboratory.models import encoder_folder

    encoder, tokenizer = load_encoder(encoder_folder())
    table = embedding_table(encoder)
    [cat] = token_ids("cat", tokenizer)
    names = [
        token_name(one.row, tokenizer) for one in neighbours(table[cat], unit_rows(table), 5, {cat})
    ]
    assert {"cats", "dog"} <= set(names)
    sentences = ["A cat sleeps.", "The kitten naps on the warm roof.", "Stocks fell on Monday."]
    vectors = sentence_vectors(sentences, encoder, tokenizer)
    assert np.abs(vectors - BiEncoder(dtype="float32").encode(sentences)).max() < 1e-5
    matrix = similarity_matrix(vectors)
    assert matrix[0, 1] > matrix[0, 2]
    for text, message in (("", "empty"), ("x" * 1_000_000, "1,000,000"), ("a\ud800", "surrogate")):
        with pytest.raises(LanguageError, match=message):
            sentence_vectors([text], encoder, tokenizer)
        with pytest.raises(LanguageError, match=message):
            token_ids(text, tokenizer)
    with pytest.raises(LanguageError, match="Sentence 2 has 302 tokens, expected at most 256"):
        sentence_vectors(["a", "a " * 300], encoder, tokenizer)
