"""Kill a service while it reads an upload and answers, start it again, and see what is left.

    python -m benchmarks.killed LIBRARY LECTURE --times 5

Over a copy of the library, from which the lecture is removed where it holds it: the lecture is uploaded and
questions are asked without a pause; at a random moment the service is killed (SIGKILL) and started again.
Then the job must end by itself, the library must pass `verify`, and its content must be that after an upload
that nothing disturbed. Printed are the moment, the seconds until the new service is ready (those of a first
start are in the first line), and the faults. Exits with 1 on any fault.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

import httpx

from benchmarks.served import Served, serving
from ingest.store import Library

_LONGEST = 600.0  # seconds for the job


def upload(service: Served, lecture: Path) -> str:
    """Upload the lecture; gives the job's id."""
    with lecture.open("rb") as file:
        reply = httpx.post(
            f"{service.address}/documents", files={"files": (lecture.name, file)}, timeout=60
        )
    reply.raise_for_status()
    return str(reply.json()["id"])


def ask_until(service: Served, stop: threading.Event) -> None:
    """Ask without a pause, as a stream, until the service is gone."""
    body = {"question": "What is attention?", "stream": True}
    while not stop.is_set():
        try:
            with httpx.stream("POST", f"{service.address}/ask", json=body, timeout=60) as reply:
                reply.read()
        except httpx.HTTPError:
            return


def finished(service: Served, job: str) -> str:
    """The state in which the job ends, or the one that it has for too long."""
    end = time.monotonic() + _LONGEST
    while True:
        state = str(httpx.get(f"{service.address}/jobs/{job}", timeout=60).json()["state"])
        if state in ("done", "failed") or time.monotonic() > end:
            return state
        time.sleep(0.2)


def content(folder: Path) -> tuple[str, list[str]]:
    """The hash of a library's content, and the faults of its file."""
    library = Library(folder)
    try:
        return library.content_hash(), library.verify()
    finally:
        library.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("lecture", type=Path)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch) / "base"
        shutil.copytree(options.library, base)
        library = Library(base)
        for document in library.documents():
            if document.file == options.lecture.name:
                library.remove(document.id)
        library.close()
        undisturbed = Path(scratch) / "undisturbed"
        shutil.copytree(base, undisturbed)
        start = time.monotonic()
        with serving(undisturbed) as service:
            ready = time.monotonic() - start
            start = time.monotonic()
            state = finished(service, upload(service, options.lecture))
            duration = time.monotonic() - start
        expected, faults = content(undisturbed)
        times = f"ready after {ready:.1f} s, {state} after {duration:.1f} s"
        print(f"undisturbed: {times}", *faults, flush=True)
        failures = int(state != "done" or bool(faults))
        for number in range(options.times):
            folder = Path(scratch) / f"killed-{number}"
            shutil.copytree(base, folder)
            moment = chance.uniform(0, duration)
            stop = threading.Event()
            with serving(folder) as service:
                asking = threading.Thread(target=ask_until, args=(service, stop))
                asking.start()
                job = upload(service, options.lecture)
                time.sleep(moment)
                os.kill(service.process, signal.SIGKILL)
                stop.set()
                asking.join()
            start = time.monotonic()
            with serving(folder) as service:
                ready, used = time.monotonic() - start, service.processor_seconds
                state = finished(service, job)
            actual, faults = content(folder)
            if actual != expected:
                faults.append("the content differs from that of an undisturbed upload")
            failures += state != "done" or bool(faults)
            times = f"ready after {ready:.1f} s ({used:.1f} of the processor)"
            print(f"killed after {moment:.1f} s: {times}, job {state}", *faults, flush=True)
    raise SystemExit(bool(failures))


if __name__ == "__main__":
    main()
