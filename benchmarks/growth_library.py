"""How the searches of a whole library grow, from 2 thousand passages to 1 million.

    python -m benchmarks.growth_library --folder build/growth --library LIBRARY... --questions FILE...
    python -m benchmarks.growth_library --folder build/growth --picture docs/growth_library.svg

The texts are synthetic: each passage has as many sentences as a real one, drawn from all sentences of
its language, beneath the headings of another real one. The vectors are those of `benchmarks.growth`, and
say nothing of the texts. The rows are written into the tables of a library as `ingest` writes them,
100 to a document. Each size is measured in a new process, by 60 real questions that ask for 50
passages; 200 other questions are asked before, so that the file's pages and common words are in
memory, as in a service; the first 40 of them are measured as well. The words are searched twice: with every match ordered by FTS5, and as the
library does it. Both must give the same passages. Recall@10 of the vectors is beside an exact search.
At last a document of 100 passages is stored five times, and removed.

Lines of results are added to FOLDER/library.jsonl; what is there is not measured again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.curves import add_row, draw, read_rows
from benchmarks.growth import DIMENSION, exact_answers, memory, real_vectors, recall, write_vectors
from ingest.store import Library
from ingest.store.lexical import LexicalSearch
from ingest.store.schema import IndexConfig, update_content_hash
from ingest.text.languages import language
from ingest.text.sentences import sentences_of
from ingest.text.terms import index_terms
from ingest.types import ParsedDocument

SIZES = (2_000, 20_000, 100_000, 300_000, 1_000_000)
A_DOCUMENT = 100  # passages
K = 50  # passages of each search, as `retrieval.candidates`
QUESTIONS, WARM = 60, 200
NEW = 40  # questions that are measured with nothing in memory
HIGHLIGHTS = 16  # passages
Result = TypeVar("Result")


@dataclass(frozen=True)
class Sources:
    """Real passages of one language: their sentences with their terms, lengths and headings."""

    sentences: list[str]
    terms: list[str]
    lengths: list[int]
    headings: list[tuple[str, ...]]
    heading_terms: list[str]


def read_sources(libraries: Sequence[Path]) -> dict[str, Sources]:
    """The sources of each language of some libraries, by its code."""
    sources: dict[str, Sources] = {}
    for folder in libraries:
        library = Library(folder)
        for document in library.documents():
            spoken = language(document.language)
            source = sources.setdefault(document.language, Sources([], [], [], [], []))
            for passage in library.passages(document.id):
                parts = sentences_of(passage.text, spoken)
                sentences = [passage.text[start:end] for start, end in parts]
                source.sentences.extend(sentences)
                source.terms.extend(index_terms(sentence, spoken) for sentence in sentences)
                source.lengths.append(len(sentences))
                source.headings.append(passage.headings)
                source.heading_terms.append(index_terms(passage.context, spoken))
    return sources


def synthetic_passages(
    sources: dict[str, Sources], document: int
) -> tuple[str, list[tuple[tuple[str, ...], str, str, str]]]:
    """The language of a document, and (headings, text, terms of both) of its passages.

    The same number gives the same document.
    """
    random = np.random.default_rng([7, document])
    codes = sorted(sources)
    shares = np.array([len(sources[code].lengths) for code in codes], dtype=float)
    code = codes[int(random.choice(len(codes), p=shares / shares.sum()))]
    source = sources[code]
    passages = []
    for length in random.choice(source.lengths, A_DOCUMENT):
        rows = random.integers(len(source.sentences), size=length)
        above = int(random.integers(len(source.headings)))
        text = "\n".join(source.sentences[row] for row in rows)
        terms = " ".join(source.terms[row] for row in rows)
        passages.append((source.headings[above], text, source.heading_terms[above], terms))
    return code, passages


def grow(folder: Path, size: int, vectors: np.ndarray, sources: dict[str, Sources]) -> float:
    """Add documents to the library in a folder until it has `size` passages; seconds that it took."""
    start = time.perf_counter()
    library = Library(folder, create=True)
    library.check_or_set_config(IndexConfig("synthetic", DIMENSION, "synthetic"))
    first = library.count()
    for row in range(first, size, A_DOCUMENT * 100):
        with library.database.transaction() as db:
            for begin in range(row, min(row + A_DOCUMENT * 100, size), A_DOCUMENT):
                number = begin // A_DOCUMENT
                id = hashlib.sha256(b"%d" % number).hexdigest()
                code, passages = synthetic_passages(sources, number)
                name = f"lecture-{number}.pdf"
                db.execute(
                    "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)",
                    (id, f"/synthetic/{name}", name, f"Lecture {number}", A_DOCUMENT, code),
                )
                for place, (headings, text, heading_terms, terms) in enumerate(passages):
                    cursor = db.execute(
                        "INSERT INTO passages (id, document, pages, headings, text, spans, overlap, vector)"
                        " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                        (
                            f"{id[:16]}-{place:04}",
                            id,
                            json.dumps([place + 1]),
                            json.dumps(headings),
                            text,
                            json.dumps([(place + 1, 0, len(text))]),
                            vectors[begin + place].tobytes(),
                        ),
                    )
                    db.execute(
                        "INSERT INTO passage_terms (rowid, context, text) VALUES (?, ?, ?)",
                        (cursor.lastrowid, heading_terms, terms),
                    )
            update_content_hash(db)
    library.close()
    return time.perf_counter() - start


def questions_of(files: Sequence[Path]) -> tuple[list[str], list[str]]:
    """200 questions of some sets to begin with and 60 others to measure by, always the same."""
    lines = [line for name in files for line in name.read_text("utf-8").splitlines() if line]
    questions = sorted({json.loads(line)["question"] for line in lines})
    rows = np.random.default_rng(3).permutation(len(questions))
    selected = [questions[row] for row in rows[: WARM + QUESTIONS]]
    return selected[:WARM], selected[WARM:]


class Clock:
    """The times of calls of one kind."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.used: list[float] = []

    def run(self, call: Callable[[], Result]) -> Result:
        """What a call returns; its times are added."""
        start, processor = time.perf_counter(), time.process_time()
        result = call()
        self.waits.append(time.perf_counter() - start)
        self.used.append(time.process_time() - processor)
        return result

    def milliseconds(self) -> list[float]:
        """p50 and p95, and the same of the processor's."""
        values = (
            np.quantile(times, share) for times in (self.waits, self.used) for share in (0.5, 0.95)
        )
        return [round(float(value) * 1000, 2) for value in values]


