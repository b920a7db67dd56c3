"""A semester's lectures ingested at once, killed and started again, and searched meanwhile.

    python -m benchmarks.semester --files 400 --pages 50 [--kills 10] [--words] [--seed 0] [PATHS]
    python -m benchmarks.semester --files 400 --pages 50 --words --folder build/semester --minutes 8

Each file has `--pages` pages drawn from those of the lectures in PATHS (default: corpus). A process
ingests them and is killed (SIGKILL) `--kills` times, while this process searches the library by words
and by vector twice a second. At the end the library must pass `verify` and have each file once. Printed are
pages a second in the first and in the last quarter of the files, of the wall clock and of the processor
(files are read in the process itself), and how long the searches waited. `--words` uses a word-counting encoder in place of the bundled one.

With `--folder`, lectures, library and figures are kept there, and the same command goes on where it
was; `--minutes` ends it after that time, which kills the ingest once more.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
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
        drawn = generator.choices(places, k=pages)
        file = folder / f"lecture-{number:04}.pdf"
        if file.exists():
            continue
        target = pypdfium2.PdfDocument.new()
        for document, page in drawn:
            target.import_pages(document, [page])
        unfinished = file.with_suffix(".part")
        target.save(unfinished)
        unfinished.rename(file)


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
    waits: list[float] = []
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


def run_until(
    end: float, command: list[str], folder: Path, encoder: Encoder, kills: int, seed: int
) -> bool:
    """Ingest and search, killed where the runs before were fewer than `kills`; whether all was ingested.

    Args:
        end: By `time.monotonic`; the run under way is killed then.
        command: What ingests.
        folder: Of library and figures; each run adds a line to its `runs.jsonl`.
        encoder: For the searches.
        kills: How many runs are killed after 2 to 30 s of searches.
        seed: Of these seconds.
    """
    runs, library = folder / "runs.jsonl", folder / "library"
    present = len(runs.read_text().splitlines()) if runs.exists() else 0
    generator = random.Random(seed + present)
    for number in range(present, max(kills, present) + 1):
        process = subprocess.Popen(command, start_new_session=True)
        is_killed = number < kills
        while is_killed and process.poll() is None and not library.exists():
            time.sleep(0.05)
        seconds = generator.uniform(2, 30) if is_killed else math.inf
        try:
            waits = search_while(process, library, encoder, min(seconds, end - time.monotonic()))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        if process.wait() not in (0, -signal.SIGKILL):
            raise SystemExit(f"the ingest ended with {process.returncode}")
        count = len(Library(library).documents())
        with runs.open("a") as lines:
            lines.write(json.dumps({"files": count, "waits": waits}) + "\n")
        print(f"run {number + 1}: {count} files, load {os.getloadavg()[0]:.0f}", flush=True)
        if process.returncode == 0 and not is_killed:
            return True
        if time.monotonic() > end:
            break
    return False


def report(folder: Path, files: int) -> bool:
    """Print the figures of a folder; whether each file is there and the library has no fault."""
    library = Library(folder / "library")
    faults = library.verify()
    lines = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    runs = [json.loads(line) for line in (folder / "runs.jsonl").read_text().splitlines()]
    waits = [wait for run in runs for wait in run["waits"]]
    quarter = max(1, len(lines) // 4)
    p50, p95 = np.quantile(waits, [0.5, 0.95])
    print(
        f"{len(library.documents())} files, {library.count()} passages, {len(runs) - 1} interruptions, "
        f"faults: {faults or 'none'}\n"
        f"pages a second, of the wall clock and of the processor: first quarter {rates(lines[:quarter])}, "
        f"last quarter {rates(lines[-quarter:])}, all {rates(lines)}\n"
        f"{len(waits)} searches meanwhile: p50 {p50:.3f} s, p95 {p95:.3f} s, longest {max(waits):.3f} s"
    )
    return len(library.documents()) == files and not faults


def main() -> None:
    """Make the files, ingest, kill, search, verify, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("corpus")])
    parser.add_argument("--files", type=int, default=400)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep everything here, and go on from it")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end after that time")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        folder = options.child
        build(folder / "library", find_files(options.paths), options.words, folder / "log")
        return
    end = time.monotonic() + 60 * options.minutes
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lectures = folder / "lectures"
        lectures.mkdir(parents=True, exist_ok=True)
        sources = [file for file in find_files(options.paths) if file.suffix == ".pdf"]
        make_files(lectures, sources, options.files, options.pages, options.seed)
        command = [sys.executable, "-m", "benchmarks.semester", "--child", str(folder)]
        command += [str(lectures), *(["--words"] if options.words else [])]
        encoder = encoder_of(options.words)
        if not run_until(end, command, folder, encoder, options.kills, options.seed):
            print("the time is over; the same command goes on")
        elif not report(folder, options.files):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
