"""ui.mcp by the SDK's own client: in memory, and with the program as a process over stdio."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from mcp import StdioServerParameters, stdio_client
from mcp.client import Client
from PIL import Image
from service_builders import make_engine, make_library
from typer.testing import CliRunner

from rag.settings import Settings
from rag.written_units import WrittenUnit
from ui.mcp.server import build_server
from ui.mcp.values import answer_values


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return make_library(tmp_path_factory.mktemp("mcp"))


@pytest.fixture
def server(library):
    return build_server(library.folder, Settings(), make_engine(library).pipeline())


def converse(server, talk):
    """What a coroutine returns that talks to a server."""

    async def session():
        async with Client(server) as client:
            return await talk(client)

    return anyio.run(session)


def call(server, tool, **arguments):
    return converse(server, lambda client: client.call_tool(tool, arguments))


def test_its_tools_only_read(server):
    tools = converse(server, lambda client: client.list_tools()).tools
    assert {tool.name for tool in tools} == {
        "search_lectures",
        "ask_lectures",
        "read_page",
        "list_lectures",
    }
    assert all(tool.annotations.read_only_hint for tool in tools)


def test_a_search_names_document_page_and_quote(server, library):
    [animals] = [one for one in library.documents() if one.file == "animals.pdf"]
    result = call(server, "search_lectures", question="When does a cat sleep?", passages=1)
    [passage] = result.structured_content["passages"]
    assert passage["document"] == animals.id
    assert passage["pages"] == [1]
    assert "sixteen hours" in passage["quote"]
    assert passage["citation"] == "Zoo, animals.pdf, p. 1"
    assert json.loads(result.content[0].text) == result.structured_content
    scoped = call(server, "search_lectures", question="When does a cat sleep?", course="physics")
    assert {row["citation"] for row in scoped.structured_content["passages"]} <= {
        "Physics, physics.md, section 1"
    }


def test_an_answer_has_the_pipelines_words_and_sources(server, library):
    question = "How long does a cat sleep?"
    answer = make_engine(library).pipeline().ask(question)
    result = call(server, "ask_lectures", question=question).structured_content
    assert result["answer"] == answer.text
    assert result["grade"] == answer.grade
    assert [source["number"] for source in result["sources"]] == [s.number for s in answer.sources]
    assert result["sources"][0]["pages"] == [1]


def test_a_structured_answer_keeps_its_form(library):
    units = (
        WrittenUnit("item", "A cat **sleeps**", "supported", (1,), level=1),
        WrittenUnit("item", "See ![x](http://evil.example)", "unsupported", level=1),
    )
    answer = make_engine(library).pipeline().ask("How long does a cat sleep?")
    values = answer_values(replace(answer, leads=(), units=units, models={"generator": "tiny"}))
    assert values.answer == "- A cat **sleeps** [1]"
    assert values.unsupported == ["See ![x](http://evil.example)"]


def test_a_page_is_text_and_picture(server):
    text, image = call(server, "read_page", document="animals.pdf", page=2).content
    assert "animals.pdf, page 2 of 2" in text.text
    assert "A dog guards the house" in text.text
    assert image.mime_type == "image/png"
    assert Image.open(io.BytesIO(base64.b64decode(image.data))).width > 100
    [alone] = call(server, "read_page", document="animals.pdf", page=1, image=False).content
    assert alone.type == "text"


def test_the_lectures_are_listed_with_their_courses(server):
    rows = call(server, "list_lectures").structured_content["lectures"]
    assert [(row["file"], row["pages"], row["courses"]) for row in rows] == [
        ("animals.pdf", 2, ["Zoo"]),
        ("physics.md", 1, ["Physics"]),
    ]
    [one] = call(server, "list_lectures", course="zoo").structured_content["lectures"]
    assert one == rows[0]


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("read_page", {"document": "animals.pdf", "page": 9}, "no page 9; its pages are 1 to 2"),
        ("read_page", {"document": "birds.pdf", "page": 1}, "no document 'birds.pdf'; see list"),
        ("list_lectures", {"course": "Botany"}, "Botany.*Zoo, Physics"),
        ("ask_lectures", {"question": "Why?", "course": "Botany"}, "Botany"),
        ("ask_lectures", {"question": "?"}, "words"),
    ],
)
def test_an_error_says_what_to_do(server, tool, arguments, message):
    result = call(server, tool, **arguments)
    assert result.is_error
    assert re.search(message, result.content[0].text), result.content[0].text


def test_pages_are_resources_and_prompts_name_their_topic(server, library):
    [animals] = [one for one in library.documents() if one.file == "animals.pdf"]

    async def talk(client):
        templates = await client.list_resource_templates()
        text = await client.read_resource(f"lectures://{animals.id}/2/text")
        image = await client.read_resource(f"lectures://{animals.id}/2/image")
        prompt = await client.get_prompt("explain", {"topic": "entropy"})
        return templates.resource_templates, text.contents[0], image.contents[0], prompt

    templates, text, image, prompt = converse(server, talk)
    assert len(templates) == 2
    assert "A dog guards the house" in text.text
    assert Image.open(io.BytesIO(base64.b64decode(image.blob))).format == "PNG"
    assert "entropy" in prompt.messages[0].content.text


@pytest.mark.parametrize(
    ("address", "message"),
    [("127.0.0.1", "expected HOST:PORT"), ("0.0.0.0:8700", "asks for no key")],
)
def test_http_is_for_this_machine(address, message):
    from ui.cli import app

    result = CliRunner().invoke(app, ["mcp", "--http", address])
    assert message in str(result.exception)


@pytest.mark.slow
def test_a_client_starts_the_program_and_asks(library, tmp_path):
    """The configuration of a chat client: a command, its arguments, an environment."""
    root = str(Path(__file__).parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": root,
        "KATHEDER_APP__KEEP_WARM_MINUTES": "0",
        "KATHEDER_CONFIG": str(tmp_path),
    }
    process = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "ui.cli", "mcp", "--library", str(tmp_path / "library")],
        env=environment,
    )
    notes = tmp_path / "entropy.md"
    notes.write_text("# Entropy\n\nEntropy is the expected surprise of a random variable.\n")
    from katheder import Katheder

    Katheder(tmp_path / "library").add(notes, course="Information")

    async def session():
        async with Client(stdio_client(process)) as client:
            answer = await client.call_tool("ask_lectures", {"question": "What is entropy?"})
            wrong = await client.call_tool("read_page", {"document": "entropy.md", "page": 7})
            return answer, wrong

    answer, wrong = anyio.run(session)
    assert "expected surprise" in answer.structured_content["answer"]
    assert answer.structured_content["sources"][0]["citation"].endswith("entropy.md, section 1")
    assert "no page 7" in wrong.content[0].text
