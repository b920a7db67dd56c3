"""How the search by vector grows, from 2 thousand passages to 5 million, by kind of FAISS index.

    python -m benchmarks.growth --folder build/growth --library LIBRARY... --questions FILE...
    python -m benchmarks.growth --folder build/growth --table --picture docs/growth.svg
    python -m benchmarks.growth --folder build/growth --visits --kinds "IVF SQ4 refined" [--keep]

The vectors are synthetic: draws from a mixture of normal distributions that is fitted to the vectors
of all passages of some libraries, of 768 values each. The queries are 200 real questions about these
lectures: 60 set how many lists a search visits, 140 are measured. The right answers are the
ten passages of the largest inner product with the stored values (float16). Each index is built in one process and searched in a new one that maps the file. A kind
with `refined` in its name takes 100 rows from the index, and orders them by the stored values.

Lines of results are added to FOLDER/dense.jsonl; what is there is not measured again. An index is
deleted when it was measured, without `--keep`. 5 million passages need `--sizes 5000000` and 10 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.curves import add_row, draw, read_rows
from ingest.partitions import lists_for

DIMENSION = 768
BLOCK = 10_000  # vectors of one draw
K = 10
COMPONENTS = 64
TUNING, QUERIES = 60, 200
TARGET = 0.975  # recall on the tuning queries
REFINED = 100  # rows that are ordered by the stored values
VISITS = (1, 2, 4, 8, *range(16, 272, 16), 384, 512)  # lists, or width of the search of a graph
SIZES = (2_000, 20_000, 100_000, 300_000, 1_000_000)
#: The largest size of each kind. Graphs take the longest to build.
KINDS = {
    "flat": 1_000_000,
    "flat float16": 300_000,
    "HNSW32": 300_000,
    "IVF SQ8": 1_000_000,
    "IVF SQ4 refined": 5_000_000,
    "IVF RaBitQ refined": 1_000_000,
}


def real_vectors(
    folder: Path, libraries: Sequence[Path] = (), sets: Sequence[Path] = ()
) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of all passages of libraries, shape (N, 768), and of questions, (200, 768).

    They are kept in the folder, and read from there where there are any.
    """
    file = folder / "real.npz"
    if not file.is_file():
        from ingest.encoders import open_encoder
        from ingest.store import Library

        lines = [line for name in sets for line in name.read_text("utf-8").splitlines() if line]
        questions = sorted({json.loads(line)["question"] for line in lines})
        if not libraries or len(questions) < QUERIES:
            raise SystemExit(
                f"{len(libraries)} libraries and {len(questions)} questions, expected at least 1 and "
                f"{QUERIES}; name them with --library and --questions"
            )
        passages = np.concatenate([Library(library).vectors() for library in libraries])
        selected = np.random.default_rng(1).permutation(len(questions))[:QUERIES]
        queries = open_encoder().encode_questions([questions[number] for number in selected])
        np.savez(file, passages=passages, questions=queries)
    data = np.load(file)
    return data["passages"], data["questions"]


