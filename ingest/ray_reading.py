"""Read and encode files on the workers of a Ray cluster; one process stores what they return.

Each worker keeps one encoder. Only the process that began the ingest writes to the library, a
document at a time, so that a file whose worker or machine died is read again by another one, and
nothing is stored twice. The files must be at the same paths on all machines.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ingest.chunk import ChunkSettings, chunk, embedding_text
from ingest.embed import Encoder
from ingest.errors import KathederError, UnreadableFile
from ingest.indexing import printable
from ingest.reading import ProcessReader, ProgressListener
from ingest.reading_limits import ReadingLimits
from ingest.types import ParsedDocument
from ingest.wrapped_encoder import WrappedEncoder

LOCAL = "local"  # starts Ray on this machine
_AHEAD = 2  # files that are begun for each processor
_RETRIES = 10  # of a file whose worker or machine died
_STORE_BYTES = (
    200_000_000  # of memory that the processes of a local Ray share; a document takes few MB
)


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What a worker reads with; `open_encoder` is called once in each, without arguments."""

    open_encoder: Callable[[], Encoder]
    passage_tokens: int = 200
    overlap_tokens: int = 0
    limits: ReadingLimits = field(default_factory=ReadingLimits)


class RayReader:
    """A `FileReader` whose files are read, cut and encoded on the cluster; `encoder` has the vectors."""

    def __init__(self, settings: WorkerSettings, progress: ProgressListener) -> None:
        """Use the cluster that Ray is connected to."""
        import ray

        self.encoder = EncoderOfWorkers(settings.open_encoder())
        self.ahead = _AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._settings, self._progress = settings, progress
        self._read = ray.remote(max_retries=_RETRIES, num_cpus=1)(read_on_worker)
        self._tasks: dict[Path, Any] = {}

    def start(self, file: Path) -> None:
        """Hand a file to the cluster."""
        if file not in self._tasks:
            self._tasks[file] = self._read.remote(file, False, self._settings)

    def result(self, file: Path, *, pictures: bool = False) -> ParsedDocument:
        """See `FileReader.result`."""
        import ray
        from ray.exceptions import NodeDiedError, OutOfMemoryError, WorkerCrashedError

        task = None if pictures else self._tasks.pop(file, None)
        task = task or self._read.remote(file, pictures, self._settings)
        try:
            parsed, texts, vectors = ray.get(task)
        except (NodeDiedError, OutOfMemoryError, WorkerCrashedError) as error:
            raise UnreadableFile(
                f"{file.name}: {_RETRIES + 1} workers ended while they read it "
                f"({type(error).__name__}); read it on one machine"
            ) from error
        if isinstance(parsed, str):
            raise UnreadableFile(parsed)
        self.encoder.remember(texts, vectors)
        self._progress(file, len(parsed.pages), len(parsed.pages))
        return parsed

    def close(self) -> None:
        """Give up the files that are still read."""
        import ray

        for task in self._tasks.values():
            ray.cancel(task, force=True)
        self._tasks.clear()


class EncoderOfWorkers(WrappedEncoder):
    """An encoder that has the vectors of the last document's passages already."""

    def __init__(self, encoder: Encoder) -> None:
        """Encode what the workers did not with this encoder, as passages of corrected pages."""
        super().__init__(encoder)
        self._vectors: dict[str, np.ndarray] = {}

    def remember(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Take the vectors, shape (len(texts), dimension), in place of those of the document before."""
        self._vectors = dict(zip(texts, vectors, strict=True))

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """See `Encoder.encode`."""
        missing = [text for text in texts if text not in self._vectors]
        if missing:
            self._vectors.update(zip(missing, self._encoder.encode(missing), strict=True))
        rows = [self._vectors[text] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.dimension)


def read_on_worker(
    file: Path, pictures: bool, settings: WorkerSettings
) -> tuple[ParsedDocument | str, list[str], np.ndarray]:
    """The document in a file, the texts of its passages and their vectors; or why it is not readable."""
    encoder, reader = _tools(settings)
    try:
        parsed = printable(reader.result(file, pictures=pictures))
    except UnreadableFile as error:
        return str(error), [], np.empty((0, encoder.dimension), dtype=np.float32)
    lengths = ChunkSettings(encoder.window, settings.passage_tokens, settings.overlap_tokens)
    texts = [embedding_text(passage) for passage in chunk(parsed, encoder.count_tokens, lengths)]
    return parsed, texts, encoder.encode(texts)


@cache
def _tools(settings: WorkerSettings) -> tuple[Encoder, ProcessReader]:
    """The encoder and the reader of this process."""
    limits = replace(settings.limits, processes=1)
    return settings.open_encoder(), ProcessReader(limits, lambda file, done, total: None)


@contextlib.contextmanager
def connected(address: str) -> Iterator[None]:
    """A connection to the Ray cluster at an address, or to one on this machine for `LOCAL`.

    Raises:
        KathederError: Ray is not installed, or no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would send them over the network
    try:
        import ray
    except ImportError as error:
        raise KathederError(
            '--ray needs Ray, which is not installed. Install it with `pip install "katheder[ray]"`.'
        ) from error
    options: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address == LOCAL:
        options |= {"include_dashboard": False, "object_store_memory": _STORE_BYTES}
    else:
        options |= {"address": address}
    try:
        ray.init(**options)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise KathederError(
            f"No Ray cluster answers at {address} ({error}). Expected HOST:PORT of one that "
            "`ray start --head` began, or `--ray local` for this machine."
        ) from error
    try:
        yield
    finally:
        ray.shutdown()
