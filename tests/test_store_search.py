"""ingest.store.dense and ingest.store.lexical: each search against an independent one."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.chunk import embedding_text
from ingest.store import Library
from ingest.types import ParsedDocument

CATS = '#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice.]'
UMLAUTS = r"""
#slide("Übungen")[Größe und Länge der Vektoren bestimmen den Kosinus.]
#slide("Embedding")[Embeddings are normalised before indexing them.]
#slide("Logic")[NOT every NEAR miss is an AND; see C++ and x-y\*.]
"""


# ---- dense search ----


def test_dense_search_equals_brute_force(library, encoder):
    texts = [p for d in library.documents() for p in library.passages(d.id)]
    texts.sort(key=lambda passage: passage.id)
    for question in ("what does a cat do at night", "speed of light", "xyz"):
        query = encoder.encode([question])[0]
        hits = library.search_dense(query, 3)
        cosines = library.vectors() @ query
        order = sorted(range(len(texts)), key=lambda row: (-cosines[row], texts[row].id))[:3]
        assert [cosine for _, cosine in hits] == pytest.approx(cosines[order], abs=1e-6)
        assert {passage.id for passage, _ in hits} == {
            texts[row].id for row in order
        } or question == "xyz"
    assert hits[0][0].file in ("animals.pdf", "physics.pdf")


def test_a_library_kept_open_follows_what_changes(library, encoder):
    """Storing a document again moves its rows, while the content hash is the same: hits must not get lost."""
    query = encoder.encode(["cat sleeps hours"])[0]
    before = library.search_dense(query, 5)
    assert before[0][0].text.startswith("Cats")
    animals = library.find("animals.pdf")[0]
    writer = Library(library.folder)
    pages, passages = tuple(writer.pages(animals.id)), writer.passages(animals.id)
    writer.add(
        ParsedDocument(animals, pages),
        passages,
        encoder.encode([embedding_text(p) for p in passages]),
    )
    assert writer.content_hash() == library.content_hash()
    assert library.search_dense(query, 5) == before
    writer.remove(animals.id)
    after = library.search_dense(query, 5)
    assert {passage.file for passage, _ in after} == {"physics.pdf"}
    assert len(after) == 3
    assert len(library.search_dense(query, 1)) == 1
    writer.close()


def test_searching_an_empty_library_finds_nothing(empty_library):
    assert empty_library.search_dense(np.ones(64, np.float32) / 8, 3) == []
    assert empty_library.search_lexical("cat", 3) == []


def test_threads_share_a_library(library, encoder):
    query = encoder.encode(["light in vacuum"])[0]
    expected = library.search_dense(query, 3), library.search_lexical("light", 3)
    results, faults = [], []

    def search() -> None:
        try:
            results.append((library.search_dense(query, 3), library.search_lexical("light", 3)))
            library.close()
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=search) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert results == [expected] * 8


def test_a_stale_index_file_is_not_used(library, encoder):
    query = encoder.encode(["cat"])[0]
    library.search_dense(query, 1)
    (file,) = library.folder.glob("index-*.faiss")
    library.remove(library.find("animals.pdf")[0].id)
    fresh = Library(library.folder)
    assert {passage.file for passage, _ in fresh.search_dense(query, 9)} == {"physics.pdf"}
    assert not file.exists()
    assert fresh.verify() == []


# ---- lexical search ----


def headings_of(library: Library, question: str) -> list[str]:
    return [passage.headings[-1] for passage, _ in library.search_lexical(question, 5)]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("sleeping cats", "Cats"),  # the stem of sleeps and cat
        ("index an embedded normalisation", "Embedding"),
        ("Grösse", "Übungen"),
        ("Groesse", "Übungen"),
        ("Uebungen", "Übungen"),
        ("and", "Logic"),
        ("Größe", "Übungen"),
        ("große LÄNGE", "Übungen"),  # ä without its dots
        ("Lange", "Übungen"),
        ("ubungen", "Übungen"),
        ("Übungen?", "Übungen"),
        ('"C++" AND (x-y*', "Logic"),
        ("NOT near", "Logic"),
        ("what is the and of", "Logic"),  # stop words alone are searched as they are
        ("zebra", ""),
    ],
)
def test_lexical_search_finds(empty_library, lecture_parts, question, first):
    empty_library.add(*lecture_parts("cats.pdf", CATS))
    empty_library.add(*lecture_parts("more.pdf", UMLAUTS))
    headings = headings_of(empty_library, question)
    assert (headings[0] if headings else "") == first


def test_lexical_scores_fall_and_text_counts_more_than_headings(empty_library, lecture_parts):
    empty_library.add(
        *lecture_parts(
            "deck.pdf",
            """
            #slide("Norms")[Here the words of the text are about vectors and their entropy.]
            #slide("Others")[Here the words of the text are about matrices, not about it at all.]
            """,
        )
    )
    ((_, score),) = empty_library.search_lexical("entropy", 5)
    assert score > 0
    hits = empty_library.search_lexical("entropy words text", 5)
    scores = [score for _, score in hits]
    assert scores == sorted(scores, reverse=True)
    assert len(hits) == 2
    with pytest.raises(ValueError, match="at least 1"):
        empty_library.search_lexical("entropy", 0)


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(max_size=40))
@example('"')
@example("a AND NOT (b OR")
@example("NEAR(cat dog, 5)")
@example("text: cat*")
@example("^cat - {a b} + 'x'")
@example("_ __ cat_")
@example("\x00cat\x00")
@example("cat; DROP TABLE passages")
def test_no_question_breaks_lexical_search(library, question):
    hits = library.search_lexical(question, 5)
    assert all(score >= 0 for _, score in hits)
    if "cat" in question.lower().split():
        assert any("cat" in passage.text.lower() for passage, _ in hits)


def test_each_text_is_searched_by_the_stems_of_its_own_language_alone(empty_library, lecture_parts):
    """German cuts "bother" to "both", which is another English word."""
    english = '#slide("Models")[Of the models, both are trained on the same data for the task.]'
    german = '#slide("Netze")[Das Netz und die Daten sind nicht mit dem Modell trainiert, wie wir sahen.]'
    for name, source in (("english.pdf", english), ("german.pdf", german)):
        empty_library.add(*lecture_parts(name, source))
    assert empty_library.languages() == {"de", "en"}
    assert empty_library.search_lexical("Why bother?", 5) == []
    assert [p.file for p, _ in empty_library.search_lexical("Sind beide trainiert?", 5)] == [
        "german.pdf"
    ]
    assert [p.file for p, _ in empty_library.search_lexical("trained data", 5)] == ["english.pdf"]
