"""Vectors of a graph's nodes: node2vec on the karate club and on the lectures' slides."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import networkx
import numpy as np
import streamlit as st

from language import graph as graphs
from language.graph import WalkRecipe
from language.vectors import neighbours, unit_rows
from language.word2vec import Progress
from ui.language_laboratory import lectures, runs
from ui.language_laboratory.vector_charts import graph_chart, neighbour_bars
from ui.language_laboratory.vectors.maps import show_map
from ui.language_laboratory.widgets import notice, think
from ui.text import escape, t

_RUN = "nodes"
GRAPHS = {"karate": "Zachary's karate club", "slides": "Slides of the bundled lectures"}


@dataclass(frozen=True)
class Nodes:
    """A graph with a name and a group for each node, in the order of its nodes."""

    graph: networkx.Graph
    names: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """After a part of the training."""

    nodes: Nodes
    progress: Progress


def karate() -> Nodes:
    """The club: members by number, as in the paper from 1."""
    graph, factions = graphs.karate_club()
    return Nodes(graph, tuple(str(node + 1) for node in graph), tuple(factions))


def slide_nodes() -> Nodes:
    """The slides of the bundled lectures, linked as in `lectures.slide_links`."""
    slides = lectures.read_slides()
    names = tuple(f"{slide.file}, {slide.number}" for slide in slides)
    return Nodes(lectures.slide_links(slides), names, tuple(slide.file for slide in slides))


def work(name: str, recipe: WalkRecipe, stop: threading.Event) -> Iterator[State]:
    """Walk and train."""
    nodes = karate() if name == "karate" else slide_nodes()
    for progress in graphs.train(nodes.graph, recipe, stop):
        yield State(nodes, progress)


@st.cache_resource(show_spinner=False, hash_funcs={networkx.Graph: id})
def places_of(graph: networkx.Graph) -> dict[Any, np.ndarray]:
    """Where each node is drawn: linked ones near each other."""
    return networkx.spring_layout(graph, seed=4, iterations=60, weight=None)


def show() -> None:
    """The form, the graph with its clusters, and the map of the vectors."""
    notice(
        "The training sees walks alone, and still the clusters of its vectors are nearly the "
        "groups of the graph."
    )
    st.markdown(
        escape(
            t(
                "A walk along the edges is a sentence whose words are nodes; skip-gram gives nodes "
                "that walks visit together similar vectors (node2vec)."
            )
        )
    )
    columns = st.columns(4, vertical_alignment="bottom")
    name = columns[0].selectbox(
        t("Graph"), list(GRAPHS), format_func=lambda n: t(GRAPHS[n]), key="nodes_graph"
    )
    options = [0.25, 0.5, 1.0, 2.0, 4.0]
    p = columns[1].select_slider(t("p (large: seldom back at once)"), options, 1.0, key="nodes_p")
    q = columns[2].select_slider(t("q (small: far away)"), options, 0.5, key="nodes_q")
    seed = int(columns[3].number_input(t("Seed"), 0, 2**31 - 1, 0, key="nodes_seed"))
    recipe = WalkRecipe(p=p, q=q)
    recipe = replace(recipe, skip_gram=replace(recipe.skip_gram, seed=seed))
    if st.button(t("Walk and train"), type="primary", icon=":material/play_arrow:",
                 disabled=runs.busy(_RUN), key="nodes_train"):  # fmt: skip
        runs.start(_RUN, (name, recipe), lambda stop: work(name, recipe, stop))
        st.rerun()
    states = runs.follow(_RUN, lambda state: state.progress.share, lambda states: None)
    if states:
        trained(states)
    elif name == "karate":
        nodes = karate()
        _draw_graph(nodes, None)
    think(
        "What do p and q change?",
        "They set how a walk goes on. With a small q it goes far away, and nodes of one community "
        "become similar. With a large q it stays near its start, and nodes with a similar place "
        "in the graph become similar, such as the centres of two groups. A large p keeps it from "
        "going straight back.",
    )


def _draw_graph(nodes: Nodes, cluster: Sequence[int] | None) -> None:
    order = list(nodes.graph)
    st.altair_chart(
        graph_chart(
            nodes.graph,
            places_of(nodes.graph),
            dict(zip(order, nodes.names, strict=True)),
            dict(zip(order, nodes.groups, strict=True)),
            None if cluster is None else dict(zip(order, cluster, strict=True)),
            t,
        ),
        width="stretch",
        alt=t("The graph"),
    )


def trained(states: Sequence[State]) -> None:
    """Clusters of the vectors against the real groups, neighbours and map."""
    nodes, progress = states[-1].nodes, states[-1].progress
    distinct = list(dict.fromkeys(nodes.groups))
    cluster = graphs.clusters(progress.vectors, len(distinct)).tolist()
    share = graphs.purity(nodes.groups, cluster)
    st.markdown(
        escape(
            t(
                "k-means finds {count} clusters in the vectors; {share} % of the nodes are in a "
                "cluster "
                "of their own group. The training did not know the groups.",
                count=len(distinct),
                share=round(100 * share),
            )
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        _draw_graph(nodes, cluster)
    with right:
        rows = range(len(nodes.names))
        row = st.selectbox(t("Node"), rows, format_func=nodes.names.__getitem__, key="nodes_node")
        units = unit_rows(progress.vectors)
        row = min(row, len(units) - 1)
        near = [
            {"neighbour": nodes.names[one.row], "cosine": one.cosine}
            for one in neighbours(units[row], units, 10, {row})
        ]
        st.altair_chart(neighbour_bars(near, t), width="stretch", alt=t("Nearest nodes"))
    if st.toggle(t("Map of the vectors"), key="nodes_map"):
        numbers = [distinct.index(group) for group in nodes.groups]
        show_map(
            unit_rows(progress.vectors), nodes.names, numbers, f"nodes_{len(nodes.names)}",
            written=len(nodes.names) < 100,
        )  # fmt: skip
