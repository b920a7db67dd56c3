"""rag.study: cards, their reviews, the Anki file, glossary, quiz and exam, on small lectures."""

from __future__ import annotations

import json
import random
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from conftest import WordEncoder
from tiny_models import passage

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from ingest.text.languages import language
from rag.evidence import CosineJudge
from rag.study.anki import write_deck
from rag.study.cards import (
    GAP,
    cards_of,
    definitions_of,
    gives_away,
    lectures_in_order,
    source_of,
    with_gap,
)
from rag.study.definitions import definitions_in
from rag.study.exam import exam, pages_to_read
from rag.study.glossary import glossary, term_at_start, timeline
from rag.study.quiz import quiz
from rag.study.reviews import Reviews, UnreadableReviews

DATA = """
#slide("Queues")[A queue is a list whose elements leave in the order of arrival.

A stack is a container from which the newest element leaves first.]
#slide("Trees")[A heap is a tree in which no parent is larger than its children.

A graph is a collection of nodes that are joined by edges.

A Virtual Private Network (VPN) hides the traffic. Every VPN encrypts.]
"""
MORE = """
#slide("Queues")[A queue is a list whose elements leave in the order of arrival.]
#slide("Hashing")[A hash table is an array whose places are computed from the keys.]
#slide("Sorting (1/2)")[Sorting puts the elements into their order.]
#slide("Provisional Summary")[Arrays were told, trees come next week.]
#slide("Literature II")[Books about hash tables and trees.]
"""
NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)


@pytest.fixture
def lectures(tmp_path, make_pdf, encoder) -> Library:
    """Two lectures about data structures; the second repeats a definition of the first."""
    make_pdf("lecture1.pdf", DATA)
    folder = make_pdf("lecture2.pdf", MORE).parent
    library = Library(tmp_path / "library", create=True)
    list(ingest(find_files([folder]), library, encoder, passage_tokens=60))
    return library


@pytest.fixture
def definitions(lectures):
    return definitions_of(lectures, [document.id for document in lectures.documents()])


@pytest.fixture
def cards(definitions):
    return cards_of(definitions)


@pytest.fixture
def judge():
    return CosineJudge(WordEncoder())


# ---- cards ----


def test_each_term_has_a_question_and_a_gap(cards):
    queue = [card for card in cards if card.definition.term == "queue"]
    assert [(card.kind, card.question, card.answer) for card in queue] == [
        (
            "definition",
            "What is meant by “queue”?",
            "A queue is a list whose elements leave in the order of arrival.",
        ),
        ("cloze", f"A {GAP} is a list whose elements leave in the order of arrival.", "queue"),
    ]


def test_questions_come_before_gaps_in_each_lecture(cards):
    forms = [(card.definition.passage.file, card.kind) for card in cards]
    assert list(dict.fromkeys(forms)) == [
        (file, kind)
        for file in ("lecture1.pdf", "lecture2.pdf")
        for kind in ("definition", "cloze")
    ]


def test_lectures_are_in_the_order_of_their_course(lectures):
    ids = {document.file: document.id for document in lectures.documents()}
    lectures.add_course("Data")
    lectures.set_course("Data", [ids["lecture2.pdf"]])
    files = [document.file for document in lectures_in_order(lectures)]
    assert files == ["lecture2.pdf", "lecture1.pdf"]
    [only] = lectures_in_order(lectures, {ids["lecture1.pdf"]})
    assert only.file == "lecture1.pdf"


def test_what_two_lectures_say_is_one_card(definitions):
    assert [one.term for one in definitions] == [
        "queue",
        "stack",
        "heap",
        "graph",
        "VPN",
        "hash table",
    ]


def test_a_card_opens_its_page(cards):
    heap = next(card for card in cards if card.definition.term == "heap")
    source = source_of(heap.definition)
    assert source.citation == "lecture1.pdf, p. 2"
    assert source.pages == (2,)
    assert source.hit.passage.text[source.start : source.end] == heap.answer


def test_an_id_does_not_depend_on_the_document(make_pdf, lectures, cards, encoder):
    before = {card.id for card in cards}
    assert len(before) == len(cards)
    changed = make_pdf("lecture1.pdf", DATA + '#slide("New")[A page without any definition.]')
    list(ingest([changed], lectures, encoder, passage_tokens=60))
    documents = [document.id for document in lectures.documents()]
    assert {card.id for card in cards_of(definitions_of(lectures, documents))} == before


def test_an_abbreviation_asks_for_its_words(cards):
    [card] = [card for card in cards if card.definition.kind == "abbreviation"]
    assert card.question == "What does “VPN” stand for?"
    assert card.answer == "Virtual Private Network"


