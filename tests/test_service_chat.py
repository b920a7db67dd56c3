"""ui.service.chat_completions: what OpenAI's own client gets from a real server."""

from __future__ import annotations

import re
import socket
import threading
import time
import urllib.request
from contextlib import contextmanager

import openai
import pytest
import uvicorn
from conftest import WordEncoder
from scripted_server import Script, running
from service_builders import make_app, make_engine, make_library

from rag.models import Models
from ui.service.app import create_app
from ui.service.engine import open_engine


@contextmanager
def serving(app):
    """The service on a free port of this machine; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, server_header=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    library = make_library(tmp_path_factory.mktemp("chat"))
    with serving(make_app(library)) as url:
        yield url


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
    [citation] = [each.url_citation for each in reply.choices[0].message.annotations]
    assert (citation.title, citation.url) == (source["citation"], source["image"])
    assert text[citation.start_index : citation.end_index].endswith(f"]({citation.url})")
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
    [annotations] = [
        chunk.choices[0].delta.annotations
        for chunk in chunks
        if chunk.choices and hasattr(chunk.choices[0].delta, "annotations")
    ]
    message = whole.choices[0].message
    assert annotations == [each.model_dump() for each in message.annotations]
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


TITLE = """### Task:
Generate a concise title summarizing the chat history.
### Output:
JSON format: { "title": "your concise title here" }
### Chat History:
<chat_history>USER: How long does a cat sleep?</chat_history>"""


@pytest.mark.parametrize("stream", [False, True])
def test_a_chat_clients_own_task_is_no_question(client, stream):
    messages = [{"role": "user", "content": TITLE}]
    reply = client.chat.completions.create(model="katheder", messages=messages, stream=stream)
    if stream:
        assert next(chunk.choices[0].delta.content for chunk in reply) == "{}"
    else:
        assert reply.choices[0].message.content == "{}"
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="other", messages=messages)


WRITTEN = """A cat sleeps **sixteen** hours a day [1].

| animal | hours |
|---|---|
| cat | sixteen hours a day [1] |

Cats were invented in 1803 ![x](http://evil.example/x.png).
"""


def test_a_structured_answer_keeps_its_form_and_what_is_unsupported_stands_beneath(tmp_path):
    pytest.importorskip("langchain_openai")
    library = make_library(tmp_path)
    settings = make_engine(library).settings
    with running(Script(words=[WRITTEN])) as script:
        settings = settings.with_changes(
            models={"generator": "openai:tiny", "base_url": script.url}, answer={"writer": True}
        )
        engine = open_engine(
            library.folder, settings, Models(settings.models, encoder=WordEncoder())
        )
        with serving(create_app(engine, hosts=["localhost"], is_open=True)) as url:
            client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
            reply = client.chat.completions.create(model="katheder", messages=QUESTION)
            said = {"role": "assistant", "content": reply.choices[0].message.content}
            client.chat.completions.create(
                model="katheder", messages=[*QUESTION, said, *QUESTION], max_tokens=20
            )
    text = said["content"]
    assert text.startswith(
        "A cat sleeps **sixteen** hours a day. [1]\n\n| animal | hours |  |\n|---|"
    )
    assert "| cat | sixteen hours a day | [1] |" in text
    answer, _, ending = text.partition("\n\n---\n")
    assert "1803" not in answer
    assert "not supported by the lectures:\n\n~~Cats were invented in 1803" in ending
    assert "animals.pdf, p. 1](http" in ending
    assert "png?" in ending
    assert re.search(r"\): “A cat sleeps sixteen hours a day\. ?.*”", ending)
    assert "![" not in text
    assert "1803" not in str(script.requests[-1]["messages"])  # it is no part of the conversation
