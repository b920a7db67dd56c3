"""The command line: what it prints where, its exit codes, and its one-sentence errors."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ui.cli
from rag.pipeline import Pipeline
from rag.settings import Settings


class Copyist:
    """A generator that repeats the first note's first sentence."""

    name = "copyist"

    def count_tokens(self, text):
        return len(text.split())

    def stream(self, messages, sampling, stop=None):
        yield from ("A cat sleeps ", "sixteen hours a day.")


@pytest.fixture
def katheder(monkeypatch, capsys, encoder):
    """Run the command line in this process with the word encoder; gives code, stdout, stderr."""
    monkeypatch.setenv("KATHEDER_APP__KEEP_WARM_MINUTES", "0")
    monkeypatch.setattr(ui.cli, "_encoder", lambda settings: encoder)
    monkeypatch.setattr(
        Pipeline,
        "load",
        lambda folder, settings: Pipeline(
            ui_library(folder), encoder, Copyist(), settings=settings
        ),
    )

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["katheder", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            ui.cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


def ui_library(folder):
    from ingest.store import Library

    return Library(folder)


def test_help_imports_nothing_heavy():
    heavy = "{'torch', 'transformers', 'sentence_transformers', 'streamlit', 'faiss', 'numpy', 'pydantic'}"
    code = (
        "import sys; sys.argv = ['katheder', '--help']\n"
        "import ui.cli\n"
        "try: ui.cli.main()\n"
        f"except SystemExit: print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


def test_ingest_reports_each_file_and_fails_when_one_does(katheder, make_pdf, tmp_path):
    good = make_pdf("good.pdf", '#slide("Title")[Some words about birds that sing at dawn.]')
    (good.parent / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    code, out, err = katheder("ingest", good.parent, "--library", tmp_path / "new", "--json")
    assert code == 1
    report = json.loads(out)
    assert report["counts"]["added"] == 1
    [failed] = [file for file in report["files"] if file["outcome"] == "failed"]
    assert "broken.pdf" in failed["message"]
    assert "\n" not in failed["message"]
    assert "Traceback" not in err
    code, out, _ = katheder("ingest", good, "--library", tmp_path / "new", "--json")
    assert code == 0
    assert json.loads(out)["counts"]["unchanged"] == 1


def test_ask_prints_sentences_with_sources(katheder, library):
    code, out, _ = katheder(
        "ask", "How long does a cat sleep?", "--written", "--library", library.folder
    )
    assert code == 0
    first, *rest = out.splitlines()
    assert first == "A cat sleeps sixteen hours a day. [1]"
    assert any(line.startswith("[1] animals.pdf, p. 1 (dense 1") for line in rest)


def test_ask_json_is_one_document_with_every_stage(katheder, library):
    code, out, _ = katheder(
        "ask", "How long does a cat sleep?", "--written", "--json", "--library", library.folder
    )
    answer = json.loads(out)
    assert code == 0
    [source] = answer["sources"]
    assert (source["document"], source["pages"]) == ("animals.pdf", [1])
    assert source["stages"]["dense"]["rank"] == source["stages"]["lexical"]["rank"] == 1
    assert {"encode", "retrieve", "generate", "ground"} <= answer["seconds"].keys()


@pytest.mark.parametrize("choice", [(), ("--extractive",)])
def test_by_default_answers_quote_without_the_model(katheder, library, choice):
    _, out, _ = katheder(
        "ask",
        "Light travels how many metres per second in vacuum?",
        *choice,
        "--json",
        "--library",
        library.folder,
    )
    answer = json.loads(out)
    assert answer["draft"] == ""
    assert {sentence["origin"] for sentence in answer["sentences"]} == {"quoted"}
    assert (
        answer["sources"][0]["quote"] == "Light travels at 299792458 metres per second in vacuum."
    )


def test_search_lists_passages_best_first(katheder, library):
    code, out, _ = katheder(
        "search", "apple tree", "--top-k", 1, "--json", "--library", library.folder
    )
    [hit] = json.loads(out)["hits"]
    assert code == 0
    assert (hit["document"], hit["pages"]) == ("physics.pdf", [1])


def test_library_list_remove_verify(katheder, library):
    folder = library.folder
    code, out, _ = katheder("library", "verify", "--library", folder)
    assert code == 0
    assert "all sound" in out
    assert katheder("library", "remove", "physics.pdf", "--library", folder)[0] == 0
    _, out, _ = katheder("library", "list", "--json", "--library", folder)
    assert [document["file"] for document in json.loads(out)["documents"]] == ["animals.pdf"]
    code, _, err = katheder("library", "remove", "physics.pdf", "--library", folder)
    assert code == 1
    assert "'physics.pdf' names 0 documents" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("library", "list"), "No library at"),
        (("ask", "why?", "--temperature", "-1"), "temperature=-1.0 cannot be used"),
        (
            ("ask", "why?", "--strategy", "greedy", "--top-p", "0.5"),
            "top_p=0.5 would have no effect",
        ),
        (("ask", "why?", "--settings", "none.toml"), "none.toml cannot be read"),
        (("ingest", "nowhere.pdf"), "nowhere.pdf"),
    ],
)
def test_faults_are_one_sentence(katheder, tmp_path, arguments, words):
    code, out, err = katheder(*arguments, "--library", tmp_path / "absent")
    assert code == 1
    assert words in err
    assert "Traceback" not in out + err


def test_a_question_without_words_is_refused(katheder, library):
    code, _, err = katheder("ask", "?!", "--library", library.folder)
    assert code == 1
    assert "holds no words" in err


def test_chat_goes_on_over_turns(katheder, library, monkeypatch):
    lines = iter(["How long does a cat sleep?", "and dogs?", "/what", "/new", "/quit"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
    code, out, err = katheder("chat", "--written", "--library", library.folder)
    assert code == 0
    assert out.count("sixteen hours a day. [1]") == 2
    assert "searched for: How long does a cat sleep? and dogs?" in err
    assert "/what is no command" in err


def test_doctor_names_models_machine_and_what_is_missing(katheder, library, monkeypatch):
    monkeypatch.setenv("KATHEDER_MODELS__GENERATOR", "./nowhere/at/all")
    code, out, _ = katheder("doctor", "--json", "--library", library.folder)
    report = json.loads(out)
    assert code == 1
    assert report["sections"]["models"]["encoder"].startswith(
        "all-MiniLM-L6-v2, bundled, SHA-256 53aa"
    )
    assert report["sections"]["models"]["reranker"].startswith("katheder-reranker, bundled")
    assert report["sections"]["machine"]["numeric type"] in ("float32", "bfloat16")
    [missing] = report["missing"]
    assert "nowhere/at/all" in missing


def test_settings_have_a_default_tree():
    assert Settings().models.encoder == "all-MiniLM-L6-v2"


def test_the_server_stays_on_this_machine_and_asks_for_nothing():
    config = Path(ui.cli.__file__).parents[1] / ".streamlit" / "config.toml"
    options = tomllib.loads(config.read_text())
    assert options["server"]["address"] == "127.0.0.1"
    assert options["server"]["showEmailPrompt"] is False  # it would hold up the first start
    assert options["browser"]["gatherUsageStats"] is False
