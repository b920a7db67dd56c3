"""The commands that measure, with tiny models handed to the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel
from test_evaluation_run import QUESTIONS, Parrot
from typer.testing import CliRunner

from rag.evaluation.run_file import read_run
from rag.models import NO_MODELS, Models
from ui.cli import app

JUDGE = FakeListChatModel(responses=["RIGHT"])
SETTINGS = """
[models]
reranker = "none"
generator = "none"
[retrieval]
min_cosine = 0.4
[answer]
writer = true
"""


@pytest.fixture
def command(library, encoder, tmp_path):
    """Run the program with tiny models, on conftest's library where a command has that option."""
    models = Models(NO_MODELS, encoder=encoder, writer=Parrot())
    settings = tmp_path / "settings.toml"
    settings.write_text(SETTINGS)

    def command(*arguments):
        values = [str(value) for value in arguments]
        if values[0] == "evaluate":
            values += ["--library", str(library.folder), "--settings", str(settings)]
        return CliRunner().invoke(app, values, obj=models)

    return command


def write_questions(path: Path) -> Path:
    path.write_text("".join(json.dumps(q.as_dict()) + "\n" for q in QUESTIONS), encoding="utf-8")
    return path


@pytest.mark.slow
def test_evaluate_answers_measures_and_judges(command, tmp_path):
    file, output = write_questions(tmp_path / "q.jsonl"), tmp_path / "run.jsonl"
    options = ("--output", output, "--judge", f"{__name__}:JUDGE")
    result = command("evaluate", file, *options, "--json")
    assert result.exit_code == 0, result.output
    rows = {(r["group"], r["metric"]): r for r in json.loads(result.stdout)["rows"]}
    assert rows["all", "reranked Success@1"]["n"] == 2
    assert rows["all", "abstention recall"]["value"] == 1
    assert rows["all", "judged right"]["value"] == 1
    assert ("type: factoid", "keywords") in rows
    again = command("evaluate", file, *options)
    assert "reranked Success@5" in again.stdout
    assert "lang: de" in again.stdout


def test_evaluate_asks_some_lectures(command, tmp_path):
    file, output = write_questions(tmp_path / "q.jsonl"), tmp_path / "run.jsonl"
    options = ("--output", output, "--no-generate")
    result = command("evaluate", file, *options, "--lecture", "physics.pdf")
    assert result.exit_code == 0, result.output
    run = read_run(output)
    assert run.meta["scope"] == {"lectures": ["physics.pdf"]}
    assert {page.doc for line in run.lines.values() for page in line.retrieved} == {"physics.pdf"}
    again = command("evaluate", file, *options)
    assert "begun under other conditions: scope: " in str(again.exception)


def test_evaluate_without_generation(command, tmp_path):
    file, output = write_questions(tmp_path / "q.jsonl"), tmp_path / "run.jsonl"
    result = command("evaluate", file, "--output", output, "--no-generate", "--limit", 2, "--json")
    assert result.exit_code == 0, result.output
    metrics = {row["metric"] for row in json.loads(result.stdout)["rows"]}
    assert "retrieved R@5" in metrics
    assert "keywords" not in metrics
    assert len(read_run(output).lines) == 2


def test_evaluate_needs_its_arguments(command, tmp_path):
    file = write_questions(tmp_path / "q.jsonl")
    assert command("evaluate", file).exit_code == 2
    assert command("evaluate", "--output", tmp_path / "x.jsonl").exit_code == 2
    assert command("evaluate", file, "--beir", tmp_path).exit_code == 2
    both = ("--no-generate", "--judge", "a:b", "--output", tmp_path / "x.jsonl")
    assert command("evaluate", file, *both).exit_code == 2


def test_questions_check_lists_faults_and_exits_with_1(command, library, tmp_path):
    file = write_questions(tmp_path / "q.jsonl")
    faultless = command("questions", "check", file, "--library", library.folder)
    assert (faultless.exit_code, "no faults" in faultless.stdout) == (0, True)
    file.write_text(file.read_text().replace('"pages": [2]', '"pages": [9]'))
    faulty = command("questions", "check", file, "--library", library.folder, "--json")
    assert faulty.exit_code == 1
    assert "page 9 of physics.pdf is out of range" in json.loads(faulty.stdout)["faults"][0]


def test_runs_are_compared_and_written_for_trec(command, tmp_path):
    import ir_measures

    file = write_questions(tmp_path / "q.jsonl")
    for name in ("a", "b"):
        options = ("--output", tmp_path / f"{name}.jsonl", "--no-generate")
        assert command("evaluate", file, *options).exit_code == 0
    result = command("report", tmp_path / "a.jsonl", "--trec", tmp_path / "trec")
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 3
    qrels = list(ir_measures.read_trec_qrels(str(tmp_path / "trec" / "a.qrels")))
    ranking = list(ir_measures.read_trec_run(str(tmp_path / "trec" / "a.retrieved.run")))
    read_back = ir_measures.calc_aggregate([ir_measures.RR @ 10], qrels, ranking)
    rows = json.loads(command("evaluate", file, *options, "--json").stdout)["rows"]
    [row] = [r for r in rows if (r["group"], r["metric"]) == ("all", "retrieved RR@10")]
    assert read_back[ir_measures.RR @ 10] == pytest.approx(row["value"])
    result = command("compare", tmp_path / "a.jsonl", tmp_path / "b.jsonl", "--json")
    assert result.exit_code == 0, result.output
    [comparison] = json.loads(result.stdout)["comparisons"]
    assert comparison["shared"] == 3
    assert command("compare", tmp_path / "a.jsonl").exit_code == 2


def test_groups_are_those_of_a_field(command, tmp_path):
    file = tmp_path / "q.jsonl"
    rows = [q.as_dict() | {"tags": ["exam", q.lang]} for q in QUESTIONS]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name in ("a", "b"):
        options = ("--output", tmp_path / f"{name}.jsonl", "--no-generate")
        result = command("evaluate", file, *options, "--by", "tags")
        assert result.exit_code == 0, result.output
    assert "tags: exam" in result.stdout
    assert "lang: de" not in result.stdout
    # The run's sidecar keeps the field, so that the run alone can be grouped.
    runs = (tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    compared = json.loads(command("compare", *runs, "--by", "tags", "--json").stdout)
    assert {row["group"] for row in compared["comparisons"][0]["rows"]} >= {"all", "tags: en"}
    misspelt = command("compare", *runs, "--by", "tag")
    assert "did you mean 'tags'" in str(misspelt.exception)


def test_a_comparison_is_printed_whole(command, tmp_path):
    """Nothing is cut or wrapped where the output is no terminal, and brackets are no markup."""
    file = tmp_path / "q.jsonl"
    rows = [q.as_dict() | {"question": f"[bold]{q.question} " + "x" * 300} for q in QUESTIONS[:1]]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, options in (("a", ["--no-generate"]), ("b", ["--no-generate"])):
        command("evaluate", file, "--output", tmp_path / f"{name}.jsonl", *options)
    path = tmp_path / "b.jsonl"
    line = json.loads(path.read_text())
    line["reranked"] = line["reranked"][1:]
    path.write_text(json.dumps(line) + "\n")
    result = command("compare", tmp_path / "a.jsonl", path)
    assert result.exit_code == 0, result.output
    assert "[bold]How many" in result.stdout
    assert "x" * 300 in result.stdout
    assert "reranked nDCG@10 1.00 → 0.00" in result.stdout