class Mixture:
    """Normal distributions around centres of real vectors, with one covariance for all."""

    def __init__(self, vectors: np.ndarray, components: int = COMPONENTS) -> None:
        """Fit it.

        Args:
            vectors: Unit vectors, float32, shape (N, dimension).
            components: Number of centres, found by k-means.
        """
        import faiss

        means = faiss.Kmeans(vectors.shape[1], components, niter=25, seed=1)
        means.train(vectors)
        nearest = means.index.search(vectors, 1)[1][:, 0]
        residuals = vectors - means.centroids[nearest]
        self.centres = means.centroids
        self.shares = np.bincount(nearest, minlength=components) / len(vectors)
        # The covariance is shared: its factor is that of all residuals.
        covariance = residuals.T @ residuals / (len(vectors) - components)
        values, axes = np.linalg.eigh(covariance.astype(np.float64))
        self.factor = (axes * np.sqrt(np.clip(values, 0, None))).T.astype(np.float32)

    def draw(self, count: int, seed: int) -> np.ndarray:
        """Unit vectors, float32, shape (count, dimension); the same for the same seed."""
        random = np.random.default_rng(seed)
        centres = random.choice(len(self.centres), size=count, p=self.shares)
        noise = random.standard_normal((count, len(self.factor)), dtype=np.float32)
        vectors = self.centres[centres] + noise @ self.factor
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def write_vectors(folder: Path, size: int) -> np.ndarray:
    """The first `size` synthetic vectors, float16, shape (size, 768), mapped from a file."""
    file = folder / "vectors.f16"
    present = file.stat().st_size // (2 * DIMENSION) if file.is_file() else 0
    if present < size:
        mixture = Mixture(real_vectors(folder)[0])
        with file.open("r+b" if present else "wb") as out:
            start = present // BLOCK * BLOCK
            out.seek(start * 2 * DIMENSION)
            for first in range(start, size, BLOCK):
                out.write(mixture.draw(BLOCK, first).astype("<f2").tobytes())
    return np.memmap(file, dtype="<f2", mode="r").reshape(-1, DIMENSION)[:size]


def blocks(vectors: np.ndarray, block_size: int = BLOCK) -> Iterator[np.ndarray]:
    """The vectors as float32, a block at a time."""
    for start in range(0, len(vectors), block_size):
        yield np.asarray(vectors[start : start + block_size], dtype=np.float32)


def exact(
    vectors: np.ndarray, queries: np.ndarray, k: int = K, block_size: int = BLOCK
) -> np.ndarray:
    """The rows of the k largest inner products for each query, shape (queries, k), best first.

    `block_size` vectors are compared at once.
    """
    rows, scores = np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    for number, block in enumerate(blocks(vectors, block_size)):
        products = queries @ block.T
        best = np.argpartition(-products, min(k, len(block)) - 1, axis=1)[:, :k]
        scores = np.hstack([scores, np.take_along_axis(products, best, axis=1)])
        rows = np.hstack([rows, best + number * block_size])
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        rows, scores = (np.take_along_axis(values, order, axis=1) for values in (rows, scores))
    return rows


def exact_answers(folder: Path, size: int) -> np.ndarray:
    """`exact` for all questions, kept in the folder."""
    file = folder / f"exact-{size}.npy"
    if not file.is_file():
        np.save(file, exact(write_vectors(folder, size), real_vectors(folder)[1]))
    return np.asarray(np.load(file))


def recall(rows: np.ndarray, expected: np.ndarray) -> float:
    """Mean share of the expected rows of a query that are among its rows."""
    pairs = zip(rows, expected, strict=True)
    return float(np.mean([len(set(a.tolist()) & set(b.tolist())) / len(b) for a, b in pairs]))


def build(kind: str, vectors: np.ndarray, file: Path) -> None:
    """Build an index of a kind over the vectors and write it; one that is there is left as it is."""
    import faiss

    if file.is_file():
        return

    product, size = faiss.METRIC_INNER_PRODUCT, len(vectors)
    if kind.startswith("IVF"):
        code = {"SQ8": "SQ8", "SQ4": "SQ4", "RaBitQ": "RaBitQ"}[kind.split()[1]]
        index = faiss.index_factory(DIMENSION, f"IVF{lists_for(size)},{code}", product)
        index.cp.niter = 6
        count = min(size, 40 * lists_for(size))
        rows = np.sort(np.random.default_rng(2).choice(size, count, replace=False))
        index.train(np.asarray(vectors[rows], dtype=np.float32))
    else:
        factory = {"flat": "Flat", "flat float16": "SQfp16", "HNSW32": "HNSW32,Flat"}[kind]
        index = faiss.index_factory(DIMENSION, factory, product)
        index.train(np.asarray(vectors[: min(size, BLOCK)], dtype=np.float32))
    for block in blocks(vectors):
        index.add(block)
    unfinished = file.with_suffix(".part")
    faiss.write_index(index, str(unfinished))
    unfinished.rename(file)


