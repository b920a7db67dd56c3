"""llama.cpp in this process and as a server on loopback, with the bundled GGUF file."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from ingest import weights
from ingest.errors import ModelMissing
from language.warpers import Warping, warp
from rag.generate import Generator
from rag.language_models.gguf_adapter import permuted
from rag.language_models.llama_cpp import (
    LlamaCppWriter,
    free_processors,
    gguf_file,
    threads_for,
)
from rag.language_models.server_writer import ServerWriter
from rag.language_models.servers import LLAMA_CPP
from rag.models import Models
from rag.sampling import Sampling
from rag.settings import ModelSettings
from rag.writer_notes import WritingFailed

pytest.importorskip("xllamacpp")
pytest.importorskip("langchain_openai")

FLOOR = [
    {
        "role": "user",
        "content": "Note: The lecture hall is on the fourth floor.\n"
        "Question: On which floor is the lecture hall? Answer in one sentence.",
    }
]
STORY = [{"role": "user", "content": "Tell me a long story about a cat."}]
SAMPLE = Sampling(strategy="sample", temperature=1.3, max_new_tokens=12, seed=5)


def bundled() -> weights.Weights:
    return weights.locate(weights.DECODER)


@pytest.fixture(scope="module")
def adapted():
    """The bundled model with its adapter."""
    return LlamaCppWriter(bundled(), weights.locate(weights.WRITER))


@pytest.fixture(scope="module")
def plain():
    model = bundled()
    return LlamaCppWriter(gguf_file(str(model.folder / model.file)), context_tokens=1024)


SERVER = """
import sys, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path, parameters.model_alias = sys.argv[1], {"smollm"}
parameters.n_ctx, parameters.n_parallel, parameters.verbosity = 1024, 1, -1
parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
parameters.api_keys = ["sk-local"]
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


@contextmanager
def running_server():
    """llama.cpp's own server on loopback in a process of its own, and settings that name it."""
    model = bundled()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(model.folder / model.file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = f"{process.stdout.readline().strip()}/v1"
        yield (
            process,
            ModelSettings(
                generator="openai:smollm", base_url=url, api_key_variable="LLAMA_TEST_KEY"
            ),
        )
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def server():
    with running_server() as (_, settings):
        yield settings


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("LLAMA_TEST_KEY", "sk-local")


def written(writer, messages=FLOOR, sampling=None) -> str:
    return "".join(writer.stream(messages, sampling or Sampling(max_new_tokens=12)))


def test_rows_of_a_head_are_interleaved():
    rows = np.arange(8)[:, None]  # two heads of four rows
    assert permuted(rows, 2)[:, 0].tolist() == [0, 2, 1, 3, 4, 6, 5, 7]


@pytest.mark.parametrize(
    ("free", "expected"),
    [(4.0, (4, 50)), (3.75, (4, 50)), (2.9, (3, 0)), (1.2, (1, 0)), (0.1, (1, 0)), (9.0, (4, 50))],
)
def test_threads_go_by_the_free_processors(free, expected):
    assert threads_for(free, 4) == expected


def test_free_processors_are_measured():
    assert 0 < free_processors(1) <= 1.05
    assert free_processors(2) <= 2.1


@pytest.mark.parametrize(
    ("content", "message"), [(None, "No such file"), (b"PK\x03\x04zip", "expected a GGUF file")]
)
def test_what_is_no_gguf_file_is_said(tmp_path, content, message):
    file = tmp_path / "model.gguf"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ModelMissing, match=message):
        _ = Models(ModelSettings(generator=f"gguf:{file}")).writer


def test_a_damaged_gguf_file_is_said(tmp_path):
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + bytes(64))
    with pytest.raises(ModelMissing, match=r"llama\.cpp cannot read"):
        list(Models(ModelSettings(generator=f"gguf:{file}")).writer.stream(FLOOR, Sampling()))


def test_the_settings_choose_the_engine():
    def name(**fields) -> str:
        return Models(ModelSettings(device="cpu", **fields)).writer.name

    transformers = name(engine="transformers")
    assert name(engine="llama.cpp") == name() == f"{transformers} (llama.cpp)"
    assert " + katheder-writer@" in transformers
    with pytest.raises(ModelMissing, match="needs a GGUF file"):
        name(engine="llama.cpp", generator=str(weights.locate(weights.MINILM).folder))


