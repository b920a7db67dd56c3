"""How long readers wait when many ask the service at once.

    python -m benchmarks.load LIBRARY --searching 50 --every 30 --seconds 300
    python -m benchmarks.load LIBRARY --greedy 5 --searching 5 --every 10 --seconds 60
    python -m benchmarks.load LIBRARY --asking 10 --seconds 60

A copy of the library is served by `katheder serve` with a key for each client. Clients of three
kinds ask the bundled development questions: `searching` ones search every so many seconds, `greedy`
ones search without a pause, `asking` ones ask without a pause. Printed are, by kind, the number of
replies and of errors, and the median, the 95th percentile and the longest wait in seconds. The
seconds of the service's processor for each reply do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np

from benchmarks.served import Served, served
from ingest import resources
from rag.evaluation.questions import read_questions
from ui.service.keys import add_key


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("--searching", type=int, default=0)
    parser.add_argument("--every", type=float, default=30.0)
    parser.add_argument("--greedy", type=int, default=0)
    parser.add_argument("--asking", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=300.0)
    options = parser.parse_args()
    questions = [q.question for q in read_questions(resources.question_sets()["dev"])]
    kinds = ["searching"] * options.searching
    kinds += ["greedy"] * options.greedy + ["asking"] * options.asking
    clients: list[tuple[str, str]] = []

    def add_keys(folder: Path) -> None:
        clients.extend((kind, add_key(folder, f"{kind} {n}")) for n, kind in enumerate(kinds))

    start = time.monotonic()
    with served(options.library, add_keys) as service:
        print(f"ready after {time.monotonic() - start:.1f} s; load {os.getloadavg()[0]:.1f}")
        asyncio.run(_run(service, clients, questions, options))


async def _run(
    service: Served,
    clients: list[tuple[str, str]],
    questions: list[str],
    options: argparse.Namespace,
) -> None:
    async with httpx.AsyncClient(base_url=service.address, timeout=300) as session:
        body = {"question": questions[0]}
        headers = {"Authorization": f"Bearer {clients[0][1]}"}
        for path in ("/search", "/ask"):
            await session.post(path, json=body, headers=headers)
        waits: dict[str, list[float]] = {kind: [] for kind, _ in clients}
        errors: Counter[str] = Counter()
        end = time.monotonic() + options.seconds
        processor = service.processor_seconds

        async def ask(number: int, kind: str, key: str) -> None:
            choose = random.Random(number)
            headers = {"Authorization": f"Bearer {key}"}
            path = "/ask" if kind == "asking" else "/search"
            if kind == "searching":
                await asyncio.sleep(choose.uniform(0, options.every))
            while (begin := time.monotonic()) < end:
                body = {"question": choose.choice(questions)}
                try:
                    reply = await session.post(path, json=body, headers=headers)
                    waits[kind].append(time.monotonic() - begin)
                    if reply.status_code != 200:
                        errors[f"{kind}: {reply.status_code}"] += 1
                except httpx.HTTPError as error:
                    errors[f"{kind}: {type(error).__name__}"] += 1
                if kind == "searching":
                    await asyncio.sleep(max(begin + options.every - time.monotonic(), 0))

        await asyncio.gather(*(ask(n, kind, key) for n, (kind, key) in enumerate(clients)))
        processor = service.processor_seconds - processor
    for kind, values in waits.items():
        if values:
            quantiles = np.quantile(values, [0.5, 0.95, 1.0]).round(3).tolist()
            figures = {"kind": kind, "replies": len(values)}
            figures |= dict(zip(("median", "p95", "maximum"), quantiles, strict=True))
            print(json.dumps(figures))
    replies = max(sum(map(len, waits.values())), 1)
    figures = {"errors": dict(errors), "processor": round(processor / replies, 3)}
    print(json.dumps(figures | {"load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    main()
