"""Room "Next word" of the language laboratory, driven by AppTest with the bundled decoder."""

from __future__ import annotations

import ast
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_app import contrast, text_of
from test_app_generative import choose

from ui.german import GERMAN
from ui.language_laboratory import next_word_bars, next_word_charts, next_word_strategies

PAGE = """
from ui.session import open_session
from ui.language_laboratory.next_word import show
open_session()
show()
"""
ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "ui" / "language_laboratory").glob("next_word*.py"))


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open a part of the room where there is no library."""

    def at(part: str = "bars", **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=240)
        for name, value in state.items():
            page.session_state[name] = value
        page.session_state["next_word_part"] = part
        page.run()
        assert not page.exception
        return page

    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "library"))
    yield at
    st.cache_data.clear()


def table(page: AppTest, column: str) -> list[object]:
    """A column of the first table that has it."""
    frame = next(one.value for one in page.dataframe if column in one.value)
    return frame[column].tolist()


@pytest.mark.slow
def test_sliders_act_on_the_distribution_of_the_next_token(opened):
    page = opened()
    assert "gives each token of its vocabulary a probability" in text_of(page)
    assert table(page, "Step") == ["Softmax of the logits"]
    assert table(page, "Tokens left") == [49152]
    page = choose(page, "Temperature", 2.0)
    page = choose(page, "Top-k", 5)
    assert table(page, "Step") == ["Softmax of the logits", "Temperature", "Top-k"]
    assert table(page, "Tokens left")[-1] == 5
    entropies = [float(one) for one in table(page, "Entropy in bits")]
    assert entropies[1] > entropies[0]
    page = choose(page, "Draw 10\u202f000 tokens", True)
    assert sum(table(page, "Drawn")) == 10_000
    assert "degrees of freedom" in text_of(page)


@pytest.mark.slow
def test_two_texts_are_compared(opened):
    page = opened("text")
    assert "The first text is likelier" in text_of(page)
    assert table(page, "Token")[0] == "The"
    [second] = [one for one in page.text_area if one.label == "Another text"]
    page = second.set_value("The keys to the cabinet are on the table.").run()
    assert "Both texts are equally likely." in text_of(page)


@pytest.mark.slow
def test_three_strategies_stand_side_by_side(opened):
    page = opened("strategies", strategies_tokens=4)
    names = table(page, "Strategy")
    assert names[:2] == ["Greedy", "Beam search, 4 beams"]
    assert names[2:] == [
        f"Sampling, temperature {one}" for one in next_word_strategies.TEMPERATURES
    ]
    greedy = table(page, "Text (of draws the first)")[0]
    assert greedy.startswith("that it's a")
    [tree] = [one.proto.body for one in page.get("html") if "data:image/svg" in one.proto.body]
    svg = b64decode(re.findall(r"base64,([^\"]*)", tree)[0]).decode()
    assert ">␣that" in svg
    assert len(table(page, "Text")) == 10
    page = choose(page, "Beams", 2)
    assert table(page, "Strategy")[1] == "Beam search, 2 beams"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "notice"),
    [("bars", "Ein Sprachmodell tut eines"), ("text", "ist das Produkt der Wahrscheinlichkeiten")],
)
def test_the_room_opens_in_german(opened, part, notice):
    page = opened(part, language="de", changes={})
    assert notice in text_of(page)


@pytest.mark.slow
def test_without_lectures_there_is_no_prompt_of_katheder(opened):
    page = opened(bars_kind="katheder")
    assert "The library is empty" in page.info[0].value


def test_all_texts_of_the_room_have_german_ones():
    """Every literal that `t`, `notice` or `think` gets, and the names in tables."""
    texts = {*next_word_bars.STAGES.values()} | {"best", "kept", "complete", "dropped"}
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            if name in ("t", "notice", "think"):
                texts |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    assert len(texts) > 50
    assert texts - GERMAN.keys() == set()


def test_colours_of_the_charts_are_seen():
    config = (ROOT / "ui" / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    for ground in re.findall(r'^backgroundColor = "(.*)"', config, re.MULTILINE):
        for name in ("BLUE", "ORANGE", "PURPLE", "GREY"):
            assert contrast(getattr(next_word_charts, name), ground) >= 3, (name, ground)