class Search:
    """An index in a file that is mapped, and what the search of each query takes."""

    def __init__(self, kind: str, file: Path, vectors: np.ndarray) -> None:
        """Open it; `vectors` are the stored ones, for the kinds that are refined."""
        import faiss

        self.kind, self.stored = kind, vectors if "refined" in kind else None
        is_ivf = kind.startswith("IVF")
        flag = faiss.IO_FLAG_MMAP if is_ivf else faiss.IO_FLAG_MMAP_IFC
        self.index = faiss.read_index(str(file), flag)
        if is_ivf:  # as in ingest.partitions
            faiss.downcast_InvertedLists(self.index.invlists).prefetch_nthread = 0

    def set_visits(self, visits: int) -> None:
        """Set how many lists, or how many nodes of a graph, a search visits."""
        if self.kind.startswith("IVF"):
            self.index.nprobe = visits
        elif self.kind.startswith("HNSW"):
            self.index.hnsw.efSearch = max(visits, K)

    def rows(self, query: np.ndarray) -> np.ndarray:
        """The ten best rows for one query, shape (10,)."""
        if self.stored is None:
            return np.asarray(self.index.search(query[None], K)[1][0])
        rows = self.index.search(query[None], REFINED)[1][0]
        rows = np.sort(rows[rows >= 0])
        products = np.asarray(self.stored[rows], dtype=np.float32) @ query
        return np.asarray(rows[np.argsort(-products, kind="stable")[:K]])


def measure(
    kind: str, file: Path, vectors: np.ndarray, queries: np.ndarray, expected: np.ndarray
) -> dict[str, Any]:
    """Open and search an index: seconds, megabytes, milliseconds, recall."""
    import faiss

    faiss.omp_set_num_threads(1)
    before = memory()
    start = time.perf_counter()
    search = Search(kind, file, vectors)
    opened = time.perf_counter() - start
    visits = 0
    if not kind.startswith("flat"):
        for visits in VISITS:
            search.set_visits(visits)
            rows = np.array([_padded(search.rows(query)) for query in queries[:TUNING]])
            if recall(rows, expected[:TUNING]) >= TARGET:
                break
    else:
        search.rows(queries[0])  # the file's pages are read
    answers, waits, used = [], [], []
    for query in queries[TUNING:]:
        start, processor = time.perf_counter(), time.process_time()
        answers.append(_padded(search.rows(query)))
        waits.append(time.perf_counter() - start)
        used.append(time.process_time() - processor)
    after = memory()
    p50, p95 = np.quantile(waits, [0.5, 0.95]) * 1000
    return {
        "visits": visits,
        "recall": round(recall(np.array(answers), expected[TUNING:]), 4),
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "processor_ms": round(float(np.median(used)) * 1000, 2),
        "own_mb": round(after["RssAnon"] - before["RssAnon"]),
        "mapped_mb": round(after["RssFile"] - before["RssFile"]),
        "file_mb": round(file.stat().st_size / 1e6),
        "open_s": round(opened, 3),
        "load": round(os.getloadavg()[0], 1),
    }


def index_file(folder: Path, kind: str, size: int) -> Path:
    """Where the index of a kind is built."""
    return folder / f"{kind.replace(' ', '-')}-{size}.faiss"


def recall_by_visits(folder: Path, kind: str, size: int) -> Iterator[tuple[int, float, float]]:
    """(lists visited, recall of all questions, the processor's milliseconds a search) of an index."""
    import faiss

    file = index_file(folder, kind, size)
    vectors, queries = write_vectors(folder, size), real_vectors(folder)[1]
    build(kind, vectors, file)
    faiss.omp_set_num_threads(1)
    search = Search(kind, file, vectors)
    for visits in VISITS:
        search.set_visits(visits)
        start = time.process_time()
        rows = np.array([_padded(search.rows(query)) for query in queries])
        milliseconds = (time.process_time() - start) * 1000 / len(queries)
        yield visits, recall(rows, exact_answers(folder, size)), milliseconds


def _padded(rows: np.ndarray) -> np.ndarray:
    return np.pad(rows, (0, K - len(rows)), constant_values=-1)


