from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import WordEncoder
from hypothesis import given
from hypothesis import strategies as st
from tiny_models import make_cross_encoder

from ingest import weights
from ingest.store import Library
from rag.cross_encoder import CrossEncoderReranker
from rag.errors import BadQuestionFile, BadSettings
from rag.evaluation.run_file import read_run
from rag.evaluation.sweep import (
    LibraryBuilt,
    PointDone,
    SweepResult,
    pareto,
    point_name,
    sweep,
)
from rag.evaluation.sweep_plan import read_plan
from rag.models import Models
from rag.settings import ModelSettings

QUESTIONS = [
    ("q1", "How many hours does a cat sleep?", "animals.pdf", 1),
    ("q2", "What does a dog bark at?", "animals.pdf", 2),
    ("q3", "What falls from the tree?", "physics.pdf", 1),
    ("q4", "Which medium does sound need?", "physics.pdf", 3),
]
SWEEP = """
questions = "dev.jsonl"
lectures = ["lectures"]
{more}
[settings.retrieval]
candidates = 3
[grid]
"chunking.passage_tokens" = [30, 40]
"retrieval.lexical_weight" = [0.0, 1.0]
"""


class CountingEncoder(WordEncoder):
    """Remembers how many texts it was given at once."""

    def __init__(self) -> None:
        self.calls: list[int] = []

    def encode(self, texts):
        self.calls.append(len(texts))
        return super().encode(texts)


def write_questions(path: Path, rows=QUESTIONS) -> None:
    lines = [
        json.dumps(
            {
                "id": id,
                "question": text,
                "type": "factoid",
                "lang": "en",
                "gold": [{"doc": doc, "pages": [page]}],
            }
        )
        for id, text, doc, page in rows
    ]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def make_sweep(tmp_path: Path, library: Library) -> Callable[..., Path]:
    """A sweep's file beside conftest's two lectures."""
    write_questions(tmp_path / "dev.jsonl")

    def make(text: str = SWEEP, more: str = "") -> Path:
        path = tmp_path / "sweep.toml"
        path.write_text(text.replace("{more}", more))
        return path

    return make


@pytest.mark.slow
def test_the_grid_is_run_point_by_point(make_sweep, tmp_path):
    encoder = CountingEncoder()
    *steps, last = sweep(make_sweep(), Models(encoder=encoder))
    kinds = [LibraryBuilt, PointDone, PointDone]  # a library before two points each
    assert [type(step) for step in steps] == kinds * 2
    assert steps[0].chunking["passage_tokens"] == 30
    assert (steps[0].files, steps[0].files_read) == (2, 2)
    assert [step.done for step in steps if isinstance(step, PointDone)] == [1, 2, 3, 4]
    points = [(r.point["chunking.passage_tokens"], r.point["retrieval.lexical_weight"]) for r in last.results]  # fmt: skip
    assert points == [(30, 0.0), (30, 1.0), (40, 0.0), (40, 1.0)]
    for result in last.results:
        run = read_run(result.run)
        settings = run.meta["settings"]
        assert settings["retrieval"]["candidates"] == 3
        assert settings["retrieval"]["lexical_weight"] == result.point["retrieval.lexical_weight"]
        assert settings["chunking"]["passage_tokens"] == result.point["chunking.passage_tokens"]
        assert list(run.lines) == ["q1", "q2", "q3", "q4"]
        assert result.n == 4
        assert result.quality > 0.6
        assert result.low <= result.quality <= result.high
    # Single texts: one to warm, the four questions once, "warm up" before each of four points.
    assert encoder.calls.count(1) == 1 + 4 + 4
    assert len(list((tmp_path / "sweep" / "libraries").iterdir())) == 2


def test_lexical_weight_changes_what_is_retrieved(make_sweep):
    last = list(sweep(make_sweep(), Models(encoder=WordEncoder())))[-1]
    dense, fused = (read_run(result.run) for result in last.results[:2])
    assert any(dense.lines[id].retrieved != fused.lines[id].retrieved for id in dense.lines)


