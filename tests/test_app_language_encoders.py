"""The room Encoders at work, driven by AppTest; what trains the real encoder is slow."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_app import press, text_of
from test_app_language_vectors import PAGE, wait

from language.tasks import TASKS, read_task
from ui.german import GERMAN
from ui.language_laboratory.encoders import PARTS, curve, tuning
from ui.session import background_jobs


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open a part of the room where there is no library."""

    def at(part: str, **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=300)
        page.session_state["room"] = "encoders"
        page.session_state["encoders_part"] = part
        for name, value in state.items():
            page.session_state[name] = value
        page.run()
        assert not page.exception
        return page

    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "library"))
    st.cache_data.clear()
    background_jobs().clear()
    yield at
    background_jobs().clear()


@pytest.mark.slow
def test_a_mask_is_filled_and_a_text_without_one_refused(opened):
    page = opened("mask")
    assert not page.error
    assert "is right for" in text_of(page)
    page.text_input(key="mask_text_0").set_value("No gap here.").run()
    assert "has no [MASK]" in page.error[0].value.replace("\\", "")
    page.text_input(key="mask_text_0").set_value("A [MASK].").run()
    page.text_input(key="mask_model").set_value("no-such/model").run()
    assert "no-such/model" in page.error[0].value.replace("\\", "")


@pytest.mark.slow
def test_a_classifier_is_trained_and_tries_a_sentence(opened):
    page = opened("tuning", tune_encoder="english", tune_languages="en", tune_task="topics")
    page.slider(key="tune_layers_english").set_value(0).run()
    page = press(page, "Train")
    wait("tuning")
    page.run()
    assert not page.exception
    assert not page.error
    metrics = {one.label: one.value for one in page.metric}
    assert float(metrics["Accuracy"]) > 0.7
    assert "mitochondrion" in page.text_input(key="tune_own_The mito").value
    assert "biology" in text_of(page)
    assert any(one.label.startswith("Wrong sentences") for one in page.expander)


@pytest.mark.slow
def test_both_encoders_score_the_same_pairs(opened):
    page = opened("pairs")
    assert not page.error
    table = page.dataframe[0].value
    assert len(table) == 6
    assert table["Cross-encoder"].between(0, 1).all()
    assert table["Bi-encoder"].between(0, 1).all()
    assert sorted(table["Rank (bi)"]) == sorted(table["Rank (cross)"]) == [1, 2, 3, 4, 5, 6]
    assert table.iloc[0]["Text"].startswith(("The forward process", "A network learns"))
    page.text_area(key="pairs_texts").set_value("One text.").run()
    assert "expected 2 to 20" in page.error[0].value


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_in_german(opened, part):
    page = opened(part, language="de", changes={}, tune_encoder="english")
    assert page.title[0].value == "Sprachlabor"
    assert not page.error


def test_all_names_of_the_room_have_german_ones():
    names = [*PARTS.values(), *tuning.NAMES.values(), *tuning.LANGUAGES.values()]
    names += [*curve.KINDS.values(), "Accuracy", "F1 of entities"]
    names += [label for task in TASKS for label in read_task(task).labels]
    assert set(names) - GERMAN.keys() == set()
