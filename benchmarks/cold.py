"""Seconds of commands in fresh processes, without a worker, beside another checkout of the program.

    python -m benchmarks.cold [--library library] [--times 5] [--beside FOLDER]

A command runs `--times` times, in turn with the same command of the other checkout, so that what
else the machine does falls on both. Printed are the median of the wall clock, of the processor's
time, the largest memory, and the ratios of both checkouts. `import torch` alone is the floor of
all that use a model.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models

_ROOT = Path(__file__).parents[1]
_QUESTION = "What is causal attention?"
_KATHEDER = ("-m", "ui.cli")


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took: seconds of the wall clock and of the processor, and its peak in MB."""

    wall: float
    processor: float
    memory: float


def commands(library: Path) -> dict[str, tuple[str, ...]]:
    """The arguments of Python for each command, by what is printed for it."""
    place = ("--library", str(library))
    return {
        "katheder --help": (*_KATHEDER, "--help"),
        "katheder library list": (*_KATHEDER, "library", "list", *place),
        "katheder ingest, a file of unknown type": (*_KATHEDER, "ingest", "file.xyz", *place),
        "import torch": ("-c", "import torch"),
        "katheder search": (*_KATHEDER, "search", _QUESTION, *place),
        "katheder ask": (*_KATHEDER, "ask", _QUESTION, *place),
    }


def run(arguments: Sequence[str], checkout: Path, folder: Path) -> Run:
    """Run Python in a folder with a checkout's program.

    Raises:
        SystemExit: the process died of a signal or printed a traceback.
    """
    environment = os.environ | {
        "PYTHONPATH": str(checkout),
        "KATHEDER_APP__KEEP_WARM_MINUTES": "0",
        "HF_HUB_OFFLINE": "1",
    }
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-P", *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        text = errors.read().decode(errors="replace")
    if process.returncode < 0 or "Traceback" in text:
        raise SystemExit(f"{' '.join(arguments)} in {checkout}: {text or process.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def medians(runs: Sequence[Run]) -> Run:
    """The medians of the times, and the largest memory."""
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.processor for run in runs),
        max(run.memory for run in runs),
    )


def main() -> None:
    """Print a line for each command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--library", type=Path, help="by default the bundled lectures, read first")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--beside", type=Path, help="another checkout of the program")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "file.xyz").write_text("text")
        library = (options.library or folder / "library").resolve()
        if options.library is None:
            encoder = Models().encoder
            list(ingest(find_files([_ROOT / "corpus"]), Library(library, create=True), encoder))
        checkouts = [_ROOT, *([options.beside.resolve()] if options.beside else [])]
        print("command: seconds, seconds of the processor, MB", end="")
        print("; the other checkout's; ratios" if options.beside else "")
        for name, arguments in commands(library).items():
            runs: dict[Path, list[Run]] = {checkout: [] for checkout in checkouts}
            for _ in range(options.times):
                for checkout in checkouts:
                    runs[checkout].append(run(arguments, checkout, folder))
            results = [medians(runs[checkout]) for checkout in checkouts]
            columns = [f"{one.wall:.2f} {one.processor:.2f} {one.memory:.0f}" for one in results]
            if options.beside:
                own, other = results
                columns.append(
                    f"{own.wall / other.wall:.2f} {own.processor / other.processor:.2f} "
                    f"{own.memory / other.memory:.2f}"
                )
            print(f"{name}: {'; '.join(columns)}", flush=True)


if __name__ == "__main__":
    main()
