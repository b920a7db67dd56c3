"""Language models of servers: names, addresses, sampling, and every way in which a server fails."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import replace

import pytest
from scripted_server import Script, running

from ingest.text.languages import LANGUAGES
from rag.errors import BadSettings, ConsentMissing
from rag.ground import unsupported_sentences
from rag.language_models.addresses import is_loopback, needs_consent, server_url
from rag.language_models.names import ModelName, is_importable, model_name
from rag.language_models.server_writer import ServerWriter
from rag.language_models.servers import (
    COMPATIBLE,
    LLAMA_CPP,
    LM_STUDIO,
    OLLAMA,
    OPENAI,
    VLLM,
    list_models,
)
from rag.models import NO_MODELS, Models
from rag.pipeline import Pipeline
from rag.sampling import Sampling
from rag.settings import ModelSettings, Settings
from rag.types import Answered, Token
from rag.writer_notes import WritingFailed

pytest.importorskip("langchain_openai")

CAT = "A cat sleeps sixteen hours a day."
QUESTION = "How long does a cat sleep?"
ASK = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Go"}]
SAMPLE = Sampling(
    strategy="sample",
    temperature=0.7,
    top_k=20,
    top_p=0.9,
    min_p=0.05,
    repetition_penalty=1.1,
    seed=7,
    max_new_tokens=50,
)


@pytest.fixture
def server():
    with running(Script()) as script:
        yield script


def settings_for(script: Script, **fields) -> ModelSettings:
    return ModelSettings(**({"generator": "openai:tiny", "base_url": script.url} | fields))


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


def failure_of(settings: ModelSettings, sampling: Sampling | None = None) -> WritingFailed:
    with pytest.raises(WritingFailed) as caught:
        list(ServerWriter(settings).stream(ASK, sampling or Sampling()))
    return caught.value


@pytest.mark.parametrize(
    ("generator", "expected"),
    [
        ("ollama:llama3.2", ModelName("ollama", "llama3.2")),
        ("ollama:llama3.2:3b-instruct", ModelName("ollama", "llama3.2:3b-instruct")),
        ("openai:org/name", ModelName("openai", "org/name")),
        ("gguf:C:\\models\\a.gguf", ModelName("gguf", "C:\\models\\a.gguf")),
        ("lecture_models:writer", None),
        ("HuggingFaceTB/SmolLM2-1.7B-Instruct", None),
        ("ollama", None),
    ],
)
def test_reserved_prefixes_come_first(generator, expected):
    assert model_name(generator) == expected
    assert is_importable(generator) == (generator == "lecture_models:writer")


def test_a_prefix_without_a_name_is_refused():
    with pytest.raises(BadSettings, match=r"'gguf:' names no model; expected gguf:FILE"):
        model_name("gguf:")


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"generator": "ollama:a"}, "http://localhost:11434/v1"),
        ({"generator": "openai:a"}, "https://api.openai.com/v1"),
        ({"generator": "openai:a", "base_url": "http://lab:8000/v1/"}, "http://lab:8000/v1"),
        ({"generator": "gguf:a.gguf", "base_url": "http://lab:8000/v1"}, None),
        ({"generator": "SmolLM2-135M-Instruct"}, None),
    ],
)
def test_the_address_of_a_model(fields, url):
    assert server_url(ModelSettings(**fields)) == url


@pytest.mark.parametrize("url", ["lab:8000", "ftp://lab/v1", "http:///v1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(BadSettings, match="is no address"):
        server_url(ModelSettings(generator="openai:a", base_url=url))


def test_an_address_with_a_key_in_it_is_refused_without_saying_it():
    for url in ("https://me:hunter2@lab/v1", "https://lab/v1?key=hunter2"):
        with pytest.raises(BadSettings, match="api_key_variable") as caught:
            server_url(ModelSettings(generator="openai:a", base_url=url))
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost:11434/v1", True),
        ("http://127.8.0.1/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://localhost.example.com/v1", False),
        ("http://127.0.0.1.example.com/v1", False),
        ("http://0.0.0.0/v1", False),
        ("http://192.168.1.5:11434/v1", False),
        ("https://api.openai.com/v1", False),
    ],
)
def test_only_this_machine_is_loopback(url, expected):
    assert is_loopback(url) == expected


def test_nothing_is_sent_to_another_machine_without_consent(monkeypatch):
    settings = ModelSettings(generator="openai:a", base_url="http://192.0.2.1:8000/v1")
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("a connection was opened"))
    writer = ServerWriter(settings)
    for use in (lambda: list(writer.stream(ASK, Sampling())), lambda: writer.listed):
        with pytest.raises(ConsentMissing, match=r"http://192\.0\.2\.1:8000, not on this machine"):
            use()


def test_consent_is_for_one_origin():
    settings = ModelSettings(generator="openai:a", base_url="http://LAB:8000/v1")
    assert needs_consent(settings) == "http://lab:8000"
    agreed = settings.model_copy(update={"allowed_servers": ("http://lab:8000",)})
    assert needs_consent(agreed) == ""
    assert needs_consent(agreed.model_copy(update={"base_url": "https://lab:8000/v1"}))
    assert needs_consent(agreed.model_copy(update={"base_url": "http://lab:8001/v1"}))


def test_words_arrive_as_they_are_written(server):
    server.words = ("A cat", " sleeps", " sixteen hours.")
    pieces = list(ServerWriter(settings_for(server)).stream(ASK, Sampling(seed=3)))
    assert pieces == ["A cat", " sleeps", " sixteen hours."]
    [request] = server.requests
    assert request["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Go"},
    ]
    assert request["model"] == "tiny"
    assert request["stream"] is True
    assert (request["temperature"], request["seed"], request["max_tokens"]) == (0, 3, 64)


@pytest.mark.parametrize(
    ("kind", "fields", "unused"),
    [
        (OLLAMA, {"max_tokens": 50}, ("top_k=20", "min_p=0.05", "repetition_penalty=1.1")),
        (
            OPENAI,
            {"max_completion_tokens": 50},
            ("top_k=20", "min_p=0.05", "repetition_penalty=1.1"),
        ),
        (COMPATIBLE, {"max_tokens": 50}, ("top_k=20", "min_p=0.05", "repetition_penalty=1.1")),
        (LLAMA_CPP, {"max_tokens": 50, "top_k": 20, "min_p": 0.05, "repeat_penalty": 1.1}, ()),
        (VLLM, {"max_tokens": 50, "top_k": 20, "min_p": 0.05, "repetition_penalty": 1.1}, ()),
        (LM_STUDIO, {"max_tokens": 50, "top_k": 20, "repeat_penalty": 1.1}, ("min_p=0.05",)),
    ],
)
def test_each_kind_of_server_gets_what_it_takes_and_the_rest_is_named(kind, fields, unused):
    expected = {"temperature": 0.7, "top_p": 0.9, "seed": 7, **fields, **kind.fixed}
    assert kind.request(SAMPLE) == expected
    assert set(kind.unused(SAMPLE)) == set(unused)


def test_a_setting_that_is_left_out_switches_the_servers_own_default_off():
    request = LLAMA_CPP.request(Sampling(strategy="sample"))
    assert (request["top_k"], request["min_p"], request["top_p"], request["temperature"]) == (
        0,
        0.0,
        1.0,
        1.0,
    )
    assert VLLM.request(Sampling(strategy="sample"))["top_k"] == -1


def test_beam_search_is_named_as_unused():
    assert VLLM.unused(Sampling(strategy="beam", num_beams=4)) == ("strategy=beam", "num_beams=4")
    assert VLLM.unused(Sampling()) == ()


@pytest.mark.parametrize(
    ("owner", "kind"),
    [("llamacpp", LLAMA_CPP), ("vllm", VLLM), ("library", OLLAMA), ("me", COMPATIBLE)],
)
def test_a_server_shows_what_it_is(server, owner, kind):
    server.owner = owner
    server.models = (
        {"id": "other"},
        {"id": "tiny", "max_model_len": 32768, "meta": {"size": 1000, "n_ctx_train": 8192}},
    )
    models = list_models(server.url)
    assert [model.name for model in models] == ["other", "tiny"]
    assert (models[1].kind, models[1].size, models[1].context) == (kind, 1000, 8192)
    writer = ServerWriter(settings_for(server))
    assert writer.listed == models[1]
    assert writer.context_tokens == 8192
    assert ServerWriter(settings_for(server, context_tokens=600)).context_tokens == 600


def test_tokens_are_counted_on_this_machine(server):
    writer = ServerWriter(settings_for(server))
    assert [writer.count_tokens(text) for text in ("", "abc", "abcd", "日本")] == [0, 1, 2, 2]
    assert server.paths == []


def test_the_key_is_sent_and_never_said(server, monkeypatch, library, encoder):
    server.key = "sk-secret-42"
    monkeypatch.setenv("LAB_KEY", "sk-secret-42")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-firm")
    settings = settings_for(server, api_key_variable="LAB_KEY")
    assert "".join(ServerWriter(settings).stream(ASK, Sampling())) == "A cat sleeps."
    assert "sk-secret-42" not in settings.model_dump_json()
    server.status, server.message = 400, "you sent sk-secret-42"
    assert str(failure_of(settings)).count("you sent …") == 1
    server.key, server.status = "another", 200
    refused = failure_of(settings)
    assert refused.note.kind == "key"
    assert "LAB_KEY" in str(refused)
    assert "sk-" not in str(refused)
    no_key = failure_of(settings_for(server))
    assert no_key.note.kind == "key"
    assert "another-firm" not in str(server.requests) + str(no_key)


def test_a_key_that_is_not_set_is_one_message(server, monkeypatch):
    monkeypatch.delenv("LAB_KEY", raising=False)
    with pytest.raises(BadSettings, match="export LAB_KEY="):
        ServerWriter(settings_for(server, api_key_variable="LAB_KEY"))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"status": 401}, "key"),
        ({"status": 403}, "key"),
        ({"status": 404}, "missing"),
        ({"status": 429}, "busy"),
        ({"status": 503}, "busy"),
        ({"status": 500, "message": "the model crashed"}, "refused"),
        ({"status": 400, "message": "maximum context length is 4096 tokens"}, "context"),
        ({"status": 400, "message": "unknown field"}, "refused"),
        ({"cut": 0}, "cut"),
        ({"cut": 1}, "cut"),
        ({"finish": False}, "cut"),
        ({"hang": 0}, "silent"),
        ({"hang": 1}, "silent"),
        ({"words": ()}, "empty"),
        ({"body": b"data: {not json\n\n"}, "refused"),
        ({"body": b"<html>hello</html>"}, "cut"),
        ({"body": b'data: {"error": {"message": "out of memory"}}\n\n'}, "refused"),
    ],
)
def test_every_failure_is_explained(server, change, kind):
    for name, value in change.items():
        setattr(server, name, value)
    # Only a silence is waited for; a busy machine may take its time for the rest.
    failure = failure_of(settings_for(server, token_seconds=0.2 if kind == "silent" else 20))
    assert failure.note.kind == kind
    assert str(failure).startswith("The lectures are quoted because ")
    for code in LANGUAGES:
        assert "{" not in failure.note.sentence(code)


def test_a_server_that_is_away_is_said_with_its_address():
    url = free_address()
    failure = failure_of(ModelSettings(generator="openai:tiny", base_url=url))
    assert failure.note.kind == "unreachable"
    assert url in str(failure)


def test_stop_ends_the_answer_and_the_request(server):
    server.words, server.hang = ("one ", "two ", "three "), 2
    stop = threading.Event()
    pieces, start = [], time.monotonic()
    for piece in ServerWriter(settings_for(server)).stream(ASK, Sampling(), stop):
        pieces.append(piece)
        if len(pieces) == 2:
            stop.set()
    assert pieces == ["one ", "two "]
    assert time.monotonic() - start < 60
    assert server.ended.wait(60)


def pipeline_for(script, library, encoder, **fields) -> Pipeline:
    settings = Settings().with_changes(answer={"writer": True})
    models = Models(settings_for(script, **fields), encoder=encoder)
    # No reranker is wanted here, and the writer is the one that the settings name.
    models.settings = models.settings.model_copy(update={"reranker": NO_MODELS.reranker})
    return Pipeline(library, models, settings)


def test_a_servers_answer_is_checked_like_any_other(server, library, encoder):
    server.words = (CAT, " [1] Bananas are blue.")
    answer = pipeline_for(server, library, encoder).ask(QUESTION)
    assert [(said.text, said.origin) for said in answer.sentences] == [(CAT, "written")]
    assert answer.writer_notes == ()
    assert answer.models["generator"] == f"openai:tiny at {server.url}"


def test_unsupported_sentences_are_kept_apart(server, library, encoder):
    server.words = (CAT, " [1] Bananas are blue. [1]", f" {CAT} [1]")
    answer = pipeline_for(server, library, encoder).ask(QUESTION)
    assert [said.text for said in answer.sentences] == [CAT]
    assert unsupported_sentences(answer) == ("Bananas are blue.",)  # a repetition is none
    bundled = replace(answer, models={"generator": "SmolLM2-135M-Instruct@0 (llama.cpp)"})
    assert unsupported_sentences(bundled) == ()
    server.cut = 2
    cut = pipeline_for(server, library, encoder).ask(QUESTION)
    assert "Bananas" in cut.draft
    assert unsupported_sentences(cut) == ()


def test_the_quoted_answer_appears_where_the_server_fails(server, library, encoder):
    pipeline = pipeline_for(server, library, encoder)
    quoted = Pipeline(library, pipeline.models, Settings()).ask(QUESTION)
    server.words, server.cut = (CAT, " It"), 1
    events = list(pipeline.stream(QUESTION))
    assert [event.text for event in events if isinstance(event, Token)] == [CAT]
    assert isinstance(events[-1], Answered)
    answer = events[-1].answer
    assert (answer.leads, answer.sentences) == (quoted.leads, quoted.sentences)
    assert answer.draft == CAT
    [sentence] = answer.writer_sentences
    assert "broke in the middle of the answer" in sentence
    assert answer.render().startswith(sentence)
    assert answer.as_dict()["writer_notes"][0]["sentence"] == sentence


def test_the_reason_is_in_the_questions_language(server, library, encoder):
    server.status = 429
    question = "Wie lange schläft eine Katze am Tag (cat sleeps sixteen hours)?"
    answer = pipeline_for(server, library, encoder).ask(question)
    assert answer.language == "de"
    [sentence] = answer.writer_sentences
    assert sentence.startswith("Die Vorlesungen werden zitiert, weil")
    assert "Status 429" in sentence


def test_settings_without_effect_are_named_in_the_answer(server, library, encoder):
    server.words = (f"{CAT} [1]",)
    answer = pipeline_for(server, library, encoder).ask(QUESTION, sampling=SAMPLE)
    [sentence] = answer.writer_sentences
    assert sentence.endswith("no effect: top_k=20, min_p=0.05, repetition_penalty=1.1.")


def test_a_follow_up_is_searched_as_usual_where_the_rewriting_fails(server, library, encoder):
    from rag.types import Turn

    server.status = 500
    pipeline = pipeline_for(server, library, encoder)
    settings = pipeline.settings.with_changes(retrieval={"followups": "rewrite"})
    history = [Turn("How long does a cat sleep?", "Sixteen hours.")]
    query = pipeline.with_settings(settings).query("And a dog?", history)
    assert query == "How long does a cat sleep? And a dog?"
