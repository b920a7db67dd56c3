"""ui.presentation's charts of passages: what they draw, by their Vega-Lite specifications."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import vl_convert
from tiny_models import hit

from ingest.types import Passage
from rag.library_map import LibraryMap
from rag.settings import Settings
from rag.trace import trace
from ui.presentation.charts import legible
from ui.presentation.map_chart import excerpt, map_chart
from ui.presentation.passage_charts import COLOURS, rank_chart, score_chart

HITS = [
    hit("first").with_stage("dense", 0.4, 2).with_stage("reranked", 0.9, 1),
    hit("second").with_stage("dense", 0.8, 1).with_stage("reranked", 0.2, 2),
]
TRACES = trace(HITS, (), Settings().with_changes(retrieval={"top_k": 1}))


def citation(passage: Passage) -> str:
    return f"{passage.file}, p. {passage.page}"


def test_a_line_goes_through_the_ranks_of_its_stages():
    spec: dict[str, Any] = rank_chart(TRACES, citation, citation).to_dict()
    lines, _, labels = spec["layer"]
    points = lines["data"]["values"]
    assert [(p["passage"], p["stage"], p["rank"], p["outcome"]) for p in points] == [
        ("first", "Semantic (cosine)", 2, "considered"),
        ("first", "Reranked", 1, "considered"),
        ("second", "Semantic (cosine)", 1, "not retrieved"),
        ("second", "Reranked", 2, "not retrieved"),
    ]
    assert {p["stage"] for p in labels["data"]["values"]} == {"Reranked"}
    assert lines["encoding"]["y"]["scale"]["reverse"] is True  # rank 1 at the top
    assert lines["encoding"]["color"]["scale"]["range"] == list(COLOURS["light"])


def test_words_of_a_chart_are_translated_and_its_colours_fit_the_theme():
    spec: dict[str, Any] = rank_chart(
        TRACES, citation, citation, dark=True, text=lambda word: f"<{word}>"
    ).to_dict()
    encoding = spec["layer"][0]["encoding"]
    assert encoding["y"]["title"] == "<Rank (best at the top)>"
    assert encoding["color"]["scale"]["domain"][0] == "<cited>"
    assert encoding["color"]["scale"]["range"] == list(COLOURS["dark"])


def test_scores_of_a_stage_that_scored_none_are_no_chart():
    chart = score_chart(TRACES, "dense", citation)
    assert chart is not None
    assert [tick["score"] for tick in chart.to_dict()["data"]["values"]] == [0.4, 0.8]
    assert score_chart(TRACES, "lexical", citation) is None


def test_a_question_and_what_it_retrieves_are_on_the_map():
    passages = tuple(one.passage for one in HITS)
    points = np.array([[0.0, 1.0], [2.0, 3.0]])
    plane = LibraryMap(passages, points, np.eye(3, 2), np.zeros(3))
    chart = map_chart(
        plane,
        citation,
        question="What?",
        question_point=plane.project(np.array([5.0, 6.0, 7.0])),
        retrieved={"second"},
    )
    values = chart.to_dict()["data"]["values"]
    assert [(v["x"], v["y"], v["kind"]) for v in values] == [
        (0.0, 1.0, "passage"),
        (2.0, 3.0, "retrieved"),
        (5.0, 6.0, "question"),
    ]


def test_an_excerpt_is_one_short_line():
    assert excerpt("one\n two") == "one two"
    assert len(excerpt("word " * 100)) == 160


def test_the_map_names_the_lectures_in_colour_and_greys_the_others():
    lectures = [
        hit(f"p{n}", file=f"lecture {n:02} of a course with a long name.pdf") for n in range(40)
    ]
    passages = tuple(one.passage for one in lectures)
    plane = LibraryMap(passages, np.zeros((40, 2)), np.eye(3, 2), np.zeros(3))
    coloured = [passage.name for passage in passages[:8]]
    spec = legible(map_chart(plane, citation, coloured=coloured)).to_dict()
    assert spec["encoding"]["color"]["scale"]["domain"] == [*coloured, "other lectures"]
    files = [value["file"] for value in spec["data"]["values"]]
    assert files == [*coloured, *["other lectures"] * 32]
    svg = vl_convert.vegalite_to_svg({**spec, "width": 700})
    assert all(name in svg for name in coloured)  # no label is cut
    with pytest.raises(ValueError, match="9 lectures to colour, but there are 8 colours"):
        map_chart(plane, citation, coloured=[str(n) for n in range(9)])


@pytest.mark.parametrize("width", [230, 320, 560, 760, 1400])
def test_a_label_of_the_ranks_is_whole_or_the_rank_alone(width):
    name = "p. 4, a-lecture-with-quite-a-long-name.pdf"
    spec = rank_chart(TRACES, citation, lambda _: name).to_dict()
    svg = vl_convert.vegalite_to_svg({**spec, "width": width})
    texts = re.findall(r"<text[^>]*>(.*?)</text>", svg)
    labels = [re.sub(r"<[^>]*>", "", text) for text in texts if text.lstrip("12 ") in ("", name)]
    expected = ["1", "2"] if width < 500 else [f"1  {name}", f"2  {name}"]
    assert [" ".join(label.split()) for label in labels if label][-2:] == [
        " ".join(label.split()) for label in expected
    ]
    assert not [text for text in texts if "…" in text]
