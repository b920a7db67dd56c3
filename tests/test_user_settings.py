"""The reader's own settings file: its rank, its changes, and the commands `katheder settings`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ui.cli
from rag.errors import BadSettings
from rag.settings import ModelSettings, load_settings
from rag.settings_files import merged, user_settings_file, write_settings_file
from rag.user_settings import allow_server, save_user_setting, save_user_settings


@pytest.fixture(autouse=True)
def own_file(monkeypatch, tmp_path) -> Path:
    monkeypatch.setenv("KATHEDER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def katheder(monkeypatch, capsys):
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["katheder", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            ui.cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


def test_the_own_file_is_below_the_file_and_the_file_below_the_environment(tmp_path, monkeypatch):
    save_user_settings(retrieval={"top_k": 3, "candidates": 20}, answer={"quotes": 1})
    file = tmp_path / "seminar.toml"
    file.write_text("[retrieval]\ntop_k = 4\n")
    assert load_settings().retrieval.top_k == 3
    settings = load_settings(file)
    assert (settings.retrieval.top_k, settings.retrieval.candidates) == (4, 20)
    assert settings.answer.quotes == 1
    monkeypatch.setenv("KATHEDER_RETRIEVAL__TOP_K", "5")
    assert load_settings(file).retrieval.top_k == 5


def test_sections_merge_field_by_field():
    lower = {"a": {"x": 1, "y": 2}, "b": {"z": 3}}
    assert merged(lower, {"a": {"y": 9}, "c": {}}) == {
        "a": {"x": 1, "y": 9},
        "b": {"z": 3},
        "c": {},
    }
    assert lower["a"] == {"x": 1, "y": 2}


VALUES = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3),
)


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), VALUES)))
def test_tomllib_reads_what_was_written(tmp_path_factory, sections):
    file = tmp_path_factory.mktemp("toml") / "settings.toml"
    write_settings_file(file, sections)
    filled = {name: values for name, values in sections.items() if values}
    assert tomllib.loads(file.read_text(encoding="utf-8")) == filled


def test_a_value_that_does_not_fit_is_refused_and_nothing_is_written(own_file):
    with pytest.raises(BadSettings, match=r"retrieval\.top_k = 0"):
        save_user_setting("retrieval.top_k", "0")
    with pytest.raises(BadSettings, match=r"'retrieval\.topk' is no setting.*top_k"):
        save_user_setting("retrieval.topk", "3")
    with pytest.raises(BadSettings, match=r"'search\.top_k' is no setting.*retrieval"):
        save_user_setting("search.top_k", "3")
    assert not own_file.exists()


def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated():
    with pytest.raises(BadSettings) as refused:
        save_user_setting("models.api_key_variable", "sk-very-secret")
    assert "secret" not in str(refused.value)
    assert "models.api_key_variable" in str(refused.value)


def test_a_fault_of_the_own_file_is_said_with_its_path(own_file):
    own_file.parent.mkdir()
    own_file.write_text("[retrieval]\ntop_k = 0\n")
    with pytest.raises(BadSettings, match="top_k = 0") as refused:
        load_settings()
    assert str(own_file) in str(refused.value)
    own_file.write_text("not toml")
    with pytest.raises(BadSettings, match="is not TOML"):
        load_settings()


def test_allowed_servers_add_up():
    allow_server("https://a.example")
    allow_server("http://b.example:8000")
    allow_server("https://a.example")
    assert load_settings().models.allowed_servers == ("https://a.example", "http://b.example:8000")


@pytest.mark.slow
def test_settings_are_set_shown_and_unset(katheder, own_file, monkeypatch):
    assert katheder("settings", "path") == (0, f"{own_file}\n", "")
    code, out, _ = katheder("settings", "set", "models.generator", "ollama:llama3.2")
    assert (code, str(own_file) in out) == (0, True)
    katheder("settings", "set", "answer.writer", "true")
    assert tomllib.loads(own_file.read_text()) == {
        "models": {"generator": "ollama:llama3.2"},
        "answer": {"writer": True},
    }
    assert user_settings_file() == own_file
    monkeypatch.setenv("KATHEDER_ANSWER__QUOTES", "2")
    _, out, _ = katheder("settings", "show")
    assert f'models.generator = "ollama:llama3.2"  ({own_file})' in out
    assert "answer.quotes = 2  (KATHEDER_ANSWER__QUOTES)" in out
    assert "retrieval.top_k" not in out
    _, _, err = katheder("settings", "set", "answer.quotes", "1")
    assert "KATHEDER_ANSWER__QUOTES takes precedence" in err
    katheder("settings", "unset", "models.generator")
    assert "generator" not in own_file.read_text()


def test_a_bad_setting_is_one_sentence(katheder):
    code, out, err = katheder("settings", "set", "models.device", "toaster")
    assert (code, out) == (1, "")
    assert err.startswith("error: models.device = 'toaster'")
    assert "Traceback" not in err


@pytest.mark.hostile("settings of the working folder")
@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ('generator = "os:abort"', "generator", "os:abort"),
        ('generator = "folder.module:make.writer"', "generator", "folder.module:make.writer"),
        (
            'allowed_servers = ["https://evil.example"]',
            "allowed_servers",
            ("https://evil.example",),
        ),
    ],
)
def test_a_settings_file_of_a_folder_names_no_code_and_no_server(
    own_file, tmp_path, caplog, line, field, value
):
    foreign = tmp_path / "katheder.toml"
    foreign.write_text(f"[models]\n{line}\ntoken_seconds = 9\n")
    models = load_settings(foreign).models
    assert getattr(models, field) == getattr(ModelSettings(), field)
    assert models.token_seconds == 9
    assert f"models.{field}" in caplog.text
    assert "was ignored" in caplog.text
    own_file.parent.mkdir(exist_ok=True)
    own_file.write_text(foreign.read_text())
    assert getattr(load_settings().models, field) == value
    assert getattr(load_settings(own_file).models, field) == value