def test_a_package_that_cannot_be_loaded_is_said(monkeypatch, tmp_path):
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('libgomp.so.1 is missing')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "xllamacpp", raising=False)
    with pytest.raises(ModelMissing, match=r"cannot be loaded \(libgomp.* models\.engine"):
        LlamaCppWriter(bundled()).load()


@pytest.mark.slow
def test_a_gguf_file_writes_in_this_process(plain):
    pieces = list(plain.stream(FLOOR, Sampling(max_new_tokens=12)))
    assert len(pieces) > 3
    assert re.search("(4th|fourth) floor", "".join(pieces))
    assert plain.count_tokens("The capital of France is") == 5


@pytest.mark.slow
def test_the_same_seed_gives_the_same_text(plain):
    first = written(plain, STORY, SAMPLE)
    assert written(plain, STORY, SAMPLE) == first
    assert written(plain, STORY, SAMPLE.model_copy(update={"seed": 6})) != first


@pytest.mark.slow
def test_stop_ends_the_reading_of_a_prompt_and_the_next_one_is_read(plain):
    def processor_seconds(number: int, stopped: bool) -> float:
        text = " ".join(f"Cat {n} of {number} sleeps {n % 24} hours." for n in range(40))
        stop, begin = threading.Event(), time.process_time()
        if stopped:
            stop.set()
        prompt = [{"role": "user", "content": text}]
        pieces = list(plain.stream(prompt, Sampling(max_new_tokens=1), stop))
        time.sleep(0.5)  # a batch that was begun is read
        assert stopped or pieces
        return time.process_time() - begin

    plain.load()
    stopped = processor_seconds(1, stopped=True)
    assert stopped < processor_seconds(2, stopped=False) / 2


@pytest.mark.slow
def test_stop_ends_an_answer_and_the_next_one_is_written(plain):
    stop, pieces = threading.Event(), []
    for piece in plain.stream(STORY, Sampling(max_new_tokens=400), stop):
        pieces.append(piece)
        if len(pieces) == 3:
            stop.set()
    assert 3 <= len(pieces) < 10
    assert "floor" in written(plain)


@pytest.mark.slow
def test_a_prompt_longer_than_the_context_is_said(plain):
    long = [{"role": "user", "content": "word " * 1500}]
    with pytest.raises(WritingFailed) as failed:
        written(plain, long)
    assert failed.value.note.kind == "context"


@pytest.mark.slow
@pytest.mark.parametrize(
    "sampling",
    [
        {"temperature": 0.7},
        {"top_k": 5},
        {"temperature": 1.5, "top_p": 0.8},
        {"temperature": 0.6, "min_p": 0.1},
        {"temperature": 1.2, "top_k": 50, "top_p": 0.9, "min_p": 0.02},
    ],
)
def test_probabilities_after_sampling_are_those_of_our_warpers(plain, sampling):
    """llama.cpp's distribution over the next token against our warpers on its own logits."""
    logits = _log_probabilities(plain)
    settings = Sampling(strategy="sample", **sampling)
    warping = Warping(
        temperature=settings.temperature or 1.0,
        top_k=settings.top_k,
        top_p=settings.top_p,
        min_p=settings.min_p,
    )
    expected = torch.softmax(warp(logits[None], warping, torch.tensor([[0]]))[0], -1)
    torch.testing.assert_close(_after(plain, settings), expected, atol=1e-3, rtol=0)


@pytest.mark.slow
def test_the_repetition_penalty_divides_the_logits_of_all_earlier_tokens(plain):
    """llama.cpp gives no logits but log-probabilities, which differ from them by one constant.

    So for two earlier tokens a and b with positive logits, the penalty changes the difference of
    their log-probabilities to (logit a - logit b) / penalty.
    """
    before = _log_probabilities(plain)
    after = _after(plain, Sampling(strategy="sample", repetition_penalty=1.3)).log()
    earlier = sorted(set(_tokens(plain, TEXT)), key=lambda token: -float(before[token]))
    first, *others = earlier[:3]
    for other in others:
        expected = (before[first] - before[other]) / 1.3
        assert float(after[first] - after[other]) == pytest.approx(float(expected), abs=0.02)


TEXT = "The cat sat on the mat. The cat"
BODY = {"prompt": TEXT, "n_predict": 1, "n_probs": 49152, "cache_prompt": False}


