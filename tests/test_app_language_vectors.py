"""The room Vectors of the language laboratory, driven by AppTest with the bundled models."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_app import press, text_of

from ui.german import GERMAN
from ui.language_laboratory import lectures, runs
from ui.language_laboratory.vectors import PARTS, nodes, tokens, words
from ui.session import background_jobs

PAGE = """
from ui.session import open_session
from ui.views.language import page
page(open_session())
"""


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open a part of the room where there is no library."""

    def at(part: str, **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=200)
        page.session_state["room"] = "vectors"
        page.session_state["vectors_part"] = part
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


def wait(name: str) -> None:
    """Until a run is over."""
    end = time.monotonic() + 240
    while runs.busy(name) and time.monotonic() < end:
        time.sleep(0.1)
    assert not runs.busy(name)


def test_a_word_becomes_a_row_of_the_table_with_its_neighbours(opened):
    page = opened("tokens")
    table, _, _ = tokens.table_of("encoder")
    text = text_of(page)
    assert "cat is number 4\u202f937 of 30\u202f522" in text.replace("\\", "")
    assert f"{np.linalg.norm(table[4937]):.2f}" in text.replace("\\", "")
    page.text_input(key="token_word").set_value("unbelievably").run()
    assert not page.exception
    assert "tokens; choose one" in " ".join(one.label for one in page.get("button_group"))
    page.text_input(key="token_word").set_value(" ").run()
    assert "empty" in page.error[0].value


def test_sentences_have_a_matrix_and_a_cosine_by_hand(opened):
    page = opened("sentences")
    text = text_of(page).replace("\\", "")
    by_hand = text.partition("= ")[2]
    assert "The same from scikit-learn" in text
    cosine = text.rpartition("Cosine = ")[2].split(" = ")[1].split()[0]
    assert text.rpartition("scikit-learn: ")[2].split()[0] == cosine, by_hand
    page.text_area(key="sentence_text").set_value("One alone.").run()
    assert "expected 2 to 12" in page.error[0].value


@pytest.mark.slow
def test_the_karate_club_is_walked_and_clustered(opened):
    page = press(opened("nodes"), "Walk and train")
    wait("nodes")
    page.run()
    assert not page.exception
    assert "97 % of the nodes" in text_of(page).replace("\\", "") or "100 % of" in text_of(page)
    page.toggle(key="nodes_map").set_value(True).run()
    assert not page.exception
    assert "Nearest on the map" in text_of(page)


@pytest.mark.slow
def test_own_text_is_trained_on_and_a_short_one_refused(opened):
    page = opened("words", words_text="red wine or white wine " * 40, words_source="own")
    page = press(page, "Train")
    wait("words")
    page.run()
    assert "longer text" in page.error[0].value
    background_jobs().clear()
    text = "\n".join(f"the {a} eats {b} and {c}" for a in ("cat", "dog", "cow", "pig", "hen")
                     for b in ("grass", "corn", "bread") for c in ("fish", "rice", "nuts"))  # fmt: skip
    page = press(opened("words", words_text=text, words_source="own", words_epochs=2), "Train")
    wait("words")
    page.run()
    assert not page.exception
    assert not page.error
    assert "14 words of 270 in the text" in text_of(page)


def test_words_parted_at_the_end_of_a_line_are_whole():
    texts = [slide.text for slide in lectures.read_slides()]
    assert len(texts) > 150
    assert "conversation" in " ".join(texts)
    assert not [text for text in texts if re.search(r"\w[\ufffe\x02]\w", text)]


def test_the_links_of_slides_are_those_of_shared_words_and_of_order():
    texts = {  # file: its slides
        "a": ("gradient descent and loss", "convolution of images"),
        "b": ("loss and gradient again", "images and convolution kernels"),
        "c": ("tokens", "beams", "graphs", "heads"),
    }
    slides = tuple(
        lectures.Slide(file, number, text)
        for file, pages in texts.items()
        for number, text in enumerate(pages, 1)
    )
    graph = lectures.slide_links(slides, near=1)
    assert {tuple(sorted(edge)) for edge in graph.edges} == {
        (0, 1), (0, 2), (1, 3), (2, 3), (4, 5), (5, 6), (6, 7),
    }  # fmt: skip
    assert graph[0][1]["weight"] == 0.3


@pytest.mark.slow
def test_everything_becomes_a_vector(opened):
    page = opened("kinds")
    assert not page.error
    text = text_of(page)
    for kind in ("Image", "Word", "Sentence", "Node of a graph"):
        assert kind in text


@pytest.mark.slow
def test_slides_and_lectures_are_learned(opened):
    states = list(nodes.work("slides", nodes.WalkRecipe(), threading.Event()))
    assert len(states[-1].progress.vectors) == len(states[-1].nodes.names) > 150
    *_, last = words.work("", words.Recipe(epochs=2), threading.Event())
    assert {"encoder", "token", "und"} <= set(last.vocabulary.words)


@pytest.mark.parametrize("part", ["tokens", "sentences", "words", "nodes"])
def test_every_part_opens_in_german(opened, part):
    page = opened(part, language="de", changes={})
    assert page.title[0].value == "Sprachlabor"
    assert not page.error


def test_all_names_of_the_room_have_german_ones():
    names = [*PARTS.values(), *nodes.GRAPHS.values(), *tokens.MODELS.values()]
    names += list(words.word2vec.RELATIONS)
    assert set(names) - GERMAN.keys() == set()
