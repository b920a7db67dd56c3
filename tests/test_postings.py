"""ingest.store.postings: a large library is searched by words as FTS5 searches it."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from ingest.store.lexical import LexicalSearch
from ingest.store.postings import Postings
from ingest.types import ParsedDocument

WORDS = {
    "en": [
        "entropy",
        "model",
        "the",
        "of",
        "training",
        "data",
        "im_end",
        "MIT",
        "cats",
        "σ-algebra",
        "Σ",
        "İstanbul",
        "naïve",
        "3.5",
        "GPU",
    ],
    "de": [
        "Übungen",
        "Größe",
        "groesse",
        "Modell",
        "und",
        "Daten",
        "die",
        "Entropie",
        "trainiert",
        "Straße",
        "Äpfel",
        "GPU",
    ],
    "zh": ["信息论", "熵", "模型", "训练数据", "概率分布", "的", "GPU", "梯度下降"],
}
QUESTIONS = [
    "entropy of the data",
    "Größe der Übungen",
    "im_end",
    "MIT model",
    "the of",
    "训练数据",
    "熵",
    "概率",
    "Σ-algebra İSTANBUL naïve 3.5",
    "GPU model Modell 模型",
    "Straße strasse",
    "nothing-here",
    "",
]


@pytest.fixture
def searches(empty_library, lecture_parts):
    """The search by FTS5 and the one by postings, in 240 passages of three languages."""
    ((parsed, passages, _), random_words) = (
        lecture_parts("a.pdf", '#slide("A")[A word.]'),
        random.Random(4),
    )
    for number, (code, words) in enumerate([*WORDS.items()] * 2):
        id = f"{number:064x}"
        document = replace(
            parsed.document, id=id, language=code, file=f"{number}.pdf", path=f"/{number}.pdf"
        )
        texts = [
            " ".join(random_words.choices(words, k=random_words.randint(1, 30))) for _ in range(40)
        ]
        many = [
            replace(
                passages[0],
                id=f"{id}-{place:04}",
                document=id,
                language=code,
                text=text,
                headings=(random_words.choice(words),),
            )
            for place, text in enumerate(texts)
        ]
        empty_library.add(
            ParsedDocument(document, parsed.pages), many, np.eye(40, 64, dtype=np.float32)
        )
    return LexicalSearch(empty_library.database), LexicalSearch(empty_library.database, limit=0)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_hits_and_scores_are_those_of_fts5(searches, question):
    by_fts5, by_postings = searches
    for k in (1, 7, 500):
        expected, hits = by_fts5.search(question, k), by_postings.search(question, k)
        assert [passage.id for passage, _ in hits] == [passage.id for passage, _ in expected]
        assert [score for _, score in hits] == pytest.approx([s for _, s in expected], rel=1e-5)
    if question not in ("", "nothing-here"):
        assert hits


def test_what_changes_is_followed(searches, empty_library):
    by_fts5, by_postings = searches
    before = by_postings.search("entropy", 500)
    first, second = (d for d in empty_library.documents() if d.language == "en")
    empty_library.set_gone({first.id: "gone"})
    without = by_postings.search("entropy", 500)
    assert (
        {passage.document for passage, _ in without}
        == {second.id}
        != {p.document for p, _ in before}
    )
    empty_library.set_gone({})
    empty_library.remove(second.id)
    assert by_postings.search("entropy", 500) == [
        (passage, pytest.approx(score, rel=1e-5))
        for passage, score in by_fts5.search("entropy", 500)
    ]


def test_equal_scores_are_ordered_by_id_at_the_end_too(searches, empty_library):
    """Three equal passages, of which two are asked for, added from the last id to the first."""
    document = empty_library.documents()[0]
    (passage, *_) = empty_library.passages(document.id)
    for letter in "cba":
        twin = replace(document, id=letter * 64, file=f"{letter}.pdf", path=f"/{letter}.pdf")
        same = replace(passage, id=f"{letter}-0", document=twin.id, text="quokka", headings=())
        pages = tuple(empty_library.pages(document.id))
        empty_library.add(ParsedDocument(twin, pages), [same], np.eye(1, 64, dtype=np.float32))
    for search in searches:
        assert [passage.id for passage, _ in search.search("quokka", 2)] == ["a-0", "b-0"]


def test_only_what_was_not_asked_before_is_read(searches, empty_library):
    """A search of known words reads no postings: it counts the statements about them."""
    db = empty_library.database.connection()
    postings = Postings(db, {"context": 0.5, "text": 1.0})
    statements: list[str] = []
    db.set_trace_callback(statements.append)
    first = list(postings.best(db, [("model",), ("data",)]))
    assert sum("FROM instances" in statement for statement in statements) == 2
    statements.clear()
    assert list(postings.best(db, [("data",), ("model",)])) == first
    assert statements == []
