"""The room "Attention" of the language laboratory, driven by AppTest with the bundled models."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from language.attention import attention, causal_mask
from language.kinds import KINDS
from language.known_models import KNOWN_MODELS
from language.positions import sinusoids
from ui.german import GERMAN
from ui.language_laboratory.attention import (
    PARTS,
    kinds,
    layers,
    maps,
    models,
    numbers,
    search,
    step,
)
from ui.language_laboratory.attention import size as size_part
from ui.session import background_jobs

ROOM = Path(step.__file__).parent
PAGE = """
from ui.language_laboratory.attention import show
show()
"""


@pytest.fixture(scope="module")
def opened() -> Iterator[Callable[..., AppTest]]:
    """Open a part of the room; models stay loaded within the module."""

    def at(part: str, **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=240)
        page.session_state["attention_part"] = part
        for name, value in state.items():
            page.session_state[name] = value
        page.run()
        assert not page.exception, page.exception
        return page

    yield at
    background_jobs().pop(numbers._TRAINING, None)
    st.cache_resource.clear()
    st.cache_data.clear()


def text_of(page: AppTest) -> str:
    parts = [*page.markdown, *page.caption, *page.info, *page.warning, *page.error]
    return "\n".join(part.value for part in parts).replace("\\", "")


def test_one_step_shows_weights_of_the_chosen_word(opened):
    page = opened("step")
    table = page.dataframe[-1].value  # the editors of the matrices come first
    assert list(table["Word"]) == list(step.WORDS)
    weights = [float(weight) for weight in table["Weight"]]
    assert sum(weights) == pytest.approx(1, abs=0.002)
    assert weights[0] == max(weights)  # "it" looks at the cat
    page.toggle(key="step_padding").set_value(True).run()
    assert page.dataframe[-1].value["Weight"].tolist()[3] == "0.000"
    page.toggle(key="step_causal").set_value(True).run()
    assert not page.exception


def test_the_numbers_of_a_step_are_those_of_attention():
    query, key, value = (torch.tensor(rows).float() for rows in (step.QUERY, step.KEY, step.VALUE))
    settings = step.Settings(heads=2, scaled=True, causal=True, padding=False)
    result = step.compute(query, key, value, settings)
    second = attention(query[:, 2:], key[:, 2:], value[:, 2:], causal_mask(4))
    torch.testing.assert_close(result.weights[1], second.weights)
    before = step.compute(query, key, value, step.Settings(2, True, False, False)).weights[1]
    assert before[1:].argmax(dim=-1).tolist() == [0, 1, 2]  # the second head: the word before


@pytest.mark.slow
def test_maps_and_search_name_what_is_wrong(opened):
    page = opened("maps")
    assert not page.error
    assert "of its attention to" in text_of(page)
    page.text_input(key="maps_text").set_value("word " * 300).run()
    assert "at most 128" in text_of(page)
    page = opened("search")
    assert "“milk”: 1 of 72; most of all head 2 of layer 4" in text_of(page)
    page.segmented_control(key="search_example").set_value("trophy and suitcase").run()
    assert "None of the 72 heads switches" in text_of(page)
    page.text_input(key="search_target trophy and suitcase").set_value("dog").run()
    assert "The text has no word 'dog'" in text_of(page)


def test_rotary_similarity_is_that_of_added_sinusoids():
    table = sinusoids(40, 32)
    torch.testing.assert_close(layers.similarities(10, 10_000), table @ table[10] / 16)


@pytest.mark.slow
def test_positions_norms_and_residuals(opened):
    for view in ("positions", "norms", "residuals"):
        page = opened("layers", layers_view=view)
        assert not page.error
    page = opened("layers", layers_view="norms", norm_0=0.0, norm_1=0.0, norm_2=0.0, norm_3=0.0)
    assert "Mean 0.00, standard deviation 0.00" in text_of(page)


@pytest.mark.slow
def test_the_decoder_says_why_no_head_changes(opened):
    page = opened("search", search_model="decoder")
    assert "No head changes" in text_of(page)
    page = opened("kinds")
    for kind in KINDS.values():
        assert kind.training in text_of(page)
    assert not page.error


def test_the_encoder_decoder_sees_the_source_and_what_it_has_written():
    rows, columns, seen = kinds.crossing("start", "end")
    assert rows == ["4", "2", "end"]
    assert columns == ["zwei", "und", "vierzig", "start", "4", "2"]
    assert (seen[:, :3] > 0).all()
    assert ((seen[:, 3:] > 0) == torch.ones(3, 3, dtype=torch.bool).tril()).all()


def test_size_shows_the_parameters_of_each_model(opened):
    page = opened("size")
    assert "Exactly 1\u202f557\u202f611\u202f200 parameters; published: 1.56 billion" in text_of(
        page
    )
    for name in ("minilm-l6", "t5-base", "llama-3.1-405b"):
        assert name in KNOWN_MODELS
        page.selectbox(key="size_model").set_value(name).run()
        assert not page.exception
        assert not page.error


def test_amounts_for_readers():
    assert size_part.amount(1_557_611_200) == "1.56 billion"
    assert size_part.amount(12_345) == "12\u202f345"
    assert size_part.size(3_115_222_400) == "3.12 GB"


@pytest.mark.slow
def test_a_training_runs_and_its_model_answers(opened):
    page = opened("numbers")
    assert "206,028 parameters" in text_of(page)
    page.slider(key="numbers_seconds").set_value(10).run()
    page.button(key="numbers_train").click().run()
    assert not page.exception
    text = text_of(page)
    assert "held-out numbers" in text
    assert "zwölf · tausend · drei · hundert · zwei · und · vierzig" in text
    page.text_input(key="numbers_words").set_value("a dog").run()
    assert "is no number word" in text_of(page)


def test_all_words_of_the_rooms_have_german_ones():
    texts: set[str] = {*PARTS.values(), *models.MODELS.values(), *maps.PATTERNS.values()}
    texts |= {*numbers.LANGUAGES.values(), *search.EXAMPLES}
    for kind in KINDS.values():
        texts |= {kind.name, kind.sees, kind.training, kind.good_for, kind.examples}
    for file in ROOM.parent.rglob("*.py"):  # of all rooms
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("t", "notice", "think"):
                texts |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    assert len(texts) > 100
    assert texts - GERMAN.keys() == set()


@pytest.mark.slow
def test_the_room_in_german(opened):
    for part in ("step", "size", "layers"):
        page = opened(part, language="de")
        assert not page.exception
    assert "Ohne Positionen ist ein Satz" in text_of(page)