def memory() -> dict[str, float]:
    """Megabytes of this process: its own, and of mapped files."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return {
        line[0][:-1]: int(line[1]) / 1000 for line in lines if line and line[0].startswith("Rss")
    }


def run(folder: Path, kind: str, size: int) -> dict[str, Any]:
    """Build an index in one process and measure it in another."""
    command = [sys.executable, "-m", "benchmarks.growth", "--folder", str(folder)]
    command += ["--kind", kind, "--size", str(size)]
    start = time.perf_counter()
    subprocess.run([*command, "--step", "build"], check=True)
    built = time.perf_counter() - start
    done = subprocess.run(
        [*command, "--step", "search"], check=True, capture_output=True, text=True
    )
    return {"kind": kind, "size": size, "build_s": round(built, 1), **json.loads(done.stdout)}


def results(folder: Path) -> list[dict[str, Any]]:
    """The rows that were measured so far."""
    return read_rows(folder / "dense.jsonl")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The results as a table in Markdown, by size and kind."""
    lines = [
        "| passages | index | recall@10 | p50, p95 ms | of the processor ms | own, mapped MB | file MB | opened s | built s | lists visited |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['size']:,} | {row['kind']} | {row['recall']:.3f} | {row['p50_ms']:.1f}, {row['p95_ms']:.1f} "
        f"| {row['processor_ms']:.1f} | {row['own_mb']}, {row['mapped_mb']} | {row['file_mb']} | {row['open_s']:.2f} "
        f"| {row['build_s']:.0f} | {row['visits'] or ''} |"
        for row in sorted(rows, key=lambda row: (row["size"], list(KINDS).index(row["kind"])))
    ]
    return "\n".join(lines)


def picture(rows: Sequence[dict[str, Any]], file: Path) -> None:
    """Milliseconds of the processor by number of passages, a line for each kind."""
    draw(
        {
            kind: [(row["size"], row["processor_ms"]) for row in rows if row["kind"] == kind]
            for kind in KINDS
        },
        file,
    )


def main() -> None:
    """Measure what is missing, or print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("build/growth"))
    parser.add_argument("--library", type=Path, nargs="*", default=[], help="real passages")
    parser.add_argument("--questions", type=Path, nargs="*", default=[], help="question sets")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--table", action="store_true", help="print the results alone")
    parser.add_argument("--picture", type=Path, help="draw the results into this file")
    parser.add_argument("--visits", action="store_true", help="print recall by lists visited")
    parser.add_argument("--keep", action="store_true", help="leave the indexes in the folder")
    parser.add_argument("--step", choices=("build", "search"), help=argparse.SUPPRESS)
    parser.add_argument("--kind", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    if options.step:
        vectors = write_vectors(folder, options.size)
        file = index_file(folder, options.kind, options.size)
        if options.step == "build":
            build(options.kind, vectors, file)
        else:
            queries, expected = real_vectors(folder)[1], exact_answers(folder, options.size)
            print(json.dumps(measure(options.kind, file, vectors, queries, expected)))
        return
    if options.visits:
        for size in options.sizes:
            for kind in options.kinds:
                for visits, share, milliseconds in recall_by_visits(folder, kind, size):
                    print(
                        f"{size:,} {kind} {visits}: {share:.4f}, {milliseconds:.2f} ms", flush=True
                    )
                if not options.keep:
                    index_file(folder, kind, size).unlink()
        return
    if not options.table and not options.picture:
        real_vectors(folder, options.library, options.questions)
        for size in options.sizes:
            exact_answers(folder, size)
            for kind in options.kinds:
                present = {(row["kind"], row["size"]) for row in results(folder)}
                if size <= KINDS[kind] and (kind, size) not in present:
                    add_row(folder / "dense.jsonl", run(folder, kind, size))
                    if not options.keep:
                        index_file(folder, kind, size).unlink()
    print(table(results(folder)))
    if options.picture:
        picture(results(folder), options.picture)


if __name__ == "__main__":
    main()
