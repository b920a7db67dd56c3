"""Seconds from starting `katheder ask` to its first words, in a fresh process.

    python -m benchmarks.first_token [--library library] [--times 5] [--written]

Each run is a new process on a pseudo-terminal, as a user starts it. The first run starts the
worker, which keeps the models loaded for the others. With `--alone` each run loads the models
itself. A quoted answer is printed at once, a written one (`--written`) as a draft first.
"""

from __future__ import annotations

import argparse
import os
import pty
import statistics
import sys
import tempfile
import time
from pathlib import Path

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models

QUESTIONS = (
    "What is causal attention?",
    "How does WordPiece choose which pair to merge?",
    "What does the discriminator of a GAN learn?",
    "What is a denoising autoencoder?",
    "Why is reciprocal rank fusion used?",
)


def seconds_to_first_words(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command on a pseudo-terminal.

    Returns the seconds to the first words of its draft, or of its answer if it prints no draft,
    and the seconds to its end.
    """
    start = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe(command[0], command, environment)
    output, first = b"", 0.0
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # the child has closed its side
            break
        if not part:
            break
        output += part
        words = output.partition(b"draft: ")[2] or output.partition(b"[1]")[2]
        if not first and words.strip():
            first = time.perf_counter() - start
    os.waitpid(child, 0)
    if not first:
        raise SystemExit(
            f"no answer in what the command printed:\n{output.decode(errors='replace')}"
        )
    return first, time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--library", type=Path, help="an existing library; default: a new one of corpus/"
    )
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--written", action="store_true", help="answers by the language model")
    parser.add_argument("--alone", action="store_true", help="without a worker")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.library or Path(scratch) / "library"
        if not options.library:
            list(
                ingest(find_files([Path("corpus")]), Library(folder, create=True), Models().encoder)
            )
        environment = dict(os.environ, HF_HUB_OFFLINE="1")
        if options.alone:
            environment["KATHEDER_APP__KEEP_WARM_MINUTES"] = "0"
        else:
            environment["KATHEDER_APP__KEEP_WARM_MINUTES"] = "1"
        program = str(Path(sys.executable).parent / "katheder")
        runs = []
        for number in range(options.times + 1):
            question = QUESTIONS[number % len(QUESTIONS)]
            command = [program, "ask", question, "--library", str(folder)]
            command += ["--written"] if options.written else []
            first, total = seconds_to_first_words(command, environment)
            print(
                f"run {number}: first words after {first:.2f} s, whole answer after {total:.2f} s"
            )
            runs.append((first, total))
        later = [first for first, _ in runs[1:]]
        print(
            f"after the first run: median {statistics.median(later):.2f} s, maximum {max(later):.2f} s"
        )


if __name__ == "__main__":
    main()
