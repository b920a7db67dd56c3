"""Pages a second that a Ray cluster on this machine reads, encodes and stores, by number of workers.

    python -m benchmarks.ray_workers --workers 1 2 3 [--files 12] [--pages 10] [--picture FILE] [PATHS]

Each file has `--pages` pages drawn from those of the lectures in PATHS (default: corpus), with the bundled
encoder and without pictures. Before the clock starts each worker reads a file, so that its models
are loaded. Workers above the number of processors share them. Printed are also the seconds of the
processor that all processes took together, which other programs of the machine disturb less.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from benchmarks.curves import draw
from benchmarks.semester import make_files
from ingest.encoders import open_encoder
from ingest.pipeline import find_files, ingest
from ingest.ray_reading import RayReader, WorkerSettings
from ingest.store import Library

_STORE_BYTES = 200_000_000


def measure(folder: Path, files: list[Path], workers: int) -> dict[str, Any]:
    """Ingest files, the first `workers` of them before the clock starts, into a library in a folder."""
    import ray

    ray.init(
        num_cpus=workers,
        include_dashboard=False,
        object_store_memory=_STORE_BYTES,
        log_to_driver=False,
    )
    try:
        reader = RayReader(WorkerSettings(open_encoder), lambda *_: None)
        library = Library(folder, create=True)
        list(ingest(files[:workers], library, reader.encoder, reader=reader))
        start, used = time.perf_counter(), _processor_seconds()
        reports = list(ingest(files[workers:], library, reader.encoder, reader=reader))
        seconds, processor = time.perf_counter() - start, _processor_seconds() - used
    finally:
        ray.shutdown()
    pages = sum(report.pages for report in reports if report.outcome == "added")
    return {
        "workers": workers,
        "pages": pages,
        "seconds": round(seconds, 1),
        "pages_a_second": round(pages / seconds, 2),
        "processor_s": round(processor, 1),
        "load": round(os.getloadavg()[0], 1),
    }


def _processor_seconds() -> float:
    """Of this process and all that it started."""
    own = psutil.Process()
    times = [process.cpu_times() for process in [own, *own.children(recursive=True)]]
    return sum(used.user + used.system for used in times)


def main() -> None:
    """Print a row for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path, default=[Path("corpus")])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--picture", type=Path, help="draw the results into this file")
    options = parser.parse_args()
    os.environ.setdefault("RAY_worker_niceness", "0")  # not behind what else this machine does
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        lectures = Path(scratch) / "lectures"
        lectures.mkdir()
        sources = [file for file in find_files(options.paths) if file.suffix == ".pdf"]
        make_files(lectures, sources, options.files, options.pages, seed=0)
        files = sorted(lectures.iterdir())
        for workers in options.workers:
            rows.append(measure(Path(scratch) / f"library-{workers}", files, workers))
            print(rows[-1], flush=True)
    if options.picture:
        points = [(row["workers"], row["pages_a_second"]) for row in rows]
        draw({"": points}, options.picture, across="workers", up="pages a second", scale="linear")


if __name__ == "__main__":
    main()
