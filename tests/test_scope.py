"""rag.scope: which lectures are meant, and answers from these alone."""

from __future__ import annotations

import pytest
from conftest import CONFIG

from ingest.store import Library
from ingest.text.languages import LANGUAGES
from rag.chain import AskRunnable, LibraryRetriever
from rag.errors import BadScope
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.scope import EVERYTHING, Scope, ScopedStore
from rag.types import Turn
from ui.service.pipeline_messages import Request, decode_event, encode_event

LECTURES = {
    "VL1.pdf": '#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice.]',
    "VL1 exercises.pdf": '#slide("Exercises")[How many mice does a cat hunt?]',
    "VL2.pdf": '#slide("Dogs")[A dog guards the house. A dog barks at a cat.]',
    "VL10.pdf": '#slide("Birds")[A bird sings in the morning, and a cat hears it.]',
    "light.pdf": '#slide("Light")[Light travels to the house of a cat.]',
    "sound.pdf": '#slide("Sound")[Sound is slower than light, as a cat can hear.]',
}
ANIMALS = ("VL1.pdf", "VL1 exercises.pdf", "VL2.pdf", "VL10.pdf")


@pytest.fixture
def parts(lecture_parts):
    return {name: lecture_parts(name, source) for name, source in LECTURES.items()}


@pytest.fixture
def filled(empty_library, parts) -> Library:
    """Two courses, whose last lecture is the same, and a lecture in none."""
    for part in parts.values():
        empty_library.add(*part)
    for course, names in {"Animals": ANIMALS, "Physics": ("light.pdf", "VL10.pdf")}.items():
        empty_library.add_course(course)
        empty_library.set_course(course, [empty_library.find(name)[0].id for name in names])
    return empty_library


def files(library: Library, scope: Scope) -> list[str]:
    ids = scope.documents(library)
    return [document.file for document in library.documents() if document.id in ids]


# ---- which lectures ----


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope("Physics"), ["VL10.pdf", "light.pdf"]),
        (Scope("physics"), ["VL10.pdf", "light.pdf"]),
        (Scope("Animals", ("2",)), ["VL2.pdf"]),
        (Scope("Animals", ("lecture 1",)), ["VL1 exercises.pdf", "VL1.pdf"]),
        (Scope("Animals", ("VL2", "VL10.pdf")), ["VL10.pdf", "VL2.pdf"]),
        (Scope("Animals", ("exercises",)), ["VL1 exercises.pdf"]),
        (Scope(lectures=("sound",)), ["sound.pdf"]),
        (Scope(lectures=("2",)), ["VL2.pdf"]),
        (Scope(lectures=("VL10.pdf",)), ["VL10.pdf"]),  # one document, in two courses
        (Scope("Animals", up_to="2"), ["VL1 exercises.pdf", "VL1.pdf", "VL2.pdf"]),
        (Scope("Animals", up_to="1"), ["VL1 exercises.pdf", "VL1.pdf"]),
        (Scope(up_to="VL2.pdf"), ["VL1 exercises.pdf", "VL1.pdf", "VL2.pdf"]),
        (Scope("Physics", up_to="light.pdf"), ["light.pdf"]),
        (Scope("Animals", ("1", "10"), "2"), ["VL1 exercises.pdf", "VL1.pdf"]),
    ],
)
def test_a_scope_names_lectures(filled, scope, expected):
    assert files(filled, scope) == expected


def test_by_hand_the_order_of_the_course_counts(filled):
    order = filled.course("Animals").documents
    filled.set_course("Animals", order[::-1])
    assert files(filled, Scope("Animals", up_to="2")) == ["VL10.pdf", "VL2.pdf"]


def test_a_number_is_a_place_where_no_names_carry_one(empty_library, parts):
    for name in ("light.pdf", "sound.pdf"):
        empty_library.add(*parts[name])
    assert files(empty_library, Scope(lectures=("2",))) == ["sound.pdf"]
    assert files(empty_library, Scope(up_to="1")) == ["light.pdf"]
    with pytest.raises(
        BadScope, match=r"no lecture '3' in the library, which has: light\.pdf, sound"
    ):
        Scope(lectures=("3",)).documents(empty_library)


def test_no_name_means_everything(filled):
    assert not EVERYTHING
    assert EVERYTHING.documents(filled) is None


@pytest.mark.parametrize(
    ("scope", "message"),
    [
        (Scope("KI"), r"no course 'KI'; there are: Animals, Physics"),
        (
            Scope("Animals", ("7",)),
            r"no lecture '7' in the course 'Animals', which has: VL1\.pdf, ",
        ),
        (Scope(lectures=("zebra",)), r"no lecture 'zebra' in the library, which has: .*sound\.pdf"),
        (Scope(up_to="VL10.pdf"), r"names 2 lectures \(Animals, VL10\.pdf; Physics, VL10\.pdf\)"),
        (Scope(lectures=("VL",)), r"'VL' names 5 lectures"),
        (Scope("Animals", ("10",), "2"), "^None of the lectures 10 is up to 2"),
        (Scope("Empty"), "The course 'Empty' has no lecture"),
    ],
)
def test_a_name_that_names_nothing_is_answered_with_what_exists(filled, scope, message):
    filled.add_course("Empty")
    if scope.course == "KI":
        filled.remove_course("Empty")
    with pytest.raises(BadScope, match=message):
        scope.documents(filled)