@pytest.mark.slow
def test_started_again_it_encodes_nothing_and_gives_the_same(make_sweep, tmp_path):
    path = make_sweep()
    first = list(sweep(path, Models(encoder=WordEncoder())))[-1]
    encoder = CountingEncoder()
    again = list(sweep(path, Models(encoder=encoder)))[-1]
    assert encoder.calls == []
    assert again.results == first.results


@pytest.mark.slow
def test_an_interrupted_sweep_continues_where_it_stopped(make_sweep, tmp_path):
    path = make_sweep()
    steps = sweep(path, Models(encoder=WordEncoder()))
    next(steps), next(steps)  # the first library and the first point
    steps.close()
    run = next((tmp_path / "sweep" / "runs").glob("*.jsonl"))
    saved = run.read_text().splitlines()
    run.write_text("\n".join(saved[:2]) + '\n{"id": "q3", "retr')  # killed while writing
    last = list(sweep(path, Models(encoder=WordEncoder())))[-1]
    assert len(last.results) == 4
    assert run.read_text().splitlines()[:2] == saved[:2]
    assert list(read_run(run).lines) == ["q1", "q2", "q3", "q4"]


def test_a_lecture_that_is_gone_leaves_the_libraries(make_sweep, tmp_path):
    path = make_sweep()
    steps = sweep(path, Models(encoder=WordEncoder()))
    next(steps)
    steps.close()
    (tmp_path / "lectures" / "physics.pdf").unlink()
    list(sweep(path, Models(encoder=WordEncoder())))
    for folder in (tmp_path / "sweep" / "libraries").iterdir():
        assert [document.file for document in Library(folder).documents()] == ["animals.pdf"]


def test_the_results_are_written(make_sweep, tmp_path):
    last = list(sweep(make_sweep(), Models(encoder=WordEncoder())))[-1]
    saved = json.loads((tmp_path / "sweep" / "sweep.json").read_text())
    assert saved["quality"] == "reranked nDCG@10"
    assert [point["quality"] for point in saved["points"]] == [r.quality for r in last.results]
    assert any(point["best"] for point in saved["points"])


@pytest.mark.slow
def test_every_point_reads_all_pairs_again(make_sweep, tmp_path):
    """Else the points after the first are fast, since its scores are cached."""
    folder = make_cross_encoder(tmp_path / "reranker")
    settings = ModelSettings(device="cpu", dtype="float32")
    reranker = CrossEncoderReranker(weights.locate(str(folder)), settings)
    pairs: list[int] = []
    reranker.model.register_forward_hook(lambda *call: pairs.append(len(call[2]["scores"])))
    text = SWEEP.replace('"chunking.passage_tokens" = [30, 40]', '"retrieval.top_k" = [2, 3]')
    text = text.replace("[0.0, 1.0]", "[1.0]")
    counts = []
    for step in sweep(
        make_sweep(text, more="generate = false"), Models(encoder=WordEncoder(), reranker=reranker)
    ):
        if isinstance(step, PointDone):
            counts.append(sum(pairs))
            pairs.clear()
    assert len(counts) == 2
    assert counts[0] == counts[1] > 0


def test_limit_and_quality(make_sweep):
    path = make_sweep(more='limit = 2\nquality = "retrieved Success@1"')
    last = list(sweep(path, Models(encoder=WordEncoder())))[-1]
    assert [result.n for result in last.results] == [2] * 4


