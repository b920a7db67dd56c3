"""Which machines a faculty or a university needs, from service times that were measured on one core.

    python -m benchmarks.fleet --measure LIBRARY     writes benchmarks/service_times.json
    python -m benchmarks.fleet                       prints the tables of docs/scale.md

`--measure` ingests the smallest of the bundled lectures without its pictures, then searches a library of all of
them and answers their development questions, in one process with one thread. It keeps seconds of the
processor, which hardly depend on what else the machine does. The first search of a question finds
hardly any states of passages in the reranker's cache; the second one finds all scores there. So an
answer is measured after its search, and the seconds of the search are added.

The simulation has two stations. Students ask independently of each other (Poisson arrivals). A
question waits for one of the cores of the services, which encodes it, reranks and answers, then for one
of the cores of the store, which searches. A station serves in the order of arrival; service times
are drawn from those that were measured. What one process of the service does at once is one core: it
has one queue for its models.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.queueing import departures, poisson_arrivals

TIMES = Path(__file__).with_name("service_times.json")
STUDENTS = (100, 1_000, 10_000, 30_000)
PERIOD = 60.0  # seconds between the questions of a student who works with the program
BUSY = 0.10  # share of the students who do at the busiest hour
QUESTIONS = 12_000  # that are simulated for one figure
WARM_UP = 2_000  # of them, which are not counted
LIMIT = 1.0  # seconds by which the 95th percentile may exceed that of a student alone
PAGES = 10_000_000
_D = 768  # values of a vector
#: Bytes of a vector in memory; benchmarks.growth measures files of these sizes.
INDEX_BYTES = {
    "flat float32": 4 * _D,
    "flat float16": 2 * _D,
    "HNSW32, float32": 4 * _D + 2 * 32 * 4 + 12,
    "IVF SQ8": _D + 8,
    "IVF SQ4": _D // 2 + 8,
    "IVF RaBitQ": _D // 8 + 8 + 8,
}
CORE_HOUR, DISK_MONTH = 0.04, 0.10  # assumed prices of a core and of a GB, in euros
HOURS = (
    220 + 510 / 5
)  # a month in which all cores run 10 hours on 22 days, and else a fifth of them
REPLICAS = (1, 2, 4, 8, 16, 32, 64)
KINDS = ("search_without_reranking", "search_first", "answer_to_a_new_question")


@dataclass(frozen=True, slots=True)
class Load:
    """What arrives, and what one question takes of each station's cores, in seconds."""

    rate: float  # questions a second
    service: np.ndarray  # measured, shape (N,)
    store: np.ndarray  # measured, shape (M,)


def rate_of(students: int, busy: float = BUSY, period: float = PERIOD) -> float:
    """Questions a second at the busiest hour."""
    return students * busy / period


def simulate(
    load: Load, service_cores: int, store_cores: int, seed: int = 0, questions: int = QUESTIONS
) -> np.ndarray:
    """Seconds from each question to its answer, shape (questions - WARM_UP,)."""
    random = np.random.default_rng(seed)
    arrivals = poisson_arrivals(load.rate, questions, random)
    ready = departures(arrivals, random.choice(load.service, questions), service_cores)
    order = np.argsort(ready, kind="stable")
    done = np.empty(questions)
    done[order] = departures(ready[order], random.choice(load.store, questions), store_cores)
    return (done - arrivals)[WARM_UP:]


