"""rag.llama_index inside LlamaIndex's own query engine; `make test-llamaindex` installs and runs it.

The package's dependencies are kept out of the environment of the other tests.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from service_builders import make_engine, make_library

pytest.importorskip("llama_index", reason="`make test-llamaindex` installs it")

from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from rag.errors import BadSettings
from rag.llama_index import LibraryRetriever

CATS = "How long does a cat sleep at night?"
DOCS = (Path(__file__).parents[1] / "docs" / "langchain.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    return make_engine(make_library(tmp_path_factory.mktemp("llama"))).pipeline()


def test_nodes_are_the_hits_of_the_pipeline_with_their_places(pipeline):
    nodes = LibraryRetriever(pipeline).retrieve(CATS)
    hits = pipeline.search(CATS)
    assert [node.node_id for node in nodes] == [hit.passage.id for hit in hits]
    assert nodes[0].text == hits[0].passage.text
    assert (nodes[0].metadata["file_name"], nodes[0].metadata["page_label"]) == ("animals.pdf", "1")
    assert [node.score for node in nodes] == [1 / rank for rank in range(1, len(hits) + 1)]


def test_number_and_lectures_are_limited(pipeline):
    assert len(LibraryRetriever(pipeline, k=1).retrieve(CATS)) == 1
    nodes = LibraryRetriever(pipeline, filter={"course": "Physics"}).retrieve(CATS)
    assert {node.metadata["file_name"] for node in nodes} == {"physics.md"}
    with pytest.raises(BadSettings):
        LibraryRetriever(pipeline, k=0)


def test_a_query_engine_puts_the_passages_into_its_prompt(pipeline):
    engine = RetrieverQueryEngine.from_args(LibraryRetriever(pipeline, k=2), llm=MockLLM())
    reply = engine.query(CATS)  # MockLLM repeats its prompt
    assert "A cat sleeps sixteen hours a day." in str(reply)
    assert "file_name: animals.pdf" in str(reply)
    assert "stages" not in str(reply)
    assert len(reply.source_nodes) == 2


def test_the_example_of_the_docs_runs(pipeline, monkeypatch, capsys):
    class Katheder:
        def __init__(self, library):
            self.pipeline = pipeline

    monkeypatch.setattr("katheder.Katheder", Katheder)
    example = next(
        block for block in re.findall(r"```python\n(.*?)```", DOCS, re.S) if "llama_index" in block
    )
    exec(example, {})
    assert "animals.pdf 1" in capsys.readouterr().out