def measure(
    folder: Path,
    first: Sequence[str],
    questions: Sequence[str],
    vectors: np.ndarray,
    expected: np.ndarray,
) -> dict[str, Any]:
    """Milliseconds of the searches and of the highlights, in the library in a folder.

    Args:
        folder: The library's.
        first: Questions that are asked before, and not measured.
        questions: Questions to search for by words.
        vectors: Those to search for by vector, float32, shape (n, 768).
        expected: Of each of them the ten best rows, from 0, shape (n, 10).
    """
    import faiss

    faiss.omp_set_num_threads(1)
    start = time.perf_counter()
    library = Library(folder)
    merged = library.merge_index()
    built = time.perf_counter() - start
    library.close()
    before = memory()
    start = time.perf_counter()
    library = Library(folder)
    library.search_dense(vectors[0], K)
    opened_dense = time.perf_counter() - start
    start = time.perf_counter()
    library.search_lexical(first[0], K)
    opened_words = time.perf_counter() - start
    new = Clock()
    for question in first[:NEW]:
        new.run(lambda question=question: library.search_lexical(question, K))
    for question in first[NEW:]:
        library.search_lexical(question, K)
    for vector in vectors:
        library.search_dense(vector, K)
    words, by_fts5, dense, marks = Clock(), Clock(), Clock(), Clock()
    reference = LexicalSearch(library.database, limit=sys.maxsize)
    nearest = []
    for vector in vectors:
        passages = dense.run(lambda vector=vector: library.search_dense(vector, K))[:10]
        nearest.append([_row(library, passage.id) for passage, _ in passages])
    for question in questions:
        hits = words.run(lambda question=question: library.search_lexical(question, K))
        marks.run(
            lambda question=question, hits=hits: [
                library.highlight(question, passage.id) for passage, _ in hits[:HIGHLIGHTS]
            ]
        )
    after = memory()
    equal = 0
    for question in questions:
        ordered = by_fts5.run(lambda question=question: reference.search(question, K))
        hits = library.search_lexical(question, K)
        equal += [passage.id for passage, _ in hits] == [passage.id for passage, _ in ordered]
    return {
        "new_words_ms": new.milliseconds(),
        "words_ms": words.milliseconds(),
        "fts5_ms": by_fts5.milliseconds(),
        "equal": equal,
        "dense_ms": dense.milliseconds(),
        "recall": round(recall(np.array(nearest), expected), 4),
        "stored_ms": _store(library).milliseconds(),
        "highlight_ms": marks.milliseconds(),
        "opened_words_s": round(opened_words, 2),
        "opened_dense_s": round(opened_dense, 2),
        "merged_s": round(built) if merged else 0,
        "own_mb": round(after["RssAnon"] - before["RssAnon"]),
        "mapped_mb": round(after["RssFile"] - before["RssFile"]),
        "file_mb": round((folder / "library.sqlite").stat().st_size / 1e6),
        "load": round(os.getloadavg()[0], 1),
    }


