"""What a service costs after many questions, during hostile uploads, and for clients that have left.

    python -m tests.hostile.service memory LIBRARY --questions 1000
    python -m tests.hostile.service uploads LIBRARY --rounds 3
    python -m tests.hostile.service leave LIBRARY --rounds 20

`memory` asks questions of 2 to 3,000 words, one after another, and shows the page of each answer's
first source; printed is the resident memory of the service's process after every 20 questions, and
the largest as a multiple of the first. `uploads` searches without a pause, in turn
while nothing else happens and while files of `tests.hostile.files` are being read; printed are the 95th
percentiles of both and their ratio. `leave` asks, quoted and written, and closes the socket at a random
moment of the answer; printed are the seconds and the processor seconds of the service until the question
has left the queue, whose work has ended then. Each copies the library.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np

from benchmarks.served import Served, served
from ingest import resources
from rag.evaluation.questions import read_questions
from rag.queries import MAX_QUESTION

sys.path.insert(0, str(Path(__file__).parents[1]))
from hostile.files import FILES

_EVERY = 20  # questions, after which the memory is printed
_FIRST = 20  # questions, after which the memory is what the others are compared with
#: No limit of requests, and no work but that of the requests.
_ENVIRONMENT = {"KATHEDER_APP__REQUESTS_PER_MINUTE": "1000000", "KATHEDER_APP__READ_AHEAD": "false"}
#: Each takes its reader to a limit of time or of memory.
_HOSTILE = ("stream-1-gb.pdf", "forms-10x9.pdf", "patterns.pdf", "text-1-gb.png", "bomb.docx")


def questions_of_mixed_length(number: int, seed: int = 0) -> Iterator[str]:
    """Bundled questions, one or several, some with a passage's worth of words, up to the limit."""
    chance = random.Random(seed)
    bundled = [q.question for q in read_questions(resources.question_sets()["dev"])]
    for _ in range(number):
        several = chance.choice((1, 1, 1, 2, 5, 40, 250))
        text = " ".join(chance.choice(bundled) for _ in range(several))
        yield f"{text} ({chance.randrange(10**6)})"[:MAX_QUESTION]


def measure_memory(service: Served, number: int) -> dict[str, float]:
    """Ask, draw, and print how much memory the service has; the largest over the first."""
    sizes: dict[int, float] = {}
    pages = 0
    with httpx.Client(base_url=service.address, timeout=600) as client:
        for asked, question in enumerate(questions_of_mixed_length(number), 1):
            reply = client.post("/ask", json={"question": question})
            reply.raise_for_status()
            if sources := reply.json()["sources"]:
                client.get(sources[0]["image"]).raise_for_status()
                pages += 1
            if asked == _FIRST or asked % _EVERY == 0:
                sizes[asked] = service.resident_mb
                print(f"{asked:5d} questions, {pages} pages: {sizes[asked]:.0f} MB", flush=True)
    first = sizes[_FIRST]
    largest = max(size for asked, size in sizes.items() if asked > _FIRST)
    return {"first": round(first), "largest": round(largest), "ratio": round(largest / first, 3)}


def measure_uploads(service: Served, rounds: int) -> dict[str, float]:
    """Search in turn while nothing else happens and during hostile uploads; both waits in seconds."""
    waits: dict[str, list[float]] = {"quiet": [], "hostile": []}
    processor: dict[str, list[float]] = {"quiet": [], "hostile": []}
    questions = questions_of_mixed_length(10**9)
    with (
        tempfile.TemporaryDirectory() as scratch,
        httpx.Client(base_url=service.address, timeout=600) as client,
    ):

        def search(kind: str) -> None:
            question = next(questions)[:200]
            used, start = service.processor_seconds, time.perf_counter()
            client.post("/search", json={"question": question}).raise_for_status()
            waits[kind].append(time.perf_counter() - start)
            processor[kind].append(service.processor_seconds - used)

        def is_read(job: str) -> bool:
            return client.get(f"/jobs/{job}").json()["state"] in ("done", "failed")

        for _ in range(5):
            client.post("/search", json={"question": next(questions)[:200]}).raise_for_status()
        for _ in range(rounds):
            for name in _HOSTILE:
                start = time.perf_counter()
                FILES[name](file := Path(scratch) / name)
                job = client.post("/documents", files={"files": (name, file.read_bytes())})
                job.raise_for_status()
                begin = time.perf_counter()
                while not is_read(job.json()["id"]):
                    search("hostile")
                took = time.perf_counter() - begin
                end = time.perf_counter() + min(took, 20.0)
                while time.perf_counter() < end:
                    search("quiet")
                print(f"{name}: read for {took:.1f} s, made in {begin - start:.1f} s", flush=True)
    quantiles = {kind: float(np.quantile(values, 0.95)) for kind, values in waits.items()}
    return {
        **{f"searches {kind}": len(values) for kind, values in waits.items()},
        **{f"p95 {kind}": round(value, 3) for kind, value in quantiles.items()},
        "ratio": round(quantiles["hostile"] / quantiles["quiet"], 2),
        **{f"processor {kind}": round(float(np.mean(v)), 3) for kind, v in processor.items()},
        "load": round(os.getloadavg()[0], 1),
    }


def measure_leaving(service: Served, rounds: int) -> dict[str, float]:
    """Ask and leave at a random moment; how long the work goes on, in seconds and processor seconds."""
    chance, questions = random.Random(0), questions_of_mixed_length(10**9)
    figures: dict[str, float] = {}
    port = int(service.address.rpartition(":")[2])
    with httpx.Client(base_url=service.address, timeout=600) as client:

        def is_working() -> bool:
            return "katheder_queue 0.0" not in client.get("/metrics").text

        for kind in ("quoted", "written"):
            seconds, processor = [], []
            for number in range(rounds + 2):
                body = {"question": next(questions)[:2000], "written": kind == "written"}
                start = time.perf_counter()
                if number < 2:  # the second one tells how long an answer takes
                    client.post("/ask", json=body).raise_for_status()
                    whole = time.perf_counter() - start
                    continue
                content = json.dumps(body).encode()
                head = (
                    f"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n"
                )
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(
                        f"{head}Content-Type: application/json\r\n\r\n".encode() + content
                    )
                    time.sleep(whole * chance.uniform(0.05, 0.9))
                    if not is_working():
                        continue  # it was answered before
                used, left = service.processor_seconds, time.perf_counter()
                while is_working():
                    time.sleep(0.02)
                seconds.append(time.perf_counter() - left)
                processor.append(service.processor_seconds - used)
            print(
                f"{kind}: a whole answer takes {whole:.2f} s; left {len(seconds)} times", flush=True
            )
            for name, values in (("seconds", seconds), ("processor", processor)):
                figures[f"{kind} {name} median"] = round(float(np.median(values)), 3)
                figures[f"{kind} {name} largest"] = round(max(values), 3)
    return figures | {"load": round(os.getloadavg()[0], 1)}


_MEASURES = {
    "memory": lambda service, options: measure_memory(service, options.questions),
    "uploads": lambda service, options: measure_uploads(service, options.rounds),
    "leave": lambda service, options: measure_leaving(service, options.rounds),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=list(_MEASURES))
    parser.add_argument("library", type=Path)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with served(options.library, **_ENVIRONMENT) as service:
        figures = _MEASURES[options.what](service, options)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
