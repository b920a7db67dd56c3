"""The page Study, driven by AppTest with the word encoder: cards, quiz, exam, glossary, timeline."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_app import text_of
from test_study_cards import DATA, MORE

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models
from rag.study.reviews import FILE, Reviews
from ui.session import use_models
from ui.study.german import GERMAN

PAGE = """
from ui.session import open_session
from ui.views.study import page
page(open_session())
"""


@pytest.fixture
def study(tmp_path, make_pdf, encoder, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open the page on two lectures, at one of its parts."""
    make_pdf("lecture1.pdf", DATA)
    folder = make_pdf("lecture2.pdf", MORE).parent
    library = Library(tmp_path / "library", create=True)
    list(ingest(find_files([folder]), library, encoder, passage_tokens=60))
    monkeypatch.setenv("KATHEDER_LIBRARY", str(library.folder))
    monkeypatch.setenv("KATHEDER_MODELS__RERANKER", "none")
    monkeypatch.setenv("KATHEDER_CHUNKING__PASSAGE_TOKENS", "60")
    st.cache_resource.clear()
    st.cache_data.clear()
    use_models(Models(encoder=encoder))

    def opened(part: str = "Cards", **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=180)
        page.session_state["tabs-study"] = part
        for name, value in state.items():
            page.session_state[name] = value
        page.run()
        assert not page.exception
        return page

    yield opened
    st.cache_resource.clear()
    st.cache_data.clear()


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


@pytest.mark.slow
def test_a_card_shows_its_answer_and_comes_back_later(study, tmp_path):
    page = study()
    assert "New: 11 · to repeat: 0 · later: 0" in text_of(page)
    assert "What is meant by “queue”?" in text_of(page)
    answer = "A queue is a list whose elements leave in the order of arrival."
    assert answer not in text_of(page)
    press(page, "study_show")
    assert answer in text_of(page)
    labels = [page.button(key=f"rate-{name}").label for name in ("again", "hard", "good", "easy")]
    assert labels[0] == "Again · 1 min"
    assert re.fullmatch(r"Easy · \d+ days", labels[-1])
    press(page, "rate-easy")
    assert "What is meant by “stack”?" in text_of(page)
    assert "New: 10 · to repeat: 0 · later: 1" in text_of(page)
    assert len(Reviews(tmp_path / "library" / FILE).states("")) == 1


def test_the_page_of_a_card_opens_beside_it_and_closes(study):
    page = press(study(), "study_show")
    press(page, "show-card")
    assert page.session_state["open_source"] == ("study", "card")
    assert "lecture1.pdf" in text_of(page)
    press(page, "close_page")
    assert page.session_state["open_source"] is None


@pytest.mark.slow
def test_all_cards_can_be_done_and_made_new(study):
    page = study()
    for _ in range(11):
        press(press(page, "study_show"), "rate-easy")
    assert "Done for now." in text_of(page)
    press(page, "study_forget")
    assert "New: 11" in text_of(page)


def test_chosen_lectures_limit_the_cards(study):
    page = study()
    page.session_state["scope-study-part"] = "some"
    page.run()
    lectures = page.multiselect(key="scope-study-some-")
    lectures.set_value([lectures.options[1]]).run()
    assert not page.exception
    assert "New: 4" in text_of(page)  # queue and hash table, each with a gap


def test_a_quiz_question_is_marked_with_its_sentence(study):
    page = study("Quiz")
    question = page.session_state["quiz_questions"][0]
    right = question.choice.choices[question.choice.right]
    page.radio(key="quiz-0-0").set_value(right)
    press(page, "quiz_check_0")
    assert "Right" in text_of(page)
    assert question.definition.text in text_of(page).replace("**", "")
    press(page, "quiz_next")
    count = len(page.session_state["quiz_questions"])
    assert f"Question 2 of {count}" in text_of(page)


def test_a_wrong_choice_is_not_right_and_the_score_counts(study):
    page = study("Quiz")
    questions = page.session_state["quiz_questions"]
    for row, question in enumerate(questions):
        right = question.choice.choices[question.choice.right]
        wrong = next(choice for choice in question.choice.choices if choice != right)
        page.radio(key=f"quiz-0-{row}").set_value(wrong if row == 0 else right)
        press(page, f"quiz_check_{row}")
        press(page, "quiz_next")
    assert f"{len(questions) - 1} of {len(questions)} right" in text_of(page)


def test_words_of_ones_own_are_marked(study):
    page = study("Quiz", quiz_kind="text")
    question = page.session_state["quiz_questions"][0]
    page.text_area(key="quiz-0-0").set_value(question.definition.meaning)
    press(page, "quiz_check_0")
    assert "Right" in text_of(page)
    assert "The mark is the program's opinion; compare with the sentence." in text_of(page)


def test_an_exam_names_the_pages_to_read_again(study):
    page = study("Exam")
    questions = page.session_state["exam_questions"]
    assert len(questions) == 5  # all terms but the abbreviation
    press(page, "exam_hand_in")
    assert "0 of 5 right" in text_of(page)
    assert "Read these pages again:" in text_of(page)
    shown = [button.key for button in page.button if button.key and "read-" in button.key]
    assert len(shown) == 3  # pages 1 and 2 of the first lecture, page 2 of the second


def test_the_glossary_is_searched(study):
    page = study("Glossary")
    assert "6 terms" in text_of(page)
    page.text_input(key="glossary_search").set_value("tree").run()
    assert "1 term" in text_of(page)
    assert "A **heap** is a tree" in text_of(page)


def test_the_timeline_opens_the_page_of_a_heading(study):
    page = study("Timeline")
    pills = [group for group in page.button_group if "timeline" in str(group.key)]
    assert len(pills) == 2
    pills[1].set_value(2).run()
    assert not page.exception
    assert page.session_state["open_source"] == ("study", "Sorting")


def test_the_page_speaks_german(study):
    page = study("Karten", language="de", changes={})
    assert "Antwort zeigen" in text_of(page)
    assert "Neu: 11" in text_of(page)


def test_every_text_has_its_values_in_german_too():
    for english, german in GERMAN.items():
        assert sorted(re.findall(r"{\w+}", english)) == sorted(re.findall(r"{\w+}", german))
