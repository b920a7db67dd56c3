"""The commands about courses, and questions to one from the command line."""

from __future__ import annotations

import json

import pytest
from test_cli import ANIMALS, PHYSICS, katheder, tiny_encoder  # noqa: F401

from ingest.store import Library
from rag.settings import load_settings
from rag.types import Answer
from ui.cli.library import fill_if_empty


@pytest.fixture
def filled(katheder, make_pdf, tmp_path):  # noqa: F811
    """A library with the courses `AI` and `Physics`, read from two folders below one."""
    uni = tmp_path / "uni"
    for folder, name, source in (
        ("AI", "VL10.pdf", PHYSICS.replace("Light", "Beams")),
        ("AI", "VL2.pdf", ANIMALS),
        ("Physics", "light.pdf", PHYSICS),
    ):
        (uni / folder).mkdir(parents=True, exist_ok=True)
        make_pdf(name, source).rename(uni / folder / name)
    assert katheder("ingest", uni, "--library", tmp_path / "library")[0] == 0
    return tmp_path / "library"


@pytest.mark.slow
def test_folders_become_courses_in_natural_order(katheder, filled):  # noqa: F811
    code, out, _ = katheder("course", "list", "--library", filled)
    assert code == 0
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "AI: 2 lectures",
        "2 VL2.pdf, 2 pages (A small lecture)",
        "10 VL10.pdf, 2 pages (A small lecture)",
        "Physics: 1 lecture",
        "light.pdf, 2 pages (A small lecture)",
    ]


def test_the_app_reads_a_folder_into_a_course_too(katheder, make_pdf, tmp_path):  # noqa: F811
    folder = make_pdf("VL1.pdf", ANIMALS).parent
    fill_if_empty(tmp_path / "new", load_settings(None), [folder])
    assert [course.name for course in Library(tmp_path / "new").courses()] == ["lectures"]


@pytest.mark.slow
def test_a_question_to_some_lectures(katheder, filled):  # noqa: F811
    question = "How fast does light travel in vacuum?"
    _, out, _ = katheder("ask", question, "--course", "physics", "--library", filled)
    assert out.splitlines()[0] == "Searched in Physics."
    assert "[1] Physics, light.pdf, p. 2" in out
    options = ("--course", "AI", "--up-to", "2", "--library", filled, "--json")
    _, out, _ = katheder("search", question, *options)
    result = json.loads(out)
    assert result["scope"] == {"course": "AI", "up_to": "2"}
    assert {(hit["document"], hit["lecture"]) for hit in result["hits"]} == {("VL2.pdf", 2)}
    options = ("--lecture", "VL2", "--lecture", "light.pdf", "--library", filled, "--json")
    _, out, _ = katheder("ask", question, *options)
    assert {hit["document"] for hit in json.loads(out)["hits"]} <= {"VL2.pdf", "light.pdf"}
    code, out, err = katheder("ask", question, "--course", "KI", "--library", filled)
    assert (code, out) == (1, "")
    assert "error: There is no course 'KI'; there are: AI, Physics." in err


@pytest.mark.slow
def test_courses_are_changed(katheder, filled):  # noqa: F811
    store = Library(filled)
    options = ("--library", filled)
    assert katheder("course", "rename", "ai", "KI 1", *options)[1] == "AI is KI 1 now\n"
    assert katheder("course", "add", "KI 1", "light", "VL2", *options)[1].splitlines() == [
        "light.pdf: now in KI 1",
        "VL2.pdf: is already in KI 1",
    ]
    _, out, _ = katheder("course", "order", "KI 1", "light.pdf", "10", *options)
    assert out == "KI 1: light.pdf, VL10.pdf, VL2.pdf\n"
    assert (
        katheder("course", "order", "KI 1", *options)[1] == "KI 1: VL2.pdf, VL10.pdf, light.pdf\n"
    )
    assert katheder("course", "drop", "KI 1", "2", *options)[1] == "VL2.pdf: no more in KI 1\n"
    code, _, err = katheder("course", "drop", "KI 1", "2", *options)
    assert code == 1
    assert "no lecture '2' in the course 'KI 1', which has: VL10.pdf, light.pdf" in err
    code, _, err = katheder("course", "add", "New", "light", "zebra", *options)
    assert code == 1
    assert [course.name for course in store.courses()] == ["KI 1", "Physics"]
    assert katheder("course", "remove", "KI 1", *options)[0] == 0
    assert len(store.documents()) == 3
    assert "In no course: 2 lectures" in katheder("course", "list", *options)[1]
    values = json.loads(katheder("course", "list", *options, "--json")[1])
    assert [row["course"] for row in values["courses"]] == ["Physics"]
    assert len(values["in no course"]) == 2


@pytest.mark.slow
def test_a_renamed_course_goes_on_to_get_the_lectures_of_its_folder(katheder, filled, make_pdf):  # noqa: F811
    katheder("course", "rename", "AI", "KI", "--library", filled)
    folder = filled.parent / "uni" / "AI"
    make_pdf("VL3.pdf", '#slide("Whales")[A whale sings.]').rename(folder / "VL3.pdf")
    assert katheder("ingest", folder, "--library", filled)[0] == 0
    store = Library(filled)
    names = {document.id: document.file for document in store.documents()}
    assert [names[id] for id in store.course("KI").documents] == ["VL2.pdf", "VL3.pdf", "VL10.pdf"]
    assert [course.name for course in store.courses()] == ["KI", "Physics"]


@pytest.mark.slow
def test_chat_and_the_older_name_of_a_course(katheder, filled, make_pdf, monkeypatch):  # noqa: F811
    file = make_pdf("whales.pdf", '#slide("Whales")[A whale sings in the deep sea.]')
    assert katheder("ingest", file, "--collection", "Sea", "--library", filled)[0] == 0
    questions = iter(["What sings?", "/quit"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(questions))
    _, out, _ = katheder("chat", "--course", "Sea", "--library", filled)
    assert out.startswith("Searched in Sea.")
    assert "Sea, whales.pdf, p. 1" in out
    assert ", p. 2" not in out


def test_an_answer_without_a_scope_does_not_mention_one():
    blank = Answer("q", "q", (), (), (), "not_answered")
    assert blank.scope_notice == ""
    assert blank.as_dict()["scope"] == {}
