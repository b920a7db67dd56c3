"""rag.spelling: typing errors of a question, by the words of a small library."""

from __future__ import annotations

import pytest
from conftest import WordEncoder

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from ingest.text.languages import language
from rag.spelling import corrected

LECTURE = """# Semaphores

A semaphore counts. A semaphore blocks a thread. Regression fits lines; regression needs data.
Mutexes guard; a mutex or two mutexes, no mutex. A sorting is a sorting. The setting of a setting. Entropy is a mean. Verharren.
The Salmon tool: Salmon aligns reads.
"""


class VocabularyEncoder(WordEncoder):
    """Knows some words as one token, and takes all others apart."""

    def count_tokens(self, texts):
        return [1 if text in ("present", "spotting") else len(text) for text in texts]


@pytest.fixture
def library(tmp_path):
    (tmp_path / "threads.md").write_text(LECTURE)
    library = Library(tmp_path / "library", create=True)
    list(ingest(find_files([tmp_path / "threads.md"]), library, WordEncoder(), passage_tokens=40))
    return library


@pytest.mark.parametrize(
    ("code", "question", "expected"),
    [
        ("en", "what is a semafore", "what is a semaphore"),  # two errors in eight letters
        ("en", "Semaphroe and thread", "Semaphore and thread"),  # two letters swapped
        ("en", "logistic regresion", "logistic regression"),
        ("de", "Was ist eine Semaphre?", "Was ist eine Semaphore?"),
        ("de", "Was ist ein Semaphor?", "Was ist ein Semaphor?"),  # its stem is found
        ("en", "Which semaphores block?", "Which semaphores block?"),  # another form is found
        ("en", "how many mutxes", "how many mutexes"),  # one error from one word, two from another
        ("en", "what is spotting", "what is spotting"),  # a word, near to sorting and setting
        ("en", "what is sotting", "what is sotting"),  # one error from two words
        ("en", "what is entrpoy", "what is entropy"),
        ("de", "Was ist Verhaaren?", "Was ist Verhaaren?"),  # the lectures have the word once alone
        ("en", "What does Salmos do?", "What does Salmos do?"),  # a name that they do not have
        ("de", "Was kann Salman?", "Was kann Salman?"),  # too short in a language of many forms
    ],
)
def test_a_misspelt_word_becomes_that_of_the_lectures(library, code, question, expected):
    assert corrected(question, library, VocabularyEncoder(), language(code)) == expected


def test_a_corrected_word_follows_the_library(library, tmp_path):
    question = "what is a qubti"
    assert corrected(question, library, VocabularyEncoder(), language("en")) == question
    (tmp_path / "more.md").write_text("# Qubit\n\nA qubit is a unit vector.\n")
    list(ingest(find_files([tmp_path / "more.md"]), library, WordEncoder(), passage_tokens=40))
    spelt = corrected(question, library, VocabularyEncoder(), language("en"))
    assert spelt == "what is a qubit"