@pytest.mark.parametrize(
    ("text", "term", "code", "expected"),
    [
        ("a list whose elements leave in order", "queue", "en", False),
        ("a list of several queues", "queue", "en", True),  # another form
        ("the search that visits all states", "breadth first search", "en", True),
        ("berechnet die Parameter im Training", "Trainingsdaten", "de", True),  # of a compound
        ("hides the traffic of a Virtual Private Network", "VPN", "en", True),  # spelt out
        ("hides all traffic", "VPN", "en", False),
        ("the American Registry for Internet Numbers", "ARIN", "en", True),  # its letters
        ("the distance that a wave travels", "wavelength", "en", True),  # begins it
    ],
)
def test_what_gives_a_term_away(text, term, code, expected):
    assert gives_away(text, term, language(code)) is expected


def test_no_gap_where_the_rest_names_the_term():
    text = "A search problem is a task in which the search ends at a goal."
    [one] = definitions_in([passage("p", text, language="en")])
    assert with_gap(one) == ""
    assert [card.kind for card in cards_of([one])] == ["definition"]


# ---- reviews ----


def test_a_rated_card_comes_back_later_and_new_ones_first_in_order(tmp_path, cards):
    reviews = Reviews(tmp_path / "study.sqlite")
    assert reviews.due("", cards, NOW) == cards
    due = reviews.rate("", cards[0], "easy", NOW)
    assert due > NOW + timedelta(days=1)
    assert reviews.due("", cards, NOW) == cards[1:]
    assert reviews.due("", cards, due)[0] == cards[0]
    assert reviews.due("", cards, NOW, new=2) == cards[1:3]
    counts = reviews.counts("", cards, NOW)
    assert (counts.due, counts.new, counts.later) == (0, len(cards) - 1, 1)


def test_a_worse_rating_comes_back_earlier_and_intervals_say_when(tmp_path, cards):
    reviews = Reviews(tmp_path / "study.sqlite")
    spans = reviews.intervals("", cards[0], NOW)
    assert spans["again"] < spans["hard"] <= spans["good"] < spans["easy"]
    assert reviews.rate("", cards[0], "good", NOW) == NOW + spans["good"]


def test_reviews_belong_to_a_reader_and_survive(tmp_path, cards):
    Reviews(tmp_path / "study.sqlite").rate("ann", cards[0], "good", NOW)
    again = Reviews(tmp_path / "study.sqlite")
    assert set(again.states("ann")) == {cards[0].id}
    assert again.states("bob") == {}
    again.forget("ann", cards)
    assert again.states("ann") == {}


def test_a_damaged_row_loses_no_other(tmp_path, cards):
    reviews = Reviews(tmp_path / "study.sqlite")
    for card in cards[:3]:
        reviews.rate("", card, "easy", NOW)
    db = sqlite3.connect(tmp_path / "study.sqlite")
    db.execute("UPDATE reviews SET state = '{broken' WHERE card = ?", (cards[1].id,))
    db.commit()
    assert set(reviews.states("")) == {cards[0].id, cards[2].id}
    reviews.rate("", cards[1], "good", NOW)
    assert set(reviews.states("")) == {card.id for card in cards[:3]}


