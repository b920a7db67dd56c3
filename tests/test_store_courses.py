"""The courses of a library, and searches among the lectures of one."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import CONFIG

from ingest.errors import BadCourse
from ingest.store import Library
from ingest.types import Course

LECTURES = {
    "VL1.pdf": '#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice.]',
    "VL2.pdf": '#slide("Dogs")[A dog guards the house. A dog barks at a cat.]',
    "VL10.pdf": '#slide("Birds")[A bird sings in the morning, and a cat hears it.]',
    "light.pdf": '#slide("Light")[Light travels through the house at night.]',
    "licht.pdf": '#slide("Licht")[Das Licht und die Katze sind nicht im Haus, wie wir sahen.]',
}
QUESTIONS = ("what does a cat hear", "the house at night", "dog or bird", "Ist die Katze im Haus?")


@pytest.fixture
def parts(lecture_parts):
    """What `Library.add` takes of each lecture, by its file name."""
    return {name: lecture_parts(name, source) for name, source in LECTURES.items()}


@pytest.fixture
def filled(empty_library, parts) -> Library:
    for part in parts.values():
        empty_library.add(*part)
    return empty_library


def ids_of(library: Library, *names: str) -> tuple[str, ...]:
    return tuple(library.find(name)[0].id for name in names)


# ---- courses ----


def test_lectures_join_a_course_in_natural_order_and_by_hand(filled):
    for name in ("VL10.pdf", "light.pdf", "VL2.pdf", "VL1.pdf"):
        assert filled.add_to_course("Animals", ids_of(filled, name)[0])
    order = ids_of(filled, "VL1.pdf", "VL2.pdf", "VL10.pdf", "light.pdf")
    assert filled.courses() == [Course("Animals", order)]
    assert not filled.add_to_course("animals", order[0])
    filled.set_course("Animals", order[::-1])
    assert filled.course("ANIMALS").documents == order[::-1]
    filled.remove_from_course("Animals", order[3])
    assert filled.course("Animals").documents == order[2::-1]
    with pytest.raises(ValueError, match="each once"):
        filled.set_course("Animals", [order[0], order[0]])
    with pytest.raises(ValueError, match="each once"):
        filled.set_course("Animals", ["nothing of that id"])
    assert filled.course("Animals").documents == order[2::-1]


def test_courses_are_made_renamed_ordered_and_removed(filled):
    (cats,) = ids_of(filled, "VL1.pdf")
    for name in ("AI", "Biology", " Zoo  keeping "):
        filled.add_course(name)
    filled.add_to_course("Zoo keeping", cats)
    filled.add_to_course("AI", cats)
    filled.rename_course("Zoo keeping", "Zoo")
    filled.set_courses(["Zoo", "Biology"])
    assert filled.courses() == [Course("Zoo", (cats,)), Course("Biology"), Course("AI", (cats,))]
    filled.remove_course("zoo")
    assert [course.name for course in filled.courses()] == ["Biology", "AI"]
    assert filled.find("VL1.pdf")
    assert filled.verify() == []


def test_a_wrong_name_of_a_course_is_answered_with_those_that_exist(filled):
    with pytest.raises(BadCourse, match=r"no course 'AI'; the library has no course"):
        filled.course("AI")
    filled.add_course("AI")
    filled.add_course("Biology")
    with pytest.raises(BadCourse, match=r"no course 'KI'; there are: AI, Biology\. See"):
        filled.set_course("KI", [])
    with pytest.raises(BadCourse, match="There is a course 'Biology' already"):
        filled.rename_course("AI", "Biology")
    for name in ("", "  ", "x" * 81):
        with pytest.raises(BadCourse, match="1 to 80 characters"):
            filled.add_course(name)


def test_a_document_that_is_replaced_or_removed_keeps_or_leaves_its_place(filled, parts):
    order = ids_of(filled, "VL10.pdf", "VL1.pdf", "VL2.pdf")
    for id in order:
        filled.add_to_course("Animals", id)
    filled.set_course("Animals", order)
    hashes = filled.full_hash(), filled.content_hash()
    filled.add(*parts["VL1.pdf"])  # as when its pictures were read
    assert filled.course("Animals").documents == order
    assert (filled.full_hash(), filled.content_hash()) == hashes
    filled.remove(order[1])
    assert filled.course("Animals").documents == (order[0], order[2])


def test_passages_name_their_first_course_and_their_number_there(filled):
    cats, birds, light = ids_of(filled, "VL1.pdf", "VL10.pdf", "light.pdf")
    for id in (cats, birds, light):
        filled.add_to_course("Animals", id)
    filled.add_to_course("Zoo", cats)
    citations = {id: filled.passages(id)[0].citation for id in (cats, birds, light)}
    assert citations == {
        cats: "Animals, lecture 1, p. 1",
        birds: "Animals, lecture 10, p. 1",
        light: "Animals, light.pdf, p. 1",
    }
    assert filled.passages(ids_of(filled, "VL2.pdf")[0])[0].citation == "VL2.pdf, p. 1"


# ---- searches among some documents ----


@pytest.mark.parametrize("gone", [(), ("VL2.pdf",)])
@pytest.mark.parametrize("names", [("VL1.pdf", "VL2.pdf"), ("VL2.pdf", "VL10.pdf", "licht.pdf")])
def test_a_search_among_some_documents_is_that_of_a_library_of_these(
    tmp_path, filled, parts, encoder, names, gone
):
    separate = Library(tmp_path / "separate", create=True)
    separate.check_or_set_config(CONFIG)
    for name in names:
        separate.add(*parts[name])
    marks = dict.fromkeys(ids_of(filled, *gone), "gone")
    filled.set_gone(marks)
    separate.set_gone(marks)
    scope = set(ids_of(filled, *names))
    for question in QUESTIONS:
        vector = encoder.encode([question])[0]
        dense, expected = filled.search_dense(vector, 9, scope), separate.search_dense(vector, 9)
        assert [passage for passage, _ in dense] == [passage for passage, _ in expected]
        assert [s for _, s in dense] == pytest.approx([s for _, s in expected], abs=1e-6)
        lexical = filled.search_lexical(question, 9, scope)
        assert lexical == separate.search_lexical(question, 9)
    assert filled.languages(scope) == separate.languages()
    assert any(filled.search_lexical(q, 9, scope) for q in QUESTIONS)


def test_a_table_of_some_documents_follows_what_changes(filled, parts):
    scope = set(ids_of(filled, "VL1.pdf", "VL2.pdf"))
    assert len(filled.search_lexical("cat", 9, scope)) == 2
    filled.remove(ids_of(filled, "VL2.pdf")[0])
    assert [p.file for p, _ in filled.search_lexical("cat", 9, scope)] == ["VL1.pdf"]
    filled.add(*parts["VL2.pdf"])
    assert len(filled.search_lexical("cat", 9, scope)) == 2


def test_all_documents_are_searched_as_if_none_was_named(filled, encoder):
    everything = {document.id for document in filled.documents()}
    vector = encoder.encode(["a cat in the house"])[0]
    for documents in (everything, everything | {"of another library"}):
        assert filled.search_dense(vector, 9, documents) == filled.search_dense(vector, 9)
        assert filled.search_lexical("cat", 9, documents) == filled.search_lexical("cat", 9)
    assert filled.search_dense(vector, 9, []) == filled.search_lexical("cat", 9, []) == []
    assert filled.search_dense(np.ones(64, np.float32) / 8, 1, ["of another library"]) == []
