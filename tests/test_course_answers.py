"""`rag.course.answers`: answers about the course over small lectures, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ingest.text.languages.course import COURSE_WORDS
from ingest.wrapped_encoder import WrappedEncoder
from rag.course.catalogue import Catalogue, Lecture
from rag.course.contents import numbered_page, spoken_rows
from rag.course.exam import exam_questions
from rag.course.sections import plain_heading, split_alike
from rag.course.sentences import is_clear
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.settings import Settings
from rag.spans import units_of
from rag.types import Answer, Hit, Turn
from ui.stored_answers import dump_answer, load_answer


@pytest.fixture
def pipeline(library, encoder) -> Pipeline:
    return Pipeline(library, Models(NO_MODELS, encoder=encoder), Settings())


def test_the_lectures_are_listed_in_order_with_their_pages(pipeline):
    answer = pipeline.ask("Which lectures do I have?")
    assert answer.route == "lectures"
    assert answer.introduction == "2 lectures:"
    assert [lead.text for lead in answer.leads] == [
        "1. Animals: 2 pages, English",
        "2. Physics: 3 pages, English",
    ]
    assert [source.citation for source in answer.sources] == [
        "animals.pdf, p. 1",
        "physics.pdf, p. 1",
    ]


def test_a_summary_has_a_sentence_of_each_slide_in_order(pipeline):
    answer = pipeline.ask("Summarise lecture 2")
    pages = [answer.sources[lead.source - 1].hit.passage.page for lead in answer.leads]
    assert pages == sorted(pages)
    assert {page for source in answer.sources for page in source.pages} == {1, 2, 3}
    for lead in answer.leads:
        text = answer.sources[lead.source - 1].hit.passage.text
        assert " ".join(text[lead.start : lead.end].split()) == lead.items[0]


class CountingEncoder(WrappedEncoder):
    """Keeps the questions that it encodes."""

    def __init__(self, encoder):
        super().__init__(encoder)
        self.questions = []

    def encode_questions(self, questions):
        self.questions += questions
        return super().encode_questions(questions)


def test_a_question_about_the_course_is_searched_for_no_follow_up(library, encoder):
    counting = CountingEncoder(encoder)
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=counting), Settings())
    before = [Turn("What pulls masses together?", "")]
    assert pipeline.ask("Which lectures do I have?", history=before).route == "lectures"
    assert not counting.questions
    pipeline.ask("What falls from the tree?", history=before)
    assert counting.questions


def test_a_page_is_quoted_whole(pipeline):
    answer = pipeline.ask("What is on page 1 of lecture 2?")
    assert [lead.text for lead in answer.leads] == [
        "Gravity pulls masses together.",
        "An apple falls from the tree.",
    ]
    assert {source.citation for source in answer.sources} == {"physics.pdf, p. 1"}


def test_the_number_that_is_printed_on_a_page_is_meant(lecture_parts):
    _, passages, _ = lecture_parts(
        "a.pdf", '#slide("A")[Trees have roots.] #slide("B")[Graphs too.]'
    )
    printed = [replace(one, labels=(str(one.page - 1),)) for one in passages]
    assert [numbered_page(printed, number) for number in (0, 1, 2)] == [1, 2, 2]
    assert numbered_page(passages, 2) == 2


def test_a_page_that_does_not_exist_says_how_many_there_are(pipeline):
    answer = pipeline.ask("What is on page 9 of lecture 2?")
    assert answer.text == "Physics has 3 pages, so there is no page 9."


def test_where_first_goes_by_the_order_of_the_lectures(pipeline):
    answer = pipeline.ask("Where is light first mentioned?")
    assert answer.introduction == "“light” is introduced in Physics, p. 2."
    assert answer.leads[0].items == ("Light travels at 299792458 metres per second in vacuum.",)


def test_what_comes_after_is_the_next_heading(pipeline):
    answer = pipeline.ask("What comes after gravity?")
    assert answer.introduction == "After “Gravity” comes “Light” (Physics, p. 2)."
    end = pipeline.ask("What comes after sound?")
    assert end.text == "“Sound” is the last topic of Physics."
    assert pipeline.ask("What comes before light?").introduction.startswith("Before “Light” comes")


def test_the_answer_is_in_the_language_of_the_question(library, encoder):
    settings = Settings().with_changes(answer={"default_language": "de"})
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder), settings)
    answer = pipeline.ask("Welche Vorlesungen habe ich?")
    assert (answer.language, answer.introduction) == ("de", "2 Vorlesungen:")
    assert answer.leads[0].text == "1. Animals: 2 Seiten, Englisch"
    pipeline = Pipeline(library, Models(NO_MODELS, encoder=encoder), Settings())
    # The words show no language, but the rule that matches them has one.
    assert pipeline.ask("Fasse physics.pdf zusammen").introduction == "Physics in Kürze:"


def test_a_follow_up_is_answered_for_the_other_lecture(pipeline):
    answer = pipeline.ask(
        "And lecture 1?", history=[Turn("How many pages does lecture 2 have?", "")]
    )
    assert answer.introduction == "Animals: 2 pages."


def test_routing_can_be_turned_off(pipeline):
    settings = pipeline.settings.with_changes(answer={"course_questions": False})
    answer = pipeline.with_settings(settings).ask("Which lectures do I have?")
    assert answer.route == ""
    assert answer.hits


def test_a_stored_answer_keeps_route_and_introduction(pipeline):
    answer = pipeline.ask("Which lectures do I have?")
    assert load_answer(dump_answer(answer)) == answer
    assert answer.as_dict()["route"] == "lectures"


def test_a_number_of_several_courses_is_answered_by_a_choice(pipeline, library):
    for document, name in zip(library.documents(), ("Zoology", "Matter"), strict=True):
        library.add_course(name)
        library.set_course(name, [document.id])
    answer = pipeline.ask("Summarise lecture 1")
    assert "“Zoology, lecture 1”" in answer.introduction
    assert [lead.text for lead in answer.leads] == [
        "Zoology, 1. Animals: 2 pages, English",
        "Matter, 1. Physics: 3 pages, English",
    ]


def test_exam_questions_are_kept_only_with_an_answer_on_their_page(
    lecture_parts, empty_library, encoder
):
    source = """
    #slide("Queues")[A queue is a list from which the oldest entry is taken first. A queue serves in turn.]
    #slide("Stacks")[Benefits of it: speed, small memory, simple code.]
    #slide("Trees")[What is the depth of a tree? #linebreak() int depth(){ return 0; }]
    """
    parsed, passages, vectors = lecture_parts("data-structures.pdf", source)
    empty_library.add(parsed, passages, vectors)
    pipeline = Pipeline(empty_library, Models(NO_MODELS, encoder=encoder), Settings())
    answer = pipeline.ask("Give me two exam questions about lecture 1")
    assert answer.route == "exam"
    pages = {answer.sources[lead.source - 1].pages for lead in answer.leads}
    assert pages <= {(1,), (2,)}  # code is no answer
    for lead in answer.leads:
        again = pipeline.with_settings(pipeline.settings.searching_only).ask(lead.label)
        assert (
            again.sources[again.leads[0].source - 1].pages == answer.sources[lead.source - 1].pages
        )


def test_a_summary_holds_statements_alone(lecture_parts, empty_library, encoder):
    source = """
    #slide("Queues")[In this lecture we will look at queues and at stacks in detail.

    A queue is a list from which the oldest entry is taken first. Please use a queue in all exercises!

    As we have seen, a stack holds its oldest entry longest. Next week we turn to heaps and other queues.]
    #slide("Prof. Ada Lovelace")[The speaker has written many books about engines and numbers.]
    #slide("Trees")[Things that are trees \\ Lists of words \\ Rows in a table.

    A tree is a graph without cycles that holds together. Figure 3 shows a tree of words in a table.

    - root is the node on top of the tree.]
    """
    parsed, passages, vectors = lecture_parts("data-structures.pdf", source)
    empty_library.add(parsed, passages, vectors)
    pipeline = Pipeline(empty_library, Models(NO_MODELS, encoder=encoder), Settings())
    answer = pipeline.ask("Summarise lecture 1")
    assert [lead.items for lead in answer.leads] == [
        ("A queue is a list from which the oldest entry is taken first.",),
        ("A tree is a graph without cycles that holds together.",),
    ]


def test_slides_of_terse_points_are_summarised_by_their_points(
    lecture_parts, empty_library, encoder
):
    source = """
    #slide("Ada Lovelace")[
    - Institute of Engines
    - Write to ada\\@example.org
    ]
    #slide("Queues")[
    - first in, first out
    - ring buffer or linked list
    ]
    #slide("Printing")[```c
    int main(void) {
        puts("queue");
    }
    ```]
    #slide("Stacks")[
    - last in, first out
    - one pointer to the top
    ]
    """
    parsed, passages, vectors = lecture_parts("data-structures.pdf", source)
    empty_library.add(parsed, passages, vectors)
    pipeline = Pipeline(empty_library, Models(NO_MODELS, encoder=encoder), Settings())
    answer = pipeline.ask("Summarise lecture 1")
    assert [(lead.label, lead.items) for lead in answer.leads] == [
        ("Queues", ("first in, first out", "ring buffer or linked list")),
        ("Stacks", ("last in, first out", "one pointer to the top")),
        ("", ("Ada Lovelace",)),  # the other headings follow where little is told
    ]


def test_a_lecture_without_sentences_is_summarised_by_its_outline(
    lecture_parts, empty_library, encoder
):
    source = """
    #slide("Queues")[$a + b$]
    #slide("Stacks")[$c + d$]
    #slide("Trees")[$e + f$]
    """
    parsed, passages, vectors = lecture_parts("data-structures.pdf", source)
    empty_library.add(parsed, passages, vectors)
    pipeline = Pipeline(empty_library, Models(NO_MODELS, encoder=encoder), Settings())
    answer = pipeline.ask("Summarise lecture 1")
    assert answer.introduction.startswith("Outline of")
    assert [lead.text for lead in answer.leads] == ["Queues", "Stacks", "Trees"]


def test_sequences_are_split_where_they_change():
    one, two, three = np.eye(3)
    vectors = np.array([one, one, two, three, three, three])
    assert split_alike(vectors, np.ones(6), 3) == [(0, 2), (2, 3), (3, 6)]
    with pytest.raises(ValueError, match="6 vectors cannot be split into 7 parts"):
        split_alike(vectors, np.ones(6), 7)


def test_the_number_of_a_slides_part_is_no_heading():
    assert plain_heading("Bayes classifier (2/4)") == "Bayes classifier"
    assert plain_heading("Vaccine efficacy (1)") == "Vaccine efficacy"
    assert plain_heading("Energy (kinetic)") == "Energy (kinetic)"


def test_a_title_without_a_word_of_the_file_name_gives_way_to_it(lecture_parts, empty_library):
    parsed, passages, vectors = lecture_parts("graph-search.pdf", '#slide("A")[A graph has edges.]')
    empty_library.add(parsed, passages, vectors)
    catalogue = Catalogue.of(empty_library)
    assert catalogue.lectures[0].title == "Graph search"
    # Two have the course's title; the one whose file is named so is meant.
    for document in (replace(parsed.document, title="Deep Learning"), document_named(parsed)):
        catalogue = Catalogue(catalogue.store, [*catalogue.lectures, Lecture(document, 2)])
    assert catalogue.by_title("deep learning").document.file == "deep-learning.pdf"


def document_named(parsed):
    return replace(parsed.document, file="deep-learning.pdf", title="Deep Learning")


def test_what_was_read_from_pictures_counts_where_it_is_most(lecture_parts):
    _, passages, _ = lecture_parts(
        "a.pdf", "".join(f'#slide("H{n}")[A graph {n} has many edges.]' for n in range(3))
    )
    read = [replace(one, recognised=one.pages) for one in passages]
    assert spoken_rows([*passages[:2], read[2]]) == [0, 1]
    assert spoken_rows([passages[0], *read[1:]]) == [0, 1, 2]


def test_headings_over_points_fill_an_exam_that_is_too_short(lecture_parts):
    source = """
    #slide("Threads")[- Single and multithreaded processes
    - Responsiveness and economy of threads
    - Parallelism on a multicore system]
    #slide("Picture")[Only one line of words.]
    """
    _, passages, _ = lecture_parts("os.pdf", source)
    nothing = Answer("q", "q", (), (), (), "not_answered")
    words = COURSE_WORDS["en"]
    assert exam_questions(passages, words, lambda _: nothing, 5) == []
    [question] = exam_questions(passages, words, lambda _: nothing, 5, passages)
    assert question.question == "Explain the topic “Threads”."
    assert question.items[1] == "Responsiveness and economy of threads"


def test_the_goals_of_a_lecture_fill_an_exam_that_is_too_short(lecture_parts):
    source = """
    #slide("Learning outcomes")[Describe the need for concurrency within an operating system.]
    #slide("2 + 2")[- Single and multithreaded processes
    - The call fork() makes a child, and wait() ends with it
    - Parallelism on a multicore system]
    """
    _, passages, _ = lecture_parts("os.pdf", source)
    hits = tuple(Hit(passage, {}) for passage in passages)
    found = Answer("q", "q", (), (), hits, "doubtful")
    [question] = exam_questions(passages, COURSE_WORDS["en"], lambda _: found, 5, passages)
    assert question.question == "Describe the need for concurrency within an operating system."
    assert question.passage.pages == (2,)
    assert question.items == (
        "Single and multithreaded processes",
        "Parallelism on a multicore system",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Efficacy is the reduction that the vaccine alone can explain.", True),
        ("Efficacy is the reduction that the vaccine alone can explain, i.e.", False),
        ("A queue serves lists, tables, trees and graphs, etc.", True),
        ("Gradients are one of the keys that made the new • revolution.", False),  # torn
    ],
)
def test_a_sentence_of_a_summary_is_whole(lecture_parts, text, expected):
    _, [passage], _ = lecture_parts("a.pdf", f'#slide("Efficacy")[{text}]')
    assert any(is_clear(passage, unit) for unit in units_of(passage)) is expected
