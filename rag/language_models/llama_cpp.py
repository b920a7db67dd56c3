"""A GGUF file as the writer, read by llama.cpp in this process (package xllamacpp)."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

from ingest.errors import ModelMissing
from ingest.weights import Weights, sha256_of
from rag.generate import Writer
from rag.language_models.gguf_adapter import gguf_adapter
from rag.language_models.servers import LLAMA_CPP, request_json
from rag.piece_stream import PieceStream
from rag.prompt import Message
from rag.sampling import Sampling
from rag.writer_notes import WritingFailed

_CONTEXT = 4096  # tokens, where the settings do not say
_PROBE_SECONDS = 0.1
_ROUNDING = 0.3  # a processor counts that is free for 7 tenths of the time
_BATCH = 64  # tokens of a prompt between two looks at whether to stop
_SPIN = 50  # llama.cpp's own level of polling, in percent
_SMALL = 300_000_000  # bytes of a file; for a token of so small a model threads would only wait


def is_llama_cpp_installed() -> bool:
    """Whether the package that holds llama.cpp is there."""
    return importlib.util.find_spec("xllamacpp") is not None


def free_threads() -> tuple[int, int]:
    """How many threads llama.cpp gets, and how much they poll, by a probe of this machine.

    Its threads wait for each other; one that has no processor stops all, and polling takes the
    processor from it. So as many are started as processors are free for this process just now.
    """
    processors = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    )
    return threads_for(free_processors(processors or 1), processors or 1)


def threads_for(free: float, processors: int) -> tuple[int, int]:
    """Threads and polling in percent for so many free processors, of which there may be parts."""
    threads = max(1, min(processors, int(free + _ROUNDING)))
    return threads, _SPIN if threads == processors else 0


def free_processors(threads: int) -> float:
    """How many processors as many threads get that compute at once: processor time over wall time."""

    def compute(_: int) -> float:
        start = time.thread_time()
        while time.perf_counter() < end:
            hashlib.sha256(block)  # of a large block, it lets the other threads run
        return time.thread_time() - start

    block = bytes(256 * 1024)
    with ThreadPoolExecutor(threads) as pool:
        begin = time.perf_counter()
        end = begin + _PROBE_SECONDS
        used = sum(pool.map(compute, range(threads)))
        return used / (time.perf_counter() - begin)


class LlamaCppWriter:
    """A GGUF file, loaded when first used; one answer at a time, whose prompt's beginning is reused."""

    def __init__(
        self,
        model: Weights,
        adapter: Weights | None = None,
        *,
        context_tokens: int | None = None,
        beam_writer: Writer | None = None,
    ) -> None:
        """Name the file.

        Args:
            model: With the GGUF file.
            adapter: In peft's form.
            context_tokens: Of prompt and answer together; 4096 by default.
            beam_writer: The same model for beam search, which llama.cpp does not have.

        Raises:
            ModelMissing: the package xllamacpp is not installed.
        """
        if not is_llama_cpp_installed():
            raise ModelMissing(
                f"{model.file} needs the package xllamacpp: pip install 'katheder[gguf]'"
            )
        self._model, self._adapter = model, adapter
        self._context = context_tokens or _CONTEXT
        self._beam_writer = beam_writer
        self._turn = threading.Lock()
        self._loading = threading.Lock()
        self._key = secrets.token_hex(16)  # for llama.cpp's own port, which no one else may use

    @property
    def name(self) -> str:
        """Name and hash of the weights and of the adapter, and the engine."""
        names = [self._model.identity] + ([self._adapter.identity] if self._adapter else [])
        return f"{' + '.join(names)} (llama.cpp)"

    @property
    def context_tokens(self) -> int:
        """Tokens that prompt and answer may have together."""
        return self._context

    def count_tokens(self, text: str) -> int:
        """Number of the model's tokens in a text."""
        url = f"{self._server.listening_address}/tokenize"
        return len(request_json(url, self._key, {"content": text}, seconds=30)["tokens"])

    def load(self) -> None:
        """Load the model now rather than at the first answer."""
        _ = self._server

    def unused_sampling(self, sampling: Sampling) -> tuple[str, ...]:
        """What llama.cpp does not take: beam search, unless another engine searches."""
        return (
            () if self._beam_writer and sampling.strategy == "beam" else LLAMA_CPP.unused(sampling)
        )

    def stream(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        stop: threading.Event | None = None,
    ) -> Iterator[str]:
        """Write an answer, yielding its text as it grows, until it ends or `stop` is set.

        Raises:
            WritingFailed: the prompt is longer than the context, or llama.cpp refuses it.
            ModelMissing: the file cannot be read.
        """
        if self._beam_writer is not None and sampling.strategy == "beam":
            yield from self._beam_writer.stream(messages, sampling, stop)
            return
        stop = stop or threading.Event()
        body = {"messages": list(messages), "stream": True} | LLAMA_CPP.request(sampling)
        body["return_progress"] = True  # a piece for each batch of the prompt, at which it can end

        def write(pieces: PieceStream) -> None:
            failures: list[WritingFailed] = []

            def receive(chunk: Mapping[str, Any]) -> bool:
                """Take a piece; True ends the answer."""
                if "error" in chunk:
                    failures.append(_failure(chunk["error"], self._model.file))
                    return True
                for choice in chunk.get("choices", ()):
                    if text := choice["delta"].get("content"):
                        pieces.put(text)
                return stop.is_set() or pieces.cancelled.is_set()

            with self._turn:
                if pieces.cancelled.is_set():
                    return
                reply = self._server.handle_chat_completions(body, receive)
            if isinstance(reply, Mapping) and "error" in reply:
                failures.append(_failure(reply["error"], self._model.file))
            if failures:
                raise failures[0]

        yield from PieceStream(write, "katheder-llama.cpp")

    @property
    def _server(self) -> Any:
        with self._loading:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        try:
            import xllamacpp
        except ImportError as error:
            raise ModelMissing(
                f"The package xllamacpp is installed but cannot be loaded ({error}). Install it again, or "
                'set models.engine = "transformers" for the bundled generator.'
            ) from error

        file = self._model.folder / self._model.file
        threads, poll = free_threads()
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(file)
        parameters.n_ctx = self._context
        parameters.n_parallel = 1
        parameters.n_batch = _BATCH
        parameters.verbosity = -1
        parameters.warmup = False
        parameters.ui = False
        parameters.cache_ram_mib = 0  # the last prompt stays in its slot; no further ones are kept
        parameters.api_keys = [self._key]
        for processors in (parameters.cpuparams, parameters.cpuparams_batch):
            processors.n_threads, processors.poll = threads, poll
        if file.stat().st_size < _SMALL:
            parameters.cpuparams.n_threads = 1  # for writing; all of them read the prompt
        if self._adapter is not None:
            path = gguf_adapter(self._adapter, file)
            parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(path), 1.0)]
        try:
            return xllamacpp.Server(parameters)
        except Exception as error:
            raise ModelMissing(
                f"llama.cpp cannot read {file} ({error}); expected a language model in a GGUF file"
            ) from error


def gguf_file(name: str) -> Weights:
    """A GGUF file by its path; raises ModelMissing where it is none."""
    path = Path(name).expanduser()
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelMissing(
            f"gguf:{name} cannot be read ({error.strerror}); expected a GGUF file"
        ) from error
    if magic != b"GGUF":
        raise ModelMissing(f"gguf:{name} begins with {magic!r}; expected a GGUF file (b'GGUF')")
    return Weights(path.stem, path.parent, "folder", sha256_of(path), path.name)


def _failure(error: Mapping[str, Any], model: str) -> WritingFailed:
    """The failure that an error of llama.cpp means."""
    message = str(error.get("message", "no reason given"))
    if "context" in str(error.get("type", "")):
        return WritingFailed("context", model=model)
    return WritingFailed("refused", place="llama.cpp", reason=message[:200])
