"""`rag.course.guide`: what a guide holds, and for how long it holds."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from tiny_models import hit

from ingest.guides import guide_file
from rag.course.guide import guide_to, named_choices, stored_guide
from rag.course.guide_making import lectures_without_guide, make_guides
from rag.course.sections import Section
from rag.course.sentences import Choice, is_clear
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings
from rag.spans import Unit, span_text, units_of

SOURCE = """
#slide("Queues")[A queue is a list from which the oldest entry is taken first. A queue is fair.]
#slide("Stacks")[A stack is a list from which the newest entry is taken first. Each stack has a top.]
#slide("Trees")[A tree is a graph without cycles that holds together. The root of a tree is on top.]
"""


@pytest.fixture
def lecture(lecture_parts, empty_library):
    parsed, passages, vectors = lecture_parts("data-structures.pdf", SOURCE)
    empty_library.add(parsed, passages, vectors)
    return empty_library, parsed, passages, vectors


@pytest.fixture
def ask(lecture, encoder):
    pipeline = Pipeline(lecture[0], Models(NO_MODELS, encoder=encoder), Settings())
    return pipeline.with_settings(pipeline.settings.searching_only).ask


def test_a_guide_has_outline_terms_and_questions_with_their_pages(lecture, encoder, ask):
    library, parsed, *_ = lecture
    guide = guide_to(library, parsed.document.id, encoder, ask)
    assert [(one.name, one.page) for one in guide.outline] == [
        ("Queues", 1),
        ("Stacks", 2),
        ("Trees", 3),
    ]
    terms = {one.name.casefold(): one.page for one in guide.terms}
    assert terms == {"queue": 1, "stack": 2, "tree": 3}
    assert {one.page for one in guide.questions} <= {1, 2, 3}
    for one in guide.questions:
        answer = ask(one.name)
        assert answer.sources[answer.leads[0].source - 1].pages == (one.page,)
    assert guide.without_text == ()


def test_a_guide_is_stored_until_the_lecture_changes(lecture, encoder, ask):
    library, parsed, passages, vectors = lecture
    id = parsed.document.id
    assert stored_guide(library, id, encoder.identity) is None
    guide = guide_to(library, id, encoder, ask)
    assert stored_guide(library, id, encoder.identity) == guide
    assert stored_guide(library, id, "another-encoder@1") is None
    changed = [replace(passages[0], text=passages[0].text.upper()), *passages[1:]]
    library.add(parsed, changed, vectors)
    assert stored_guide(library, id, encoder.identity) is None


def test_a_removed_lecture_takes_its_guide_with_it(lecture, encoder, ask):
    library, parsed, *_ = lecture
    guide_to(library, parsed.document.id, encoder, ask)
    assert guide_file(parsed.document.id, library.folder).is_file()
    library.remove(parsed.document.id)
    assert not guide_file(parsed.document.id, library.folder).exists()


def test_a_damaged_guide_is_made_again(lecture, encoder, ask):
    library, parsed, *_ = lecture
    guide = guide_to(library, parsed.document.id, encoder, ask)
    guide_file(parsed.document.id, library.folder).write_text("{")
    assert stored_guide(library, parsed.document.id, encoder.identity) is None
    assert guide_to(library, parsed.document.id, encoder, ask) == guide


def test_missing_guides_are_made_and_making_goes_on_after_a_stop(lecture, encoder, ask):
    library, parsed, *_ = lecture
    stop = threading.Event()
    stop.set()
    answer_in = lambda _, question: ask(question)  # noqa: E731
    assert list(make_guides(library, encoder, answer_in, stop)) == []
    assert [one.id for one in lectures_without_guide(library, encoder.identity)] == [
        parsed.document.id
    ]
    [made] = make_guides(library, encoder, answer_in)
    guide = stored_guide(library, made.id, encoder.identity)
    assert guide == guide_to(library, made.id, encoder, ask)
    assert lectures_without_guide(library, encoder.identity) == []
    assert list(make_guides(library, encoder, answer_in)) == []


def test_a_summary_names_a_heading_once_and_no_formula():
    text = "A queue is a list from which the oldest entry is taken first. •"
    passage = hit("p", text).passage
    choice = Choice(passage, (Unit(0, len(text)),))
    assert choice.text == text.removesuffix(" •")
    headings = ["Structures", "Queues", "Queues", "y = f(x)", "Queues", f"Note: {choice.text}"]
    choices = [(Section(heading, (passage,), (0,)), choice) for heading in headings]
    names = [name for name, _ in named_choices(choices, "Structures")]
    assert names == ["", "Queues", "", "", "Queues", ""]


def test_a_line_that_repeats_its_heading_is_in_no_summary(lecture_parts):
    title = "You should be using automatic differentiation today"
    text = f"{title.title()} #parbreak() Gradients are one of the keys of the recent success."
    _, [passage], _ = lecture_parts("a.pdf", f'#slide("{title}")[{text}]')
    clear = [span_text(passage, unit) for unit in units_of(passage) if is_clear(passage, unit)]
    assert clear == ["Gradients are one of the keys of the recent success."]
