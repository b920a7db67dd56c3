from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED, WordEncoder

from ingest.embed import BiEncoder
from ingest.store import Library
from rag.errors import BadQuestionFile
from rag.evaluation.beir import (
    Collection,
    evaluate_beir,
    fill,
    read_beir,
    system_figures,
)
from rag.settings import Settings

DOCUMENTS = [
    ("cats", "Cats", "A cat sleeps sixteen hours a day and hunts mice at night."),
    ("dogs", "Dogs", "A dog guards the house and barks at strangers."),
    ("apples", "Gravity", "An apple falls from the tree."),
    ("light", "", "Light travels very fast in vacuum."),
]
QUERIES = [
    ("q1", "Which animal hunts mice at night?"),
    ("q2", "Which animal barks at strangers?"),
    ("q3", "Why does an apple fall from the tree?"),
    ("unjudged", "Who painted the ceiling?"),
]
JUDGEMENTS = [("q1", "cats", 2), ("q1", "dogs", 1), ("q2", "dogs", 2), ("q3", "apples", 1)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "zoo"
    (folder / "qrels").mkdir(parents=True)
    corpus = [{"_id": id, "title": title, "text": text} for id, title, text in DOCUMENTS]
    queries = [{"_id": id, "text": text} for id, text in QUERIES]
    for name, rows in (("corpus", corpus), ("queries", queries)):
        text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        (folder / f"{name}.jsonl").write_text(text + "\n", encoding="utf-8")
    lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in JUDGEMENTS)]
    lines.append("q2\tlight\t0")
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


class ReversingReranker:
    """To it, every text is better than the one before it."""

    name = "reverse@1"

    def score(self, question, texts, *, batch_size=16):
        return [(place + 1) / (len(texts) + 1) for place in range(len(texts))]


def test_reads_texts_and_the_judgements_above_0(folder):
    collection = read_beir(folder)
    assert collection.documents["cats"] == ("Cats", DOCUMENTS[0][2])
    assert collection.judgements == {
        "q1": {"cats": 2, "dogs": 1},
        "q2": {"dogs": 2},
        "q3": {"apples": 1},
    }
    assert list(collection.queries) == ["q1", "q2", "q3"]
    assert collection.graded


def test_a_line_separator_inside_a_text_is_no_end_of_line(folder):
    with (folder / "corpus.jsonl").open("a", encoding="utf-8") as file:
        row = {"_id": "odd", "title": "", "text": "first\u2028second"}
        file.write(json.dumps(row, ensure_ascii=False) + "\n")
    assert read_beir(folder).documents["odd"] == ("", "first\u2028second")


@pytest.mark.parametrize(
    ("file", "line", "steps"),
    [
        ("corpus.jsonl", '{"_id": "x"}', "line 5: expected an object with _id and text"),
        ("queries.jsonl", "{", "line 5: not JSON"),
        ("qrels/test.tsv", "q1\tcats\tgood", "line 7: expected query-id"),
        ("qrels/test.tsv", "q9\tcats\t1", "line 7: queries.jsonl has no query 'q9'"),
    ],
)
def test_a_bad_line_is_named(folder, file, line, steps):
    with (folder / file).open("a", encoding="utf-8") as text:
        text.write(line + "\n")
    with pytest.raises(BadQuestionFile, match=steps):
        read_beir(folder)


def test_a_folder_of_another_kind_is_refused_with_what_is_expected(tmp_path):
    with pytest.raises(BadQuestionFile, match=r"qrels/test\.tsv"):
        read_beir(tmp_path)


