"""training.lectures: training passages as lectures that the readers take, with their pages."""

from __future__ import annotations

from collections import Counter

from ingest.readers import read
from rag.evaluation.questions import read_questions
from training.candidates import HELD_OUT
from training.lectures import write_lectures
from training.texts import read_texts


def test_each_question_names_the_page_of_its_passage(tmp_path):
    texts = [text for text in read_texts() if text.subject in HELD_OUT]
    questions = read_questions(write_lectures(texts, tmp_path))
    count = Counter(question.answerable for question in questions)
    assert count == {True: 120, False: 24}
    lectures = {file.name: read(file) for file in (tmp_path / "lectures").iterdir()}
    assert set(lectures) == {f"{subject}.md" for subject in HELD_OUT}
    passages = {text.id: text for text in texts}
    for question in questions:
        passage = passages[question.id.rsplit(".", 1)[0]]
        for gold in question.gold:
            page = lectures[gold.doc].pages[gold.pages[0] - 1]
            assert page.heading == passage.title
            assert passage.units[-1].split()[-1] in page.text