def _log_probabilities(writer) -> torch.Tensor:
    """Of all tokens behind the text, before sampling."""
    request = LLAMA_CPP.request(Sampling(strategy="sample")) | {"max_tokens": 1}
    found = _top(writer._server.handle_completions(BODY | request), "logprob")
    values = torch.full((49152,), -torch.inf)
    values[list(found)] = torch.tensor(list(found.values()))
    return values


def _after(writer, sampling) -> torch.Tensor:
    """The probabilities from which llama.cpp draws the next token."""
    request = LLAMA_CPP.request(sampling) | {"max_tokens": 1, "post_sampling_probs": True}
    found = _top(writer._server.handle_completions(BODY | request), "prob")
    values = torch.zeros(49152)
    values[list(found)] = torch.tensor(list(found.values()))
    return values


def _tokens(writer, text) -> list[int]:
    from rag.language_models.servers import request_json

    url = f"{writer._server.listening_address}/tokenize"
    return request_json(url, writer._key, {"content": text})["tokens"]


def _top(reply, name) -> dict[int, float]:
    [entry] = reply["choices"][0]["logprobs"]["content"]
    rows = entry.get("top_logprobs") or entry.get("top_probs")
    return {row["id"]: row[name] for row in rows}


@pytest.mark.slow
def test_the_adapter_does_in_llama_cpp_what_it_does_in_transformers(adapted, plain):
    """The next token's probabilities with and without it, against transformers with it merged."""
    text = "You answer a student's question from lecture notes.\nNotes:\n[1] Cats: A cat"
    body = {"prompt": text, "n_predict": 1, "n_probs": 40, "max_tokens": 1, "cache_prompt": False}
    body |= LLAMA_CPP.request(Sampling(strategy="sample")) | {"max_tokens": 1}
    with_adapter = _top(adapted._server.handle_completions(body), "logprob")
    without = _top(plain._server.handle_completions(body), "logprob")
    generator = Generator(ModelSettings(device="cpu", dtype="float32"))
    ids = generator.tokenizer(text, return_tensors="pt")
    with torch.inference_mode():
        expected = torch.log_softmax(generator.model(**ids).logits[0, -1], -1)

    def distance(found: dict[int, float]) -> float:
        """Mean difference of the probabilities of the 40 likeliest tokens."""
        return float(
            np.mean(
                [
                    abs(np.exp(value) - float(expected[token].exp()))
                    for token, value in found.items()
                ]
            )
        )

    assert distance(with_adapter) < 0.3 * distance(without)


@pytest.mark.slow
def test_our_client_and_llama_cpps_server_agree(server, plain):
    writer = ServerWriter(server)
    assert writer.listed.kind == LLAMA_CPP
    assert writer.unused_sampling(SAMPLE) == ()
    pieces = list(writer.stream(FLOOR, Sampling(max_new_tokens=12)))
    assert len(pieces) > 3
    assert "".join(pieces) == written(plain)
    assert written(writer, STORY, SAMPLE) == written(writer, STORY, SAMPLE)


@pytest.mark.slow
def test_llama_cpps_server_is_stopped_and_refuses_as_expected(server, monkeypatch):
    writer = ServerWriter(server)
    stop, pieces = threading.Event(), []
    for piece in writer.stream(STORY, Sampling(max_new_tokens=900), stop):
        pieces.append(piece)
        if len(pieces) == 3:
            stop.set()
    assert len(pieces) == 3
    assert "floor" in written(writer)  # its only slot is free again
    with pytest.raises(WritingFailed) as failed:
        written(writer, [{"role": "user", "content": "word " * 1500}])
    assert failed.value.note.kind == "context"
    monkeypatch.setenv("LLAMA_TEST_KEY", "sk-wrong")
    with pytest.raises(WritingFailed) as failed:
        written(ServerWriter(server))
    assert failed.value.note.kind == "key"
    assert "sk-" not in str(failed.value)


@pytest.mark.slow
def test_a_server_that_is_killed_inside_an_answer_is_said():
    with running_server() as (process, settings):
        pieces = ServerWriter(settings).stream(STORY, Sampling(max_new_tokens=900))
        assert all(next(pieces) for _ in range(3))
        process.send_signal(signal.SIGKILL)
        with pytest.raises(WritingFailed) as failed:
            list(pieces)
        assert failed.value.note.kind == "cut"
        process.wait()
        with pytest.raises(WritingFailed) as failed:
            written(ServerWriter(settings))
        assert failed.value.note.kind == "unreachable"
