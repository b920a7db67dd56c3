"""Tiny real objects for unit tests: an encoder that counts letters, and lectures compiled by Typst."""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import typst

from ingest.chunk import CHUNKER_VERSION, ChunkSettings, chunk, embedding_text
from ingest.pipeline import find_files, ingest
from ingest.readers import read
from ingest.store import DATABASE, IndexConfig, Library
from ingest.types import ParsedDocument, Passage

# No test reads or changes the settings file of whoever runs it.
os.environ["KATHEDER_CONFIG"] = tempfile.mkdtemp(prefix="katheder-config-")
# The servers that tests start are asked a few questions at once, beside other tests.
os.environ["KATHEDER_APP__READ_AHEAD"] = "false"

SHARED = Path(__file__).parents[2] / "shared"


class WordEncoder:
    """A bi-encoder in miniature: a text's vector counts its words, hashed into 64 places.

    Texts that share words have a large cosine, so that search on it means something.
    """

    identity = "word-encoder@1"
    dimension = 64
    window = 64

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\S+", text)) for text in texts]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()):
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1
            vectors[row, 0] += 1e-3  # so that a text without words has a direction
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        return self.encode(questions)


SLIDES = """
#set document(title: "A small lecture")
#set page(width: 16cm, height: 9cm, margin: 1cm,
  header: text(8pt)[Course name], footer: context text(8pt)[Chair #h(1fr) #counter(page).display()])
#set text(size: 14pt)
#let slide(title, body) = { pagebreak(weak: true); text(22pt, weight: "bold", title); parbreak(); body }
"""


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def make_pdf(tmp_path: Path) -> Callable[..., Path]:
    """Compile a Typst source to a PDF below tmp_path and return its path."""

    def make(name: str, source: str, preamble: str = SLIDES) -> Path:
        target = tmp_path / "lectures" / name
        target.parent.mkdir(exist_ok=True)
        pdf = typst.compile((preamble + source).encode(), format="pdf")
        assert isinstance(pdf, bytes)
        target.write_bytes(pdf)
        return target

    return make


@pytest.fixture
def library(tmp_path: Path, make_pdf: Callable[..., Path], encoder: WordEncoder) -> Library:
    """Two small lectures, read, cut and stored for real with the word encoder."""
    make_pdf(
        "animals.pdf",
        """
        #slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night.]
        #slide("Dogs")[A dog guards the house. It barks at strangers.]
        """,
    )
    make_pdf(
        "physics.pdf",
        """
        #slide("Gravity")[Gravity pulls masses together. An apple falls from the tree.]
        #slide("Light")[Light travels at 299792458 metres per second in vacuum.]
        #slide("Sound")[Sound needs a medium such as air and is slower than light.]
        """,
    )
    library = Library(tmp_path / "library", create=True)
    reports = list(ingest(find_files([tmp_path / "lectures"]), library, encoder, passage_tokens=40))
    assert [report.outcome for report in reports] == ["added", "added"]
    return library


#: The configuration of the libraries that tests build with the word encoder.
CONFIG = IndexConfig("word-encoder@1", 64, f"v{CHUNKER_VERSION} 40/0 tokens")


@pytest.fixture
def empty_library(tmp_path: Path) -> Library:
    """A library without documents whose configuration is set."""
    library = Library(tmp_path / "empty", create=True)
    library.check_or_set_config(CONFIG)
    return library


@pytest.fixture
def lecture_parts(
    make_pdf: Callable[..., Path], encoder: WordEncoder
) -> Callable[[str, str], tuple[ParsedDocument, list[Passage], np.ndarray]]:
    """A function from a file name and a Typst source to what `Library.add` takes."""

    def make(name: str, source: str) -> tuple[ParsedDocument, list[Passage], np.ndarray]:
        parsed = read(make_pdf(name, source))
        passages = chunk(parsed, encoder.count_tokens, ChunkSettings(64, 40))
        return parsed, passages, encoder.encode([embedding_text(p) for p in passages])

    return make


def edit_database(library: Library, *statements: str) -> None:
    """Change a library's database directly; each statement must change a row."""
    db = sqlite3.connect(library.folder / DATABASE)
    for statement in statements:
        assert db.execute(statement).rowcount != 0, statement
    db.commit()
    db.close()
