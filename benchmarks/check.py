"""How many times faster the models run here than another way of running them; fails at a loss.

    python -m benchmarks.check [--times 3] [--document docs/performance.md] [--commit]

Each ratio compares seconds of the processor of two ways on the same texts, in turn in one process,
the least of some rounds each; so it hardly depends on what else the machine does. It is compared
with the one in `benchmarks/ratios.json` for the same processor and data type: the exit status is 1
where a ratio lost more than a quarter. `--commit` writes the measured ratios there, `--document` a table of them
into a document.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import torch

from benchmarks.cold import commands, run
from ingest import weights
from ingest.embed import BiEncoder
from ingest.pipeline import find_files, ingest
from ingest.store import Library
from rag.models import Models
from rag.settings import ModelSettings
from rag.split_reranker import SplitReranker

RATIOS = Path(__file__).with_name("ratios.json")
_TEXTS = Path(__file__).parents[1] / "training" / "data" / "passages" / "numerical-methods.jsonl"
_LOSS = 0.25  # of a ratio, from which the check fails
_PASSAGES = 16
_START, _END = "<!-- ratios: start -->", "<!-- ratios: end -->"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two ways of doing the same, in seconds of the processor."""

    name: str
    peer: str
    seconds: float
    peer_seconds: float

    @property
    def ratio(self) -> float:
        """How many times faster the first is."""
        return self.peer_seconds / self.seconds


def losses(ratios: Mapping[str, float], committed: Mapping[str, float]) -> list[str]:
    """A sentence for each ratio that lost more than a quarter; one without a committed value is new."""
    return [
        f"{name}: {ratios[name]:.2f} times, expected {before:.2f}; at least "
        f"{before * (1 - _LOSS):.2f} passes"
        for name, before in committed.items()
        if name in ratios and ratios[name] < before * (1 - _LOSS)
    ]


def in_turn(
    own: Callable[[], object], peer: Callable[[], object], times: int
) -> tuple[float, float]:
    """The least processor seconds of both, after one call of each to warm up."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for round_number in range(times + 1):
        for function, spent in zip((own, peer), seconds, strict=True):
            start = time.process_time()
            function()
            if round_number:
                spent.append(time.process_time() - start)
    return min(seconds[0]), min(seconds[1])


def compare_models(times: int) -> list[Comparison]:
    """The bundled English models beside sentence-transformers with the same layers."""
    from sentence_transformers import CrossEncoder, SentenceTransformer

    rows = [json.loads(line) for line in _TEXTS.read_text("utf-8").splitlines()][:_PASSAGES]
    texts = [f"{row['title']}\n{' '.join(row['text'])}" for row in rows]
    question = rows[0]["questions"][0]["q"]
    pairs = [(question, text) for text in texts]
    folder = str(weights.locate(weights.MINILM).folder)
    encoder = BiEncoder()
    library_encoder = SentenceTransformer(folder, device="cpu", local_files_only=True)
    results = [
        Comparison(
            "encode passages",
            "sentence-transformers, as it comes",
            *in_turn(lambda: encoder.encode(texts), lambda: library_encoder.encode(texts), times),
        )
    ]
    reranker = SplitReranker(weights.locate(weights.RERANKER), ModelSettings())
    library_reranker = CrossEncoder(folder, num_labels=1, device="cpu", local_files_only=True)

    def rerank() -> np.ndarray:
        reranker.clear_cache()
        return reranker.predict(pairs, len(pairs))

    results.append(
        Comparison(
            "rerank passages",
            "a CrossEncoder of sentence-transformers with the same layers",
            *in_turn(rerank, lambda: library_reranker.predict(pairs), times),
        )
    )
    cached = in_turn(lambda: reranker.predict(pairs, len(pairs)), rerank, times)
    results.append(
        Comparison("rerank passages whose states are cached", "without a cache", *cached)
    )
    return results


def compare_cold_search(times: int) -> Comparison:
    """`katheder search` in a fresh process beside the import of PyTorch alone."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = [json.loads(line) for line in _TEXTS.read_text("utf-8").splitlines()][:_PASSAGES]
        (folder / "notes.md").write_text(
            "\n\n".join(f"# {row['title']}\n\n{' '.join(row['text'])}" for row in rows), "utf-8"
        )
        library = folder / "library"
        list(ingest(find_files([folder]), Library(library, create=True), Models().encoder))
        arguments = commands(library)
        spent: dict[str, list[float]] = {"katheder search": [], "import torch": []}
        for _ in range(times):
            for name, seconds in spent.items():
                seconds.append(run(arguments[name], RATIOS.parents[1], folder).processor)
    own, peer = (min(seconds) for seconds in spent.values())
    return Comparison("search in a fresh process", "`import torch` alone", own, peer)


def table(comparisons: Sequence[Comparison], machine: str) -> str:
    """The ratios as a table in Markdown, with the machine and the versions."""
    lines = [
        f"{machine}, {torch.get_num_threads()} threads; Python "
        f"{platform.python_version()}, PyTorch {torch.__version__}; {date.today()}:",
        "",
        "| what | beside | seconds of the processor, the other's | times faster |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {c.name} | {c.peer} | {c.seconds:.3f}, {c.peer_seconds:.3f} | {c.ratio:.2f} |"
        for c in comparisons
    ]
    return "\n".join(lines)


def with_table(text: str, new: str) -> str:
    """A document with its table replaced.

    Raises:
        ValueError: it has no place for one.
    """
    before, start, rest = text.partition(_START)
    _, end, after = rest.partition(_END)
    if not start or not end:
        raise ValueError(f"no lines {_START} and {_END}; add them where the table is to be")
    return f"{before}{start}\n{new}\n{end}{after}"


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the ratios, and end with status 1 where one lost too much."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--document", type=Path, help="write the table into this document")
    parser.add_argument(
        "--commit", action="store_true", help="keep the ratios as the expected ones"
    )
    options = parser.parse_args(arguments)
    comparisons = [*compare_models(options.times), compare_cold_search(options.times)]
    data_type = str(weights.choose_dtype("auto", "cpu")).removeprefix("torch.")
    machine = f"{_processor()}, {data_type}"  # on another one the same code has other ratios
    text = table(comparisons, machine)
    print(text)
    if options.document:
        content = options.document.read_text("utf-8")
        options.document.write_text(with_table(content, text), "utf-8")
    ratios = {c.name: round(c.ratio, 2) for c in comparisons}
    committed = json.loads(RATIOS.read_text("utf-8")) if RATIOS.is_file() else {}
    if options.commit:
        RATIOS.write_text(json.dumps(committed | {machine: ratios}, indent=2) + "\n", "utf-8")
        return
    if machine not in committed:
        print(f"{RATIOS.name} holds no ratios of {machine}; --commit writes these there")
    if faults := losses(ratios, committed.get(machine, {})):
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
