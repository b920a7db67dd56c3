"""Vectors of a graph's nodes: random walks are its sentences, and skip-gram does the rest.

node2vec walks with a memory of one step. From t to v, the next node x has the weight of its edge
times 1/p if it is t again, 1 if it is a neighbour of t, and 1/q if it is neither. A small q leads
away and shows communities; a small p stays near.
Sources: Grover and Leskovec, node2vec (2016); p = q = 1 is DeepWalk, Perozzi and others (2014).
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import networkx
import numpy as np

from language import word2vec
from language.errors import LanguageError
from language.word2vec import Progress, Recipe


@dataclass(frozen=True, slots=True)
class WalkRecipe:
    """How the walks go, and how skip-gram learns from them."""

    p: float = 1.0  # large: seldom back at once
    q: float = 0.5  # small: away from where it came from
    length: int = 20  # nodes
    per_node: int = 20
    skip_gram: Recipe = field(
        default_factory=lambda: Recipe(width=16, window=3, epochs=2, frequent=0)
    )

    def __post_init__(self) -> None:
        if self.p <= 0 or self.q <= 0:
            raise LanguageError(f"p = {self.p:g} and q = {self.q:g}, expected both above 0")


def next_step(
    graph: networkx.Graph, before: Hashable | None, now: Hashable, p: float, q: float
) -> tuple[list[Hashable], np.ndarray]:
    """The neighbours of a node, and the probability of each to be the next one.

    `before` is None at the start of a walk: then the edges' weights decide alone.
    """
    nodes = list(graph[now])
    weights = np.array([graph[now][node].get("weight", 1.0) for node in nodes], dtype=float)
    if before is not None:
        weights *= [
            1 / p if node == before else 1.0 if graph.has_edge(node, before) else 1 / q
            for node in nodes
        ]
    return nodes, weights / weights.sum()


def random_walk(
    graph: networkx.Graph,
    start: Hashable,
    recipe: WalkRecipe,
    generator: np.random.Generator,
    steps: dict[Any, tuple[list[Hashable], np.ndarray]] | None = None,
) -> list[Hashable]:
    """Nodes in order, from a start on; a node without neighbours ends the walk.

    `steps` remembers what `next_step` gave, for the next walk.
    """
    steps = {} if steps is None else steps
    walk, before = [start], None
    while len(walk) < recipe.length and graph.degree(walk[-1]):
        key = before, walk[-1]
        if key not in steps:
            nodes, probabilities = next_step(graph, before, walk[-1], recipe.p, recipe.q)
            steps[key] = nodes, np.cumsum(probabilities)
        nodes, cumulative = steps[key]
        place = min(int(np.searchsorted(cumulative, generator.random())), len(nodes) - 1)
        before = walk[-1]
        walk.append(nodes[place])
    return walk


def walks(graph: networkx.Graph, recipe: WalkRecipe, seed: int) -> list[list[Hashable]]:
    """Several walks from each node, in random order."""
    generator = np.random.default_rng(seed)
    steps: dict[Any, tuple[list[Hashable], np.ndarray]] = {}
    starts = [node for node in graph for _ in range(recipe.per_node)]
    return [
        random_walk(graph, starts[place], recipe, generator, steps)
        for place in generator.permutation(len(starts))
    ]


def train(
    graph: networkx.Graph, recipe: WalkRecipe, stop: threading.Event | None = None
) -> Iterator[Progress]:
    """Walk, then train; the rows of the vectors are in the order of the graph's nodes.

    Raises:
        LanguageError: the graph has no edge.
    """
    if not graph.number_of_edges():
        raise LanguageError("The graph has no edge, expected at least one; link some nodes")
    number = {node: n for n, node in enumerate(graph)}
    seed = recipe.skip_gram.seed
    sequences = [np.array([number[node] for node in walk]) for walk in walks(graph, recipe, seed)]
    yield from word2vec.train(sequences, len(number), recipe.skip_gram, stop)


def node_vectors(graph: networkx.Graph, recipe: WalkRecipe) -> np.ndarray:
    """The trained vectors, (nodes, width)."""
    *_, last = train(graph, recipe)
    return last.vectors


def clusters(rows: np.ndarray, count: int, seed: int = 0) -> np.ndarray:
    """k-means over unit vectors: the number of a cluster for each row."""
    from sklearn.cluster import KMeans

    from language.vectors import unit_rows

    if not 1 <= count <= len(rows):
        raise LanguageError(f"{count} clusters of {len(rows)} nodes, expected 1 to {len(rows)}")
    return KMeans(count, n_init=10, random_state=seed).fit_predict(unit_rows(rows))


def purity(groups: Sequence[Hashable], cluster: Sequence[int]) -> float:
    """The share of nodes that belong to the most frequent group of their cluster, in (0, 1]."""
    right = 0
    for number in set(cluster):
        inside = [group for group, own in zip(groups, cluster, strict=True) if own == number]
        right += max(inside.count(group) for group in set(inside))
    return right / len(groups)


def karate_club() -> tuple[networkx.Graph, list[str]]:
    """Zachary's karate club (34 members, 78 friendships), and the faction of each member.

    Source: Zachary, An Information Flow Model for Conflict and Fission in Small Groups (1977).
    """
    graph = networkx.karate_club_graph()
    return graph, [graph.nodes[node]["club"] for node in graph]