def test_an_unknown_quality_is_named_with_the_known_ones(make_sweep):
    path = make_sweep(more='quality = "beauty"')
    with pytest.raises(BadSettings, match=r"beauty.*reranked nDCG@10"):
        list(sweep(path, Models(encoder=WordEncoder())))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("candidates = 3", "candidates = 0", r"retrieval\.candidates"),
        ("[0.0, 1.0]", "[0.0, -1.0]", r"retrieval\.lexical_weight = -1\.0"),
        ("retrieval.lexical_weight", "retrieval.beauty", "beauty"),
        ("retrieval.lexical_weight", "beauty", "expected SECTION.FIELD"),
        ('lectures = ["lectures"]', "lectures = 3", "lectures = 3 .*should be a valid list"),
        ("[0.0, 1.0]", "0.0", r"grid\.retrieval\.lexical_weight = 0\.0 .*valid list"),
        ("[grid]", "[greed]", "greed in .*: there is no such key; the keys are questions"),
        ("[grid]", "[greed]", "grid is missing"),
        ('"dev.jsonl"', '"dev.jsonl"\nlimit = 0', "limit = 0 .*greater than or equal to 1"),
        ('"dev.jsonl"', '"dev.jsonl"\nlimit = true', "limit = True .*valid integer"),
        ('"dev.jsonl"', '"dev.jsonl"\ngenerate = 1', "generate = 1 .*valid boolean"),
        ("[0.0, 1.0]", "[]", r"grid\.retrieval\.lexical_weight = \[\]"),
        ("[grid]", "[grid", "is not TOML"),
    ],
)
def test_a_bad_plan_is_refused_before_anything_runs(make_sweep, tmp_path, old, new, message):
    assert old in SWEEP
    path = make_sweep(SWEEP.replace(old, new))
    with pytest.raises(BadSettings, match=message):
        next(sweep(path, Models(encoder=WordEncoder())))
    assert not (tmp_path / "sweep").exists()


@pytest.mark.parametrize("name", ["test", "my-test", "test_2", "Test"])
def test_questions_reserved_for_testing_are_refused(make_sweep, tmp_path, name):
    write_questions(tmp_path / f"{name}.jsonl")
    text = SWEEP.replace("dev.jsonl", f"{name}.jsonl")
    with pytest.raises(BadQuestionFile, match="kept for testing"):
        read_plan(make_sweep(text))
    assert read_plan(make_sweep(text, "allow_test = true")).questions.stem == name


def test_questions_that_are_in_the_test_set_are_refused(make_sweep, tmp_path):
    write_questions(tmp_path / "test.jsonl", QUESTIONS[2:3])
    with pytest.raises(BadQuestionFile, match=r"shares 1 questions with .*q3"):
        read_plan(make_sweep())
    write_questions(tmp_path / "test.jsonl", [("other", *QUESTIONS[2][1:])])
    read_plan(make_sweep())


def result(number: int, quality: float, seconds: float) -> SweepResult:
    return SweepResult(number, {"a.b": number}, Path("r"), quality, quality - 0.1, quality + 0.1, seconds, 9, 0)  # fmt: skip


def test_the_front_worked_by_hand():
    points = [
        result(1, 0.5, 1.0),  # fastest
        result(2, 0.7, 2.0),
        result(3, 0.6, 3.0),  # slower and worse than 2
        result(4, 0.9, 4.0),  # best
        result(5, 0.9, 5.0),  # as good as 4 but slower
        result(6, 0.7, 2.0),  # equal to 2: neither beats the other
    ]
    assert [r.number for r in pareto(points) if r.best] == [1, 2, 4, 6]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=1, max_size=12))
def test_every_point_is_on_the_front_or_beaten_by_one_that_is(values):
    points = pareto([result(n, q / 5, float(s)) for n, (q, s) in enumerate(values)])
    front = [point for point in points if point.best]
    assert front
    for point in points:
        beaten = any(
            f.quality >= point.quality
            and f.seconds <= point.seconds
            and (f.quality, f.seconds) != (point.quality, point.seconds)
            for f in front
        )
        assert beaten != point.best


def test_names_of_points_fit_file_systems_and_differ():
    one, other = {"models.encoder": "a/b c:d"}, {"models.encoder": "a/b c?d"}
    assert point_name(one) != point_name(other)
    assert point_name(one).startswith("encoder-a-b-c-d_")
    assert len(point_name({"models.encoder": "x" * 500})) < 100
