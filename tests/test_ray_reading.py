"""ingest.ray_reading on a real Ray cluster of three nodes on this machine, of which some die."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import WordEncoder

from ingest.errors import KathederError
from ingest.pipeline import ingest
from ingest.ray_reading import EncoderOfWorkers, RayReader, WorkerSettings, connected
from ingest.store import Library


@dataclass(frozen=True)
class DyingEncoder(WordEncoder):
    """Kills its process at the word "fatal", the first time; notes the process that encodes a text."""

    folder: Path

    def __call__(self) -> DyingEncoder:
        return self

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        with (self.folder / str(os.getpid())).open("a") as notes:
            notes.write("\n".join(texts))
        mark = self.folder / "killed"
        if any("fatal" in text for text in texts) and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.2)
        return super().encode(texts)


@pytest.fixture
def lectures(make_pdf):
    """Nine lectures, of which the fifth one kills the worker that encodes it, and one damaged file."""
    files = [
        make_pdf(
            f"{number}.pdf",
            f'#slide("Lecture {number}")[Words {"fatal" if number == 4 else "plain"} {number}.]'
            f'#slide("More of {number}")[Other words about the number {number}.]',
        )
        for number in range(9)
    ]
    damaged = files[0].with_name("damaged.pdf")
    damaged.write_bytes(b"%PDF-1.7 and nothing else")
    return [*files, damaged]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_killed_worker_and_a_killed_node_lose_and_double_nothing(tmp_path, lectures, monkeypatch):
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    monkeypatch.setenv("RAY_worker_niceness", "0")  # not behind what else this machine does
    paths = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))  # where the workers find DyingEncoder
    notes = tmp_path / "notes"
    notes.mkdir()
    encoder = DyingEncoder(notes)
    one_cpu = {"num_cpus": 1, "object_store_memory": 80_000_000}
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=one_cpu)
    try:
        nodes = [cluster.add_node(**one_cpu) for _ in range(2)]
        cluster.wait_for_nodes()
        library = Library(tmp_path / "cluster", create=True)
        with connected(cluster.address):
            reader = RayReader(WorkerSettings(encoder, passage_tokens=40), lambda *_: None)
            assert reader.ahead == 6
            outcomes = []
            reports = ingest(lectures, library, reader.encoder, passage_tokens=40, reader=reader)
            for report in reports:
                outcomes.append(report.outcome)
                if len(outcomes) == 2:
                    cluster.remove_node(nodes[1], allow_graceful=False)
    finally:
        cluster.shutdown()
    assert outcomes == ["added"] * 9 + ["failed"]
    assert (notes / "killed").exists()
    processes = [file for file in notes.iterdir() if file.name.isdigit()]
    assert str(os.getpid()) not in {file.name for file in processes}  # all on the workers
    assert len(processes) > 2
    direct = Library(tmp_path / "direct", create=True)
    list(ingest(lectures, direct, WordEncoder(), passage_tokens=40))
    assert library.full_hash() == direct.full_hash()


def test_an_address_without_a_cluster_is_told_in_one_sentence():
    pytest.importorskip("ray")
    message = "No Ray cluster answers at not-an-address"
    with pytest.raises(KathederError, match=message), connected("not-an-address"):
        raise AssertionError("connected to nothing")


def test_what_the_workers_did_not_encode_is_encoded_here():
    encoder = EncoderOfWorkers(WordEncoder())
    known = np.full((1, 64), 0.125, dtype=np.float32)
    encoder.remember(["a text"], known)
    vectors = encoder.encode(["another text", "a text"])
    assert np.array_equal(vectors[1], known[0])
    assert np.array_equal(vectors[0], WordEncoder().encode(["another text"])[0])
    assert encoder.encode([]).shape == (0, 64)
    encoder.remember([], np.empty((0, 64), dtype=np.float32))
    assert np.array_equal(encoder.encode(["a text"]), WordEncoder().encode(["a text"]))
