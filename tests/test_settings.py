"""rag.settings: file, environment, and messages that name what does not fit."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic._internal._docs_extraction import extract_docstrings_from_cls

from ingest.library_folder import default_library
from rag.errors import BadSettings
from rag.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    import os

    for name in list(os.environ):
        if name.upper().startswith("KATHEDER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KATHEDER_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> Path:
        file = tmp_path / "settings.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def refusal(file: Path | None = None) -> str:
    with pytest.raises(BadSettings) as refused:
        load_settings(file)
    return str(refused.value)


def fields_of(model: type[BaseModel], path: str = ""):
    for name, field in model.model_fields.items():
        yield f"{path}{name}", field
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields_of(field.annotation, f"{path}{name}.")


def test_every_field_has_a_docstring():
    fields = dict(fields_of(Settings))
    assert {"sampling.top_p", "models.encoder", "app.max_upload_mb"} <= fields.keys()
    models = {name: field.annotation for name, field in fields.items() if "." not in name}
    for name in fields:
        section, _, field = name.rpartition(".")
        assert docstrings_of(models[section] if section else Settings)[field].strip(), name


@cache
def docstrings_of(model: type[BaseModel]) -> dict[str, str]:
    """What stands under each field; pydantic reads it only when told, since that takes time."""
    return extract_docstrings_from_cls(model, use_inspect=True)


def test_every_section_has_one_that_is_its_own():
    sections = [field.annotation for name, field in fields_of(Settings) if "." not in name]
    docs = [section.__doc__ for section in sections]
    assert all(docs)
    assert len(set(docs)) == len(docs)


def test_every_section_and_the_tree_refuse_to_be_changed_or_extended():
    for name, field in fields_of(Settings):
        if "." not in name:
            config = field.annotation.model_config
            assert config["frozen"], name
            assert config["extra"] == "forbid", name


def test_without_file_and_environment_the_defaults_hold():
    settings = load_settings()
    assert settings == Settings()
    assert settings.models.reranker == "katheder-joint-reranker"
    assert settings.sampling.strategy == "greedy"


def test_a_file_sets_what_it_names_and_leaves_the_rest(write):
    settings = load_settings(
        write(
            "[retrieval]\ntop_k = 3\nlexical_weight = 0.5\n"
            '[sampling]\nstrategy = "sample"\ntemperature = 0.7\n'
            "[answer]\nwriter = false\n"
        )
    )
    assert (settings.retrieval.top_k, settings.retrieval.lexical_weight) == (3, 0.5)
    assert settings.retrieval.candidates == Settings().retrieval.candidates
    assert settings.sampling.temperature == 0.7
    assert settings.answer.writer is False


def test_a_variable_names_the_file(write, monkeypatch):
    monkeypatch.setenv("KATHEDER_SETTINGS", str(write("[retrieval]\ntop_k = 4\n")))
    assert load_settings().retrieval.top_k == 4


def test_the_environment_wins_over_the_file_field_by_field(write, monkeypatch):
    file = write("[retrieval]\ntop_k = 3\ncandidates = 10\n")
    monkeypatch.setenv("KATHEDER_RETRIEVAL__TOP_K", "9")
    monkeypatch.setenv("KATHEDER_ANSWER__WRITER", "false")
    settings = load_settings(file)
    assert (settings.retrieval.top_k, settings.retrieval.candidates) == (9, 10)
    assert settings.answer.writer is False


def test_what_the_program_reads_itself_is_no_unknown_section(monkeypatch, tmp_path):
    monkeypatch.setenv("KATHEDER_CACHE", str(tmp_path))
    monkeypatch.setenv("KATHEDER_LIBRARY", str(tmp_path / "here"))
    assert load_settings() == Settings()
    assert default_library() == tmp_path / "here"
    monkeypatch.delenv("KATHEDER_LIBRARY")
    assert default_library().name == "library"


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[retrieval]\ntop_q = 3\n", ["retrieval.top_q = 3", "not permitted"]),
        ("[retreival]\ntop_k = 3\n", ["retreival", "not permitted"]),
        ("[retrieval]\ntop_k = 0\n", ["retrieval.top_k = 0", "greater than or equal to 1"]),
        ('[retrieval]\ntop_k = "many"\n', ["retrieval.top_k = 'many'", "integer"]),
        ("retrieval = 3\n", ["retrieval = 3"]),
        ('[models]\ndevice = "gpu"\n', ["models.device = 'gpu'", "cuda"]),
        ('[models]\ndtype = "int4"\n', ["models.dtype = 'int4'", "bfloat16"]),
        ("[sampling]\ntemperature = 0.7\n", ["sampling", "temperature=0.7 would have no effect"]),
        ("[sampling]\nnum_beams = 3\n", ["sampling", "num_beams=3 needs strategy 'beam'"]),
        (
            "[retrieval]\ntop_k = 0\n[answer]\npassages = 99\n",
            ["retrieval.top_k = 0", "; ", "answer.passages = 99"],
        ),
    ],
)
def test_a_fault_in_the_file_names_file_field_value_and_want(write, toml, said):
    file = write(toml)
    message = refusal(file)
    assert all(part in message for part in [*said, str(file)]), message


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KATHEDER_RETRIEVAL__TOP_K", "0", ["retrieval.top_k = '0'", "greater than or equal to 1"]),
        ("KATHEDER_RETRIEVAL__TOP_Q", "1", ["retrieval.top_q = '1'", "not permitted"]),
        (
            "KATHEDER_RETREIVAL__TOP_K",
            "1",
            ["names no section", "the sections are models, reading"],
        ),
        ("KATHEDER_RETRIEVAL", "abc", ['"retrieval"', "KATHEDER_RETRIEVAL__TOP_K=8"]),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(write, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    message = refusal(write("[answer]\nwriter = true\n"))
    assert all(part in message for part in said), message
    assert name in message


def test_a_file_that_is_no_toml_is_named(write, tmp_path):
    assert "settings.toml is not TOML" in refusal(write("[retrieval\n"))
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[models]\nencoder = "Größe"\n'.encode("latin-1"))
    assert "latin.toml is not TOML" in refusal(latin)


def test_a_missing_file_is_named_whoever_named_it(tmp_path, monkeypatch):
    missing = tmp_path / "nowhere.toml"
    assert f"{missing} cannot be read (No such file" in refusal(missing)
    assert f"{tmp_path} cannot be read" in refusal(tmp_path)
    monkeypatch.setenv("KATHEDER_SETTINGS", str(missing))
    assert str(missing) in refusal()


# ---- changes ----


def test_changes_make_a_copy_and_keep_the_rest():
    old = Settings().with_changes(retrieval={"candidates": 7})
    new = old.with_changes(retrieval={"top_k": 3}, answer={"writer": False})
    assert (new.retrieval.top_k, new.retrieval.candidates, new.answer.writer) == (3, 7, False)
    assert old.retrieval.top_k == Settings().retrieval.top_k
    assert new.with_changes() == new


def test_changes_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("KATHEDER_RETRIEVAL__TOP_K", "9")
    settings = load_settings()
    assert settings.retrieval.top_k == 9
    assert settings.with_changes(retrieval={"top_k": 3}).retrieval.top_k == 3
    assert settings.with_changes(retrieval={"candidates": 3}).retrieval.top_k == 9


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"retrieval": {"top_k": 0}}, "retrieval.top_k = 0 in the change: "),
        ({"retrieval": {"top_q": 1}}, "retrieval.top_q = 1 in the change: "),
        ({"retreival": {"top_k": 1}}, "retreival = "),
        ({"sampling": {"top_k": 1}}, "top_k=1 would have no effect"),
    ],
)
def test_changes_are_checked(changes, said):
    with pytest.raises(BadSettings) as refused:
        Settings().with_changes(**changes)
    assert said in str(refused.value)


# ---- files of older versions ----


def test_fields_are_read_by_their_old_names_too(write):
    old = load_settings(
        write("[answer]\nplace_weight = 0.5\npiece_words = 12\nother_margin = 0.25\n")
    ).answer
    assert old.page_rank_weight == 0.5
    assert (old.span_words, old.other_page_margin) == (12, 0.25)
    changed = (
        Settings().with_changes(answer={"span_words": 5}).with_changes(answer={"piece_words": 7})
    )
    assert changed.answer.span_words == 7


def test_an_old_and_a_new_name_together_are_refused(write):
    message = refusal(write("[answer]\npiece_words = 12\nspan_words = 13\n"))
    assert "piece_words is the old name of span_words" in message
    with pytest.raises(BadSettings, match="piece_words is the old name of span_words"):
        Settings().with_changes(answer={"piece_words": 1, "span_words": 2})


def test_a_retired_field_is_ignored_with_one_line_on_standard_error(write):
    """In a process of its own, since the notice comes once a process."""
    file = write("[rerank]\nsure = 0.7\nshallow = 4\ncandidates = 9\n")
    code = (
        "from pathlib import Path\nfrom rag.settings import load_settings\n"
        f"for _ in range(2): print(load_settings(Path({str(file)!r})).rerank.candidates)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["9", "9"]
    assert [line.split()[2] for line in done.stderr.splitlines()] == ["sure", "shallow"]


def test_numbers_of_the_evidence_that_are_constants_now_are_ignored_in_a_file(write):
    settings = load_settings(
        write("[answer]\nevidence_pieces = 3\nneighbour_margin = 1.0\nquotes = 2\n")
    )
    assert settings == Settings().with_changes(answer={"quotes": 2})
    assert "evidence_spans" not in settings.answer.model_dump()
    assert Settings().with_changes(answer={"evidence_spans": 4}) == Settings()


def test_a_retired_field_in_the_environment_is_ignored_too(monkeypatch):
    monkeypatch.setenv("KATHEDER_RERANK__SURE", "0.7")
    monkeypatch.setenv("KATHEDER_ANSWER__PIECE_WORDS", "7")
    assert load_settings() == Settings().with_changes(answer={"span_words": 7})
