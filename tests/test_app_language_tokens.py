"""The room about tokens, driven by AppTest, and its commands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from test_app import contrast, text_of
from test_app_generative import CONFIG
from typer.testing import CliRunner

from language import bpe, vocabularies
from ui.cli import app
from ui.german import GERMAN
from ui.language_laboratory import chips, token_charts, tokenizers, train_bpe
from ui.language_laboratory import tokens as room

PAGE = """
from ui.session import open_session
from ui.views.language import page
page(open_session())
"""


@pytest.fixture
def opened(tmp_path, monkeypatch) -> Iterator[Callable[..., AppTest]]:
    """Open a part of the room."""

    def at(part: str = "compare", **state: object) -> AppTest:
        page = AppTest.from_string(PAGE, default_timeout=120)
        for name, value in {"room": "tokens", "token_part": part, **state}.items():
            page.session_state[name] = value
        page.run()
        assert not page.exception
        return page

    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "library"))
    st.cache_data.clear()
    yield at
    st.cache_data.clear()


def html_of(page: AppTest) -> str:
    return "".join(element.proto.body for element in page.get("html"))


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["language", *arguments])
    return result.exit_code, result.output if result.exit_code == 0 else str(result.exception)


# ---- the page ----


def test_the_room_shows_every_token_with_its_id_and_bytes(opened):
    page = opened(token_names=["smollm2", "r50k_base"], token_text="Größe!")
    assert page.title[0].value == "Language laboratory"
    html = html_of(page)
    encoding = tokenizers.tokenizer("r50k_base").tokenize("Größe!")
    for token in encoding:
        assert f'title="id {token.id}, bytes ' in html
    assert 'bytes 47 72"' in html
    table = page.dataframe[0].value
    assert list(table["Tokens"]) == [5, len(encoding)]


def test_a_text_of_a_reader_is_escaped(opened):
    html = html_of(opened(token_names=["r50k_base"], token_text="<b onclick='x'>&"))
    assert "<b onclick" not in html
    assert "&lt;" in html


def test_unknown_words_are_counted(opened):
    page = opened(token_names=["words"], token_text="quxified model")
    assert "1 unknown" in text_of(page).replace("\\", "")


def test_an_empty_text_is_one_message(opened):
    page = opened(token_text="  ")
    assert "The text is empty" in page.error[0].value


def test_the_next_merge_is_the_first_of_the_counts(opened):
    page = opened("train", bpe_text="aaabdaaabac", bpe_steps=1)
    first = page.dataframe[0].value.iloc[0]
    assert (first["Left token"], first["Right token"], first["Count"]) == ("a", "b", 2)
    assert "Next, merge 2:** a + b → ab" in text_of(page)
    assert [*page.dataframe[-1].value["New token"]] == ["aa", "ab", "aaab"]
    page.slider(key="bpe_steps").set_value(3).run()
    assert "5 tokens, vocabulary 259" in text_of(page).replace("\\", "")
    assert "training ends" in text_of(page)


def test_nothing_to_merge_and_no_text_are_said(opened):
    assert "nothing to merge" in opened("train", bpe_text="abc").info[0].value
    assert "text is empty" in opened("train", bpe_text="").error[0].value


def test_a_shorter_text_takes_as_many_merges_as_it_has(opened):
    page = opened("train", bpe_text="the cat and the hat and the bat", bpe_steps=5)
    page.text_area(key="bpe_text").set_value("aaabdaaabac").run()
    assert not page.exception
    assert page.slider(key="bpe_steps").value == page.slider(key="bpe_steps").max == 3


def test_longer_texts_merge_in_time_and_end_as_in_the_command(opened):
    text = "\n".join(pair[1] for pair in vocabularies.parallel_texts())
    page = opened("train", bpe_text=text, bpe_steps=200)
    merges = list(bpe.train(text, 1256, minimum_count=2))
    assert page.slider(key="bpe_steps").max == len(merges)
    assert f"{merges[199].length}" in text_of(page).replace("\u202f", "")


@pytest.mark.slow
def test_german_and_english_and_vocabulary_sizes(opened):
    table = opened("languages").dataframe[0].value.set_index("Tokeniser")
    assert len(table) == len(tokenizers.NAMES)
    assert table.loc["Words", "DE / EN"] < 1
    gpt2, newest = table.loc["tiktoken, gpt2"], table.loc["tiktoken, o200k_base"]
    assert gpt2["DE / EN"] > newest["DE / EN"] > 1
    sizes = opened("sizes", embedding_width=768).dataframe[0].value.set_index("Tokeniser")
    assert sizes.loc["tiktoken, r50k_base", "Embedding parameters (million)"] == 38.6
    assert sizes.loc["Characters", "Tokens per word"] > 4


# ---- commands ----


def test_the_command_gives_tokens_ids_and_counts_as_json():
    code, output = run("tokens", "Hello world", "--with", "r50k_base,characters", "--json")
    assert code == 0
    r50k, characters = json.loads(output)
    assert r50k["ids"] == [15496, 995]
    assert r50k["forms"] == ["Hello", "␣world"]
    assert (r50k["words in 2048"], characters["tokens"]) == (2048, 11)


def test_the_command_prints_tables_and_writes_pictures(tmp_path):
    code, output = run("tokens", "Hello", "--with", "words", "-o", str(tmp_path / "a.svg"))
    assert (code, "words" in output) == (0, True)
    assert "<svg" in (tmp_path / "a.svg").read_text()
    code, output = run("bpe", "--whole", "-o", str(tmp_path / "b.html"))
    assert code == 0
    assert "aaab | d | aaab | a | c" in output
    assert "No other pair occurs 2 times" in output
    assert (tmp_path / "b.html").stat().st_size > 0
    code, output = run("lengths", "--with", "words,r50k_base", "--json")
    assert [row["tokenizer"] for row in json.loads(output)] == ["words", "r50k_base"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tokens", ""], "The text is empty"),
        (["tokens", "a", "--with", "bert"], "There is no tokeniser 'bert'"),
        (["tokens", "a\ud800", "--with", "words"], "half of a surrogate pair"),
        (["bpe", ""], "The text is empty"),
        (["bpe", "aa", "-o", "a.gif"], "'.gif', expected .png, .svg or .html"),
    ],
)
@pytest.mark.slow
def test_bad_input_is_one_message(arguments, message):
    code, output = run(*arguments)
    assert code == 1
    assert message in output


# ---- words and colours ----


def test_all_texts_of_the_room_have_german_ones():
    names = [*room.PARTS.values(), *room.EXAMPLES, *tokenizers.TITLES.values(), *train_bpe.TEXTS]
    assert set(names) - GERMAN.keys() == set()


@pytest.mark.parametrize("part", ["compare", "train"])
def test_every_part_opens_in_german(opened, part):
    page = opened(part, language="de", changes={}, token_names=["words"])
    assert page.title[0].value == "Sprachlabor"
    assert not page.error


def test_chips_and_charts_are_seen_on_both_themes():
    config = CONFIG.read_text()
    texts = re.findall(r'^textColor = "(.*)"', config, re.MULTILINE)
    grounds = re.findall(r"light-dark\((#\w+), (#\w+)\)", chips.STYLE)
    assert len(grounds) == 6
    for pair in grounds:
        for ground, text in zip(pair, texts, strict=True):
            assert contrast(text, ground) >= 4.5
    for colour in (token_charts.COLOUR, token_charts.ACCENT):
        for ground in re.findall(r'^backgroundColor = "(.*)"', config, re.MULTILINE):
            assert contrast(colour, ground) >= 3, (colour, ground)
