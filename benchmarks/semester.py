"""A semester's lectures ingested at once, killed and started again, and searched meanwhile.

    python -m benchmarks.semester --files 400 --pages 50 [--kills 10] [--words] [--seed 0] [PATHS]

Each file has `--pages` pages drawn from those of the lectures in PATHS (default: corpus). A process
ingests them and is killed (SIGKILL) `--kills` times, while this process searches the library by words
and by vector twice a second. At the end the library must pass `verify` and have each file once. Printed are
pages a second in the first and in the last quarter of the files, of the wall clock and of the processor
(files are read in the process itself), and how long the searches waited. `--words` uses a word-counting encoder in place of the bundled one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pypdfium2

from benchmarks.interrupt import WordCounts
from ingest.embed import Encoder
from ingest.errors import LibraryMissing
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models

_QUESTIONS = ("What is attention?", "Was ist Entropie?", "How is a model trained?", "recall")


def make_files(folder: Path, sources: Sequence[Path], files: int, pages: int, seed: int) -> None:
    """Write PDFs whose pages are drawn from those of the sources."""
    generator = random.Random(seed)
    documents = [pypdfium2.PdfDocument(source) for source in sources]
    places = [(document, page) for document in documents for page in range(len(document))]
    for number in range(files):
        target = pypdfium2.PdfDocument.new()
        for document, page in generator.choices(places, k=pages):
            target.import_pages(document, [page])
        target.save(folder / f"lecture-{number:04}.pdf")


def encoder_of(words: bool) -> Encoder:
    """The word-counting encoder, or the bundled one."""
    return WordCounts() if words else Models().encoder


def build(folder: Path, files: Sequence[Path], words: bool, log: Path) -> None:
    """Ingest in this process; a line for each new file goes to the log: pages, seconds of both clocks."""
    library = Library(folder, create=True)
    start, used = time.perf_counter(), time.process_time()
    with log.open("a", buffering=1) as lines:
        for report in ingest(files, library, encoder_of(words)):
            now, processor = time.perf_counter(), time.process_time()
            if report.outcome == "failed":
                raise SystemExit(report.message)
            if report.outcome == "added":
                lines.write(json.dumps([report.pages, now - start, processor - used]) + "\n")
            start, used = now, processor


def search_while(
    process: subprocess.Popen[bytes], folder: Path, encoder: Encoder, seconds: float
) -> list[float]:
    """Search until some seconds have passed or the process has ended; the seconds of each search."""
    waits = []
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            library = Library(folder)
        except LibraryMissing:
            time.sleep(0.05)
            continue
        question = _QUESTIONS[len(waits) % len(_QUESTIONS)]
        start = time.perf_counter()
        library.search_lexical(question, 10)
        library.search_dense(encoder.encode_questions([question])[0], 10)
        waits.append(time.perf_counter() - start)
        library.close()
        time.sleep(0.5)
    return waits


def rates(lines: Sequence[Sequence[float]]) -> list[float]:
    """Pages a second of the wall clock and of the processor, in some lines of a log."""
    pages, *seconds = np.array(lines).sum(axis=0)
    return [round(float(pages / value), 1) for value in seconds]


def main() -> None:
    """Make the files, ingest, kill, search, verify, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("corpus")])
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        folder = options.child
        build(folder / "library", find_files(options.paths), options.words, folder / "log")
        return
    generator = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        lectures, folder = Path(scratch) / "lectures", Path(scratch) / "library"
        lectures.mkdir()
        sources = [file for file in find_files(options.paths) if file.suffix == ".pdf"]
        make_files(lectures, sources, options.files, options.pages, options.seed)
        command = [sys.executable, "-m", "benchmarks.semester", "--child", scratch, str(lectures)]
        command += ["--words"] if options.words else []
        encoder, waits = encoder_of(options.words), []
        log = Path(scratch) / "log"
        for number in range(options.kills + 1):
            process = subprocess.Popen(command, start_new_session=True)
            is_last = number == options.kills
            if not is_last:
                while process.poll() is None and not folder.exists():
                    time.sleep(0.05)
            seconds = 1e9 if is_last else generator.uniform(2, 30)
            try:
                waits += search_while(process, folder, encoder, seconds)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
            if process.wait() not in (0, -signal.SIGKILL):
                raise SystemExit(f"the ingest ended with {process.returncode}")
            count = len(Library(folder).documents())
            print(f"run {number + 1}: {count} of {options.files} files", flush=True)
        library = Library(folder)
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        quarter = max(1, len(lines) // 4)
        p50, p95 = np.quantile(waits, [0.5, 0.95])
        print(
            f"{len(library.documents())} files, {library.count()} passages, faults: "
            f"{library.verify() or 'none'}\n"
            f"pages a second, of the wall clock and of the processor: first quarter {rates(lines[:quarter])}, "
            f"last quarter {rates(lines[-quarter:])}, all {rates(lines)}\n"
            f"{len(waits)} searches meanwhile: p50 {p50:.3f} s, p95 {p95:.3f} s, longest {max(waits):.3f} s"
        )
        raise SystemExit(len(library.documents()) != options.files or bool(library.verify()))


if __name__ == "__main__":
    main()