def test_a_file_of_a_newer_format_is_named(tmp_path):
    db = sqlite3.connect(tmp_path / "newer.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.commit()
    with pytest.raises(UnreadableReviews, match="format 99"):
        Reviews(tmp_path / "newer.sqlite")


def test_an_unknown_rating_is_named(tmp_path, cards):
    with pytest.raises(ValueError, match="'perfect'; expected one of again, hard, good, easy"):
        Reviews(tmp_path / "study.sqlite").rate("", cards[0], "perfect", NOW)


# ---- Anki ----


def notes_of(file) -> list[tuple[str, list[str]]]:
    """The guid and fields of each note in an .apkg file, read by SQLite alone."""
    with zipfile.ZipFile(file) as archive:
        archive.extract("collection.anki2", file.parent)
    db = sqlite3.connect(file.parent / "collection.anki2")
    rows = db.execute("SELECT guid, flds FROM notes ORDER BY id").fetchall()
    return [(guid, fields.split("\x1f")) for guid, fields in rows]


def test_the_anki_file_holds_every_card_with_its_page(tmp_path, cards):
    file = tmp_path / "deck.apkg"
    write_deck(cards, "Data structures", file)
    notes = notes_of(file)
    assert [guid for guid, _ in notes] == [card.id for card in cards]
    assert notes[0][1] == [cards[0].question, cards[0].answer, "lecture1.pdf, p. 1"]
    gap = next(row for row, card in enumerate(cards) if card.kind == "cloze")
    assert notes[gap][1] == [
        "A {{c1::queue}} is a list whose elements leave in the order of arrival.",
        "lecture1.pdf, p. 1",
    ]
    db = sqlite3.connect(tmp_path / "collection.anki2")
    assert db.execute("SELECT count(*) FROM cards").fetchone() == (len(cards),)
    [decks] = db.execute("SELECT decks FROM col").fetchone()
    assert "Data structures" in {deck["name"] for deck in json.loads(decks).values()}


def test_a_lectures_text_is_no_markup_in_anki(tmp_path):
    text = "A <b>tag</b> list is a list of {{names}} that a browser reads & draws."
    [one] = definitions_in([passage("p", text.replace("<b>tag</b> ", ""), language="en")]) or [None]
    assert one is None  # braces are a formula, which defines nothing
    safe = "A closure is a function which keeps the variables around it alive & well."
    [one] = definitions_in([passage("p", safe, language="en")])
    write_deck(cards_of([one]), "D", tmp_path / "d.apkg")
    assert "alive &amp; well" in notes_of(tmp_path / "d.apkg")[0][1][1]


# ---- glossary and timeline ----


def test_the_glossary_is_alphabetical(definitions):
    assert [one.term for one in glossary(definitions)] == [
        "graph",
        "hash table",
        "heap",
        "queue",
        "stack",
        "VPN",
    ]


def test_a_term_is_in_the_first_lecture_that_has_it(lectures, definitions):
    documents = [document.id for document in lectures.documents()]
    first, second = timeline(lectures, documents, definitions)
    assert first.document.file == "lecture1.pdf"
    assert [(topic.term, topic.page) for topic in first.topics][:3] == [
        ("queue", 1),
        ("stack", 1),
        ("heap", 2),
    ]
    assert [topic.term for topic in second.topics] == ["hash table", "Hashing", "Sorting"]
    assert second.topics[-1].definition is None


# ---- quiz and exam ----


def test_a_quiz_has_one_right_term_and_is_the_same_for_a_seed(definitions, judge):
    questions = quiz(definitions, judge, 4, seed=1)
    assert questions == quiz(definitions, judge, 4, seed=1)
    assert len(questions) == 4
    for question in questions:
        right = question.choices[question.right]
        assert right.casefold() == question.definition.term.casefold()
        assert all(choice[0].isupper() for choice in question.choices)
        assert len(set(question.choices)) == len(question.choices) >= 3
        assert GAP in question.question
        assert question.definition.term not in question.question


def test_a_definition_that_says_nearly_the_same_is_no_wrong_choice(judge):
    texts = [
        "A queue is a list whose elements leave in the order of arrival.",
        "A pipeline is a list whose elements leave in the order of arrival too.",
        "A heap is a tree in which no parent is larger than its children.",
        "A graph is a collection of nodes that are joined by edges.",
        "A stack is a container from which the newest element leaves first.",
    ]
    some = definitions_in([passage(f"p{n}", text, language="en") for n, text in enumerate(texts)])
    assert len(some) == 5
    queue = next(one for one in quiz(some, judge, 5, 0) if one.definition.term == "queue")
    assert sorted(queue.choices) == ["Graph", "Heap", "Queue", "Stack"]


def test_an_exam_asks_of_all_lectures_in_two_ways(definitions, judge):
    questions = exam(definitions, judge, seed=3, count=4)
    assert len(questions) == 4
    assert {one.definition.passage.file for one in questions} == {"lecture1.pdf", "lecture2.pdf"}
    assert [one.choice is not None for one in questions] == [True, False, True, False]
    assert len({one.definition.term for one in questions}) == 4


def test_the_pages_to_read_are_those_of_wrong_answers(definitions, judge):
    questions = exam(definitions, judge, seed=3)
    rows = random.Random(0).sample(range(len(questions)), 2)
    verdicts = {row: "right" for row in range(len(questions)) if row not in rows}
    pages = pages_to_read(questions, verdicts)
    assert {term for page in pages for term in page.terms} == {
        questions[row].definition.term for row in rows
    }
    assert pages_to_read(questions, dict.fromkeys(range(len(questions)), "right")) == []


def test_a_choice_is_right_or_wrong(definitions, judge):
    [question] = exam(definitions, judge, seed=3, count=1)
    assert question.choice is not None
    right = question.choice.choices[question.choice.right]
    wrong = next(choice for choice in question.choice.choices if choice != right)
    assert question.verdict(right, judge) == "right"
    assert question.verdict(wrong, judge) == "wrong"


def test_an_abbreviation_follows_two_other_questions(lectures):
    [first, _] = [one.id for one in lectures_in_order(lectures)]
    definitions = definitions_of(lectures, [first])
    short = next(one for one in definitions if one.kind == "abbreviation")
    others = [one for one in definitions if one is not short]
    kinds = [card.definition.kind for card in cards_of([short, short, *others])][:6]
    assert kinds == ["sentence", "sentence", "abbreviation"] * 2


@pytest.mark.parametrize(
    ("text", "term", "place"),
    [
        ("Cross entropy is a measure.", "cross entropy", (0, 13)),
        ("The final tax is what is left.", "final tax", (4, 13)),
        ("Tax incidence: how a burden is shared.", "Tax incidence", (0, 13)),
        ("Automatic differentiation", "AD", None),
        ("Entropies are sums.", "entropy", None),
        ("The last layer is called the output layer.", "output layer", None),
        ("C++ is a language.", "C++", (0, 3)),
        ("A text.", "", None),
    ],
)
def test_a_text_that_begins_with_its_term_is_told(text, term, place):
    found = term_at_start(text, term)
    assert found == (None if place is None else slice(*place))
