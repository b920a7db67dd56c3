"""Summaries of a whole lecture by a scripted model: notes on each group, then the answer; and wishes."""

from __future__ import annotations

import pytest
from scripted_server import Script, running

from ingest.pipeline import find_files, ingest
from rag.models import Models
from rag.pipeline import Pipeline
from rag.settings import ModelSettings, Settings
from rag.types import StageDone, Turn

pytest.importorskip("langchain_openai")

GRAVITY = "Gravity pulls masses together."
SOUND = "Sound needs a medium such as air and is slower than light."


@pytest.fixture
def server():
    with running(Script()) as script:
        yield script


@pytest.fixture
def pipeline(server, library, encoder) -> Pipeline:
    models = Models(
        ModelSettings(generator="openai:tiny", base_url=server.url, reranker="none"),
        encoder=encoder,
    )
    return Pipeline(library, models, Settings().with_changes(answer={"writer": True}))


def with_models(pipeline: Pipeline, **changes) -> Pipeline:
    settings = pipeline.models.settings.model_copy(update=changes)
    models = Models(settings, encoder=pipeline.encoder)
    return Pipeline(pipeline.store, models, pipeline.settings)


def test_a_short_lecture_is_read_at_once(server, pipeline):
    server.words = (f"## Physics\n\n- {GRAVITY} [1]\n- {SOUND} [3]\n- Bananas are blue. [2]\n",)
    answer = pipeline.ask("Summarise lecture 2")
    assert answer.route == "summary"
    assert [said.text for said in answer.sentences] == [GRAVITY, SOUND]
    assert [source.citation for source in answer.sources] == [
        "physics.pdf, p. 1",
        "physics.pdf, p. 3",
    ]
    assert answer.leads == ()
    assert "• Gravity pulls masses together. [1]\n• Sound needs" in answer.render()
    assert "Bananas" not in answer.render()
    [request] = server.requests
    assert request["max_tokens"] == 1024
    prompt = request["messages"][1]["content"]
    assert [f"[{number}] " in prompt for number in (1, 2, 3, 4)] == [True, True, True, False]


def test_a_long_lecture_is_read_in_groups(server, pipeline, make_pdf, library, encoder, tmp_path):
    words = "of the list is a term that this lecture explains with many words, so that it is long."
    slides = [f'#slide("Term {n}")[Number {n} {words}]' for n in range(1, 11)]
    make_pdf("terms.pdf", "\n".join(slides))
    list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40))
    small = with_models(pipeline, context_tokens=512)
    note = ("- First [1]\n- Fifth [5]\n- Tenth [10]\n- Without a mark\n",)
    *events, answered = _events(small, server, note, (f"Number 10 {words} [10]",))
    *maps, last = server.requests
    assert len(maps) == 2
    assert [isinstance(event, StageDone) and event.stage for event in events].count("notes") == len(
        maps
    )
    prompts = [request["messages"][1]["content"] for request in maps]
    assert [
        sum(f"[{n}] A small lecture" in prompt for prompt in prompts) for n in range(1, 12)
    ] == [
        *(1,) * 10,
        0,
    ]
    system, user = (message["content"] for message in last["messages"])
    assert "Here the passages are given as notes" in system
    assert user == (
        "Notes, each with the number of its passage:\n- First [1]\n- Fifth [5]\n- Tenth [10]\n\n"
        "Question: Summarise terms.pdf"
    )
    assert [said.text for said in answered.answer.sentences] == [f"Number 10 {words}"]
    assert [source.pages for source in answered.answer.sources] == [(10,)]


def _events(pipeline: Pipeline, server: Script, note, last):
    """The events of a summary; every request but the last is answered by notes."""
    server.words = note
    pipeline.ask("Summarise terms.pdf")  # counts the groups
    groups, server.requests = len(server.requests) - 1, []
    server.replies = [note] * groups + [last]
    return list(pipeline.stream("Summarise terms.pdf"))


def test_a_failure_leaves_the_lecture_quoted(server, pipeline):
    quoted = pipeline.with_settings(Settings()).ask("Summarise lecture 2")
    server.status = 429
    answer = pipeline.ask("Summarise lecture 2")
    assert answer.leads == quoted.leads
    assert [note.kind for note in answer.writer_notes] == ["busy"]


def test_a_part_of_a_lecture(pipeline):
    quoting = pipeline.with_settings(Settings())
    answer = quoting.ask("What comes in the second part of lecture 2?")
    assert answer.introduction == "“Light” in Physics, p. 2, in short:"
    assert {source.citation for source in answer.sources} == {"physics.pdf, p. 2"}
    half = quoting.ask("Was kommt in der zweiten Hälfte von Vorlesung 2?")
    assert half.introduction == "Physics, S. 3, in Kürze:"
    none = quoting.ask("What is in the ninth part of lecture 2?")
    assert none.introduction == "Physics has 3 parts; ask for one of them."
    history = [Turn("Summarise lecture 2", "…")]
    follow_up = quoting.ask("And what comes in the last part?", history=history)
    assert follow_up.introduction.startswith("“Sound”")


def test_a_wish_is_about_the_question_before(server, pipeline):
    question = "How long does a cat sleep?"
    history = [Turn(question, "A cat sleeps sixteen hours a day. [1]")]
    server.words = ("A cat sleeps sixteen hours a day. [1]",)
    answer = pipeline.ask("Explain it more simply", history=history)
    assert answer.query == question
    prompt = server.requests[-1]["messages"][1]["content"]
    assert prompt.endswith("The answer before: A cat sleeps sixteen hours a day.")
    history.append(Turn("Explain it more simply", "It sleeps long."))
    assert pipeline.query("Ein Beispiel?", history) == f"{question} Beispiel"
    quoted = pipeline.with_settings(Settings()).ask("Explain it more simply", history=history)
    assert quoted.sources[0].citation == "animals.pdf, p. 1"
