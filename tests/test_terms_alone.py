"""rag.terms_alone: a term alone as a question, in the language of the lecture that has it."""

from __future__ import annotations

import pytest
from conftest import WordEncoder

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from ingest.text.languages import language
from rag.terms_alone import term_question

ENGLISH = "A glacier moves slowly, and the ice of a glacier deforms under its own weight."
GERMAN = "Der Gletscher fließt, und die Moräne ist das Geröll, das er vor sich her schiebt."


@pytest.fixture
def library(tmp_path):
    for name, text in (("ice", ENGLISH), ("eis", GERMAN)):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\n{text}\n")
    library = Library(tmp_path / "library", create=True)
    files = find_files([tmp_path / "ice.md", tmp_path / "eis.md"])
    list(ingest(files, library, WordEncoder(), passage_tokens=40))
    return library


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("glacier", "What is glacier?"),
        ("Glacier?", "What is Glacier?"),
        ("glacier ice", "What is glacier ice?"),
        ("Gletscher", "Was ist Gletscher?"),
        ("Moräne", "Was ist Moräne?"),
        ("esker", "What is esker?"),  # nowhere: in the asker's language
        ("What is a glacier?", "What is a glacier?"),
        ("weight of ice", "weight of ice"),
        ("and moraines?", "and moraines?"),
        ("glacier ice under pressure", "glacier ice under pressure"),
        ("2 km", "2 km"),
        ("激活函数", "激活函数"),
    ],
)
def test_a_term_alone_becomes_a_question(library, query, expected):
    assert term_question(query, library, language("en")) == expected
