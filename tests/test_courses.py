"""ingest.courses: which number a lecture's name carries, and the order of a course."""

from __future__ import annotations

import pytest

from ingest.citations import cite, place_name
from ingest.courses import lecture_number, lecture_numbers, order_key, place_for
from ingest.types import Document


def lecture(file: str, title: str = "Title") -> Document:
    return Document(file, f"/lectures/{file}", file, title, 1)


@pytest.mark.parametrize(
    ("file", "number"),
    [
        ("lecture 2.pdf", 2),
        ("Lecture 0.pdf", 0),
        ("Lecture10.pdf", 10),
        ("VL03.pdf", 3),
        ("vl_07_Suche.pdf", 7),
        ("Vorlesung-4 Logik.pdf", 4),
        ("03_intro.pdf", 3),
        ("03b-exercises.pdf", 3),
        ("12 Search.pdf", 12),
        ("intro-5.pdf", 5),
        ("cs224n-2024-lecture05-rnn.pdf", 5),
        ("2024-11-05 Lecture 6.pdf", 6),
        ("第3回.pdf", 3),
        ("séance 4.pdf", 4),
        ("2024-11-05.pdf", None),
        ("05.11.2024.pdf", None),
        ("20241105_notes.pdf", None),
        ("exam 2023.pdf", None),
        ("3D-vision.pdf", None),
        ("chapter 3.2.pdf", None),
        ("deck (2).pdf", None),
        ("bert.pdf", None),
    ],
)
def test_a_name_carries_a_number(file, number):
    assert lecture_number(lecture(file)) == number


def test_a_title_carries_one_behind_a_word_for_a_lecture():
    assert lecture_number(lecture("notes.pdf", "Operating Systems, Week 06: Threads")) == 6
    assert lecture_number(lecture("notes.pdf", "100 years of physics")) is None
    assert lecture_number(lecture("VL2.pdf", "Lecture 9")) == 2  # the file's name goes first


def test_numbers_are_known_where_most_names_have_one_and_no_two_share_it():
    course = [lecture(f"VL{n:02}.pdf") for n in (1, 2, 3)]
    extra = [lecture("VL03 exercises.pdf"), lecture("formulas.pdf")]
    assert lecture_numbers([*course, *extra]) == {"VL01.pdf": 1, "VL02.pdf": 2}
    topics = [lecture("bert.pdf"), lecture("search.pdf"), lecture("gpt 2.pdf")]
    assert lecture_numbers(topics) == {}


@pytest.mark.parametrize(
    "names",
    [
        ["lecture 2.pdf", "lecture 10.pdf"],
        ["VL01.pdf", "2 Search.pdf", "lecture-10.pdf", "appendix.pdf"],
        ["2023-12-24.pdf", "05.11.2024.pdf", "2024-11-12 logic.pdf"],
        ["Appendix.pdf", "bert.pdf", "Search.pdf"],
        ["03 search.pdf", "03a exercises.pdf", "03b answers.pdf", "04 logic.pdf"],
    ],
)
def test_lectures_are_in_order_of_number_then_date_then_name(names):
    lectures = [lecture(name) for name in reversed(names)]
    assert [each.file for each in sorted(lectures, key=order_key)] == names


def test_a_new_lecture_goes_where_it_belongs_and_an_order_by_hand_stays():
    course = [lecture("VL1.pdf"), lecture("VL3.pdf")]
    assert place_for(lecture("VL2.pdf"), course) == 1
    assert place_for(lecture("VL0.pdf"), course) == 0
    by_hand = [lecture("VL3.pdf"), lecture("VL1.pdf")]
    assert place_for(lecture("VL2.pdf"), by_hand) == 2
    assert place_for(lecture("VL2.pdf"), []) == 0


def test_a_citation_names_course_and_lecture():
    assert place_name("deck.pdf", "", "lecture 3") == "deck.pdf"
    assert place_name("deck.pdf", "AI") == "AI, deck.pdf"
    assert place_name("deck.pdf", "KI", "Vorlesung 3") == "KI, Vorlesung 3"
    assert cite("deck.pptx", (4, 5), place="AI, lecture 3") == "AI, lecture 3, slides 4-5"
    assert cite("deck.pdf", (16,), labels=("12",), place="AI, lecture 3") == (
        "AI, lecture 3, p. 12, PDF page 16"
    )
