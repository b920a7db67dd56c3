"""The commands `katheder log`, and what `ask` logs."""

from __future__ import annotations

import json

from test_cli import ANIMALS, katheder, tiny_encoder  # noqa: F401


def test_questions_are_logged_shown_and_deleted(katheder, make_pdf, tmp_path, monkeypatch):  # noqa: F811
    library = ("--library", tmp_path / "library")
    assert katheder("ingest", make_pdf("animals.pdf", ANIMALS), *library)[0] == 0
    question = "How long does a cat sleep?"
    _, out, err = katheder("ask", question, *library)
    assert "logged" not in err
    code, _, err = katheder("log", "show", *library)
    assert code == 1
    assert "katheder settings set app.log_questions true" in err
    monkeypatch.setenv("KATHEDER_APP__LOG_QUESTIONS", "true")
    same, _, err = katheder("ask", question, *library)
    assert "The question is logged in" in err
    assert katheder("ask", question.upper(), *library)[0] == same == 0
    _, out, _ = katheder("log", "show", *library, "--json")
    [entry] = json.loads(out)
    assert entry["times"] == 2
    assert entry["found"][0]["doc"] == "animals.pdf"
    file = tmp_path / "log.jsonl"
    katheder("log", "show", *library, "--output", file)
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["question"] for line in lines] == [question.upper(), question]
    questions = tmp_path / "set.jsonl"
    gold = {"doc": "animals.pdf", "pages": [1]}
    value = {"id": "a", "question": "?", "type": "how", "lang": "en", "gold": [gold]}
    questions.write_text(json.dumps(value), encoding="utf-8")
    _, out, _ = katheder("log", "coverage", *library, "--questions", questions)
    assert out.splitlines() == ["Questions: 1", " 50% of 2 pages  animals.pdf; not reached: 2"]
    assert katheder("log", "clear", *library)[1] == "2 entries deleted\n"
    assert json.loads(katheder("log", "show", *library, "--json")[1]) == []
