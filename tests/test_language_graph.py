"""node2vec: its steps against its formula, and the two factions of the karate club."""

from __future__ import annotations

from itertools import pairwise

import networkx
import numpy as np
import pytest
from scipy.stats import chisquare

from language.errors import LanguageError
from language.graph import (
    WalkRecipe,
    clusters,
    karate_club,
    next_step,
    node_vectors,
    purity,
    random_walk,
    train,
    walks,
)


def paper() -> networkx.Graph:
    """Figure 2 of the paper: from t to v; x1 is a neighbour of t, x2 and x3 are not."""
    return networkx.Graph([("t", "v"), ("t", "x1"), ("v", "x1"), ("v", "x2"), ("v", "x3")])


def test_a_step_follows_p_and_q():
    nodes, probabilities = next_step(paper(), "t", "v", p=4, q=0.5)
    expected = {"t": 0.25 / 5.25, "x1": 1 / 5.25, "x2": 2 / 5.25, "x3": 2 / 5.25}
    assert dict(zip(nodes, probabilities, strict=True)) == pytest.approx(expected)
    _, uniform = next_step(paper(), None, "v", p=4, q=0.5)
    assert uniform.tolist() == [0.25] * 4


def test_an_edge_with_twice_the_weight_is_taken_twice_as_often():
    graph = networkx.Graph()
    graph.add_weighted_edges_from([("a", "b", 2.0), ("a", "c", 1.0)])
    assert next_step(graph, None, "a", 1, 1)[1] == pytest.approx([2 / 3, 1 / 3])


def test_walks_follow_edges_with_the_frequencies_of_the_formula():
    graph, recipe = paper(), WalkRecipe(p=4, q=0.5, length=40, per_node=100)
    counts: dict[str, int] = dict.fromkeys(graph["v"], 0)
    for walk in walks(graph, recipe, seed=3):
        assert all(graph.has_edge(a, b) for a, b in pairwise(walk))
        for before, now, after in zip(walk, walk[1:], walk[2:], strict=False):
            if (before, now) == ("t", "v"):
                counts[after] += 1
    nodes, probabilities = next_step(graph, "t", "v", 4, 0.5)
    total = sum(counts.values())
    assert total > 500
    assert chisquare([counts[n] for n in nodes], probabilities * total).pvalue > 1e-3


def test_a_node_without_neighbours_ends_a_walk():
    graph = networkx.Graph([("a", "b")])
    graph.add_node("alone")
    generator = np.random.default_rng(0)
    assert random_walk(graph, "alone", WalkRecipe(), generator) == ["alone"]
    assert len(random_walk(graph, "a", WalkRecipe(), generator)) == WalkRecipe().length


def test_purity_by_hand():
    assert purity(["a", "a", "b", "b", "b"], [0, 0, 0, 1, 1]) == pytest.approx(4 / 5)
    assert purity(["a", "b"], [0, 1]) == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_karate_club_falls_into_its_two_factions(seed):
    from dataclasses import replace

    graph, factions = karate_club()
    recipe = WalkRecipe()
    recipe = replace(recipe, skip_gram=replace(recipe.skip_gram, seed=seed))
    vectors = node_vectors(graph, recipe)
    assert vectors.shape == (34, recipe.skip_gram.width)
    assert purity(factions, clusters(vectors, 2, seed).tolist()) >= 0.95


def test_impossible_walks_and_graphs_are_refused():
    with pytest.raises(LanguageError, match="expected both above 0"):
        WalkRecipe(p=0)
    with pytest.raises(LanguageError, match="no edge"):
        list(train(networkx.empty_graph(3), WalkRecipe()))
    with pytest.raises(LanguageError, match="expected 1 to 3"):
        clusters(np.eye(3), 4)
