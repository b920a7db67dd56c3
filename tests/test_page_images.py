"""Images of cited pages for a model that sees: which pages, how large, and what is sent."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image
from scripted_server import Script, running

from rag.language_models.trial import try_model
from rag.models import Models
from rag.page_images import page_images
from rag.pipeline import Pipeline
from rag.settings import ModelSettings, Settings

QUESTION = "How long does a cat sleep?"
CAT = "A cat sleeps sixteen hours a day."


@pytest.fixture
def server():
    with running(Script(words=(f"{CAT} [1]",))) as script:
        yield script


def pipeline_for(server, library, encoder, **fields) -> Pipeline:
    models = ModelSettings(
        generator="openai:tiny",
        base_url=server.url,
        reranker="none",
        context_tokens=16_000,
        **fields,
    )
    settings = Settings().with_changes(answer={"writer": True})
    return Pipeline(library, Models(models, encoder=encoder), settings)


def picture(uri: str) -> Image.Image:
    kind, _, data = uri.partition(",")
    assert kind == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_images_are_of_the_first_pages_and_no_larger_than_allowed(server, library, encoder):
    sources = pipeline_for(server, library, encoder).ask(QUESTION).evidence
    images = page_images(sources, library, 2, 50_000)
    assert [image.number for image in images] == [1, 2]
    assert images[0].citation == "animals.pdf, p. 1"
    for image in images:
        size = picture(image.uri).size
        assert size == (image.width, image.height)
        assert size[0] * size[1] <= 50_000 < 1.1 * size[0] * size[1]
        assert size[0] / size[1] == pytest.approx(16 / 9, rel=0.02)  # the pages' own shape


def test_a_file_that_is_gone_has_no_image(server, library, encoder, tmp_path):
    sources = pipeline_for(server, library, encoder).ask(QUESTION).evidence
    (tmp_path / "lectures" / "animals.pdf").unlink()
    files = {image.citation.partition(",")[0] for image in page_images(sources, library, 9, 9**6)}
    assert files == {"physics.pdf"}


def test_only_a_model_that_sees_gets_images(server, library, encoder):
    pytest.importorskip("langchain_openai")
    pipeline_for(server, library, encoder).ask(QUESTION)
    assert isinstance(server.requests[-1]["messages"][1]["content"], str)
    server.models = ({"id": "tiny", "capabilities": ["vision"]},)
    trial = try_model(pipeline_for(server, library, encoder, images=2), QUESTION)
    text, *parts = server.requests[-1]["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["image_url"] * 2
    assert picture(parts[0]["image_url"]["url"]).width > 100
    line = "[1] animals.pdf, p. 1 ("
    assert line in text["text"]
    assert line in trial.sent[1]["content"]  # what was sent, in words
    pipeline_for(server, library, encoder, sees=False).ask(QUESTION)
    assert isinstance(server.requests[-1]["messages"][1]["content"], str)
