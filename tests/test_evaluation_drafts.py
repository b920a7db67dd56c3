"""rag.evaluation.drafts: questions from headings, and files that `read_questions` reads again."""

from __future__ import annotations

import pytest

from ingest.pipeline import ingest
from rag.evaluation.drafts import draft_questions, new_question, question_lines
from rag.evaluation.questions import Gold, check_questions, read_questions


@pytest.fixture
def deck(library, encoder, make_pdf):
    file = make_pdf(
        "deck.pdf",
        """#slide("Marine biology")[Every sea is full of it. Marine biology is the study of all life in the sea.]
        #slide("How do whales sing?")[A whale sings under water for many hours.]
        #slide("Marine biology")[It is taught by the sea.]""",
    )
    list(ingest([file], library, encoder, passage_tokens=40))
    return next(document for document in library.documents() if document.file == "deck.pdf")


def test_each_heading_is_a_question_with_its_pages_and_its_definition(library, deck):
    drafts = draft_questions(library, deck)
    assert [(q.question, q.gold[0].pages) for q in drafts] == [
        ("What is meant by “Marine biology”?", (1, 3)),
        ("How do whales sing?", (2,)),
    ]
    assert drafts[0].answer == "Marine biology is the study of all life in the sea."
    assert drafts[1].answer == "A whale sings under water for many hours."


def test_a_written_set_is_read_again_and_has_no_fault(library, deck, tmp_path):
    drafts = draft_questions(library, deck)
    gold = (Gold("deck.pdf", (2,)),)
    written = new_question(drafts, "Wie lange singt ein Wal?", "factoid", gold, "", ["hours."])
    other = new_question([*drafts, written], "Who?", "unanswerable", (), "", ())
    assert len({q.id for q in (*drafts, written, other)}) == 4
    assert (written.lang, written.keywords) == ("de", (r"hours\.",))
    file = tmp_path / "mine.jsonl"
    file.write_text(question_lines([*drafts, written, other]), encoding="utf-8")
    assert read_questions(file) == [*drafts, written, other]
    assert check_questions(file, library) == []