def test_a_filter_of_plain_values_is_a_scope():
    assert Scope.of({}) == EVERYTHING
    values = {"course": "AI", "lectures": [3, "notes.pdf"], "up_to": 5}
    scope = Scope.of(values)
    assert scope == Scope("AI", ("3", "notes.pdf"), "5")
    assert Scope.of(scope.as_dict()) == scope
    assert Scope.of({"lectures": "notes.pdf"}) == Scope(lectures=("notes.pdf",))
    for wrong in ({"kurs": "AI"}, {"course": ["a", "b"]}, {"up_to": None}, {"lectures": [1.5]}):
        with pytest.raises(BadScope, match="it takes course"):
            Scope.of(wrong)


def test_a_scope_is_told_in_the_language_of_the_answer():
    scope = Scope("KI", ("3", "notes.pdf"), "VL05")
    assert scope.text(LANGUAGES["en"]) == "KI, lecture 3, notes.pdf, up to lecture 5"
    assert scope.text(LANGUAGES["de"]) == "KI, Vorlesung 3, notes.pdf, bis Vorlesung 5"
    assert EVERYTHING.text(LANGUAGES["de"]) == ""


# ---- answers ----


@pytest.fixture
def pipeline(filled, encoder) -> Pipeline:
    return Pipeline(filled, Models(NO_MODELS, encoder=encoder))


def test_an_answer_is_that_of_a_library_of_the_scope(tmp_path, pipeline, parts, encoder):
    separate = Library(tmp_path / "separate", create=True)
    separate.check_or_set_config(CONFIG)
    for name in ANIMALS[:3]:
        separate.add(*parts[name])
        separate.add_to_course("Animals", separate.find(name)[0].id)
    alone = Pipeline(separate, Models(NO_MODELS, encoder=encoder))
    scope = Scope("Animals", up_to="2")
    for question in ("What does a cat hunt?", "Who barks?", "What is slower than light?"):
        answer, expected = pipeline.ask(question, scope=scope), alone.ask(question)
        assert answer.hits == expected.hits
        assert (answer.sources, answer.confidence) == (expected.sources, expected.confidence)
        assert answer.leads == expected.leads
        assert pipeline.search(question, scope=scope) == alone.search(question)
        assert pipeline.candidates(question, scope=scope) == alone.candidates(question)
    assert answer.scope == scope
    assert answer.scope_notice == "Searched in Animals, up to lecture 2."
    assert answer.render().startswith(answer.scope_notice)
    assert answer.as_dict()["scope"] == {"course": "Animals", "up_to": "2"}
    assert pipeline.ask("Who barks?").scope_notice == ""


def test_a_lecture_of_two_courses_is_cited_by_the_one_that_was_asked(pipeline):
    question = "What sings in the morning?"
    assert pipeline.ask(question).sources[0].citation == "Animals, lecture 10, p. 1"
    answer = pipeline.ask(question, scope=Scope("Physics"))
    assert answer.sources[0].citation == "Physics, lecture 10, p. 1"


def test_a_pipeline_within_a_scope_stays_there_until_another(pipeline):
    scoped = pipeline.within(Scope("Physics")).with_settings(pipeline.settings)
    assert isinstance(scoped.store, ScopedStore)
    assert {hit.passage.file for hit in scoped.search("cat")} == {"light.pdf", "VL10.pdf"}
    other = scoped.within(Scope(lectures=("sound.pdf",)))
    assert {hit.passage.file for hit in other.search("cat")} == {"sound.pdf"}
    assert pipeline.within(EVERYTHING) is pipeline
    assert len(pipeline.search("cat")) > 2
    assert {document.file for document in scoped.store.documents()} == {"light.pdf", "VL10.pdf"}
    assert [course.documents for course in scoped.store.courses()][1] == (
        pipeline.store.course("Physics").documents
    )


def test_the_chain_takes_a_filter(pipeline):
    retriever = LibraryRetriever(pipeline=pipeline, filter={"course": "Physics"})
    assert {d.metadata["document"] for d in retriever.invoke("cat")} == {"light.pdf", "VL10.pdf"}
    [document] = retriever.invoke("cat", filter={"lectures": ["sound.pdf"]})
    assert document.metadata["document"] == "sound.pdf"
    result = AskRunnable(pipeline).invoke({"question": "Who barks?", "filter": {"lectures": [2]}})
    assert result["answer"].scope == Scope(lectures=("2",))
    assert {hit.passage.file for hit in result["answer"].hits} == {"VL2.pdf"}


def test_a_worker_is_told_the_scope(pipeline):
    scope = Scope("Animals", ("2",))
    request = Request("and why?", (Turn("Who barks?", "A dog.", scope),), pipeline.settings)
    assert Request.decode(request.encode().decode()) == request
    scoped = Request("Who barks?", (), pipeline.settings, scope=scope)
    assert Request.decode(scoped.encode().decode()) == scoped
    *_, answered = pipeline.stream("Who barks?", scope=scope)
    assert decode_event(encode_event(answered).decode()).answer.scope == scope
