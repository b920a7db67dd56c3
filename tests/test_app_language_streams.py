"""The room Streams and size, driven by AppTest, its figures in the docs, and its commands."""

from __future__ import annotations

import io
import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_app import press, text_of
from test_app_language_tokens import PAGE, run
from test_app_language_vectors import wait

from language import scaling, stream_models
from ui.german import GERMAN
from ui.language_laboratory import stream_data
from ui.language_laboratory.streams import PARTS, samples
from ui.session import background_jobs

DOCS = (Path(__file__).parents[1] / "docs" / "language.md").read_text(encoding="utf-8")


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open a part of the room where there is no library."""

    def at(part: str = "samples", **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=120)
        for name, value in {"room": "streams", "streams_part": part, **state}.items():
            page.session_state[name] = value
        page.run()
        assert not page.exception
        return page

    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "library"))
    st.cache_data.clear()
    background_jobs().clear()
    yield at
    background_jobs().clear()


def test_the_docs_have_the_stored_figures():
    assert stream_models.table() in DOCS
    assert scaling.table(scaling.read_curves()) in DOCS


def test_all_names_of_the_room_have_german_ones():
    names = {*PARTS.values(), *samples.TITLES.values(), *samples.BASELINES.values()}
    assert names - GERMAN.keys() == set()


def test_a_signal_becomes_a_sound_file():
    content = stream_data.wave_bytes(np.array([0, 1, -1.0, 0.5]), 4000)
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (4000, 1, 4)
        assert np.frombuffer(file.readframes(4), "<i2").tolist() == [0, 32767, -32767, 16383]


def test_the_command_draws_letters_and_names_a_wrong_ending(tmp_path):
    code, output = run("stream", "letters", "--text", "The model", "--count", "5", "--json")
    assert code == 0
    drawn = json.loads(output)["tokens"][0]
    alphabet = stream_models.read_stream_model("letters").card["facts"]["alphabet"]
    assert "".join(alphabet[n] for n in drawn[:9]) == "The model"
    assert len(drawn) == 14
    code, output = run("stream", "sound", "--output", str(tmp_path / "sound.mp3"))
    assert code == 1
    assert "'.mp3', expected .wav for sound" in output


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens(opened, part, language):
    page = opened(part, language=language, changes={})
    assert not page.error
    question = "Zum Nachdenken" if language == "de" else "To think about"
    assert any(one.label.startswith(question) for one in page.expander)


@pytest.mark.slow
def test_other_samples_are_drawn(opened):
    page = opened(streams_temperature=0.5, streams_seed=3)
    before = page.code[0].value
    press(page, "Draw again")
    wait("streams")
    page = opened(streams_temperature=0.5, streams_seed=3)
    assert not page.error
    model = stream_models.read_stream_model("letters")
    *_, tokens = stream_models.draw(
        model, stream_models.sample_prompt(model), 400, temperature=0.5, seed=3
    )
    alphabet = model.card["facts"]["alphabet"]
    drawn = "".join(alphabet[n] for n in tokens[0].tolist())
    assert page.code[0].value == drawn.strip()  # the page leaves out the line break of the prompt
    assert page.code[0].value != before
    assert "First tokens" in text_of(page)


@pytest.mark.slow
def test_the_commands_write_a_picture_and_a_sound(tmp_path):
    from PIL import Image

    picture, sound, chart = (tmp_path / name for name in ("7.png", "tone.wav", "law.svg"))
    assert run("stream", "digits", "--digit", "7", "--output", str(picture))[0] == 0
    assert Image.open(picture).size == (10 * 28 * 4, 28 * 4)
    assert run("stream", "sound", "--count", "400", "--output", str(sound))[0] == 0
    with wave.open(str(sound)) as file:
        assert file.getnframes() == 401
    code, output = run("scaling", "--json", "--output", str(chart))
    assert code == 0
    assert len(json.loads(output)["text"]) >= 4
    assert "Bits per letter" in chart.read_text()