def test_figures_of_a_ranking_worked_by_hand():
    collection = Collection(
        "hand",
        {name: ("", name) for name in "abcd"},
        {"q1": "", "q2": ""},
        {"q1": {"a": 2, "b": 1}, "q2": {"c": 1}},
    )
    rows = {
        row.metric: row
        for row in system_figures("x", {"q1": ["b", "d", "a"], "q2": ["a", "c"]}, collection)
    }
    gain = 1 / np.log2([2, 3, 4])  # of the ranks 1 to 3
    graded = (1 * gain[0] + 2 * gain[2]) / (2 * gain[0] + 1 * gain[1])
    binary = (gain[0] + gain[2]) / (gain[0] + gain[1])
    assert rows["nDCG@10"].value == pytest.approx((graded + gain[1]) / 2)
    assert rows["nDCG@10 binary"].value == pytest.approx((binary + gain[1]) / 2)
    assert rows["R@100"].value == 1
    assert rows["RR@10"].value == pytest.approx((1 + 1 / 2) / 2)
    assert (rows["RR@10"].low, rows["RR@10"].high) == (0.5, 1.0)
    assert rows["RR@10"].n == 2


def test_a_query_without_any_document_found_counts_as_0():
    collection = Collection("hand", {"a": ("", "a")}, {"q1": "", "q2": ""}, {"q1": {"a": 1}, "q2": {"a": 1}})  # fmt: skip
    rows = {
        row.metric: row.value for row in system_figures("x", {"q1": ["a"], "q2": []}, collection)
    }
    assert rows == {"nDCG@10": 0.5, "R@100": 0.5, "RR@10": 0.5}


def test_a_document_has_the_rank_of_its_best_window(tmp_path, encoder: WordEncoder):
    filler = " ".join(f"filler{number}" for number in range(150))
    long = f"{filler} {DOCUMENTS[0][2]}"
    documents = {"long": ("About pets", long), "other": ("", "Nothing of the kind.")}
    collection = Collection("cut", documents, {"q": "hunts mice at night"}, {"q": {"long": 1}})
    library = Library(tmp_path / "cut", create=True)
    owners = fill(library, collection, encoder, lambda *_: None)
    assert list(owners.values()) == ["long"] * 3 + ["other"]
    assert library.verify() == []
    best, _ = library.search_lexical("hunts mice", 1)[0]
    assert owners[best.id] == "long"
    assert best.headings == ("About pets",)


def test_each_system_is_measured_on_a_small_folder(folder, encoder: WordEncoder):
    steps = []
    result = evaluate_beir(
        folder,
        encoder,
        ReversingReranker(),
        Settings().with_changes(rerank={"first_stage_weight": 0.0}),
        progress=lambda *event: steps.append(event),
    )
    assert {row.system for row in result.rows} == {"dense", "BM25", "fused", "reranked"}
    assert (result.documents, result.passages, result.queries) == (4, 4, 3)
    for system in ("dense", "BM25", "fused"):
        assert result.value(system, "RR@10") == 1.0
    # Reversed, the right document is the last of all four that the fusion found.
    assert result.value("reranked", "RR@10") < 0.6
    assert result.value("reranked", "R@100") == result.value("fused", "R@100")
    assert ("documents", 4, 4) in steps
    json.dumps(result.as_dict())


def test_wrong_judgements_give_low_figures(folder, encoder: WordEncoder):
    """Judgements moved on by one query: a measurement that ignored them would not notice."""
    file = folder / "qrels" / "test.tsv"
    file.write_text("query-id\tcorpus-id\tscore\nq1\tlight\t1\nq2\tapples\t1\nq3\tcats\t1\n")
    result = evaluate_beir(folder, encoder)
    assert result.value("BM25", "RR@10") < 0.5
    assert result.value("dense", "RR@10") < 0.7


def test_settings_reach_the_retrieval(folder, encoder: WordEncoder):
    settings = Settings().with_changes(retrieval={"dense_weight": 0.0})
    result = evaluate_beir(folder, encoder, settings=settings)
    for metric in ("nDCG@10", "R@100", "RR@10"):
        assert result.value("fused", metric) == result.value("BM25", metric)


@pytest.mark.collection
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not (SHARED / "beir/cranfield").is_dir(), reason="no Cranfield here")
def test_cranfield_agrees_with_an_independent_measurement():
    result = evaluate_beir(SHARED / "beir/cranfield", BiEncoder())
    assert (result.documents, result.queries) == (1398, 225)
    assert 0.48 <= result.value("dense", "nDCG@10 binary") <= 0.54
    assert 0.45 <= result.value("BM25", "nDCG@10 binary") <= 0.55
