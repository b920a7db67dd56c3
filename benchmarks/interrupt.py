"""Kill an ingest at random moments, run it again, and compare with an uninterrupted one.

    python -m benchmarks.interrupt [--times 20] [--seed 0] [--words] [PATHS]

Each time a new process reads the lectures into an empty library and is killed (SIGKILL) at a
random moment between its first write and the duration of a whole run; then the ingest is run
again to the end. The library must pass `verify` and have the same content as the uninterrupted
one (`Library.full_hash`). Exits with 1 on any difference. `--words` uses a small word-counting
encoder instead of the bundled one, to check the same code faster.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.embed import Encoder
from ingest.pipeline import find_files, ingest
from ingest.store import DATABASE, Library
from rag.models import Models


class WordCounts:
    """An encoder that counts words hashed into 64 places; its vectors have unit length."""

    identity = "word-counts@1"
    dimension = 64
    window = 256

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+|[^\w\s]", text)) for text in texts]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        counts = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                counts[row, zlib.crc32(word.encode()) % self.dimension] += 1
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    def encode_questions(self, questions: Sequence[str]) -> np.ndarray:
        return self.encode(questions)


def build(folder: Path, paths: Sequence[Path], words: bool) -> None:
    """Ingest the lectures, in this process."""
    encoder: Encoder = WordCounts() if words else Models().encoder
    library = Library(folder, create=True)
    for report in ingest(find_files(paths), library, encoder):
        if report.outcome == "failed":
            raise SystemExit(report.message)
    library.search_dense(encoder.encode(["index"])[0], 1)


def start(folder: Path, paths: Sequence[Path], words: bool) -> subprocess.Popen[bytes]:
    """Ingest the lectures, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.interrupt", "--child", str(folder)]
    command += ["--words"] if words else []
    return subprocess.Popen([*command, *map(str, paths)], start_new_session=True)


def first_write(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until the library's file exists, so that the start of the process is not counted."""
    while not (folder / DATABASE).exists() and process.poll() is None:
        time.sleep(0.005)


def main() -> None:
    """Kill, run again, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("corpus")])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--words", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        build(options.child, options.paths, options.words)
        return
    generator = random.Random(options.seed)
    different = 0
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole"
        process = start(whole, options.paths, options.words)
        first_write(whole, process)
        started = time.perf_counter()
        if process.wait() != 0:
            raise SystemExit("the uninterrupted ingest failed")
        duration = time.perf_counter() - started
        expected = Library(whole).full_hash()
        print(
            f"uninterrupted: {duration:.1f} s after the first write, hash {expected[:16]}",
            flush=True,
        )
        for number in range(1, options.times + 1):
            folder = Path(scratch) / f"killed-{number}"
            process = start(folder, options.paths, options.words)
            first_write(folder, process)
            moment = generator.uniform(0, duration)
            time.sleep(moment)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            documents = len(Library(folder, create=True).documents())
            build(folder, options.paths, options.words)
            library = Library(folder)
            faults = library.verify()
            same = library.full_hash() == expected and not faults
            different += not same
            print(
                f"{number:>3}: killed after {moment:6.2f} s with {documents} documents stored; "
                f"{'equal' if same else 'DIFFERENT ' + '; '.join(faults)}",
                flush=True,
            )
    print(f"{options.times - different} of {options.times} equal the uninterrupted library")
    raise SystemExit(different > 0)


if __name__ == "__main__":
    main()