def _row(library: Library, id: str) -> int:
    """The row of a passage, from 0."""
    db = library.database.connection()
    return int(db.execute("SELECT row - 1 FROM passages WHERE id = ?", (id,)).fetchone()[0])


def _store(library: Library) -> Clock:
    """The times of storing a document of 100 passages, which the library does not have afterwards."""
    document, times = library.documents()[0], Clock()
    copy = replace(document, id="f" * 64, path="/synthetic/copy.pdf", file="copy.pdf")
    passages = [
        replace(passage, id=f"{copy.id[:16]}-{place:04}", document=copy.id)
        for place, passage in enumerate(library.passages(document.id))
    ]
    vectors = library.stored_vectors(document.id)
    for _ in range(5):
        times.run(lambda: library.add(ParsedDocument(copy, ()), passages, vectors))
    library.remove(copy.id)
    return times


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The results as a table in Markdown, by size; milliseconds of the processor, medians and p95."""
    lines = [
        "| passages | by words | the first questions | ordered by FTS5 | the same 50 | by vector | recall@10 | 16 highlights | a document stored | opened s | own MB | file MB |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in sorted(rows, key=lambda row: int(row["size"])):
        words, new, fts5, dense, marks, stored = (
            f"{row[name][2]:.1f}, {row[name][3]:.1f}"
            for name in (
                "words_ms",
                "new_words_ms",
                "fts5_ms",
                "dense_ms",
                "highlight_ms",
                "stored_ms",
            )
        )
        opened = f"{row['opened_words_s']:.1f}, {row['opened_dense_s']:.1f}"
        lines.append(
            f"| {row['size']:,} | {words} | {new} | {fts5} | {row['equal']} of {QUESTIONS} | {dense} "
            f"| {row['recall']:.3f} | {marks} | {stored} | {opened} | {row['own_mb']} | {row['file_mb']:,} |"
        )
    return "\n".join(lines)


def picture(rows: Sequence[dict[str, Any]], file: Path) -> None:
    """Median milliseconds of the processor by number of passages, a line for each search."""
    names = {
        "words_ms": "by words",
        "fts5_ms": "by words, ordered by FTS5",
        "dense_ms": "by vector",
    }
    draw(
        {label: [(row["size"], row[name][2]) for row in rows] for name, label in names.items()},
        file,
    )


def results(folder: Path) -> list[dict[str, Any]]:
    """The rows that were measured so far."""
    return read_rows(folder / "library.jsonl")


def main() -> None:
    """Measure what is missing, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("build/growth"))
    parser.add_argument("--library", type=Path, nargs="*", default=[], help="real passages")
    parser.add_argument("--questions", type=Path, nargs="*", default=[], help="question sets")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--picture", type=Path, help="draw the results into this file")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)  # the size
    options = parser.parse_args()
    folder = options.folder
    if options.measure:
        queries, expected = real_vectors(folder)[1], exact_answers(folder, options.measure)
        questions = questions_of(options.questions)
        print(json.dumps(measure(folder / "library", *questions, queries, expected)))
        return
    folder.mkdir(parents=True, exist_ok=True)
    if options.library:
        real_vectors(folder, options.library, options.questions)
        sources = read_sources(options.library)
        for size in sorted(set(options.sizes) - {row["size"] for row in results(folder)}):
            seconds = grow(folder / "library", size, write_vectors(folder, size), sources)
            command = [sys.executable, "-m", "benchmarks.growth_library", "--measure", str(size)]
            command += ["--folder", str(folder), "--questions", *map(str, options.questions)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            row = {"size": size, "written_s": round(seconds, 1), **json.loads(done.stdout)}
            add_row(folder / "library.jsonl", row)
    print(table(results(folder)))
    if options.picture:
        picture(results(folder), options.picture)


if __name__ == "__main__":
    main()