def cores_needed(
    load: Load, store_cores: int, limit: float = LIMIT, questions: int = QUESTIONS
) -> tuple[int, float]:
    """The fewest cores of the services that keep the 95th percentile, and that percentile in seconds.

    It may exceed the one of students who never wait by `limit` seconds.
    """
    alone = float(np.quantile(load.service, 0.95) + np.quantile(load.store, 0.95))
    cores = int(load.rate * load.service.mean()) + 1
    while True:
        answers = simulate(load, cores, store_cores, questions=questions)
        p95 = float(np.quantile(answers, 0.95))
        if p95 <= alone + limit:
            return cores, p95
        cores += max(1, cores // 50)


def percentile(load: Load, replicas: int, store_cores: int) -> str:
    """The 95th percentile in seconds, as text; "-" where the queue grows without end."""
    if load.rate * load.service.mean() >= replicas:
        return "-"
    return f"{np.quantile(simulate(load, replicas, store_cores), 0.95):.2f}"


def plan(figures: dict[str, Any], pages: int = PAGES) -> dict[str, float]:
    """What so many pages take: passages, hours of one core, GB on the disk and GB of each index."""
    passages = pages * figures["passages"] / figures["pages"]
    sizes = {name: pages * count / 1e9 for name, count in figures["bytes_a_page"].items()}
    indexes = {f"{name} index": passages * count / 1e9 for name, count in INDEX_BYTES.items()}
    hours = pages * figures["ingest_s_a_page"] / 3600
    return {
        "million passages": passages / 1e6,
        "core hours of ingest": hours,
        "euros for them": hours * CORE_HOUR,
        **{f"GB: {name}": size for name, size in (sizes | indexes).items()},
        "euros a month for the file's disk": sizes.get("file", 0) * DISK_MONTH,
    }


def measured(folder: Path, count: int) -> dict[str, Any]:
    """Seconds of the processor for pages and questions, and bytes a page, on this machine.

    Args:
        folder: A library of the bundled lectures.
        count: Number of questions.
    """
    import torch

    from ingest import resources
    from ingest.pipeline import find_files, ingest
    from ingest.store import Library
    from rag.evaluation.questions import read_questions
    from rag.models import Models
    from rag.pipeline import Pipeline
    from rag.settings import Settings

    torch.set_num_threads(1)
    every = read_questions(resources.question_sets()["dev"])
    questions = [q.question for q in every[2 :: max(1, len(every) // count)]][:count]
    models = Models()
    models.encoder.encode(["warm"])
    files = sorted(find_files([resources.lectures()]), key=lambda file: file.stat().st_size)
    with tempfile.TemporaryDirectory() as scratch:
        start = time.process_time()
        reports = list(ingest(files[:1], Library(Path(scratch), create=True), models.encoder))
        spent = time.process_time() - start
        if any(report.outcome == "failed" for report in reports):
            raise SystemExit("\n".join(report.message for report in reports))
        ingested = sum(report.pages for report in reports)
    library = Library(folder)
    pages = sum(document.pages for document in library.documents())
    figures: dict[str, Any] = {
        "machine": _machine(),
        "pages": pages,
        "passages": library.count(),
        "ingested_pages": ingested,
        "ingest_s_a_page": round(spent / ingested, 4),
        "bytes_a_page": _bytes(library, pages),
    }
    plain = Settings.model_validate({"models": {"reranker": "none"}})
    reranking = Pipeline.load(folder, Settings(), models)
    unranked = Pipeline.load(
        folder, plain, models.with_settings(plain.models, encoder=models.encoder), calibrated=False
    )
    unranked.search(questions[0])  # what is read once
    figures["search_without_reranking"] = _seconds(unranked.search, questions)
    reranking.search(every[1].question)  # none of those that are measured
    figures["search_first"] = _seconds(reranking.search, questions)
    figures["search_again"] = _seconds(reranking.search, questions)
    figures["answer_again"] = _seconds(reranking.ask, questions)
    vectors = models.encoder.encode_questions(questions)
    dense = _seconds(lambda vector: library.search_dense(vector, 50), vectors)
    lexical = _seconds(lambda question: library.search_lexical(question, 50), questions)
    figures["store"] = [round(a + b, 5) for a, b in zip(dense, lexical, strict=True)]
    return figures


def _seconds(function: Callable[[Any], object], values: Iterable[Any]) -> list[float]:
    """Seconds of the processor of a call for each value."""
    spent = []
    for value in values:
        start = time.process_time()
        function(value)
        spent.append(round(time.process_time() - start, 5))
    return spent


def _bytes(library: Any, pages: int) -> dict[str, int]:
    """Bytes a page of a library's file, by what they hold."""
    db = library.database.connection()
    sums = {
        "page texts and layouts": "SELECT sum(length(CAST(text AS BLOB)) + length(layout)) FROM pages",
        "passage texts": "SELECT sum(length(CAST(text AS BLOB)) + length(spans) + length(headings)) FROM passages",
        "vectors": "SELECT sum(length(vector)) FROM passages",
        "full-text index": "SELECT sum(length(block)) FROM passage_terms_data",
        "full-text rows": "SELECT sum(length(c0) + length(c1)) FROM passage_terms_content",
        "file": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
    }
    return {name: round(db.execute(query).fetchone()[0] / pages) for name, query in sums.items()}


def _machine() -> str:
    import torch

    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.machine()
    return f"{name}, 1 thread, Python {platform.python_version()}, PyTorch {torch.__version__}"


def main() -> None:
    """Measure, or print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--measure", type=Path, metavar="LIBRARY", help="of the bundled lectures")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--busy", type=float, default=BUSY)
    parser.add_argument("--period", type=float, default=PERIOD, help="seconds between questions")
    options = parser.parse_args()
    if options.measure:
        TIMES.write_text(json.dumps(measured(options.measure, options.questions)) + "\n", "utf-8")
    figures = json.loads(TIMES.read_text("utf-8"))
    # An answer was measured after its search: what the search takes is added.
    first, again, answer = (figures[k] for k in ("search_first", "search_again", "answer_again"))
    figures["answer_to_a_new_question"] = [
        a + c - b for a, b, c in zip(first, again, answer, strict=False)
    ]
    print(f"{figures['machine']}: {figures['pages']} pages, {figures['passages']} passages")
    print(f"ingest {figures['ingest_s_a_page']} s a page; bytes a page {figures['bytes_a_page']}\n")
    print("| 10 million pages | |\n|---|---|")
    for name, value in plan(figures).items():
        print(f"| {name} | {value:,.1f} |")
    print("\n| what | median, mean, p95 ms of the processor | questions a second and core |")
    print("|---|---|---|")
    kinds = ("search_without_reranking", "search_again", *KINDS[1:], "store")
    for kind in kinds:
        values = np.array(figures[kind]) * 1000
        print(
            f"| {kind.replace('_', ' ')} | {np.median(values):.0f}, {values.mean():.0f}, "
            f"{np.quantile(values, 0.95):.0f} | {1000 / values.mean():.1f} |"
        )
    store = np.array(figures["store"])
    for kind in KINDS:
        print(
            f"\n{kind.replace('_', ' ')}: 95th percentile in seconds by replicas, of one core each\n"
        )
        print(
            f"| students | questions a second | {' | '.join(map(str, REPLICAS))} | needed | euros a month |"
        )
        print("|---" * (len(REPLICAS) + 4) + "|")
        for students in STUDENTS:
            rate = rate_of(students, options.busy, options.period)
            load = Load(rate, np.array(figures[kind]), store)
            store_cores = 2 * int(rate * store.mean()) + 2
            cells = [percentile(load, replicas, store_cores) for replicas in REPLICAS]
            needed = cores_needed(load, store_cores)[0]
            euros = needed * CORE_HOUR * HOURS
            cells += [str(needed), f"{euros:,.0f}"]
            print(f"| {students:,} | {rate:.2f} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
