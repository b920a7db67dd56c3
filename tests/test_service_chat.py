"""ui.service.chat_completions: what OpenAI's own client gets from a real server."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request

import openai
import pytest
import uvicorn
from service_builders import make_app, make_library


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A server on a free port of this machine."""
    library = make_library(tmp_path_factory.mktemp("chat"))
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(make_app(library), log_config=None, server_header=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="module")
def client(address):
    return openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)


QUESTION = [{"role": "user", "content": "How long does a cat sleep?"}]


def test_the_courses_are_the_models(client):
    assert [model.id for model in client.models.list()] == [
        "katheder",
        "katheder/Zoo",
        "katheder/Physics",
    ]


def test_an_answer_links_to_the_images_of_its_pages(client):
    reply = client.chat.completions.create(
        model="katheder/Zoo", messages=QUESTION, temperature=0.2, max_tokens=50
    )
    text = reply.choices[0].message.content
    assert "A cat sleeps sixteen hours a day. " in text
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    source = reply.sources[0]
    assert (source["document"], source["pages"]) == ("animals.pdf", [1])
    assert f"]({source['image']})" in text
    with urllib.request.urlopen(source["image"], timeout=60) as image:
        assert image.read(8) == b"\x89PNG\r\n\x1a\n"


def test_a_stream_has_the_words_of_the_whole_reply(client):
    whole = client.chat.completions.create(model="katheder", messages=QUESTION)
    chunks = list(
        client.chat.completions.create(
            model="katheder",
            messages=QUESTION,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    words = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(words) == whole.choices[0].message.content
    assert len([word for word in words if word]) > 1
    assert chunks[-1].usage == whole.usage
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].sources == whole.sources


def test_a_follow_up_is_asked_with_the_conversation_before_it(client):
    first = client.chat.completions.create(model="katheder", messages=QUESTION)
    said = {"role": "assistant", "content": first.choices[0].message.content}
    messages = [
        {"role": "system", "content": "Be brief."},
        *QUESTION,
        said,
        {"role": "user", "content": [{"type": "text", "text": "and a dog?"}]},
    ]
    reply = client.chat.completions.create(model="katheder", messages=messages)
    assert {source["document"] for source in reply.sources} == {"animals.pdf"}


@pytest.mark.parametrize(
    ("model", "question", "fault", "words"),
    [
        ("gpt-5", "why?", openai.NotFoundError, "expected katheder or katheder/COURSE"),
        ("katheder/none", "why is it?", openai.NotFoundError, "There is no course"),
        ("katheder", "??", openai.BadRequestError, "holds no words"),
    ],
)
def test_a_fault_reaches_the_client_as_its_own_error(client, model, question, fault, words):
    messages = [{"role": "user", "content": question}]
    with pytest.raises(fault, match=words):
        client.chat.completions.create(model=model, messages=messages)


def test_a_fault_in_a_stream_is_an_error_too(client):
    messages = [{"role": "user", "content": "??"}]
    with pytest.raises(openai.APIError, match="holds no words"):
        list(client.chat.completions.create(model="katheder", messages=messages, stream=True))
