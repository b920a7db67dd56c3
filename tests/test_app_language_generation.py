"""The room about why generation is hard, driven by AppTest, and its commands."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_app import press, text_of
from test_app_language_tokens import PAGE, run

from ui.german import GERMAN
from ui.language_laboratory import generation, narrowing
from ui.session import background_jobs


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open a part of the room."""

    def at(part: str = "count", **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=120)
        for name, value in {"room": "generation", "generation_part": part, **state}.items():
            page.session_state[name] = value
        page.run()
        assert not page.exception
        return page

    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "library"))
    st.cache_data.clear()
    yield at
    st.cache_data.clear()
    background_jobs().pop("laboratory decoder bits", None)


def test_the_sliders_give_the_powers(opened):
    page = opened(image_side=28, sentence_words=20, sentence_vocabulary=30_000)
    text = "\n".join([text_of(page), *(formula.value for formula in page.latex)])
    assert r"2^{784} \approx 1.02 \cdot 10^{236}" in text
    assert r"30000^{20} \approx 3.49 \cdot 10^{89}" in text
    assert "From 266 pixels on" in text
    assert "From 18 words on" in text


@pytest.mark.slow
def test_random_draws_change_with_the_seed_alone(opened):
    page, again, other = (opened("random", random_seed=seed) for seed in (0, 0, 1))
    assert len([image for element in page.get("image") for image in element.proto.imgs]) == 4
    words = [one.value for one in page.markdown if "Trigram" in one.value]
    assert words == [one.value for one in again.markdown if "Trigram" in one.value]
    assert words != [one.value for one in other.markdown if "Trigram" in one.value]


@pytest.mark.slow
def test_each_context_narrows_the_next_byte_down(opened):
    table = opened("bits").dataframe[0].value
    of_bytes = table[table["Unit"] == "bytes"]["Bits per character"].tolist()
    assert of_bytes == sorted(of_bytes, reverse=True)
    text = narrowing.held_out("transformers").text
    assert of_bytes[0] == pytest.approx(8 * len(text.encode()) / len(text), abs=0.01)
    of_tokens = table[table["Unit"] == "tokens"]["Bits per token"].tolist()
    assert of_tokens[0] == pytest.approx(15.58, abs=0.01)  # log2 of 49 152
    assert of_tokens[2] < of_tokens[1] < of_tokens[0] / 1.5


def test_no_model_learns_from_the_lecture_that_is_held_out():
    test = narrowing.held_out("transformers")
    assert len(test.text) == 2500 + len(test.pages) - 1  # with the line breaks between pages
    for page in test.pages:
        others = [
            p for name, ps in narrowing.lectures().items() if name != test.lecture for p in ps
        ]
        assert not any(page in other for other in others)
    assert len(narrowing.lectures()) == 5  # those in English
    assert narrowing.lectures().keys() & {"grundlagen-maschinelles-lernen"} == set()


def test_a_reading_that_is_stopped_reads_no_page():
    stop = threading.Event()
    stop.set()
    test = narrowing.held_out("transformers")
    assert list(narrowing.decoder_bits(test, None, None, stop)) == []


@pytest.mark.slow
def test_the_decoder_needs_the_fewest_bits(opened):
    page = press(opened("bits"), "Let the bundled decoder read it")
    reading = background_jobs()["laboratory decoder bits"]
    end = time.monotonic() + 250
    while not reading.job.done and time.monotonic() < end:
        time.sleep(0.2)
    page = opened("bits")
    table = page.dataframe[0].value
    assert table["Model"].iloc[-1] == "Bundled decoder"
    assert table["Bits per character"].iloc[-1] < 0.7 * table["Bits per character"].iloc[:-1].min()


def test_the_commands_print_json_and_draw(tmp_path):
    picture = tmp_path / "count.svg"
    code, output = run(
        "count", "--words", "5", "--vocabulary", "10", "--json", "--output", str(picture)
    )
    assert "sentences of 5 words" in picture.read_text()
    assert code == 0
    images, sentences, atoms = json.loads(output)
    assert (images["about"], sentences["log10"], atoms["log10"]) == ("1.02e236", 5, 80)
    code, output = run("bits", "--no-decoder", "--json")
    assert code == 0
    assert [row["model"] for row in json.loads(output)] == list(narrowing.NAMES.values()) * 2


def test_an_unknown_lecture_is_one_message():
    code, output = run("bits", "history", "--no-decoder")
    assert code == 1
    assert "no English lecture 'history', expected one of generative-models" in output


def test_all_texts_of_the_room_have_german_ones():
    tables = (generation.PARTS, generation.ORDERS, generation.TITLES)
    assert {value for table in tables for value in table.values()} - GERMAN.keys() == set()
    assert set(narrowing.NAMES.values()) | set(narrowing.UNITS) <= generation.TITLES.keys()


@pytest.mark.parametrize("part", generation.PARTS)
def test_every_part_opens_in_german(opened, part):
    page = opened(part, language="de", changes={})
    assert page.title[0].value == "Sprachlabor"
    assert not page.error
